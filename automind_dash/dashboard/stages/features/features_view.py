"""The Features stage: what the recording is like, for the estimator and for the eye."""

from __future__ import annotations

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import panel as pn
import panel_material_ui as pmui

from ....inference.estimators.card import Card
from ...help.stage_help import stage_help
from ...state.analysed import Analysed
from ...state.stage_view import StageView
from ...widgets.dense_table import DENSE, dense_table
from ...widgets.documents import on_document
from ...widgets.figure_saving import save_menu
from ...widgets.notices import report
from ...widgets.plain_text import heading, plain
from ...widgets.warning_list import WarningList
from .distributions import Distributions, distributions, training_band
from .feature_captions import NO_RECORDING, figure_captions, table_caption
from .feature_plots import BurstShapePlot, HistogramPlot, SpectrumPlot
from .feature_table import FAMILY_TITLES, about, feature_table, word_style

EVERYTHING, SEEN = "All", "Seen by the estimator"
GROUPED = """
.tabulator .tabulator-row.tabulator-group { font-size: 13px; padding: 4px 6px; }
.tabulator .tabulator-row.tabulator-group span { color: inherit; opacity: .85; }
"""


class FeaturesView(StageView):
    """A table and four figures of the current recording; they wait while another stage is shown."""

    stage = "Features"

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        colours = self.colours
        self.alert = WarningList(title="Before you trust what follows", margin=(8, 8, 0, 8))
        self.show_what = pmui.Select(
            label="Show",
            options=[EVERYTHING, SEEN, *FAMILY_TITLES.values()],
            value=EVERYTHING,
            size="small",
            width=220,
            margin=(8, 8, 4, 8),
        )
        self.table = self._empty_table()
        self.empty, self.table_caption, self.meaning = plain(NO_RECORDING), plain(small=True), plain(small=True)
        self.spectrum, self.shape = SpectrumPlot(colours), BurstShapePlot(colours)
        self.isi = HistogramPlot(colours, "inter-spike interval (s)", "share of intervals", logarithmic=True)
        self.intervals = HistogramPlot(colours, "inter-burst interval (s)", "intervals")
        self.captions = {name: plain(small=True) for name in ("spectrum", "isi", "intervals", "shape")}
        self._measured: WeakKeyDictionary[Analysed, Distributions] = WeakKeyDictionary()
        self._layout = self._build()
        self.show_what.param.watch(lambda _: self._show_table(), "value")
        self.remember("", self.show_what)
        self.table.on_click(self._explain)
        self.follow((self.redraw, ["analysed", "target", "estimator"]))

    def _empty_table(self) -> Any:
        table = feature_table({})
        return dense_table(
            value=table,
            groupby=["Group"],
            height=600,
            layout="fit_columns",
            sortable=False,
            hidden_columns=["Group"],
            widths={"Feature": 162, "Value": 92, "Percentile": 88, "In training": 86},
            stylesheets=[DENSE, GROUPED],
            label="Features",
        )

    def _build(self) -> Any:
        """Return the layout: the table, and the figures beside it, two in a row where the page is wide enough."""
        plots: dict[str, Any] = {
            "spectrum": self.spectrum,
            "isi": self.isi,
            "intervals": self.intervals,
            "shape": self.shape,
        }
        titles = {
            "spectrum": "Spectrum",
            "isi": "Inter-spike intervals",
            "intervals": "Inter-burst intervals",
            "shape": "Mean burst",
        }
        cards = [
            pn.Column(
                heading(titles[name], "subtitle1"),
                *([plot.key] if name == "spectrum" else []),
                pn.pane.Bokeh(plot.figure, sizing_mode="stretch_width", margin=(0, 4)),
                self.captions[name],
                save_menu(plot.figure, name, of=self.workspace),
                styles={"flex": "1 1 340px", "min-width": "320px"},
                sizing_mode="stretch_width",
            )
            for name, plot in plots.items()
        ]
        left = pn.Column(
            pn.Row(self.show_what, stage_help("Features"), margin=0),
            self.table,
            self.meaning,
            self.table_caption,
            styles={"flex": "1 1 580px", "min-width": "420px", "max-width": "680px"},
        )
        right = pn.FlexBox(
            *cards, styles={"flex": "2 1 340px", "min-width": "340px"}, flex_wrap="wrap", align_items="flex-start"
        )
        self.body = pn.FlexBox(left, right, flex_wrap="wrap", align_items="flex-start", sizing_mode="stretch_width")
        return pn.Column(self.empty, self.alert, self.body, sizing_mode="stretch_width")

    def fill(self) -> None:
        pn.state.execute(self.refresh)

    async def refresh(self) -> None:
        """Measure what the figures show, unless that was done already, and show it."""
        examined = self.workspace.current
        analysed = None if examined is None else examined.analysed
        if analysed is not None and analysed not in self._measured:
            try:
                self._measured[analysed] = await asyncio.to_thread(distributions, analysed)
            except Exception as error:  # noqa: BLE001 - a failing figure must not take the page down
                report(error)
                return
        if self.workspace.current is examined and (examined is None or examined.analysed is analysed):
            self._show_table()
            self._show_figures()

    def _card(self) -> Card | None:
        examined = self.workspace.current
        return None if examined is None else self.workspace.cards.get(examined.estimator)

    def _show_table(self) -> None:
        examined = self.workspace.current
        self.meaning.object = ""
        self.empty.visible = examined is None or examined.analysed is None
        self.body.visible = not self.empty.visible
        if self.empty.visible:
            self.alert.lines = []
            self.table.value = feature_table({})
            return
        card, aimed = self._card(), examined.target
        table = feature_table(examined.analysed.features, aimed, card, examined.analysed.settings.bursts)
        if self.show_what.value == SEEN:
            table = table[table["Estimator sees"] != ""]
        elif self.show_what.value != EVERYTHING:
            table = table[table["Group"] == self.show_what.value]
        self.table.value = table
        self._style()
        self.table_caption.object = table_caption(examined, card)
        self.alert.lines = [] if aimed is None else list(aimed.cautions)

    def _style(self) -> None:
        colours = self.colours
        self.table.style.clear()
        self.table.style.map(lambda word: word_style(word, colours), subset=["In training"])

    @on_document
    def _show_figures(self) -> None:
        examined = self.workspace.current
        analysed = None if examined is None else examined.analysed
        measured = None if analysed is None else self._measured.get(analysed)
        nothing = np.empty(0)
        if analysed is None or measured is None:
            self.spectrum.show(nothing, nothing, np.nan, None)
            self.isi.show(nothing, nothing)
            self.intervals.show(nothing, nothing)
            self.shape.show(None)
            for caption in self.captions.values():
                caption.object = ""
            return
        card = self._card()
        band = training_band(card, examined.target)
        self.spectrum.show(analysed.frequencies, analysed.power, analysed.features["shot_noise_floor"], band)
        self.isi.show(measured.isi_edges, measured.isi_shares)
        mean = analysed.features["burst_interval_mean"]
        self.intervals.show(measured.burst_edges, measured.burst_counts, mean)
        self.shape.show(measured.shape)
        for name, text in figure_captions(analysed, measured, card, band is not None).items():
            self.captions[name].object = text

    def _explain(self, event: Any) -> None:
        """Say what the feature of a clicked row means."""
        self.meaning.object = about(str(self.table.value.index[event.row]))

    def recolour(self) -> None:
        colours = self.colours
        for plot in (self.spectrum, self.isi, self.intervals, self.shape):
            plot.paint(colours)
        if len(self.table.value):
            self._style()
            self.table.param.trigger("value")

    def __panel__(self) -> Any:
        return self._layout
