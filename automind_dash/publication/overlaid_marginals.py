"""Marginals of several posteriors laid over each other, a small cell for each parameter, for paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..circuit.parameters import PARAMETERS
from ..inference.asking.narrowing import BINS, histograms
from ..inference.estimators.prior import Prior
from .lettering import typeset
from .marginals import columns_for, frame_cell, row_height
from .paper import INKS, Paper

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KEY = 0.62
"""mm of a line of the key for each pt of type."""


def overlaid_marginals_figure(
    paper: Paper, thetas: Sequence[NDArray[np.float64]], names: Sequence[str], lines: Sequence[tuple[str, str]], prior: Prior,
    said: Sequence[str], order: Sequence[int],
) -> Figure:  # fmt: skip
    """Return the marginals of recordings' circuits, each (n, 28), as steps over each other (within `drawn_on`).

    names: of the recordings; lines: colour and dash (matplotlib's) of each; said: the number in each parameter's cell; order: of the
    parameters. As many cells stand beside each other as the paper's width has room for.
    """
    font, across = paper.font, columns_for(paper.width, paper.font)
    rows = -(-len(order) // across)
    key = KEY * font * (len(names) + 0.5)
    height = rows * row_height(font) + key + 1.0
    sheet = paper.sheet(height)
    above, below, aside = 0.55 * font, 0.62 * font, 0.25 * font
    bare = max((height - key - rows * (above + below)) / rows, 2.0)
    cells = sheet.subplots(
        rows, across, squeeze=False,
        gridspec_kw={
            "left": aside / paper.width, "right": 1 - aside / paper.width, "top": 1 - (key + above) / height, "bottom": below / height,
            "wspace": 0.22, "hspace": (above + below) / bare,
        },
    ).ravel()  # fmt: skip
    for cell in cells[len(order) :]:
        cell.set_axis_off()
    heights = np.stack([histograms(theta, prior) for theta in thetas])
    for cell, i in zip(cells, order, strict=False):
        _cell(cell, i, heights[:, i], lines, prior, said[i], font)
    for row, (name, (colour, dash)) in enumerate(zip(names, lines, strict=False)):
        y = 1 - KEY * font * (row + 0.6) / height
        sheet.add_artist(_line([aside / paper.width, (aside + font) / paper.width], [y, y], colour, dash, 0.16 * font))
        sheet.text((aside + 1.3 * font) / paper.width, y, typeset(name), va="center", fontsize=font, color=INKS.ink)
    return sheet


def _line(x: list[float], y: list[float], colour: str, dash: Any, width: float) -> Any:
    from matplotlib.lines import Line2D

    line = Line2D(x, y, color=colour, linewidth=width)
    line.set_linestyle(dash)
    return line


def _cell(
    axes: Any, i: int, heights: NDArray[np.float64], lines: Sequence[tuple[str, str]], prior: Prior, said: str, font: float
) -> None:  # fmt: skip
    spec = PARAMETERS[i]
    low, high = prior.range_of(spec)
    edges = np.linspace(low, high, BINS + 1)
    top = max(float(heights.max()), 1.6) * 1.3
    axes.hlines(1.0, low, high, colors=INKS.dead, linestyles=[(0, (1, 2))], linewidth=0.07 * font)
    for one, (colour, dash) in zip(heights, lines, strict=False):
        axes.stairs(one, edges, baseline=None, color=colour, linestyle=dash, linewidth=0.13 * font)
    frame_cell(axes, spec.label, (low, high), top, said, font)
