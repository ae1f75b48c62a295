"""Marginals of a posterior over the prior's ranges, a small cell for each parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..circuit.parameters import PARAMETERS
from ..inference.asking.narrowing import BINS, histograms, information_gain
from ..inference.estimators.prior import Prior
from .lettering import typeset
from .numbers_on_axes import written
from .paper import INKS, Paper

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELL = 2.45
"""mm of a cell's width for each pt of type: “V_reset (mV)” stands above it."""

FEW = 20
"""Up to so many chosen circuits are drawn one by one."""

GROUPS = tuple(dict.fromkeys(spec.group for spec in PARAMETERS))


def by_group() -> list[int]:
    """Return all parameters, group by group."""
    return [i for group in GROUPS for i, spec in enumerate(PARAMETERS) if spec.group == group]


def by_bits(theta: NDArray[np.float64], prior: Prior) -> list[int]:
    """Return all parameters, the most narrowed first. theta: (n, 28)."""
    return np.argsort(-information_gain(theta, prior), kind="stable").tolist()


def marginals_figure(
    paper: Paper, theta: NDArray[np.float64], prior: Prior, chosen: NDArray[np.float64] | None = None, order: Sequence[int] | None = None
) -> Figure:  # fmt: skip
    """Return the marginals of draws (n, 28), chosen circuits (m, 28) over them. order: of the parameters; by group if not given."""
    order = by_group() if order is None else order
    rows = -(-len(order) // columns_for(paper.width, paper.font))
    height = rows * row_height(paper.font) + 1.0
    sheet = paper.sheet(height)
    draw_marginals(sheet, (paper.width, height), paper.font, theta, prior, chosen, order)
    return sheet


def columns_for(width: float, font: float) -> int:
    """Return how many cells fit beside each other."""
    return int(np.clip(width // (CELL * font), 1, 10))


def row_height(font: float) -> float:
    """Return mm of a row of cells: title, histogram, the ends of the axis."""
    return 2.3 * font


def draw_marginals(
    part: Any, size: tuple[float, float], font: float, theta: NDArray[np.float64], prior: Prior, chosen: NDArray[np.float64] | None,
    order: Sequence[int],
    ink: str = INKS.selected,
) -> None:  # fmt: skip
    """Draw cells into a figure or a part of one. size: its width and height, mm; ink: of the chosen circuits."""
    across = columns_for(size[0], font)
    rows = -(-len(order) // across)
    above, below, aside = 0.55 * font, 0.62 * font, 0.25 * font  # mm: titles, numbers, half a number
    bare = max((size[1] - rows * (above + below)) / rows, 2.0)
    heights, gains = (
        histograms(theta, prior),
        information_gain(theta, prior) if len(theta) else np.zeros(len(PARAMETERS)),
    )
    marked = np.empty((0, len(PARAMETERS))) if chosen is None else chosen
    cells = part.subplots(
        rows, across, squeeze=False,
        gridspec_kw={
            "left": aside / size[0], "right": 1 - aside / size[0], "top": 1 - above / size[1], "bottom": below / size[1],
            "wspace": 0.22, "hspace": (above + below) / bare,
        },
    ).ravel()  # fmt: skip
    for cell in cells[len(order) :]:
        cell.set_axis_off()
    for cell, i in zip(cells, order, strict=False):
        _cell(cell, i, heights[i], gains[i] if len(theta) else None, prior, marked[:, i], font, ink)


def _cell(
    axes: Any, i: int, heights: NDArray[np.float64], gain: float | None, prior: Prior, marked: NDArray[np.float64], font: float, ink: str
) -> None:  # fmt: skip
    spec = PARAMETERS[i]
    low, high = prior.range_of(spec)
    edges = np.linspace(low, high, BINS + 1)
    top = max(float(heights.max()), 1.6) * 1.3
    axes.stairs(heights, edges, fill=True, color=INKS.alive, alpha=0.55, linewidth=0)
    axes.hlines(1.0, low, high, colors=INKS.dead, linestyles=[(0, (3, 2))], linewidth=0.07 * font)
    if 0 < len(marked) <= FEW:
        axes.vlines(marked, 0, 0.3 * top, colors=ink, linewidth=0.11 * font)
    elif len(marked):
        counts = np.histogram(marked, edges)[0] * BINS / len(marked)
        axes.stairs(np.minimum(counts, top), edges, color=ink, linewidth=0.11 * font)
    frame_cell(axes, spec.label, (low, high), top, "" if gain is None else f"{gain:.2f}", font)


def frame_cell(axes: Any, label: str, ends: tuple[float, float], top: float, said: str, font: float) -> None:
    """Give a cell its parameter's label, the ends of the prior's range below, and a number in its corner."""
    axes.set(xlim=ends, ylim=(0, top), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.set_xticks(list(ends), [written(end) for end in ends])
    left, right = axes.get_xticklabels()
    left.set_horizontalalignment("left")
    right.set_horizontalalignment("right")
    axes.set_title(typeset(label), loc="left", pad=0.25 * font)
    axes.text(1.0, 0.99, said, transform=axes.transAxes, ha="right", va="top", fontsize=font - 1, color=INKS.ink)
