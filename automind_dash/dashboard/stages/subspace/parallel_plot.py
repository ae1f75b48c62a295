"""Parallel coordinates over all 28 parameters, with a line for each circuit. A box or lasso selects the circuits that pass through it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from bokeh.events import SelectionGeometry
from bokeh.models import BoxSelectTool, ColumnDataSource, CustomJS, LassoSelectTool, Range1d
from bokeh.plotting import figure
from numpy.typing import NDArray

from ....circuit.parameters import PARAMETERS
from ....inference.estimators.prior import Prior
from ....invariance.scaling import to_unit
from ....invariance.selection import inside_polygon
from ...widgets.colours import Palette

MAX_LINES = 400
"""Of all circuits, evenly chosen: more make one grey area, slowly. The selected, as many at most, are drawn over them."""

HEIGHT = 250


def through(u: NDArray[np.float64], vertices: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the rows of u (n, 28) inside a polygon (k, 2) on every axis it reaches over; u and y: shares of the prior, x: axes."""
    left, right = vertices[:, 0].min(), vertices[:, 0].max()
    axes = [i for i in range(len(PARAMETERS)) if left <= i <= right]
    if not axes:
        return np.empty(0, dtype=np.int64)
    inside = [inside_polygon(np.full(len(u), float(i)), u[:, i], vertices) for i in axes]
    return np.flatnonzero(np.all(inside, axis=0))


class ParallelPlot:
    """Made once. brushed: called with the positions of the circuits that pass through a box or lasso, and whether they are added."""

    def __init__(self, palette: Palette, brushed: Callable[[NDArray[np.int64], bool], Any]) -> None:
        self._u = np.empty((0, len(PARAMETERS)))
        self._brushed = brushed
        self.figure = figure(
            height=HEIGHT, sizing_mode="stretch_width", x_range=Range1d(-0.4, len(PARAMETERS) - 0.6), y_range=Range1d(-0.03, 1.03),
            tools="reset,save", tags=["parallel"], y_axis_label="share of the prior", min_border_left=62,
        )  # fmt: skip
        box = BoxSelectTool(renderers=[], persistent=True)
        self.figure.add_tools(box, LassoSelectTool(renderers=[], continuous=False))
        self.figure.toolbar.active_drag = box
        self.figure.toolbar.logo, self.figure.toolbar.autohide = None, True
        self.figure.xaxis.ticker = list(range(len(PARAMETERS)))
        self.figure.xaxis.major_label_overrides = {i: spec.symbol for i, spec in enumerate(PARAMETERS)}
        self.figure.xaxis.major_label_orientation = 0.9
        self.figure.ygrid.visible = False
        self.all, self.chosen = (ColumnDataSource({"xs": [], "ys": []}) for _ in range(2))
        self._lines = self.figure.multi_line(xs="xs", ys="ys", source=self.all, line_alpha=0.12)
        self._over = self.figure.multi_line(xs="xs", ys="ys", source=self.chosen, line_alpha=0.6, line_width=1.3)
        self.gesture = ColumnDataSource({"x": [], "y": [], "adds": []})
        self.gesture.on_change("data", self._drawn)
        script = (Path(__file__).parent / "gesture.js").read_text(encoding="utf-8")
        self.figure.js_on_event(SelectionGeometry, CustomJS(args={"gesture": self.gesture}, code=script))
        self.recolour(palette)

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme."""
        self._lines.glyph.line_color = palette.alive
        self._over.glyph.line_color = palette.selected

    def show(self, theta: NDArray[np.float64], prior: Prior) -> None:
        """Show other circuits (n, 28) of an estimator with this prior, none of them marked."""
        self._u = to_unit(theta, prior)
        self.all.data = self._of(np.arange(len(theta)))
        self.chosen.data = {"xs": [], "ys": []}

    def mark(self, positions: NDArray[np.int64]) -> None:
        """Draw the selected circuits over all; while some are selected the others are fainter."""
        self._lines.glyph.line_alpha = 0.05 if len(positions) else 0.12
        self.chosen.data = self._of(positions)

    def _of(self, positions: NDArray[np.int64]) -> dict[str, Any]:
        if len(positions) > MAX_LINES:
            positions = positions[np.linspace(0, len(positions) - 1, MAX_LINES).astype(int)]
        u = self._u[positions].astype(np.float32)
        axes = np.arange(len(PARAMETERS), dtype=np.float32)
        return {"xs": [axes] * len(u), "ys": list(u)}

    def _drawn(self, attr: str, old: Any, new: Any) -> None:
        """Report the circuits that pass through the box or lasso."""
        if len(new["x"]) > 2 and len(self._u):
            self._brushed(through(self._u, np.column_stack([new["x"], new["y"]])), bool(new["adds"][0]))
