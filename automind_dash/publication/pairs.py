"""A pair plot: circuits in pairs of quantities, their marginals on the diagonal, each state with a mark of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .lettering import typeset
from .numbers_on_axes import MM_IN_POINT, on_axis, written
from .paper import INKS, MAX_VECTORS, Paper

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKS = {
    "": ("o", INKS.alive, 0.35), "failed": ("x", INKS.dead, 0.9), "silent": ("o", INKS.dead, 0.9), "saturated": ("s", INKS.dead, 0.9),
    "alive": ("^", INKS.alive, 0.9), "consistent": ("o", INKS.consistent, 1.0),
}  # fmt: skip
"""Mark, colour and opacity of each state, those that matter most last and so on top."""

WORDS = {
    "": "not simulated", "failed": "failed", "silent": "silent", "saturated": "saturated", "alive": "active, no match",
    "consistent": "match",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Pairs:
    """What a pair plot shows. values: (n, k); labels: k, with units; spans: k ends of the axes; states: (n,), as in the table of circuits;
    chosen: (n,) which are selected; expected: k densities that the prior alone would give, relative to a uniform one, or None; inks: (n,)
    colours where they are not the states'; key: a colour and a word each, told beside the states' marks; scale: what a colour scale from
    low to high is of, with its ends.
    """

    values: NDArray[np.float64]
    labels: Sequence[str]
    spans: Sequence[tuple[float, float]]
    states: Sequence[str]
    chosen: NDArray[np.bool_] | None = None
    expected: Sequence[NDArray[np.float64]] | None = None
    inks: Sequence[str] | None = None
    key: Sequence[tuple[str, str]] = ()
    scale: tuple[str, float, float] | None = None


def pairs_figure(paper: Paper, pairs: Pairs) -> Figure:
    """Return a pair plot of the paper's width, its panels square."""
    sheet = paper.sheet(paper.width)
    draw_pairs(sheet, paper.width, paper.font, pairs)
    return sheet


def draw_pairs(part: Any, width: float, font: float, pairs: Pairs) -> None:
    """Draw a pair plot into a figure, or a part of one that is as high as wide, in mm."""
    k = len(pairs.labels)
    left, below = 1.9 * font, 1.45 * font  # mm: numbers and labels
    grid = part.add_gridspec(
        k, k, left=left / width, right=1 - 0.2 * font / width, top=1 - 0.2 * font / width, bottom=below / width, wspace=0.1, hspace=0.1
    )  # fmt: skip
    length = (width - left - 0.2 * font) / (k + 0.1 * (k - 1))
    for row in range(k):
        for column in range(row + 1):
            axes = part.add_subplot(grid[row, column])
            axes.set_xlim(pairs.spans[column])
            if row == column:
                _marginal(axes, pairs, row, font)
            else:
                axes.set_ylim(pairs.spans[row])
                _dots(axes, pairs, column, row, font)
            _lettered(axes, pairs, row, column, length, font)
    _key(part, pairs, font)


def _marginal(axes: Any, pairs: Pairs, i: int, font: float) -> None:
    values, span = pairs.values[:, i], pairs.spans[i]
    edges = np.linspace(*span, 25)
    share = (len(edges) - 1) / max(int(np.isfinite(values).sum()), 1)
    axes.stairs(np.histogram(values, edges)[0] * share, edges, fill=True, color=INKS.alive, alpha=0.5, linewidth=0)
    if pairs.chosen is not None and pairs.chosen.any():
        own = values[pairs.chosen]
        axes.stairs(
            np.histogram(own, edges)[0] * (len(edges) - 1) / len(own), edges, color=INKS.selected, linewidth=0.1 * font
        )
    expected = np.ones(24) if pairs.expected is None else np.asarray(pairs.expected[i], dtype=float)
    axes.stairs(
        expected,
        np.linspace(*span, len(expected) + 1),
        color=INKS.dead,
        linestyle=(0, (3, 2)),
        linewidth=0.08 * font,
        baseline=None,
    )
    axes.set_ylim(0, None)
    axes.spines["left"].set_visible(False)


