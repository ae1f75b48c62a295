"""The Subspace stage: a linked pair plot and range sliders that share the selection, and rasters of the selected circuits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui

from ....circuit.parameters import NAMES
from ....errors import SessionError
from ....features import FAMILIES, FEATURES
from ....invariance.composites import columns
from ....publication.paper import Paper
from ...figures.colouring import BETWEEN, by_membership, by_state, by_value
from ...figures.quantity_axes import LABELS, OPTIONS, prior_density, span
from ...files.circuit_tables import with_units
from ...help.help_button import help_button
from ...state.examined import Examined
from ...state.run_curves import shown_seconds, target_curves
from ...state.stage_view import StageView, drawing
from ...widgets.figure_saving import save_menu
from ...widgets.place import Place
from ...widgets.plain_text import OwnMarkup, heading, plain
from ...widgets.quantities import counted
from .cloud import Cloud
from .kept_selections import KeptSelections
from .pair_plot import MAX_COLUMNS, PairPlot
from .parallel_plot import MAX_LINES, ParallelPlot
from .printed_pairs import printed_pairs
from .range_sliders import RangeSliders
from .selected_rasters import N_RASTERS, SelectedRasters
from .selected_spectra import SelectedSpectra

FIRST_SHOWN = ["params_Epop.tau_w", "params_Epop.b", "params_Epop.Q_ge", "params_Epop.v_thresh"]
STATE, DENSITY, DISTANCE = "state", "log_density", "distance"
KEPT, FEATURE = "kept", "feature:"
SIMULATED = {
    f"{spec.label} (simulated)": FEATURE + spec.name for spec in FEATURES.values() if FAMILIES[spec.family].single
}
COLOURS = {
    "State (after simulating)": STATE, "Kept selections": KEPT, "Log-density": DENSITY, "Distance to the target": DISTANCE, **OPTIONS,
    **SIMULATED,
}  # fmt: skip
HOW = "Drag a box in any panel, or a range on the diagonal."
MORE = (
    "Shift adds to what is selected; the lasso is in the toolbar. A range on the diagonal can be moved and resized, several go together, "
    "and a double click closes one. The histograms are relative to a uniform prior: blue all circuits, orange the selected, dashed the "
    "prior. Up to four of the circuits that you select are simulated at once, beside the plot."
)

AROUND = 312
"""px of a window that bar, stages, recording and the stage's own controls take from a pair plot."""

SPECTRA = 140
"""px."""

LINES = (
    f"All 28 parameters, each circuit a line (up to {MAX_LINES}, evenly chosen), orange the selected. Drag a box (or the toolbar's lasso) "
    "over one or more axes to select the circuits that pass through it on each; shift adds."
)


