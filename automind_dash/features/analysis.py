"""Settings for the analysis of a recording: which spikes count, and how they are measured."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..errors import FeatureError
from ..recording import Recording
from .bursts import BurstSettings
from .dimensionality import DimensionalitySettings
from .isi import MINIMUM_SPIKES
from .rate import remove_double_detections
from .settings import check_range
from .spectrum import SpectrumSettings


@dataclass(frozen=True)
class AnalysisSettings:
    """Which spikes of a recording are analysed, and how.

    population: label of the analysed units (None: all units); recordings without this label are analysed whole
    groups: labels (such as quality) of the units to keep; empty keeps all; minimum_rate: Hz; units that fire less are
    left out
    start, stop: s, the time window (stop None: the end); minimum_spikes: spikes that a unit needs for its ISI
    statistics
    bursts, spectrum, dimensionality: settings of each; bursts.refractory removes double detections for all features
    """

    population: str | None = "excitatory"
    groups: tuple[str, ...] = ()
    minimum_rate: float = 0.0
    start: float = 0.0
    stop: float | None = None
    minimum_spikes: int = MINIMUM_SPIKES
    bursts: BurstSettings = field(default_factory=BurstSettings)
    spectrum: SpectrumSettings = field(default_factory=SpectrumSettings)
    dimensionality: DimensionalitySettings = field(default_factory=DimensionalitySettings)

    def __post_init__(self) -> None:
        check_range(self, "minimum_rate", 0.0, 1e4, "Hz")
        check_range(self, "start", 0.0, 1e9, "s")
        check_range(self, "stop", 0.0, 1e9, "s")
        check_range(self, "minimum_spikes", 2, 1e6)
        if self.stop is not None and self.stop <= self.start:
            raise FeatureError(
                f"The time window from {self.start:g} to {self.stop:g} s is empty; stop must lie after start."
            )
        if isinstance(self.groups, str) or not all(isinstance(group, str) for group in self.groups):
            raise FeatureError(f"AnalysisSettings.groups is {self.groups!r}; it must be a tuple of labels.")

    def apply(self, recording: Recording) -> Recording:
        """Return the analysed part of a recording. Window, population, groups, double detections and rate are applied in this order.

        Raises FeatureError when the window lies outside the recording or no unit is left.
        """
        if self.start >= recording.duration:
            raise FeatureError(
                f"The time window starts at {self.start:g} s, but {recording.name} lasts {recording.duration:g} s."
            )
        if self.start > 0 or (self.stop is not None and self.stop < recording.duration):
            recording = recording.window(self.start, recording.duration if self.stop is None else self.stop)
        if self.population is not None:
            recording = recording.population(self.population)
        if self.groups:
            recording = self._of_groups(recording)
        recording = remove_double_detections(recording, self.bursts.refractory)
        if self.minimum_rate > 0:
            firing = recording.unit_rates >= self.minimum_rate
            if not firing.any():
                raise FeatureError(
                    f"No unit of {recording.name} fires at {self.minimum_rate:g} Hz or more; lower the minimum rate."
                )
            recording = recording.select_units(firing)
        return recording

    def _of_groups(self, recording: Recording) -> Recording:
        chosen = np.array([label in self.groups for label in recording.unit_groups], dtype=bool)
        if not chosen.any():
            there = ", ".join(sorted(set(recording.unit_groups))) or "none"
            raise FeatureError(
                f"No unit of {recording.name} is labelled {', '.join(self.groups)}; its labels: {there}."
            )
        return recording.select_units(chosen)