def _dots(axes: Any, pairs: Pairs, x: int, y: int, font: float) -> None:
    states = np.asarray(pairs.states, dtype=str)
    chosen = np.zeros(len(states), dtype=bool) if pairs.chosen is None else pairs.chosen
    size = (0.22 * font if len(states) > 200 else 0.32 * font) ** 2
    for state, (mark, colour, alpha) in MARKS.items():
        own = (states == state) & (~chosen if pairs.inks is None else True)
        if own.any():
            ink: Any = colour if pairs.inks is None else np.asarray(pairs.inks, dtype=str)[own].tolist()
            bare = {"c": ink} if mark == "x" else {"facecolors": ink, "edgecolors": "none"}
            axes.scatter(
                *pairs.values[own][:, [x, y]].T, s=size * (1.0 if not state else 2.2), marker=mark, alpha=alpha, linewidths=0.06 * font,
                rasterized=int(own.sum()) > MAX_VECTORS // 10, **bare,
            )  # fmt: skip
    if chosen.any() and pairs.inks is None:
        axes.scatter(
            *pairs.values[chosen][:, [x, y]].T, s=2 * size, marker="D", facecolors=INKS.selected, edgecolors="none"
        )


def _lettered(axes: Any, pairs: Pairs, row: int, column: int, length: float, font: float) -> None:
    last, first = row == len(pairs.labels) - 1, column == 0
    on_axis(axes.xaxis, length, font, most=3)
    if row != column:
        on_axis(axes.yaxis, length, font, most=3)
    if last:
        axes.set_xlabel(typeset(pairs.labels[column]))
        _inside(axes.xaxis, length, font)
    else:
        axes.tick_params(labelbottom=False)
    if row == column:
        axes.set_yticks([])
    elif first:
        axes.set_ylabel(typeset(pairs.labels[row]))
        axes.yaxis.set_label_coords(-1.45 * font / length, 0.5)
    else:
        axes.tick_params(labelleft=False)


def _inside(axis: Any, length: float, font: float) -> None:
    """Let the numbers at both ends stand within the panel, or they run into those of the next one; fewer where they are long."""
    low, high = axis.get_view_interval()
    ticks = [tick for tick in axis.get_majorticklocs() if low <= tick <= high]
    for fewer in (ticks[:: max(len(ticks) - 1, 1)], ticks[-1:]):
        if sum(len(written(tick)) + 2 for tick in ticks) * 0.6 * (font - 1) * MM_IN_POINT > 0.9 * length:
            ticks = fewer
    axis.set_ticks(ticks, [written(tick) for tick in ticks])
    for tick, label in zip(ticks, axis.get_ticklabels(), strict=True):
        place = (tick - low) / max(high - low, 1e-300)
        label.set_horizontalalignment("left" if place < 0.15 else "right" if place > 0.85 else "center")


def _key(part: Any, pairs: Pairs, font: float) -> None:
    from matplotlib.lines import Line2D

    present = set(np.asarray(pairs.states, dtype=str).tolist())
    entries = [
        Line2D([], [], marker=mark, linestyle="", color=colour if pairs.inks is None else INKS.dead, alpha=alpha, markersize=0.5 * font,
        label=WORDS[state], markeredgewidth=0.5)
        for state, (mark, colour, alpha) in reversed(MARKS.items()) if state in present
    ]  # fmt: skip
    entries += [
        Line2D([], [], marker="o", linestyle="", color=colour, markersize=0.5 * font, label=typeset(word)) for colour, word in pairs.key
    ]  # fmt: skip
    if pairs.chosen is not None and pairs.chosen.any():
        entries.insert(
            0, Line2D([], [], marker="D", linestyle="", color=INKS.selected, markersize=0.45 * font, label="selected")
        )
    part.legend(handles=entries, loc="upper right", handletextpad=0.1, labelspacing=0.3, borderaxespad=0.2)
    if pairs.scale is not None:
        _scale(part, pairs.scale, len(entries), font)


def _scale(part: Any, scale: tuple[str, float, float], below: int, font: float) -> None:
    """Draw a bar of viridis' colours below the key."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    label, low, high = scale
    wide, tall = part.bbox.width / part.figure.dpi * 25.4, part.bbox.height / part.figure.dpi * 25.4
    place = (
        1 - 4.5 * font / wide,
        1 - (0.6 * font * (below + 1) + 0.6 * font) / tall,
        4.0 * font / wide,
        0.3 * font / tall,
    )
    bar = part.figure.colorbar(
        ScalarMappable(Normalize(low, high), "viridis"), cax=part.add_axes(place), orientation="horizontal"
    )
    bar.set_ticks([low, high], labels=[written(float(f"{low:.3g}")), written(float(f"{high:.3g}"))])
    bar.set_label(typeset(label))
    bar.outline.set_linewidth(0.3)
