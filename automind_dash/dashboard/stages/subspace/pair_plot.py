"""A pair plot whose panels share one cloud of circuits. Brushing in one panel selects in all, without a round trip."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from bokeh.layouts import gridplot
from bokeh.models import (
    BoxSelectTool,
    ColumnDataSource,
    GridPlot,
    HoverTool,
    LassoSelectTool,
    NoOverlap,
    Range1d,
)
from bokeh.plotting import figure
from numpy.typing import NDArray

from ...figures.quantity_axes import BINS, LABELS, QUANTITIES, density
from ...widgets.colours import Palette
from .cloud import Cloud
from .range_boxes import RangeBoxes

MAX_COLUMNS = 6
"""36 panels of 100 px beside each other are what a laptop's screen holds."""

SIDES = {2: 270, 3: 230, 4: 190, 5: 160, 6: 140}
"""px of a panel's height at most, by the number of columns."""

SMALLEST = 68
"""px of a panel's height at least, on a small screen."""

AXIS = 62
"""px left of the first column, for its numbers and label; the columns' frames are equally wide beside it."""

FLOOR = 64
"""px below the last row: numbers, the quantity in words over two lines, its symbol."""

WORDS = 22
"""Letters of a line below a column."""


class PairPlot:
    """Figures for a set of columns, made once for them; `cloud` holds the circuits and these columns of theirs."""

    def __init__(
        self,
        cloud: Cloud,
        columns: Sequence[str],
        spans: dict[str, tuple[float, float]],
        expected: dict[str, NDArray[np.float64]],
        palette: Palette,
        height: int = 500,
    ) -> None:
        self.cloud, self.columns, self.spans, self.expected = cloud, list(columns), spans, expected
        n = len(self.columns)
        self.side = max(SMALLEST, min(SIDES[n], (height - FLOOR) // n))
        self.ranges = RangeBoxes(cloud.source)
        self._ranges = {name: Range1d(*spans[name]) for name in self.columns}
        self._bars: dict[str, ColumnDataSource] = {}
        self._scatters: list[Any] = []
        self._diagonal: list[Any] = []
        self._images: list[ColumnDataSource] = []
        self._outlines: list[tuple[Any, Any, Any]] = []
        grid: list[list[Any]] = []
        for i, row in enumerate(self.columns):
            grid.append(
                [self._panel(row, column) for column in self.columns[: i + 1]] + [None] * (len(self.columns) - i - 1)
            )
        self.layout = self._arrange(grid)
        cloud.attach(self._scatters, self._images, [])
        self.recolour(palette)

    def _arrange(self, grid: list[list[Any]]) -> GridPlot:
        """Return the panels in a grid with one toolbar, the box ready to be dragged."""
        layout = gridplot(
            grid,
            toolbar_location="right",
            sizing_mode="stretch_width",
            toolbar_options={"logo": None, "active_drag": "auto"},
        )
        first = f"calc({AXIS}px + (100% - {AXIS}px) / {len(self.columns)})"
        layout.cols = {i: "1fr" if i else first for i in range(len(self.columns))}
        boxes = [tool for tool in layout.toolbar.tools if isinstance(getattr(tool, "tools", [tool])[0], BoxSelectTool)]
        layout.toolbar.active_drag = boxes[0]
        for fig in (*self._scatters, *self._diagonal):  # after the tools were merged, which takes one active tool only
            fig.toolbar.active_drag = next(tool for tool in fig.tools if isinstance(tool, BoxSelectTool))
        return layout

    @property
    def height(self) -> int:
        """px of the whole."""
        return self.side * len(self.columns) + FLOOR

    def _panel(self, row: str, column: str) -> Any:
        last, first, diagonal = row == self.columns[-1], column == self.columns[0], row == column
        fig = figure(
            height=self.side + FLOOR * last, sizing_mode="stretch_width", x_range=self._ranges[column], tools="wheel_zoom,reset,save",
            min_border_left=AXIS if first else 3, min_border_right=3, min_border_top=3, min_border_bottom=FLOOR if last else 3,
            **({} if diagonal else {"y_range": self._ranges[row]}),
        )  # fmt: skip
        fig.axis.axis_label_text_font_size = "11px"
        fig.axis.major_label_text_font_size = "10px"
        fig.axis.axis_label_standoff = 3
        fig.axis.major_label_standoff = 3
        fig.axis.ticker.desired_num_ticks = 3
        fig.xaxis.major_label_policy = NoOverlap()
        # the ends' numbers would run into those of the next panel
        fig.xaxis.major_label_overrides = dict.fromkeys(self.spans[column], "")
        fig.yaxis.major_label_overrides = dict.fromkeys(self.spans[row], "")
        fig.xaxis.axis_label = _named(column) if last else None
        fig.yaxis.axis_label = LABELS[row]
        fig.xaxis.visible = last
        fig.yaxis.visible = first and not diagonal
        fig.grid.visible = False
        (self._histogram if diagonal else self._scatter)(fig, column, row)
        return fig

    def _scatter(self, fig: Any, x: str, y: str) -> None:
        """All circuits as an image that the browser paints, over it markers of the simulated ones, which can be pointed at."""
        image = ColumnDataSource({"image": [np.zeros((1, 1), np.uint32)], "x": [0], "y": [0], "dw": [0], "dh": [0]})
        fig.image_rgba(image="image", x="x", y="y", dw="dw", dh="dh", source=image)
        dots = fig.scatter(
            x=x, y=y, source=self.cloud.marks, size=7, marker="marker", fill_color="fill", fill_alpha="alpha", line_color="fill",
            line_alpha="alpha",
        )  # fmt: skip
        hint = [("circuit", "@number"), (LABELS[x], f"@{{{x}}}{{0.[000]}}"), (LABELS[y], f"@{{{y}}}{{0.[000]}}")]
        fig.add_tools(*_brushes(), HoverTool(renderers=[dots], tooltips=hint, limit=1))
        fig.tags = [x, y]
        self._scatters.append(fig)
        self._images.append(image)

    def _histogram(self, fig: Any, name: str, _: str) -> None:
        """All circuits as bars, the chosen ones as a line, the prior dashed; 1 is what a uniform one would have."""
        edges = np.linspace(*self.spans[name], BINS + 1)
        zeros = np.zeros(BINS)
        source = ColumnDataSource({"left": edges[:-1], "right": edges[1:], "all": zeros, "chosen": zeros})
        fig.add_tools(*_brushes())
        fig.tags = [name]
        self._diagonal.append(fig)
        self.ranges.add(fig, name)
        self._bars[name] = source
        fig.y_range.update(start=0)
        bars = fig.quad(left="left", right="right", top="all", bottom=0, source=source, fill_alpha=0.5, line_alpha=0)
        expected = self.expected[name]
        prior = fig.step(x=edges, y=np.append(expected, expected[-1]), mode="after", line_dash="dashed")
        chosen = fig.quad(
            left="left", right="right", top="chosen", bottom=0, source=source, fill_alpha=0.3, line_width=1.2
        )
        self._outlines.append((bars, prior, chosen))

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme; those of the circuits are the cloud's."""
        self.ranges.recolour(palette)
        for bars, prior, chosen in self._outlines:
            bars.glyph.fill_color = palette.alive
            prior.glyph.line_color = palette.dead
            chosen.glyph.fill_color = chosen.glyph.line_color = palette.selected

    def show(self, table: pd.DataFrame) -> None:
        """Fill the diagonal with all circuits of a table that holds the columns; nothing is marked afterwards."""
        for name, source in self._bars.items():
            source.data = {
                **source.data,
                "all": density(table[name].to_numpy(), self.spans[name]),
                "chosen": np.zeros(BINS),
            }

    def mark(self, table: pd.DataFrame, positions: np.ndarray) -> None:
        """Show the marginals of the circuits at these positions; the panels' dots follow the source's selection."""
        for name, source in self._bars.items():
            source.data["chosen"] = density(table[name].to_numpy()[positions], self.spans[name])


def _named(name: str) -> str:
    """Return the text below a column: the quantity in words, and its symbol with the unit."""
    words = QUANTITIES[name].meaning.partition(" (")[0].removesuffix(", E")
    return "\n".join([*textwrap.wrap(words, WORDS, max_lines=2, placeholder=" …"), LABELS[name]])


def _brushes() -> list[Any]:
    """Return box and lasso for a panel. Alike in all panels, or the grid would not merge them into one button each."""
    return [BoxSelectTool(renderers=[]), LassoSelectTool(renderers=[], continuous=False)]
