"""The 28 posterior marginals against the prior: small multiples in one figure, whose data are exchanged."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, CustomJS, HoverTool, Range1d
from bokeh.plotting import figure
from numpy.typing import NDArray

from ...circuit.parameters import PARAMETERS, Parameter
from ...inference.asking.narrowing import BINS, histograms, information_gain
from ...inference.estimators.prior import Prior
from ...publication.marginals import GROUPS, by_bits, marginals_figure
from ...publication.marginals import by_group as in_groups
from ...publication.paper import Paper
from ..widgets.colours import Palette
from ..widgets.quantities import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEW = 20
"""Up to this many selected circuits are shown one by one, since their histogram would be mostly holes."""

COLUMNS = 10
"""Cells in a row; each of the three groups (9, 10 and 9 parameters) fills one row."""

ROW_HEIGHT = 112
"""px: a name, a symbol, 60 px of histogram, and the ends of the axis."""

FIT = """
const size = `${Math.max(7.5, Math.min(10.5, 10.5 * cb_obj.inner_width / columns / 84)).toFixed(1)}px`
for (const one of titles) one.text_font_size = {value: size}
"""
"""Run in the browser when the figure's width changes: names of neighbouring cells never overlap, down to what an eye can read."""

CELL_WIDTH, BAR_HEIGHT, BASE = 0.9, 0.54, 0.18
"""Parts of a cell's unit square: the width and height of the histogram, and its foot above the numbers of the axis."""


def axis_ends(spec: Parameter, prior: Prior) -> tuple[str, str]:
    """Return the labels at both ends of a parameter's axis, with the unit on the right: a narrow cell's title has no room for it."""
    low, high = (f"{end:g}".replace("-", "−") for end in prior.range_of(spec))
    return low, high if spec.unit == "1" else f"{high} {spec.unit}"


