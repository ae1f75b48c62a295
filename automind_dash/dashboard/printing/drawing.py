"""Draws figures of the page again with matplotlib, for a width in mm and a size of type, on white."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from ...publication.lettering import typeset
from ...publication.numbers_on_axes import at_logs, doubled, on_axis, written
from ...publication.paper import MM, Paper
from .glyphs import Hand, _first, dashes
from .plotted import Axis, Plotted
from .printed_colours import PrintedColours

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCREEN_TYPE = 9.0
"""pt, the type of the page's figures (12 px). All lengths shrink as much as the type."""

PIXEL = 0.75
"""pt."""

TWO_BESIDE = 120.0
"""mm, the least width for two figures side by side."""

LEAST = 26.0
"""mm of a figure's height with its axis."""


def drawing(figures: Sequence[Plotted], paper: Paper, exchange: Mapping[str, str] | None = None) -> Figure:
    """Return figures on one sheet (within `drawn_on`). exchange: the dark theme's colours → the light one's, where they are dark."""
    inks, spaces = PrintedColours(exchange or {}), {"w_pad": 0.03, "h_pad": 0.03, "wspace": 0.03, "hspace": 0.03}
    groups = [list(group) for _, group in groupby(figures, key=lambda one: one.grid)]
    arranged = [
        _grid(group, paper, inks) if group[0].grid is not None else _flow(group, paper, inks) for group in groups
    ]
    heights = [max(height, LEAST) for height, _ in arranged]
    sheet = paper.sheet(sum(heights) or LEAST)
    if not arranged:
        return sheet
    sheet.set_layout_engine("constrained", **spaces)
    parts = (
        [sheet]
        if len(arranged) == 1
        else list(sheet.subfigures(len(arranged), 1, squeeze=False, height_ratios=heights)[:, 0])
    )
    for part, (_, draw) in zip(parts, arranged, strict=True):
        draw(part)
    return sheet


def _mm(figure: Plotted, paper: Paper) -> float:
    """Return a figure's height on paper: on the screen 12 px of type stand in it."""
    return max(figure.height * PIXEL / 72 * MM * paper.font / SCREEN_TYPE, 0.0)


Arranged = tuple[float, Callable[[Any], None]]
"""The height of figures, mm, and what draws them into a part of a sheet."""


def _grid(figures: Sequence[Plotted], paper: Paper, inks: PrintedColours) -> Arranged:
    places = [one.place or (0, 0) for one in figures]
    rows, columns = (1 + max(place[side] for place in places) for side in (0, 1))
    cell = paper.width / columns
    heights = [
        max((min(_mm(one, paper), cell + 10.0 * (row == rows - 1)) for one, place in zip(figures, places, strict=True) if place[0] == row),
            default=LEAST)
        for row in range(rows)
    ]  # fmt: skip
    heights = [max(height, min(LEAST, cell)) for height in heights]

    def draw(part: Any) -> None:
        grid = part.add_gridspec(rows, columns, height_ratios=heights, wspace=0.04, hspace=0.04)
        for one, place in zip(figures, places, strict=True):
            axes = part.add_subplot(grid[place])
            _fill(axes, one, paper, inks, cell)
            _hide(axes, one)
        part.align_labels()

    return sum(heights), draw


def _hide(axes: Any, figure: Plotted) -> None:
    """Leave out the numbers of an axis that the neighbouring figure repeats."""
    if not figure.x.visible:
        axes.tick_params(labelbottom=False)
        axes.set_xlabel("")
    if not figure.y.visible:
        axes.tick_params(labelleft=False)
        axes.set_ylabel("")


def _flow(figures: Sequence[Plotted], paper: Paper, inks: PrintedColours) -> Arranged:
    """Figures with a common x axis stand below each other. Others stand side by side where there is room."""
    blocks: list[list[Plotted]] = []
    for one in figures:
        if blocks and one.together is not None and blocks[-1][-1].together == one.together:
            blocks[-1].append(one)
        else:
            blocks.append([one])
    across = 2 if len(blocks) > 1 and paper.width >= TWO_BESIDE else 1
    lines = [blocks[i : i + across] for i in range(0, len(blocks), across)]
    heights = [
        max(sum(max(_mm(one, paper), LEAST if len(block) == 1 else 14.0) for one in block) for block in line)
        for line in lines
    ]

    def draw(part: Any) -> None:
        parts = np.atleast_2d(part.subfigures(len(lines), across, squeeze=False, height_ratios=heights))
        for line, places in zip(lines, parts, strict=True):
            for block, place in zip(line, places, strict=False):
                _stack(place, block, paper, inks, paper.width / across)

    return sum(heights), draw


def _stack(part: Any, block: Sequence[Plotted], paper: Paper, inks: PrintedColours, width: float) -> None:
    """Draw figures with a common x axis below each other, with numbers below the last one."""
    axes = part.subplots(len(block), 1, squeeze=False, height_ratios=[max(one.height, 1) for one in block])[:, 0]
    for one, axis in zip(block[:-1], axes, strict=False):
        _fill(axis, one, paper, inks, width)
        if not one.x.visible:
            axis.tick_params(labelbottom=False)
            axis.set_xlabel("")
    _fill(axes[-1], block[-1], paper, inks, width)
    part.align_ylabels(axes)


