"""A pair plot whose panels share one data source: what is brushed in one is selected in all, without a round trip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from bokeh.layouts import gridplot
from bokeh.models import BoxSelectTool, ColumnDataSource, HoverTool, LassoSelectTool, Range1d
from bokeh.plotting import figure
from bokeh.transform import factor_cmap, factor_mark

from .colours import Palette

STATES = ("", "consistent", "alive", "silent", "saturated", "failed")
MARKERS = ("circle", "circle", "triangle", "circle_dot", "square", "x")
"""A shape for each state, so that colour is never the only sign."""

BINS = 24


def state_colours(palette: Palette) -> list[str]:
    """Return the colour of each of STATES."""
    return [palette.alive, palette.consistent, palette.alive, palette.dead, palette.dead, palette.dead]


class PairPlot:
    """Figures for a set of columns; made anew only when the columns change. `source` holds every column and the state."""

    def __init__(
        self,
        source: ColumnDataSource,
        columns: Sequence[str],
        labels: dict[str, str],
        ranges: dict[str, tuple[float, float]],
        palette: Palette,
    ) -> None:
        self.source, self.columns, self.labels, self.ranges, self.palette = (
            source,
            list(columns),
            labels,
            ranges,
            palette,
        )
        self.spans = {name: Range1d(*ranges[name]) for name in self.columns}
        self.bars: dict[str, ColumnDataSource] = {}
        side = max(680 // len(self.columns), 100)
        self.layout = gridplot(
            [[self._panel(row, column, side) for column in self.columns[: i + 1]] for i, row in enumerate(self.columns)],
            toolbar_location="right", merge_tools=True,
        )  # fmt: skip

    def _panel(self, row: str, column: str, side: int) -> Any:
        fig = figure(
            frame_width=side, frame_height=side, x_range=self.spans[column], tools="wheel_zoom,reset,save", min_border=2,
            output_backend="webgl" if row != column else "canvas",
            **({} if row == column else {"y_range": self.spans[row]}),
        )  # fmt: skip
        fig.xaxis.axis_label = self.labels[column] if row == self.columns[-1] else None
        fig.xaxis.visible = row == self.columns[-1]
        fig.yaxis.visible = row != column and column == self.columns[0]
        fig.yaxis.axis_label = self.labels[row] if row != column else None
        fig.grid.visible = False
        if row == column:
            self._histogram(fig, column)
        else:
            self._cloud(fig, column, row)
        return fig

    def _cloud(self, fig: Any, x: str, y: str) -> None:
        dots = fig.scatter(
            x=x, y=y, source=self.source, size=5, alpha=0.65, line_color=None,
            marker=factor_mark("state", MARKERS, STATES), color=factor_cmap("state", state_colours(self.palette), STATES),
            nonselection_alpha=0.08, selection_line_color=self.palette.ink, selection_alpha=0.9,
        )  # fmt: skip
        box = BoxSelectTool(renderers=[dots])
        fig.add_tools(
            box,
            LassoSelectTool(renderers=[dots], continuous=False),
            HoverTool(
                renderers=[dots],
                tooltips=[("circuit", "@number"), (self.labels[x], f"@{{{x}}}"), (self.labels[y], f"@{{{y}}}")],
            ),
        )

    def _histogram(self, fig: Any, name: str) -> None:
        edges = np.linspace(*self.ranges[name], BINS + 1)
        source = ColumnDataSource(
            {"left": edges[:-1], "right": edges[1:], "all": np.zeros(BINS), "chosen": np.zeros(BINS)}
        )
        self.bars[name] = source
        fig.line(list(self.ranges[name]), [1, 1], line_dash="dashed", line_color=self.palette.dead)
        fig.quad(
            left="left",
            right="right",
            top="all",
            bottom=0,
            source=source,
            fill_color=self.palette.alive,
            fill_alpha=0.5,
            line_alpha=0,
        )
        fig.step(x="left", y="chosen", mode="after", source=source, line_color=self.palette.selected, line_width=2)

    def show(self, table: pd.DataFrame, chosen: np.ndarray) -> None:
        """Fill the diagonal: all circuits and the chosen ones (positions), relative to a uniform prior."""
        for name, source in self.bars.items():
            values = table[name].to_numpy()
            source.data = {
                **source.data,
                "all": self._density(name, values),
                "chosen": self._density(name, values[chosen]),
            }

    def _density(self, name: str, values: np.ndarray) -> np.ndarray:
        counts, _ = np.histogram(values, bins=BINS, range=self.ranges[name])
        return counts * BINS / max(len(values), 1)
