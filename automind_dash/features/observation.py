"""Observing a simulation as a recording observes a culture: fewer units, fewer spikes, for a limited time.

The number of observed units changes features, although the circuit stays the same. The population rate is per unit, so
its mean does not depend on the number of units n. Its shot noise does: Poisson spikes of n units at r Hz add a flat 2 r
/ n to the spectrum, forty times more at 50 units than at 2000. With few units the rate also falls to zero between
spikes. Bursts then look narrower, and coincidences raise their peaks. Simulations are therefore analysed with the
target's number of units, drawn at random, and over its duration. No feature is corrected afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..errors import FeatureError
from ..recording import Recording
from .settings import check_range


def subsample_units(recording: Recording, n_units: int, seed: int, *, minimum_rate: float = 0.0) -> Recording:
    """Return n_units of a recording's units, drawn without replacement. They keep their order.

    minimum_rate: Hz; only units that fire at this rate or more are drawn, since spike sorting never lists a silent
    cell; 0 takes all. Raises FeatureError when there are fewer than n_units.
    """
    candidates = np.flatnonzero(recording.unit_rates >= minimum_rate)
    if not 1 <= n_units <= len(candidates):
        raise FeatureError(
            f"{recording.name} has {len(candidates)} units that fire at {minimum_rate:g} Hz or more; "
            f"{n_units} cannot be drawn from them."
        )
    return recording.select_units(np.sort(np.random.default_rng(seed).choice(candidates, n_units, replace=False)))


def thin_spikes(recording: Recording, detected: float, seed: int) -> Recording:
    """Return the recording with each spike kept independently with probability `detected` (0 … 1)."""
    if not 0 <= detected <= 1:
        raise FeatureError(f"The share of detected spikes is {detected}; it must lie between 0 and 1.")
    kept = np.random.default_rng(seed).random(recording.n_spikes) < detected
    return replace(recording, spike_times=recording.spike_times[kept], spike_units=recording.spike_units[kept])


@dataclass(frozen=True)
class Observation:
    """What a recording observes of a circuit. None and the defaults leave everything as it is.

    n_units: number of units drawn; duration: s, from the start; detected: share of spikes that are detected;
    minimum_rate: Hz, least rate of a unit to be drawn
    """

    n_units: int | None = None
    duration: float | None = None
    detected: float = 1.0
    minimum_rate: float = 0.0

    def __post_init__(self) -> None:
        check_range(self, "n_units", 1, 100_000)
        check_range(self, "duration", 1e-3, 1e6, "s")
        check_range(self, "detected", 0.0, 1.0)
        check_range(self, "minimum_rate", 0.0, 1e3, "Hz")
        if self.n_units is not None and self.n_units != int(self.n_units):
            raise FeatureError(f"Observation.n_units is {self.n_units}; it must be a whole number.")

    @classmethod
    def of(cls, recording: Recording) -> Observation:
        """Return the observation that matches an analysed recording: its number of units and its duration."""
        return cls(n_units=recording.n_units, duration=recording.duration)

    def observe(self, recording: Recording, seed: int) -> Recording:
        """Return the observed part of a recording of the analysed population. Choose the population before.

        A recording of exactly n_units and duration is returned whole. Raises FeatureError when it is shorter than the
        duration by more than a microsecond, or has too few units.
        """
        if self.duration is not None:
            if recording.duration < self.duration - 1e-6:
                raise FeatureError(
                    f"{recording.name} lasts {recording.duration:g} s; {self.duration:g} s are needed. "
                    "Use a longer recording."
                )
            if recording.duration > self.duration:
                recording = recording.window(0.0, self.duration)
        units_seed, spikes_seed = np.random.SeedSequence(seed).generate_state(2)
        if self.n_units is not None and (recording.n_units != self.n_units or self.minimum_rate > 0):
            recording = subsample_units(recording, int(self.n_units), int(units_seed), minimum_rate=self.minimum_rate)
        return thin_spikes(recording, self.detected, int(spikes_seed)) if self.detected < 1 else recording
