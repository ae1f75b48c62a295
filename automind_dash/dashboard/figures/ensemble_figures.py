"""All runs at once over the target: their spectra with the ensemble's band, and their features in units of a circuit's own noise."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import numpy as np
from bokeh.models import BoxAnnotation, ColumnDataSource, LogTicker, Range1d, Span
from bokeh.plotting import figure
from numpy.typing import NDArray

from ...features import feature
from ...inference.asking.simulated import Simulated
from ...inference.asking.target import Target
from ...inference.estimators.card import Card
from ..state.run_curves import RunCurves, spectrum_band
from ..widgets.colours import Palette
from .colouring import state_colour

MAX_LINES = 150
"""Spectra drawn one by one, the nearest ones. More would form a carpet, which the band shows better."""

MAX_UNITS = 10.0
"""Features that differ by more units of own variability than this are drawn at the edge."""

MAX_NAMED = 8
"""Features whose names fit beside each other; more features are numbered."""

LABEL_WIDTH = 13
"""Characters of a feature's name on one line below the axis, so that four names fit beside each other in half a page."""


def deviations(vectors: NDArray, target: NDArray, scale: NDArray) -> NDArray[np.float64]:
    """Return (n, k) features minus the target's, in units of the circuit's own SD, clipped to ±MAX_UNITS; NaN where undefined."""
    return np.clip((vectors - target) / scale, -MAX_UNITS, MAX_UNITS)


class EnsembleFigures:
    """Two figures, made once; `show` exchanges their data."""

    def __init__(self, palette: Palette) -> None:
        self.palette = palette
        self.lines = ColumnDataSource({"xs": [], "ys": [], "colour": []})
        self.band = ColumnDataSource({"f": [], "low": [], "high": []})
        self.target = ColumnDataSource({"f": [], "p": []})
        self.dots = ColumnDataSource({"x": [], "y": [], "colour": [], "circuit": []})
        self.spectra = figure(
            height=230, sizing_mode="stretch_width", x_axis_type="log", y_axis_type="log", tools="box_zoom,wheel_zoom,reset,save",
            x_axis_label="frequency (Hz)", y_axis_label="relative power", title="Spectra of all runs and of the target",
        )  # fmt: skip
        self.filled = self.spectra.varea(x="f", y1="low", y2="high", source=self.band, fill_alpha=0.5)
        self.spectra.multi_line(
            xs="xs", ys="ys", line_color="colour", line_alpha=0.35, line_width=0.8, source=self.lines
        )
        self.ink = self.spectra.line(x="f", y="p", source=self.target, line_width=2)
        self.features = figure(
            height=230, sizing_mode="stretch_width", x_range=Range1d(-0.6, 0.6), y_range=Range1d(-MAX_UNITS * 1.05, MAX_UNITS * 1.05),
            tools="ywheel_zoom,reset,save", y_axis_label="own SDs from the target", title="Features of all runs minus the target's",
        )  # fmt: skip
        self.features.scatter(x="x", y="y", color="colour", size=4, alpha=0.6, source=self.dots)
        self.zero = Span(location=0, dimension="width", line_width=1.5)
        self.within = BoxAnnotation(bottom=-2, top=2, fill_alpha=0.2, line_color=None)
        self.features.add_layout(self.within)
        self.features.add_layout(self.zero)
        for fig in (self.spectra, self.features):
            fig.toolbar.logo = None
            fig.toolbar.autohide = True
            fig.grid.visible = False
        self.spectra.yaxis.ticker = LogTicker(mantissas=[1, 3], desired_num_ticks=3)
        self.recolour(palette)

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme; call `show` after it."""
        self.palette = palette
        self.filled.glyph.fill_color = self.within.fill_color = palette.prior
        self.ink.glyph.line_color = self.zero.line_color = palette.ink

    def show(
        self, runs: dict[int, Simulated], states: dict[int, str], curves: dict[int, RunCurves], card: Card, target: Target,
        target_curve: RunCurves,
    ) -> None:  # fmt: skip
        """Show the runs (number → run, nearest first) with their states and curves."""
        drawn = [n for n in runs if n in curves and len(curves[n].frequencies)]
        frequencies, low, high = spectrum_band([curves[n] for n in drawn])
        self.band.data = {"f": frequencies, "low": low, "high": high}
        first = drawn[:MAX_LINES]
        self.lines.data = {
            "xs": [curves[n].frequencies for n in first], "ys": [curves[n].power for n in first],
            "colour": [state_colour(states[n], self.palette) for n in first],
        }  # fmt: skip
        self.target.data = {"f": target_curve.frequencies, "p": target_curve.power}
        self._show_features(runs, states, card, target)

    def _show_features(self, runs: dict[int, Simulated], states: dict[int, str], card: Card, target: Target) -> None:
        kept = np.flatnonzero(card.compared)
        names = [feature(card.feature_set.features[i]).label for i in kept]
        vectors = np.array([run.vector for run in runs.values()]).reshape(len(runs), len(card.compared))
        units = deviations(vectors[:, kept], target.vector[kept], card.noise_scale[kept])
        spread = np.linspace(-0.25, 0.25, max(len(runs), 1))[: len(runs), None]
        x = np.arange(len(kept))[None] + spread * (1 if len(kept) <= MAX_NAMED else 0.5)
        self.dots.data = {
            "x": x.ravel(), "y": units.ravel(), "circuit": np.repeat(list(runs), len(kept)),
            "colour": [state_colour(states[n], self.palette) for n in runs for _ in kept],
        }  # fmt: skip
        self.features.x_range.update(start=-0.6, end=len(kept) - 0.4)
        axis: Any = self.features.xaxis[0]
        if len(kept) <= MAX_NAMED:
            axis.ticker = list(range(len(kept)))
            axis.major_label_overrides = {i: fill(name, LABEL_WIDTH) for i, name in enumerate(names)}
            axis.axis_label = ""
        else:
            ends = [0, len(kept) // 2, len(kept) - 1]
            axis.ticker = ends
            axis.major_label_overrides = {i: names[i].removeprefix("power at ") for i in ends}
            axis.axis_label = "band of the spectrum"
