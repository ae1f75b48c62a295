"""What the compare board draws of a run: its rate over a shown stretch, and its spectrum. Both are worked out once, off the event loop."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...features import population_rate, smooth, spectrum
from ...inference.asking.circuit_run import analysed_part
from ...inference.asking.simulated import Simulated
from ...inference.asking.target import Target
from ...recording import Recording

SHORTEST_SHOWN, LONGEST_SHOWN = 10.0, 60.0
"""s of a run that its raster and rate show; longer stretches lose sight of single spikes."""

BURSTS_SHOWN = 4.5
"""The target's burst intervals in a shown stretch: enough to see several bursts, whatever the phase."""

RATE_SMOOTHING = 0.01
"""s."""

RATE_POINTS = 2000
"""Bins of a shown stretch: as many as a wide screen has pixels."""

SPECTRUM_POINTS = 160
"""Points of a spectrum on a logarithmic axis."""


def shown_seconds(target: Target | None, run_duration: float) -> float:
    """Return how many seconds of runs and target to show: several of the target's bursts, bounded by the run's duration (s)."""
    interval = float("nan") if target is None else target.features.get("burst_interval_mean", float("nan"))
    wanted = BURSTS_SHOWN * interval if np.isfinite(interval) else SHORTEST_SHOWN
    return float(min(max(wanted, SHORTEST_SHOWN), LONGEST_SHOWN, max(run_duration, 1.0)))


def rate_curve(recording: Recording, duration: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return times (s) and the smoothed population rate (Hz) of the first stretch of a recording."""
    part = recording.window(0, min(duration, recording.duration))
    bin_width, smoothing = curve_resolution(duration)
    rate, centres = population_rate(part, bin_width)
    return centres, smooth(rate, bin_width, smoothing)


def curve_resolution(duration: float) -> tuple[float, float]:
    """Return the bins and the smoothing, s, of a rate that is drawn over this duration, s."""
    bin_width = max(0.005, round(duration / RATE_POINTS, 3))
    return bin_width, max(RATE_SMOOTHING, bin_width)


def curve_axis(duration: float) -> str:
    """Return the label of the axis of a rate that is drawn over this duration, s: a peak's height depends on the smoothing."""
    return f"Hz (σ {1000 * curve_resolution(duration)[1]:g} ms)"


def spectrum_curve(recording: Recording) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return frequencies and the power relative to its geometric mean, thinned for a log axis; empty where there is none."""
    if recording.n_spikes < 2 or recording.duration < 2:
        return np.empty(0), np.empty(0)
    frequencies, power = spectrum(recording)
    power = np.maximum(power, power[power > 0].min() if (power > 0).any() else 1.0)
    kept = np.unique(np.geomspace(1, len(frequencies), SPECTRUM_POINTS).astype(int) - 1)
    return frequencies[kept], (power / np.exp(np.mean(np.log(power))))[kept]


@dataclass(frozen=True, eq=False)
class RunCurves:
    """Rate (Hz at times, s) of the excitatory population over the shown stretch (s), and relative power at frequencies (Hz)."""

    shown: float = 0.0
    times: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    rate: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    frequencies: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    power: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))


def curves_of(run: Simulated, warm_up: float, shown: float) -> RunCurves:
    """Return what is drawn of a run; nothing for a run without spikes or without its recording. warm_up, shown: s."""
    if run.recording is None or not run.recording.n_spikes:
        return RunCurves(shown)
    excitatory = analysed_part(run.recording, warm_up)
    return RunCurves(shown, *rate_curve(excitatory, shown), *spectrum_curve(excitatory))


def shown_start(recording: Recording, shown: float) -> float:
    """Return where (s) the shown stretch of a target starts: at its beginning, unless that is silent or nearly so.

    A beginning with less than half the spikes of an average stretch counts as nearly silent. The stretch with most spikes, in steps of a
    quarter stretch, is then shown.
    """
    starts = np.arange(0, max(recording.duration - shown, 0) + 1e-9, shown / 4)
    first, last = np.searchsorted(recording.spike_times, [starts, starts + shown])
    counts = last - first
    nearly_silent = counts[0] < 0.5 * recording.n_spikes * shown / recording.duration
    return float(starts[np.argmax(counts)]) if nearly_silent else 0.0


def shown_part(target: Target, shown: float) -> Recording:
    """Return the stretch of a target that is shown beside runs."""
    start = shown_start(target.recording, shown)
    return target.recording.window(start, start + shown)


def target_curves(target: Target, shown: float) -> RunCurves:
    """Return what is drawn of the target."""
    return RunCurves(shown, *rate_curve(shown_part(target, shown), shown), *spectrum_curve(target.recording))


def spectrum_band(spectra: list[RunCurves]) -> tuple[NDArray, NDArray, NDArray]:
    """Return (frequencies, 5 %, 95 %) of an ensemble's spectra on their common frequencies; empty for fewer than two spectra."""
    given = [one for one in spectra if len(one.frequencies)]
    if len(given) < 2:
        return np.empty(0), np.empty(0), np.empty(0)
    grid = max((one.frequencies for one in given), key=len)
    logs = np.array([np.interp(np.log(grid), np.log(one.frequencies), np.log(one.power)) for one in given])
    low, high = np.exp(np.quantile(logs, [0.05, 0.95], axis=0))
    return grid, low, high
