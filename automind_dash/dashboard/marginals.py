"""The 28 posterior marginals against the prior, as small multiples whose data are swapped."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.layouts import gridplot
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure
from numpy.typing import NDArray

from ..circuit.parameters import HIGH, LOW, PARAMETERS
from .colours import Palette

BINS = 24
"""Of each marginal over the prior's range: 500 draws leave some 20 in each."""


def histograms(theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """(28, BINS) density of each parameter relative to its uniform prior: 1 where nothing was learned. theta: (n, 28)."""
    if not len(theta):
        return np.zeros((len(PARAMETERS), BINS))
    column = np.clip(((theta - LOW) / (HIGH - LOW) * BINS).astype(int), 0, BINS - 1)
    counts = np.stack([np.bincount(column[:, i], minlength=BINS) for i in range(len(PARAMETERS))])
    return counts * BINS / len(theta)


def information_gain(theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """(28,) bits by which the draws narrowed each parameter: Kullback–Leibler divergence of the binned marginal from the uniform prior.

    Finite samples alone give some (BINS - 1) / (2 n ln 2) bits, which is subtracted (Miller–Madow).
    """
    density = histograms(theta)
    logs = np.log2(density, out=np.zeros_like(density), where=density > 0)
    bias = (BINS - 1) / (2 * max(len(theta), 1) * np.log(2))
    return np.maximum((density * logs).mean(axis=1) - bias, 0.0)


class Marginals:
    """A grid of 28 small figures, made once."""

    def __init__(self, palette: Palette, columns: int = 7) -> None:
        edges = np.linspace(LOW, HIGH, BINS + 1)
        self.sources = [
            ColumnDataSource(
                {"left": edges[:-1, i], "right": edges[1:, i], "all": np.zeros(BINS), "chosen": np.zeros(BINS)}
            )
            for i in range(len(PARAMETERS))
        ]
        self.columns = columns
        self.glyphs: list[tuple[Any, Any, Any]] = []
        self.figures = [self._figure(i, palette) for i in range(len(PARAMETERS))]

    def _figure(self, i: int, palette: Palette) -> Any:
        spec, source = PARAMETERS[i], self.sources[i]
        fig = figure(
            height=104, width=150, sizing_mode="stretch_width", title=spec.label, tools="", toolbar_location=None,
            x_range=Range1d(spec.low, spec.high), min_border=4,
        )  # fmt: skip
        fig.title.text_font_size = "12px"
        fig.yaxis.visible = False
        fig.grid.visible = False
        fig.xaxis.ticker.desired_num_ticks = 3
        fig.xaxis.major_label_text_font_size = "10px"
        prior = fig.line([spec.low, spec.high], [1, 1], line_width=1.5, line_dash="dashed")
        drawn = fig.quad(left="left", right="right", top="all", bottom=0, source=source, fill_alpha=0.55, line_alpha=0)
        chosen = fig.step(x="left", y="chosen", mode="after", source=source, line_width=2)
        self.glyphs.append((prior, drawn, chosen))
        self._paint(self.glyphs[-1], palette)
        return fig

    @staticmethod
    def _paint(glyphs: tuple[Any, Any, Any], palette: Palette) -> None:
        prior, drawn, chosen = glyphs
        prior.glyph.line_color = palette.dead
        drawn.glyph.fill_color = palette.alive
        chosen.glyph.line_color = palette.selected

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme."""
        for glyphs in self.glyphs:
            self._paint(glyphs, palette)

    def show(self, theta: NDArray[np.float64], chosen: NDArray[np.float64]) -> None:
        """Show the marginals of all draws (n, 28) and of the selected ones (m, 28)."""
        everything, some = histograms(theta), histograms(chosen)
        for i, source in enumerate(self.sources):
            source.data = {**source.data, "all": everything[i], "chosen": some[i]}

    def grid(self, order: NDArray[np.int64]) -> Any:
        """Return a layout of the figures in an order of parameters."""
        ordered = [self.figures[i] for i in order]
        rows = [ordered[i : i + self.columns] for i in range(0, len(ordered), self.columns)]
        return gridplot(rows, toolbar_location=None, sizing_mode="stretch_width")
