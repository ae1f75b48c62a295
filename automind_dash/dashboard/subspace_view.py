"""The subspace: a linked pair plot and range sliders over the same selection, with the selected circuits' rasters below."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param
from bokeh.models import ColumnDataSource
from panel.viewable import Viewer

from ..circuit.parameters import NAMES, PARAMETERS
from ..invariance.composites import COMPOSITES, columns
from .colours import palette
from .documents import on_document
from .pair_plot import PairPlot
from .plain_text import plain
from .raster import Raster
from .workspace import Workspace

FIRST_SHOWN = ["params_Epop.tau_w", "params_Epop.b", "params_Epop.Q_ge", "params_Epop.v_thresh"]
MAX_COLUMNS = 6
N_RASTERS = 4
RASTER_SECONDS = 10.0

QUANTITIES = {spec.name: spec for spec in (*PARAMETERS, *COMPOSITES)}
LABELS = {name: spec.label for name, spec in QUANTITIES.items()}
OPTIONS = {f"{spec.label} — {spec.meaning}": name for name, spec in QUANTITIES.items()}


def axis_ranges(table: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return the prior's range of each parameter, the draws' range of each composite."""
    ranges = {spec.name: (spec.low, spec.high) for spec in PARAMETERS}
    for spec in COMPOSITES:
        values = table[spec.name].to_numpy()
        values = values[np.isfinite(values)]
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        ranges[spec.name] = (low, high if high > low else low + 1.0)
    return ranges


