"""The figures beside the feature table. Each is made once; `show` exchanges its data, `paint` its colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, Range1d, Span
from bokeh.plotting import figure
from markupsafe import Markup
from numpy.typing import NDArray

from ....features import BurstShape
from ....features.burst_statistics import KERNEL
from ...widgets.colours import Palette
from ...widgets.plain_text import OwnMarkup

HEIGHT = 230


def plain_figure(x_label: str, y_label: str, *, x_axis: str = "linear", y_axis: str = "linear") -> Any:
    """Return an empty figure in the page's manner."""
    fig = figure(
        height=HEIGHT,
        sizing_mode="stretch_width",
        tools="pan,box_zoom,wheel_zoom,reset,save",
        active_scroll=None,
        x_axis_label=x_label,
        y_axis_label=y_label,
        x_axis_type=x_axis,
        y_axis_type=y_axis,
        min_border_left=64,
        min_width=260,
        x_range=Range1d(start=0.1, end=10.0),
        y_range=Range1d(start=0.1, end=10.0),
    )
    fig.toolbar.logo = None
    fig.toolbar.autohide = True
    fig.xgrid.visible = False
    return fig


class SpectrumPlot:
    """Power of the population rate, log-log, with what the estimator sees of it, its training band, and shot noise."""

    def __init__(self, colours: Palette) -> None:
        self.line = ColumnDataSource({"f": [], "p": []})
        self.band = ColumnDataSource({"f": [], "low": [], "high": [], "p": []})
        self.figure = plain_figure("frequency (Hz)", "power (Hz²/Hz)", x_axis="log", y_axis="log")
        self._area = self.figure.varea(x="f", y1="low", y2="high", source=self.band, fill_alpha=0.45)
        self._line = self.figure.line(x="f", y="p", source=self.line, line_width=1.2)
        self._dots = self.figure.scatter(x="f", y="p", source=self.band, size=4)
        self.floor = Span(location=1.0, dimension="width", line_dash="dashed", line_width=1.2, visible=False)
        self.figure.add_layout(self.floor)
        self.key = OwnMarkup("", margin=(0, 10), sizing_mode="stretch_width")
        self.paint(colours)

    def show(self, frequencies: NDArray, power: NDArray, floor: float, band: tuple[NDArray, ...] | None) -> None:
        """Show a spectrum; frequencies at and below 0 and powers of 0 have no place on logarithmic axes."""
        kept = (frequencies > 0) & (power > 0)
        self.line.data = {"f": frequencies[kept], "p": power[kept]}
        names = ("f", "low", "high", "p")
        self.band.data = dict(zip(names, band, strict=True)) if band is not None else {name: [] for name in names}
        drawn = bool(np.isfinite(floor) and floor > 0 and kept.any())
        self.floor.update(visible=drawn, location=floor if drawn else 1.0)
        self._area.visible = self._dots.visible = band is not None
        drawn_power = [power[kept], np.array([floor]), *(band[1:] if band is not None else ())]
        _fit(self.figure.x_range, _span(frequencies, logarithmic=True))
        _fit(self.figure.y_range, _span(np.concatenate(drawn_power), logarithmic=True))

    def paint(self, colours: Palette) -> None:
        """Take the colours of a theme."""
        self._line.glyph.line_color = colours.ink
        self._dots.glyph.fill_color = self._dots.glyph.line_color = colours.selected
        self._area.glyph.fill_color = colours.prior
        self.floor.line_color = colours.dead
        self.key.object = _key(
            ("━", colours.ink, "recording"),
            ("●", colours.selected, "seen by the estimator"),
            ("■", colours.prior, "training, 5–95 %"),
            ("┅", colours.dead, "shot-noise floor"),
        )