def _fill(axes: Any, figure: Plotted, paper: Paper, inks: PrintedColours, width: float) -> None:
    """Draw one figure into axes of this width in mm."""
    scale = PIXEL * paper.font / SCREEN_TYPE
    if figure.x.log:
        axes.set_xscale("log")
    if figure.y.log:
        axes.set_yscale("log")
    hand = Hand(axes, figure, inks, scale)
    for box in figure.boxes:
        _box(axes, box, inks)
    for layer in figure.layers:
        hand.draw(layer)
    for span in figure.spans:
        draw = axes.axhline if span["dimension"] == "width" else axes.axvline
        draw(span["location"], **hand.pen(span) | {"linestyle": dashes(span.get("line_dash"))})
    if figure.title:
        axes.set_title(typeset(figure.title), loc="left", wrap=True)
    _axis(axes.xaxis, axes.set_xlim, figure.x, paper, width - 12.0)
    _axis(axes.yaxis, axes.set_ylim, figure.y, paper, figure.height * scale / 72 * MM - 8.0)
    if not figure.x.visible and not figure.y.visible and not figure.x.label and not figure.y.label:
        axes.set_axis_off()
    _key(axes, figure, hand)
    if figure.scale is not None:
        _colour_bar(axes, figure.scale, inks, paper)


def _box(axes: Any, box: Mapping[str, Any], inks: PrintedColours) -> None:
    colour = inks.one(box["fill_color"], _first(box["fill_alpha"], 0.4))
    if box["bottom"] is not None and box["top"] is not None:
        axes.axhspan(box["bottom"], box["top"], color=colour, linewidth=0, zorder=0)
    elif box["left"] is not None and box["right"] is not None:
        axes.axvspan(box["left"], box["right"], color=colour, linewidth=0, zorder=0)


def _axis(axis: Any, set_ends: Any, told: Axis, paper: Paper, length: float) -> None:
    """Give one axis its ends, numbers and label. length: mm, about."""
    from matplotlib.ticker import FixedLocator

    if told.factors:
        set_ends(-0.6, len(told.factors) - 0.4)
        axis.set_ticks(range(len(told.factors)), [typeset(name) for name in told.factors])
        _lean(axis, told.factors, paper, length)
    else:
        set_ends(*told.ends)
        if told.ticks is not None:
            words = [told.words.get(tick, written(tick)) for tick in told.ticks]
            axis.set_major_locator(FixedLocator(told.ticks))
            axis.set_ticklabels([typeset(word) for word in words])
            _lean(axis, words, paper, length)
        elif told.log:
            at_logs(axis)
        elif told.doubling:
            doubled(axis)
        else:
            on_axis(axis, length, paper.font)
    axis.set_label_text(typeset(told.label))
    if not told.visible and not told.label:
        axis.set_tick_params(which="both", labelbottom=False, labelleft=False)
        axis.set_label_text("")


def _lean(axis: Any, words: Sequence[str], paper: Paper, length: float) -> None:
    """Turn words below an axis that would run into each other."""
    if axis.axis_name != "x" or not words:
        return
    widest = max(len(line) for word in words for line in word.split("\n")) * 0.55 * (paper.font - 1) / 72 * MM
    if widest * len(words) > length:
        dense = 1.4 * paper.font / 72 * MM * len(words) > length  # they would overlap aslant, too
        turned = (
            {"rotation": 90, "ha": "center"} if dense else {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
        )
        for label in axis.get_ticklabels():
            label.update(turned)


def _key(axes: Any, figure: Plotted, hand: Hand) -> None:
    from matplotlib.lines import Line2D

    entries = []
    for layer in figure.layers:
        for text, index in layer.key:
            colour = layer.given.get("line_color")
            many = list(colour) if isinstance(colour, list | np.ndarray) else []
            chosen = many[index or 0] if many else colour
            line = {**layer.given, "line_color": chosen}
            if layer.kind == "Scatter":
                fill = _first(layer.given.get("fill_color"))
                entries.append(
                    Line2D(
                        [], [], marker="o", linestyle="", color=hand.inks.one(fill), label=typeset(text), markersize=3
                    )
                )
            else:
                entries.append(Line2D([], [], label=typeset(text), **hand.pen(line)))
    if entries:
        axes.legend(handles=entries, loc="best", handlelength=1.6, borderpad=0.2, labelspacing=0.25)


def _colour_bar(axes: Any, scale: Mapping[str, Any], inks: PrintedColours, paper: Paper) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    shown = ScalarMappable(Normalize(scale["low"], scale["high"]), ListedColormap(inks.ramp(scale)))
    bar = axes.figure.colorbar(shown, ax=axes, fraction=0.05, pad=0.02)
    bar.ax.tick_params(labelsize=paper.font - 1)
    bar.outline.set_linewidth(0.3)