def places(gains: NDArray[np.float64], by_group: bool) -> NDArray[np.int64]:
    """(28, 2) row and column of each parameter's cell: one row for each group, or the most narrowed first. gains: (28,) bits."""
    found = np.empty((len(PARAMETERS), 2), dtype=np.int64)
    if by_group:
        for row, group in enumerate(GROUPS):
            members = [i for i, spec in enumerate(PARAMETERS) if spec.group == group]
            found[members] = [(row, column) for column in range(len(members))]
    else:
        rank = np.arange(len(PARAMETERS))
        found[np.argsort(-gains, kind="stable")] = np.column_stack([rank // COLUMNS, rank % COLUMNS])
    return found


class Marginals:
    """One figure of 28 cells. `show` takes new draws or another order, `mark` takes another selection."""

    def __init__(self, palette: Palette) -> None:
        rows = len(GROUPS)
        self.figure = figure(
            height=rows * ROW_HEIGHT, sizing_mode="stretch_width", tools="save", toolbar_location="right",
            x_range=Range1d(-0.2, COLUMNS), y_range=Range1d(-rows, 0), min_border=4, outline_line_color=None,
        )  # fmt: skip
        self.figure.toolbar.logo = None
        self.figure.toolbar.autohide = True
        self.figure.axis.visible = False
        self.figure.grid.visible = False
        self.bars = ColumnDataSource({"left": [], "right": [], "top": [], "bottom": []})
        self.cells = ColumnDataSource({name: [] for name in CELL_FIELDS})
        self.curves = ColumnDataSource({"xs": [], "ys": []})
        self.ticks = ColumnDataSource({"x": [], "low": [], "high": []})
        self.rows = ColumnDataSource({"y": [], "name": []})
        self._draw()
        self._theta = self._chosen = np.empty((0, len(PARAMETERS)))
        self._ranges, self._grouped = Prior(), True
        self._scale: NDArray[np.float64] = np.ones(len(PARAMETERS))
        self._x: NDArray[np.float64] = np.zeros(len(PARAMETERS))
        self._y: NDArray[np.float64] = np.zeros(len(PARAMETERS))
        self.gains: NDArray[np.float64] = np.zeros(len(PARAMETERS))
        self.recolour(palette)
        self.show(self._theta, self._ranges, by_group=True)

    def _draw(self) -> None:
        fig = self.figure
        self._bars = fig.quad(
            left="left", right="right", top="top", bottom="bottom", source=self.bars, fill_alpha=0.55, line_alpha=0
        )
        self._prior = fig.segment(x0="left", x1="right", y0="prior", y1="prior", source=self.cells, line_dash="dashed")
        self._axis = fig.segment(x0="left", x1="right", y0="bottom", y1="bottom", source=self.cells)
        self._curves = fig.multi_line(xs="xs", ys="ys", source=self.curves, line_width=1.6)
        self._ticks = fig.segment(x0="x", x1="x", y0="low", y1="high", source=self.ticks, line_width=1.6)
        small = {"source": self.cells, "text_font_size": "10px", "text_baseline": "top"}
        self._texts = [
            fig.text(x="left", y="top", text="word", **small),
            fig.text(x="left", y="top", text="symbol", source=self.cells, y_offset=12, text_font_size="11px", text_baseline="top"),
            fig.text(x="right", y="top", text="bits", text_align="right", y_offset=13, **small),
            fig.text(x="left", y="bottom", text="low", y_offset=2, **small),
            fig.text(x="right", y="bottom", text="end", text_align="right", y_offset=2, **small),
            fig.text(
                x=-0.12, y="y", text="name", source=self.rows, angle=np.pi / 2, text_align="center",
                text_baseline="middle", text_font_size="12px",
            ),
        ]  # fmt: skip
        titles = [text.glyph for text in self._texts[:-1]]
        fig.js_on_change("inner_width", CustomJS(args={"titles": titles, "columns": COLUMNS + 0.2}, code=FIT))
        cover = fig.quad(left="left", right="right", top="top", bottom="floor", source=self.cells, alpha=0)
        fig.add_tools(HoverTool(renderers=[cover], tooltips=TOOLTIP, attachment="vertical"))

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme."""
        self._prior.glyph.line_color = palette.dead
        self._axis.glyph.line_color = palette.dead
        self._bars.glyph.fill_color = palette.alive
        self._curves.glyph.line_color = self._ticks.glyph.line_color = palette.selected
        for text in self._texts:
            text.glyph.text_color = palette.ink

    def show(self, theta: NDArray[np.float64], prior: Prior, *, by_group: bool) -> None:
        """Show the marginals of all draws (n, 28), in groups or the most narrowed first. Afterwards nothing is marked."""
        self._theta, self._ranges, self._grouped, density = theta, prior, by_group, histograms(theta, prior)
        self.gains = information_gain(theta, prior) if len(theta) else np.zeros(len(PARAMETERS))
        cell = places(self.gains, by_group)
        self._x = cell[:, 1].astype(np.float64)
        self._y = BASE - 1.0 - cell[:, 0].astype(np.float64)
        self._scale = np.asarray(BAR_HEIGHT / np.maximum(density.max(axis=1), 1.5), dtype=np.float64)
        left = self._x[:, None] + np.arange(BINS) * (CELL_WIDTH / BINS)
        height = density * self._scale[:, None]
        bottom = np.repeat(self._y, BINS)
        self.bars.data = {
            "left": left.ravel(), "right": left.ravel() + CELL_WIDTH / BINS, "bottom": bottom, "top": bottom + height.ravel(),
        }  # fmt: skip
        self.cells.data = self._cells()
        self.rows.data = {
            "y": [-0.5 - row for row in range(len(GROUPS))],
            "name": list(GROUPS) if by_group else [""] * 3,
        }
        self.mark(theta[:0])

    def _cells(self) -> dict[str, Any]:
        """Return what stands in and over each cell."""
        n = len(self._theta)
        quantiles = (
            np.quantile(self._theta, [0.05, 0.5, 0.95], axis=0).T if n else np.full((len(PARAMETERS), 3), np.nan)
        )
        ends = [axis_ends(spec, self._ranges) for spec in PARAMETERS]
        return {
            "left": self._x, "right": self._x + CELL_WIDTH, "bottom": self._y, "floor": self._y - BASE,
            "top": self._y + 1 - BASE, "prior": self._y + self._scale,
            "symbol": [spec.symbol for spec in PARAMETERS], "word": [spec.word for spec in PARAMETERS],
            "bits": [f"{gain:.2f}" if n else "" for gain in self.gains],
            "low": [low for low, _ in ends], "end": [high for _, high in ends],
            "meaning": [spec.meaning for spec in PARAMETERS],
            "name": [spec.name for spec in PARAMETERS],
            "middle": [number(q[1]) for q in quantiles],
            "range": [f"{number(q[0])} to {number(q[2])}" for q in quantiles],
        }  # fmt: skip

    def mark(self, chosen: NDArray[np.float64]) -> None:
        """Show the selected circuits (m, 28) over all draws: one by one when they are few, else as a line."""
        self._chosen = chosen
        self.ticks.data, self.curves.data = {"x": [], "low": [], "high": []}, {"xs": [], "ys": []}
        if not len(chosen):
            return
        if len(chosen) <= FEW:
            x = (self._x + (chosen - self._ranges.low) / (self._ranges.high - self._ranges.low) * CELL_WIDTH).ravel()
            low = np.tile(self._y, len(chosen))
            self.ticks.data = {"x": x, "low": low, "high": low + 0.4 * BAR_HEIGHT}
            return
        # a selection may be denser than its cell is high, and is then drawn up to the top
        height = np.minimum(histograms(chosen, self._ranges) * self._scale[:, None], BAR_HEIGHT)
        steps = np.repeat(np.arange(BINS + 1), 2)[1:-1] * (CELL_WIDTH / BINS)
        self.curves.data = {
            "xs": list(self._x[:, None] + steps),
            "ys": list(self._y[:, None] + np.repeat(height, 2, axis=1)),
        }

    def printed(self) -> Callable[[Paper], Figure]:
        """Return a function that draws the marginals on paper, in the order that is shown."""
        order = in_groups() if self._grouped or not len(self._theta) else by_bits(self._theta, self._ranges)
        return partial(_drawn, theta=self._theta, prior=self._ranges, chosen=self._chosen, order=order)

    def table(self) -> pd.DataFrame:
        """Return what is drawn, in the parameters' own units: one row for each bin, densities relative to the uniform prior."""
        low, high = self._ranges.low[:, None], self._ranges.high[:, None]
        edges = low + (high - low) * np.arange(BINS + 1) / BINS
        columns = {
            "parameter": np.repeat([spec.name for spec in PARAMETERS], BINS),
            "unit": np.repeat([spec.unit for spec in PARAMETERS], BINS),
            "from": edges[:, :-1].ravel(), "to": edges[:, 1:].ravel(), "density": histograms(self._theta, self._ranges).ravel(),
        }  # fmt: skip
        if len(self._chosen):
            columns["density of the selected"] = histograms(self._chosen, self._ranges).ravel()
        return pd.DataFrame(columns)


def _drawn(paper: Paper, **marginals: Any) -> Figure:
    return marginals_figure(paper, **marginals)


CELL_FIELDS = (
    "left", "right", "bottom", "floor", "top", "prior", "symbol", "word", "bits", "low", "end", "meaning", "name", "middle", "range",
)  # fmt: skip
TOOLTIP = [
    ("", "@meaning"), ("published name", "@name"), ("prior", "@low to @end, uniform"), ("median of the draws", "@middle"),
    ("5 to 95 %", "@range"), ("narrowed by", "@bits bits"),
]  # fmt: skip
