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
    """A grid of 28 small figures, made once; which parameter a figure shows is decided each time."""

    def __init__(self, palette: Palette, columns: int = 7) -> None:
        blank = {"left": np.zeros(BINS), "right": np.zeros(BINS), "all": np.zeros(BINS), "chosen": np.zeros(BINS)}
        self.sources = [ColumnDataSource(dict(blank)) for _ in PARAMETERS]
        self.glyphs: list[tuple[Any, Any, Any]] = []
        self.figures = [self._figure(source) for source in self.sources]
        rows = [self.figures[i : i + columns] for i in range(0, len(self.figures), columns)]
        self.layout = gridplot(rows, toolbar_location=None, sizing_mode="stretch_width")
        self.recolour(palette)
        self.show(np.empty((0, len(PARAMETERS))), np.empty((0, len(PARAMETERS))), np.arange(len(PARAMETERS)))

    def _figure(self, source: ColumnDataSource) -> Any:
        fig = figure(
            height=104, width=150, sizing_mode="stretch_width", title=" ", tools="", toolbar_location=None,
            x_range=Range1d(0, 1), min_border=4,
        )  # fmt: skip
        fig.title.text_font_size = "12px"
        fig.yaxis.visible = False
        fig.grid.visible = False
        fig.xaxis.ticker.desired_num_ticks = 3
        fig.xaxis.major_label_text_font_size = "10px"
        prior = fig.hspan(y=[1], line_width=1.5, line_dash="dashed")
        drawn = fig.quad(left="left", right="right", top="all", bottom=0, source=source, fill_alpha=0.55, line_alpha=0)
        chosen = fig.step(x="left", y="chosen", mode="after", source=source, line_width=2)
        self.glyphs.append((prior, drawn, chosen))
        return fig

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme."""
        for prior, drawn, chosen in self.glyphs:
            prior.glyph.line_color = palette.dead
            drawn.glyph.fill_color = palette.alive
            chosen.glyph.line_color = palette.selected

    def show(self, theta: NDArray[np.float64], chosen: NDArray[np.float64], order: NDArray[np.int64]) -> None:
        """Show the marginals of all draws (n, 28) and of the selected ones (m, 28), parameters in an order (28,)."""
        everything, some = histograms(theta), histograms(chosen)
        for i, fig, source in zip(order, self.figures, self.sources, strict=True):
            spec = PARAMETERS[i]
            edges = np.linspace(spec.low, spec.high, BINS + 1)
            fig.title.text = spec.label
            fig.x_range.update(start=spec.low, end=spec.high)
            line = some[i] if len(chosen) else np.full(BINS, np.nan)
            source.data = {"left": edges[:-1], "right": edges[1:], "all": everything[i], "chosen": line}
