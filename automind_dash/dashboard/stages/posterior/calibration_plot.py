"""The calibration of an estimator: ranks of the truth, expected coverage and TARP, each beside its ideal."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn
from bokeh.layouts import row
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.plotting import figure
from panel.viewable import Viewer

from ....circuit.parameters import PARAMETERS
from ....inference.estimators.calibration import LEVELS, Calibration
from ....inference.estimators.estimator import Estimator
from ...widgets.colours import Palette
from ...widgets.plain_text import plain

HEIGHT = 190
GRID = np.linspace(0, 1, 41)
"""Ranks at which the share of circuits below is drawn."""


class CalibrationPlot(Viewer):
    """Three figures and their caption, empty until an estimator is shown."""

    def __init__(self, colours: Palette, **params: Any) -> None:
        super().__init__(**params)
        self.ranks = ColumnDataSource({"x": [], "y": [], "name": [], "p": []})
        self.band = ColumnDataSource({"x": [], "low": [], "high": []})
        self.marginal = ColumnDataSource({"level": [], "low": [], "high": [], "mean": [], "joint": []})
        self.tarp = ColumnDataSource({"alpha": [], "covered": []})
        self.figures = [
            _square("rank of the truth among draws", "share of circuits − rank", (-0.25, 0.25)),
            _square("credible level", "share of truths inside", (0, 1)),
            _square("credible level (TARP)", "share of truths inside", (0, 1)),
        ]
        by_rank, coverage, tarp = self.figures
        self._band = by_rank.varea(x="x", y1="low", y2="high", source=self.band, fill_alpha=0.45)
        self._ranks = by_rank.multi_line(xs="x", ys="y", source=self.ranks, line_width=1, line_alpha=0.7)
        by_rank.add_tools(
            HoverTool(renderers=[self._ranks], tooltips=[("parameter", "@name"), ("uniform, p", "@p{0.000}")])
        )
        self._range = coverage.varea(x="level", y1="low", y2="high", source=self.marginal, fill_alpha=0.45)
        self._mean = coverage.line(x="level", y="mean", source=self.marginal, line_width=2)
        self._joint = coverage.line(x="level", y="joint", source=self.marginal, line_width=2, line_dash="dotted")
        self._tarp = tarp.line(x="alpha", y="covered", source=self.tarp, line_width=2)
        self._should = [
            fig.line([0, 1], [0, top], line_width=1, line_dash="dashed")
            for fig, top in zip(self.figures, (0, 1, 1), strict=True)
        ]
        self.caption = plain(small=True)
        self._layout = pn.Column(
            pn.pane.Bokeh(row(*self.figures, sizing_mode="stretch_width"), sizing_mode="stretch_width", height=HEIGHT, margin=(0, 4)),
            self.caption, sizing_mode="stretch_width", visible=False, margin=0,
        )  # fmt: skip
        self.recolour(colours)

    def show(self, estimator: Estimator | None) -> None:
        """Show an estimator's calibration, or that it has none; None hides it. Raises EstimatorError for a broken file."""
        self._layout.visible = estimator is not None
        if estimator is None:
            return
        found = estimator.calibration()
        self._layout[0].visible = found is not None
        if found is None:
            self.caption.object = f"Calibration: not measured for these weights; `automind-dash evaluate {estimator.name} --write` does it."
            return
        self._fill(found)
        self.caption.object = words(found)

    def _fill(self, found: Calibration) -> None:
        below = [(np.sort(column)[:, None] <= GRID).mean(axis=0) - GRID for column in found.ranks.T]
        self.ranks.data = {
            "x": [GRID] * len(below), "y": below, "name": [spec.meaning for spec in PARAMETERS], "p": found.uniformity.tolist(),
        }  # fmt: skip
        spread = 1.96 * np.sqrt(GRID * (1 - GRID) / found.n_targets)
        self.band.data = {"x": GRID, "low": -spread, "high": spread}
        self.marginal.data = {
            "level": LEVELS, "low": found.coverage.min(axis=1), "high": found.coverage.max(axis=1),
            "mean": found.coverage.mean(axis=1), "joint": found.joint_coverage,
        }  # fmt: skip
        self.tarp.data = {"alpha": found.tarp_alpha, "covered": found.tarp_coverage}

    def recolour(self, colours: Palette) -> None:
        """Take the colours of a theme."""
        for glyph in (self._band, self._range):
            glyph.glyph.fill_color = colours.prior
        for line in (self._ranks, self._mean, self._tarp):
            line.glyph.line_color = colours.alive
        self._joint.glyph.line_color = colours.selected
        for line in self._should:
            line.glyph.line_color = colours.ink

    def __panel__(self) -> Any:
        return self._layout


def _square(x: str, y: str, reach: tuple[float, float]) -> Any:
    fig = figure(
        height=HEIGHT, sizing_mode="stretch_width", min_width=180, x_range=(0, 1), y_range=reach, x_axis_label=x, y_axis_label=y,
        tools="save", toolbar_location=None,
    )  # fmt: skip
    fig.grid.visible = False
    return fig


def words(found: Calibration) -> str:
    """Return a description of the three figures, and their conclusion."""
    off = [spec.meaning for spec, p in zip(PARAMETERS, found.uniformity, strict=True) if p < 0.05 / len(PARAMETERS)]
    worst = f"off beyond chance for {', '.join(off)}" if off else "none off beyond chance"
    verdict = (
        "too narrow"
        if found.tarp_area < -0.02
        else "too wide"
        if found.tarp_area > 0.02
        else "neither too narrow nor too wide"
    )
    return (
        f"Calibration on {found.n_targets} circuits it never saw, {found.n_draws} draws each. Left: ranks of the 28 parameters, a line "
        f"each; grey is where 95 % of uniform ranks lie ({worst}). Middle: coverage of central intervals, mean (line) and range (grey) "
        f"over parameters, and of the joint highest-density region (dotted); mean error {found.coverage_error:.3f}. Right: TARP, "
        f"area {found.tarp_area:+.3f}: {verdict}. Of unpruned draws: pruned ones are narrower on purpose."
    )
