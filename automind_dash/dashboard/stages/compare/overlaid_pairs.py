"""A pair plot that lays several recordings' circuits over each other, and a plot of their medians over the recordings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.layouts import gridplot
from bokeh.models import FactorRange, FixedTicker
from bokeh.plotting import figure
from numpy.typing import NDArray

from ....circuit.parameters import NAMES, PARAMETERS
from ....inference.estimators.prior import Prior
from ...figures.marginals import BINS, histograms
from ...widgets.colours import Palette
from .overlaid_marginals import shortened
from .target_colours import DASHES, MARKERS

SHOWN = 300
"""Circuits of each recording; more would hide the other recordings under the last one drawn."""

SIDE = {2: 210, 3: 165, 4: 140}
"""px of a panel, by the number of parameters."""


def overlaid_pairs(
    thetas: Sequence[NDArray[np.float64]],
    parameters: Sequence[str],
    prior: Prior,
    colours: Sequence[str],
    palette: Palette,
) -> Any:
    """Return a grid of panels for two to four parameters, over the prior's ranges. thetas: (n, 28) of each recording."""
    chosen = [NAMES.index(name) for name in parameters]
    heights = np.stack([histograms(theta, prior) for theta in thetas])
    grid = []
    for row in chosen:
        line: list[Any] = []
        for column in chosen[: chosen.index(row) + 1]:
            fig = _panel(row, column, chosen, prior)
            if row == column:
                _lines(fig, prior.range_of(PARAMETERS[row]), heights[:, row], colours, palette)
            else:
                _dots(fig, row, column, thetas, colours)
            line.append(fig)
        grid.append(line + [None] * (len(chosen) - len(line)))
    return gridplot(grid, toolbar_location="right", sizing_mode="stretch_width", toolbar_options={"logo": None})


def _panel(row: int, column: int, chosen: Sequence[int], prior: Prior) -> Any:
    last, first = row == chosen[-1], column == chosen[0]
    x, y = PARAMETERS[column], PARAMETERS[row]
    fig = figure(
        height=SIDE[len(chosen)] + 42 * last, sizing_mode="stretch_width", x_range=prior.range_of(x), tools="pan,wheel_zoom,reset,save",
        min_border_left=58 if first else 4, min_border_right=4, min_border_top=4, min_border_bottom=42 if last else 4,
        **({} if row == column else {"y_range": prior.range_of(y)}),
    )  # fmt: skip
    fig.xaxis.axis_label, fig.yaxis.axis_label = x.label, y.label
    fig.axis.ticker.desired_num_ticks = 3
    fig.xaxis.visible, fig.yaxis.visible = last, first and row != column
    fig.grid.visible = False
    return fig


def _lines(
    fig: Any, ends: tuple[float, float], heights: NDArray[np.float64], colours: Sequence[str], palette: Palette
) -> None:
    edges = np.linspace(*ends, BINS + 1)
    for which, height in enumerate(heights):
        fig.step(
            x=edges, y=np.append(height, height[-1]), mode="after", line_color=colours[which], line_dash=DASHES[which], line_width=1.8
        )  # fmt: skip
    fig.line(x=list(ends), y=[1, 1], line_color=palette.dead, line_dash="dotted")
    fig.y_range.update(start=0)


def _dots(fig: Any, row: int, column: int, thetas: Sequence[NDArray[np.float64]], colours: Sequence[str]) -> None:
    for which, theta in enumerate(thetas):
        fig.scatter(
            x=theta[:SHOWN, column], y=theta[:SHOWN, row], marker=MARKERS[which], size=4, alpha=0.45, line_width=0.8,
            fill_color=colours[which], line_color=colours[which],
        )  # fmt: skip


def medians_over(
    thetas: Sequence[NDArray[np.float64]],
    names: Sequence[str],
    parameters: Sequence[int],
    prior: Prior,
    colours: Sequence[str],
    palette: Palette,
) -> Any:
    """Return a row of panels, one for each parameter (positions): every recording's median, in order, with its 90 % credible interval."""
    ticks = [f"{i + 1}  {shortened(name)}" for i, name in enumerate(names)]
    panels = []
    for order, i in enumerate(parameters):
        spec, (start, end) = PARAMETERS[i], prior.range_of(PARAMETERS[i])
        low, middle, high = np.array([np.quantile(theta[:, i], [0.05, 0.5, 0.95]) for theta in thetas]).T
        fig = figure(
            height=64 + 24 * len(names), sizing_mode="stretch_width", tools="save",
            y_range=FactorRange(*ticks[::-1]), x_range=(start, end),
            min_border_left=150 if not order else 6,
        )  # fmt: skip
        fig.segment(x0=low, x1=high, y0=ticks, y1=ticks, line_color=list(colours[: len(names)]), line_width=3)
        fig.line(x=middle, y=ticks, line_color=palette.dead, line_dash="dotted")
        for which, tick in enumerate(ticks):
            fig.scatter(
                x=[middle[which]], y=[tick], marker=MARKERS[which], size=9, line_color=colours[which], fill_color=colours[which]
            )  # fmt: skip
        fig.xaxis.axis_label = spec.label
        fig.xaxis.ticker = FixedTicker(ticks=[start, (start + end) / 2, end])
        fig.yaxis.visible, fig.ygrid.visible = not order, False
        panels.append(fig)
    grid = gridplot([panels], toolbar_location="right", sizing_mode="stretch_width", toolbar_options={"logo": None})
    share = f"calc(150px + (100% - 150px) / {len(panels)})"
    grid.cols = {i: "1fr" if i else share for i in range(len(panels))}
    return grid