class SubspaceView(Viewer):
    """Brush, lasso or slide: each changes the one selection, which the table and the other stages show too."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        space = self.workspace
        self.choice = pmui.MultiChoice(
            label="Parameters and composites (2 to 6)", options=OPTIONS, value=FIRST_SHOWN, max_items=MAX_COLUMNS,
            sizing_mode="stretch_width",
        )  # fmt: skip
        self.add = pmui.Select(label="Add a range slider", options={"choose …": "", **OPTIONS}, value="", width=320)
        self.sliders = pn.FlexBox(sizing_mode="stretch_width")
        self.caption = plain(small=True)
        self.source = ColumnDataSource({"number": [], "state": []})
        self.plot: PairPlot | None = None
        self.pane = pn.pane.Bokeh(None)
        self.rasters = [Raster(palette(space.dark), height=90) for _ in range(N_RASTERS)]
        self.titles = [plain(small=True) for _ in range(N_RASTERS)]
        self.strips = [
            pn.Column(
                title,
                pn.pane.Bokeh(raster.figure, sizing_mode="stretch_width"),
                sizing_mode="stretch_width",
                visible=False,
            )
            for title, raster in zip(self.titles, self.rasters, strict=True)
        ]
        self._layout = pn.Column(
            pn.FlexBox(self.choice, self.add),
            self.sliders,
            self.caption,
            self.pane,
            *self.strips,
            sizing_mode="stretch_width",
        )
        self._table = pd.DataFrame()
        self._watched: tuple[Any, list[Any]] | None = None
        self._following = False
        self.source.selected.on_change("indices", self._brushed)
        self.choice.param.watch(lambda *_: self._build(), "value")
        self.add.param.watch(self._slider, "value")
        space.param.watch(self._switch, "current")
        space.param.watch(lambda *_: self._fill(), "stage")
        space.param.watch(self._recolour, "dark")
        self._switch()

    def _switch(self, *_: Any) -> None:
        if self._watched is not None:
            target, watchers = self._watched
            for watcher in watchers:
                target.param.unwatch(watcher)
        target = self.workspace.current
        self._watched = None
        self.sliders.objects = []
        if target is not None:
            self._watched = (
                target,
                [
                    target.param.watch(lambda *_: self._fill(), "configurations"),
                    target.param.watch(lambda *_: self._mark(), "selection"),
                ],
            )
        self._fill()

    @property
    def _shown(self) -> bool:
        return self.workspace.stage == "Subspace"

    @on_document
    def _fill(self) -> None:
        """Hand the current recording's circuits to the plot."""
        target = self.workspace.current
        if not self._shown:
            return
        if target is None or not len(target.configurations):
            self.caption.object = "No circuits yet: draw some under Posterior."
            self.pane.visible = False
            return
        table = columns(target.configurations[list(NAMES)].to_numpy(), index=target.configurations.index)
        self._table = table
        data = {name: table[name].to_numpy() for name in QUANTITIES}
        data["number"] = table.index.to_numpy()
        data["state"] = target.configurations["state"].to_numpy(dtype=str)
        self._following = True
        self.source.data = data
        self._following = False
        self.pane.visible = True
        if self.plot is None:
            self._build()
        self._mark()

    @on_document
    def _build(self) -> None:
        """Make the figures for the chosen columns."""
        if len(self.choice.value) < 2 or not len(self._table):
            return
        self.plot = PairPlot(
            self.source, self.choice.value, LABELS, axis_ranges(self._table), palette(self.workspace.dark)
        )
        self.pane.object = self.plot.layout
        self._mark()

    @on_document
    def _mark(self) -> None:
        """Show the selection in every panel, the diagonal and the rasters."""
        target = self.workspace.current
        if not self._shown or target is None or not len(self._table):
            return
        positions = [p for p in self._table.index.get_indexer(target.selection).tolist() if p >= 0]
        if positions != list(self.source.selected.indices):
            self._following = True
            self.source.selected.indices = positions
            self._following = False
        if self.plot is not None:
            self.plot.show(self._table, np.array(positions, dtype=int))
        self.caption.object = (
            f"{len(positions)} of {len(self._table)} circuits selected, drawn by {target.provenance.get('estimator', '')}. "
            "Drag a box in any panel; the lasso is in the toolbar. ● consistent ▲ active ○ silent ■ saturated ✕ failed. "
            "Diagonal: bars all, line selected, dashed the prior."
        )
        self._show_rasters(target)

    def _show_rasters(self, target: Any) -> None:
        """Show the first selected circuits that have been simulated."""
        runs = [(n, target.simulations[n]) for n in target.selection if n in target.simulations]
        runs = [(n, run) for n, run in runs if run.recording is not None][:N_RASTERS]
        for i, (raster, strip) in enumerate(zip(self.rasters, self.strips, strict=True)):
            strip.visible = i < len(runs)
            if i < len(runs):
                number, run = runs[i]
                raster.x_range.update(start=0, end=min(RASTER_SECONDS, run.recording.duration))
                self.titles[i].object = f"circuit {number}, seed {run.seed}"
                raster.show(run.recording)

    def _brushed(self, attr: str, old: list[int], new: list[int]) -> None:
        """Take what was brushed as the selection."""
        target = self.workspace.current
        if self._following or target is None or not len(self._table):
            return
        target.selection = self._table.index[list(new)].astype(int).tolist()

    def _slider(self, event: Any) -> None:
        """Add a range slider over a quantity."""
        name = event.new
        if not name or not len(self._table) or any(slider.tags == [name] for slider in self.sliders):
            return
        low, high = axis_ranges(self._table)[name]
        slider = pmui.RangeSlider(
            label=LABELS[name], start=low, end=high, value=(low, high), step=(high - low) / 200, width=260
        )
        slider.tags = [name]
        slider.param.watch(lambda *_: self._slid(), "value_throttled")
        self.sliders.append(slider)
        self.add.value = ""

    def _slid(self) -> None:
        """Select what lies inside all ranges."""
        target = self.workspace.current
        if target is None:
            return
        inside = np.ones(len(self._table), bool)
        for slider in self.sliders:
            low, high = slider.value
            inside &= self._table[slider.tags[0]].between(low, high).to_numpy()
        target.selection = self._table.index[inside].astype(int).tolist()

    @on_document
    def _recolour(self, *_: Any) -> None:
        for raster in self.rasters:
            raster.recolour(palette(self.workspace.dark))
        if self.plot is not None:
            self.plot = None
            self._build()

    def __panel__(self) -> Any:
        return self._layout