class SubspaceView(StageView):
    """Brushing, lasso and sliders all change the selection that the table and the other stages show."""

    stage = "Subspace"

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        colours = self.colours
        self.choice = pmui.MultiChoice(
            label=f"Parameters and composites (2 to {MAX_COLUMNS})", options=OPTIONS, value=FIRST_SHOWN,
            max_items=MAX_COLUMNS, sizing_mode="stretch_width",
        )  # fmt: skip
        self.colour = pmui.Select(
            label="Colour by", options=COLOURS, value=STATE, size="small", width=210, margin=(4, 8)
        )
        self.legend = OwnMarkup("", margin=(2, 10), styles={"font-size": "12px"}, sizing_mode="stretch_width")
        self.sliders = RangeSliders(self._slid, self._span)
        self.caption = plain(small=True, one_line=True, margin=(0, 10))
        self.empty = plain("No circuits yet: draw some under Posterior.", visible=False)
        self.cloud = Cloud()
        self.source = self.cloud.source
        self.plot: PairPlot | None = None
        self.place = Place()
        self.saving = save_menu(None, "pair_plot", self._saved, of=self.workspace, draw=self._printed)
        self.rasters = SelectedRasters(colours, self.workspace)
        self.spectra = SelectedSpectra(colours, self.workspace)
        self.kept = KeptSelections(workspace=self.workspace)
        self.parallel = ParallelPlot(colours, self._crossed)
        self.body = self._arrange()
        self._layout = pn.Column(self.empty, self.body, sizing_mode="stretch_width")
        self._table = pd.DataFrame(columns=list(NAMES))
        self._of: tuple[Any, ...] = ()
        self._following = False
        self._follow_everything()

    def _arrange(self) -> Any:
        """Return the layout: a line of controls, the pair plot beside rasters and spectra, and the rest below."""
        self.choose = pmui.Button(
            label="Choose parameters",
            variant="outlined",
            size="small",
            margin=(4, 8),
            on_click=lambda _: self._unfold(),
        )
        self.choice.visible = False
        controls = pn.FlexBox(
            self.choose, self.colour, pn.Column(self.legend, self.caption, styles={"flex": "1 1 300px", "min-width": "0"}, margin=0),
            help_button("the pair plot", MORE, "subspace", "consistent", "prior"),
            align_items="center", sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        plot = pn.Column(self.place, styles={"flex": "3 1 480px", "min-width": "0", "max-width": "1180px"}, margin=0)
        beside = pn.Column(
            self.rasters.layout, self.spectra.layout, styles={"flex": "2 1 300px", "min-width": "0"}, margin=0
        )
        panels = pn.FlexBox(plot, beside, sizing_mode="stretch_width", align_items="flex-start", margin=0)
        further = pn.FlexBox(
            pn.Column(self.sliders.layout, width=300),
            pn.Column(self.kept, width=420),
            self.saving,
            align_items="flex-start",
        )
        more = pn.Column(
            heading("All 28 parameters", "subtitle2"), plain(LINES, small=True),
            pn.pane.Bokeh(self.parallel.figure, sizing_mode="stretch_width"),
            save_menu(self.parallel.figure, "parallel_axes", lambda: self._saved(NAMES), of=self.workspace),
            heading("More ranges, kept selections, saving the pair plot", "subtitle2"), further,
            sizing_mode="stretch_width", margin=(16, 0),
        )  # fmt: skip
        return pn.Column(controls, self.choice, panels, more, sizing_mode="stretch_width", visible=False)

    def _unfold(self) -> None:
        """Show the choice of plotted parameters, or fold it again."""
        self.choice.visible = not self.choice.visible

    def _follow_everything(self) -> None:
        self.source.selected.on_change("indices", self._brushed)
        self.choice.param.watch(lambda _: self._remake(), "value")
        self.colour.param.watch(lambda _: self._paint(), "value")
        self.remember("columns", self.choice)
        self.remember("colour", self.colour)
        self.follow(
            (self.redraw, ["configurations", "estimator"]), (self._mark, ["selection"]),
            (self._show_rasters, ["simulations", "arriving"]), (self._paint, ["kept"]),
        )  # fmt: skip
        self.workspace.param.watch(lambda _: self._remake(), "screen")

    def switched(self) -> None:
        self.sliders.clear()
        self.redraw()

    @property
    def _examined(self) -> Examined | None:
        """The current recording's state, when it has circuits."""
        examined = self.workspace.current
        return examined if examined is not None and len(examined.configurations) else None

    def _values(self, name: str) -> np.ndarray:
        """(n,) what a quantity, or a column of the configurations, is for every circuit."""
        examined = self._examined
        if examined is not None and name.startswith(FEATURE):
            runs, wanted = examined.simulations, name.removeprefix(FEATURE)
            return np.array([runs[n].features.get(wanted, np.nan) if n in runs else np.nan for n in self._table.index])
        table = self._table if name in LABELS or examined is None else examined.configurations
        return table[name].to_numpy(dtype=float) if name in table else np.empty(0)

    def _span(self, name: str) -> tuple[float, float]:
        return span(name, self._values(name), self.workspace.prior, self.workspace.n_neurons)

    def fill(self) -> None:
        """Give the plot the circuits of the current recording. Only changes are sent."""
        examined = self._examined
        self.empty.visible, self.body.visible = examined is None, examined is not None
        if examined is None:
            return
        theta = examined.configurations[list(NAMES)]
        asked = (self.workspace.n_neurons, self.workspace.prior.to_dict())
        if self._of != asked or not self._table[[*NAMES]].equals(theta):
            self._of, self._table = asked, columns(theta.to_numpy(), self.workspace.n_neurons, theta.index)
            self._following = True
            self.cloud.send(self._table, self.choice.value)
            self._following = False
            self.parallel.show(self._table[list(NAMES)].to_numpy(), self.workspace.prior)
            self.plot = None
        if self.plot is None:
            self._build()
        self._paint()
        self._mark()

    @drawing
    def _build(self) -> None:
        """Make the figures for the chosen columns, and add missing columns to the source."""
        names = list(self.choice.value)
        if not 2 <= len(names) <= MAX_COLUMNS or not len(self._table):
            return
        self.cloud.add(self._table, names)
        spans, space = {name: self._span(name) for name in names}, self.workspace
        expected = {name: prior_density(name, spans[name], space.prior, space.n_neurons) for name in names}
        self.plot = PairPlot(self.cloud, names, spans, expected, self.colours, self._height)
        self.plot.show(self._table)
        self.place.put(self.plot.layout, self.plot.height)
        self.rasters.resize((self.plot.height - SPECTRA - 46) // N_RASTERS - 18)
        self.saving.figures = self.plot.layout
        self._mark()

    @property
    def _height(self) -> int:
        """px that the pair plot may take, so that it stands on one screen with the recording."""
        return max(self.workspace.screen - AROUND, 320)

    def _remake(self) -> None:
        """Take other columns, or the height of another window: now, or when the stage is shown next."""
        if not self.is_shown:
            self.plot = None
        self._build()

    def _saved(self, names: Sequence[str] = ()) -> pd.DataFrame:
        """Return these quantities, the pair plot's if none are named, and what else is known of every circuit."""
        examined = self._examined
        if examined is None:
            return pd.DataFrame()
        known = examined.configurations[["log_density", "state", "distance"]]
        table = pd.concat([self._table[list(names or self.choice.value)], known], axis=1)
        return with_units(
            table.assign(selected=table.index.isin(examined.selection)).rename_axis("circuit").reset_index()
        )

    def _printed(self) -> Callable[[Paper], Any]:
        """Return what draws the pair plot on paper, as it is coloured and selected now."""
        examined, plot, what = self._examined, self.plot, self.colour.value
        if examined is None or plot is None:
            raise SessionError("There is no pair plot yet: draw circuits first.")
        shade = None if what in (STATE, KEPT) else (LABELS.get(what, what.removeprefix(FEATURE)), self._values(what))
        return printed_pairs(
            self._table, plot.spans, plot.expected, examined.configurations["state"].tolist(), examined.selection, shade=shade,
            kept=examined.kept if what == KEPT else None,
        )  # fmt: skip

    @drawing
    def _paint(self) -> None:
        """Colour the circuits by what is chosen, and give them their state's shape."""
        examined = self._examined
        if examined is None or len(examined.configurations) != len(self._table):
            return
        colours, states = self.colours, examined.configurations["state"].tolist()
        what = self.colour.value
        if what == STATE:
            fill, key = by_state(states, colours)
        elif what == KEPT:
            fill, key = by_membership(examined.kept, self._table.index, colours)
        else:
            label = LABELS.get(what, next(words for words, name in COLOURS.items() if name == what))
            fill, key = by_value(self._values(what), label, colours)
            key += BETWEEN + by_state(states, colours)[1]
        # what has no colour of its own yet is shown in that of what is selected
        unknown = [what == STATE and not state for state in states]
        picked = [colours.selected if u else f for u, f in zip(unknown, fill, strict=True)]
        self.cloud.colour(states, fill, picked)
        self.legend.object = key

    @drawing
    def _mark(self) -> None:
        """Show the selection in every panel, the diagonal and the rasters."""
        examined = self._examined
        if examined is None or len(examined.configurations) != len(self._table):
            return
        positions = self._table.index.get_indexer(examined.selection)
        positions = positions[positions >= 0]
        if not np.array_equal(positions, self.source.selected.indices):
            self._following = True
            self.source.selected.indices = positions.tolist()
            self._following = False
        self.parallel.mark(positions)
        if self.plot is not None:
            self.plot.mark(self._table, positions)
        chosen = f"{counted(len(positions), 'circuit')} selected. " if len(positions) else ""
        self.caption.object = chosen + HOW
        self._show_rasters()

    @drawing
    def _show_rasters(self) -> None:
        examined = self._examined
        if examined is None:
            return
        card = self.workspace.cards.get(examined.estimator)
        states = examined.configurations["state"].to_dict()
        shown = shown_seconds(examined.target, 60.0 if card is None else card.plan.duration)
        warm_up = 0.0 if card is None else card.plan.warm_up
        self.rasters.show(examined.selection, examined.simulations, states, warm_up, shown, examined.arriving)
        seen = None
        if card is not None and examined.target is not None and examined.curves:
            seen = target_curves(examined.target, shown)
        self.spectra.show(examined.selection, examined.curves, states, seen)

    def _brushed(self, attr: str, old: list[int], new: list[int]) -> None:
        """Take what was brushed as the selection."""
        examined = self._examined
        if not self._following and examined is not None and len(examined.configurations) == len(self._table):
            examined.selection = self._table.index[list(new)].tolist()

    def _crossed(self, positions: np.ndarray, adds: bool) -> None:
        """Take the circuits that pass through a box or lasso of the parallel coordinates as the selection, or add them to it."""
        examined = self._examined
        if examined is not None and len(examined.configurations) == len(self._table):
            crossed = self._table.index[positions]
            examined.selection = sorted({*examined.selection, *crossed} if adds else crossed)

    def _slid(self) -> None:
        """Select the circuits inside all ranges. Without a narrowing slider the selection stays."""
        examined = self._examined
        if examined is not None and len(examined.configurations) == len(self._table):
            inside = self.sliders.inside(self._table)
            examined.selection = [] if inside.all() else self._table.index[inside].tolist()

    def recolour(self) -> None:
        colours = self.colours
        self.rasters.recolour(colours)
        self.spectra.recolour(colours)
        self.parallel.recolour(colours)
        if self.plot is not None:
            self.plot.recolour(colours)
        self._paint()
        self._show_rasters()

    def __panel__(self) -> Any:
        return self._layout
