"""Spikes and rates of a recording and of simulated circuits, and where a recording's features lie among those of its circuits."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..features import population_rate, smooth
from ..recording import Recording
from .lettering import typeset
from .numbers_on_axes import on_axis
from .paper import INKS, MAX_VECTORS

RATE_BIN, RATE_SMOOTHING = 0.005, 0.02
"""s."""

REACH = 12.0
"""SDs of a circuit; what lies beyond stands at the edge."""

NAMED = 12
"""Features whose names fit below each other; of more only some are named."""


def raster(axes: Any, recording: Recording, span: tuple[float, float], font: float, height: float) -> None:
    """Draw the spikes of a stretch, s. height: of the axes, mm."""
    first, last = np.searchsorted(recording.spike_times, span)
    times, units = recording.spike_times[first:last], recording.spike_units[first:last]
    tall = float(np.clip(height / max(recording.n_units, 1) / 0.3528, 0.25, 0.6 * font))  # pt: a row of units
    axes.scatter(
        times, units, s=tall**2, marker="|", c=INKS.ink, linewidths=max(0.35, 0.05 * font), rasterized=len(times) > MAX_VECTORS // 4
    )  # fmt: skip
    axes.set(xlim=span, ylim=(-0.5, max(recording.n_units - 0.5, 0.5)))
    on_axis(axes.yaxis, height, font, most=3)
    axes.tick_params(labelbottom=False)


def rate(
    axes: Any, recording: Recording, span: tuple[float, float], font: float, colour: str = INKS.ink, wide: float = 60.0
) -> None:
    """Draw the smoothed population rate of a stretch, s. wide: the axes, mm."""
    part = recording.window(max(span[0], 0.0), min(span[1], recording.duration))
    bin_width, smoothing = rate_resolution(span[1] - span[0])
    values, centres = population_rate(part, bin_width)
    axes.plot(
        centres + span[0],
        smooth(values, bin_width, smoothing),
        color=colour,
        linewidth=0.09 * font,
    )
    axes.set(xlim=span, ylim=(0, None))
    on_axis(axes.xaxis, wide, font, most=8)
    on_axis(axes.yaxis, 8.0, font, most=3)


def rate_resolution(duration: float) -> tuple[float, float]:
    """Return the bins and the smoothing, s, of a rate that is drawn over this duration, s; captions state the smoothing."""
    bin_width = max(RATE_BIN, round(duration / 4000, 3))
    return bin_width, max(RATE_SMOOTHING, bin_width)


def smoothed_by(duration: float) -> str:
    """Return how the rates of a figure of this duration, s, are smoothed."""
    return f"smoothed by {1000 * rate_resolution(duration)[1]:g} ms"


def predictive_band(axes: Any, labels: Sequence[str], drawn: NDArray[np.float64], font: float, height: float) -> None:
    """Draw where the recording (0) lies in the band that holds 90 % of the features of simulated draws.

    drawn: (n, k) less the recording's, in SDs of a circuit over seeds; height: of the axes, mm.
    """
    k = len(labels)
    places = np.arange(k)
    if len(drawn):
        low, middle, high = np.clip(np.quantile(drawn, [0.05, 0.5, 0.95], axis=0), -REACH, REACH)
        axes.barh(
            places, high - low, left=low, height=0.62 if k <= NAMED else 1.0, color=INKS.alive, alpha=0.5, linewidth=0
        )
        if len(drawn) <= 100 and k <= NAMED:
            spread = np.linspace(-0.22, 0.22, len(drawn))[:, None] + places
            axes.scatter(
                np.clip(drawn, -REACH, REACH).ravel(), spread.ravel(), s=(0.2 * font) ** 2, color=INKS.alive, linewidths=0, zorder=2
            )  # fmt: skip
        axes.vlines(middle, places - 0.31, places + 0.31, color=INKS.alive, linewidth=0.16 * font)
    axes.axvline(0, color=INKS.ink, linewidth=0.13 * font)
    limit = max(3.0, float(np.abs(np.clip(drawn, -REACH, REACH)).max(initial=0.0)) * 1.08)
    axes.set(xlim=(-limit, limit), ylim=(k - 0.4, -0.6))
    named = places if k <= NAMED else places[:: -(-k // NAMED)]
    axes.set_yticks(named, [typeset(shorten(labels[i], 30, placeholder="…")) for i in named])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    on_axis(axes.xaxis, 40.0, font)
    axes.set_xlabel("difference (SDs)")
