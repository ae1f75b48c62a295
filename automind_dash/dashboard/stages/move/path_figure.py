"""Two figures of a path through the subspace: density along it and along the straight line, and the parameters on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, HoverTool, Legend, LegendItem, Range1d, Span
from bokeh.plotting import figure
from numpy.typing import NDArray

from ....circuit.parameters import PARAMETERS
from ....invariance.paths import Path
from ...widgets.colours import Palette

MOST = 8
"""Parameters drawn: those that bend away from the line, or change, most."""

HUES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#7f7f7f")
"""Okabe–Ito, with two more."""

SHAPES = {"consistent": "circle", "alive": "triangle", "silent": "x", "saturated": "square_x", "failed": "cross"}


def most_changed(path: Path) -> NDArray[np.int64]:
    """Return the parameters that change most along a path, detours included."""
    travelled = np.abs(np.diff(path.points, axis=0)).sum(axis=0)
    return np.argsort(-travelled, kind="stable")[:MOST]


class PathFigure:
    """Made once; `show` takes another path, `stand` marks the present position on it, `mark` the simulated points' states."""

    def __init__(self, palette: Palette) -> None:
        self.x_range = Range1d(-0.02, 1.02)
        common: dict[str, Any] = {
            "sizing_mode": "stretch_width", "x_range": self.x_range, "tools": "save", "x_axis_label": "position: 0 start, 1 end",
        }  # fmt: skip
        self.density = figure(height=230, y_axis_label="log-density (nats)", title="Density on the way", **common)
        self.parameters = figure(
            height=230,
            y_axis_label="share of the prior",
            y_range=Range1d(-0.02, 1.02),
            title="Parameters on the way",
            **common,
        )
        names = ("position", "density", "state", "marker", "colour", "step")
        self.path, self.line = (ColumnDataSource({name: [] for name in names}) for _ in range(2))
        self.curves = ColumnDataSource({"xs": [], "ys": [], "colour": [], "name": []})
        self._way = self.density.line(x="position", y="density", source=self.path, line_width=2.5)
        self._straight = self.density.line(
            x="position", y="density", source=self.line, line_width=1.5, line_dash="dashed"
        )
        dots = [
            self.density.scatter(x="position", y="density", marker="marker", color="colour", size=8, source=source)
            for source in (self.path, self.line)
        ]
        self.density.add_tools(
            HoverTool(
                renderers=dots, tooltips=[("point", "@step"), ("log-density", "@density{0.0}"), ("state", "@state")]
            )
        )
        self.density.add_layout(
            Legend(
                items=[
                    LegendItem(label="path", renderers=[self._way]),
                    LegendItem(label="straight line", renderers=[self._straight]),
                ]
            ),
            "right",
        )
        lines = self.parameters.multi_line(xs="xs", ys="ys", line_color="colour", line_width=2, source=self.curves)
        self.parameters.add_tools(HoverTool(renderers=[lines], tooltips=[("", "@name")]))
        self._key = Legend(items=[])
        self.parameters.add_layout(self._key, "right")
        self._lines = lines
        self._here = [Span(location=0, dimension="height", line_width=1.5, line_dash="dotted") for _ in range(2)]
        for fig, here in zip(self.figures, self._here, strict=True):
            fig.add_layout(here)
            fig.toolbar.logo, fig.toolbar.autohide = None, True
            fig.grid.visible = False
        self.recolour(palette)

    @property
    def figures(self) -> tuple[Any, Any]:
        """Density and parameters."""
        return self.density, self.parameters

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme."""
        self.palette = palette
        self._way.glyph.line_color = palette.alive
        self._straight.glyph.line_color = palette.dead
        for here in self._here:
            here.line_color = palette.ink
        for fig in self.figures:
            fig.legend.background_fill_alpha = 0
            fig.legend.border_line_alpha = 0
            fig.legend.label_text_color = palette.ink
            fig.legend.label_text_font_size = "11px"
            fig.legend.update(spacing=0, padding=2, margin=4, glyph_height=14, label_height=14)

    def show(self, path: Path) -> None:
        """Show a path and its line."""
        m = len(path.points)
        position = np.linspace(0, 1, m)
        for source, density in ((self.path, path.log_density), (self.line, path.line_log_density)):
            source.data = {
                "position": position, "density": density, "state": ["not simulated"] * m, "marker": ["circle"] * m,
                "colour": ["#00000000"] * m, "step": np.arange(m),
            }  # fmt: skip
        best = most_changed(path)
        self.curves.data = {
            "xs": [position] * len(best), "ys": [path.points[:, i] for i in best], "colour": list(HUES[: len(best)]),
            "name": [PARAMETERS[i].label for i in best],
        }  # fmt: skip
        self._key.items = [
            LegendItem(label=PARAMETERS[i].symbol, renderers=[self._lines], index=k) for k, i in enumerate(best)
        ]
        self.stand(0.0)

    def stand(self, position: float) -> None:
        """Mark a position from 0 to 1."""
        for here in self._here:
            here.location = position

    def mark(self, path_states: list[str], line_states: list[str]) -> None:
        """Give the points the colour and shape of their state; "" where nothing is known yet."""
        colours = {"consistent": self.palette.consistent, "alive": self.palette.alive, "": "#00000000"}
        for source, states in ((self.path, path_states), (self.line, line_states)):
            source.data = {
                **source.data, "state": [state or "not simulated" for state in states],
                "marker": [SHAPES.get(state, "circle") for state in states],
                "colour": [colours.get(state, self.palette.dead) for state in states],
            }  # fmt: skip