def _key(*entries: tuple[str, str, str]) -> Markup:
    """Return markup that says which sign means what; with the page's theme Bokeh's own legends would be too large."""
    one = Markup('<span style="color:{}">{}</span>&nbsp;{}')
    signs = [one.format(colour, sign, word) for sign, colour, word in entries]
    return Markup('<div style="font-size:12px">{}</div>').format(Markup(" &ensp; ").join(signs))


def _span(values: NDArray, pad: float = 1.0, *, logarithmic: bool = False) -> tuple[float, float]:
    """Return the range of an axis that shows these values, widened by `pad` percent, or by a tenth of a decade."""
    values = values[np.isfinite(values) & (values > 0)] if logarithmic else values[np.isfinite(values)]
    if not len(values):
        return (0.1, 10.0) if logarithmic else (0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    if logarithmic:
        return low / 10**0.1, high * 10**0.1
    margin = max(high - low, 1e-12) * pad / 100
    return low - margin, high + margin


def _fit(axis: Range1d, span: tuple[float, float]) -> None:
    axis.update(start=span[0], end=span[1], reset_start=span[0], reset_end=span[1])


class HistogramPlot:
    """Counts or shares between edges, logarithmic in x where asked."""

    def __init__(self, colours: Palette, x_label: str, y_label: str, *, logarithmic: bool = False) -> None:
        self.source = ColumnDataSource({"left": [], "right": [], "top": []})
        self.figure = plain_figure(x_label, y_label, x_axis="log" if logarithmic else "linear")
        self._logarithmic = logarithmic
        self._bars = self.figure.quad(
            left="left", right="right", top="top", bottom=0, source=self.source, fill_alpha=0.6, line_width=0.5
        )
        self.mark = Span(location=1.0, dimension="height", line_dash="dashed", line_width=1.5, visible=False)
        self.figure.add_layout(self.mark)
        self.paint(colours)

    def show(self, edges: NDArray, heights: NDArray, mark: float = np.nan) -> None:
        """Show a histogram. mark: place of the dashed line, NaN for none."""
        self.source.data = {"left": edges[:-1], "right": edges[1:], "top": heights}
        _fit(self.figure.x_range, _span(edges, logarithmic=self._logarithmic))
        _fit(self.figure.y_range, (0.0, float(heights.max()) * 1.06 if len(heights) else 1.0))
        drawn = bool(np.isfinite(mark) and len(heights))
        self.mark.update(visible=drawn, location=mark if drawn else 1.0)

    def paint(self, colours: Palette) -> None:
        """Take the colours of a theme."""
        self._bars.glyph.fill_color = self._bars.glyph.line_color = colours.ink
        self.mark.line_color = colours.selected


class BurstShapePlot:
    """The mean burst with its SD as a band."""

    def __init__(self, colours: Palette) -> None:
        self.source = ColumnDataSource({"t": [], "mean": [], "low": [], "high": []})
        self.figure = plain_figure("time from peak (s)", "rate (Hz per unit)")
        self._band = self.figure.varea(x="t", y1="low", y2="high", source=self.source, fill_alpha=0.25)
        self._line = self.figure.line(x="t", y="mean", source=self.source, line_width=1.6)
        self.paint(colours)

    def show(self, shape: BurstShape | None) -> None:
        """Show a mean burst, or nothing. The band ends at 0, since no rate is lower."""
        if shape is None:
            self.source.data = {"t": [], "mean": [], "low": [], "high": []}
            _fit(self.figure.x_range, KERNEL)
            _fit(self.figure.y_range, (0.0, 1.0))
            return
        low, high = np.maximum(shape.mean - shape.sd, 0), shape.mean + shape.sd
        _fit(self.figure.x_range, _span(shape.times, 0.0))
        _fit(self.figure.y_range, (0.0, float(high.max()) * 1.06))
        self.source.data = {"t": shape.times, "mean": shape.mean, "low": low, "high": high}

    def paint(self, colours: Palette) -> None:
        """Take the colours of a theme."""
        self._line.glyph.line_color = colours.ink
        self._band.glyph.fill_color = colours.ink
