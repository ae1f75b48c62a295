"""A recording under some settings: the part that is analysed, its bursts, spectrum and features."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...features import (
    FAMILIES,
    AnalysisSettings,
    Bursts,
    BurstSettings,
    burst_features,
    detect_bursts,
    longest_duration,
    recording_features,
    recordings_detection,
    spectrum,
    that_fit,
)  # fmt: skip
from ...recording import Recording

OF_RECORDINGS = AnalysisSettings(bursts=recordings_detection(BurstSettings()))
"""The analysis settings of a recording until somebody changes them."""

AT_A_GLANCE = ("recording", "burst")
"""Families that are measured first, for the raster, the rate and its marks."""


@dataclass(frozen=True, eq=False)
class Analysed:
    """A recording under some settings, as the target strip and the feature tables show it."""

    settings: AnalysisSettings
    recording: Recording  # the analysed part; its time counts from the start of the window
    bursts: Bursts | None
    frequencies: NDArray[np.float64]
    power: NDArray[np.float64]
    features: dict[str, float]


def glance(recording: Recording, settings: AnalysisSettings) -> Analysed:
    """Apply the settings and measure what the raster, the rate and its marks need, in a tenth of the time that `complete` takes.

    Raises FeatureError when the settings leave nothing.
    """
    part = settings.apply(recording)
    bursts = detect_bursts(part, settings.bursts)
    features = recording_features(part) | burst_features(bursts)
    return Analysed(settings, part, bursts, np.empty(0), np.empty(0), features)


def complete(seen: Analysed) -> Analysed:
    """Add the intervals, the spectrum and the components to a glance. No spectrum without spikes or a window for them."""
    part, settings = seen.recording, seen.settings
    longest = max((one.duration for one in part.stretches()), default=0.0)
    fitting = that_fit(FAMILIES, settings, longest) if part.n_spikes else ("isi",)
    features = dict(seen.features)
    for name in fitting:
        if name not in AT_A_GLANCE:
            features |= FAMILIES[name].measure(part, settings)
    if "psd" not in fitting:
        return replace(seen, features=features)
    frequencies, power = spectrum(part, settings.spectrum)
    return replace(seen, frequencies=frequencies, power=power, features=features)


def analyse(recording: Recording, settings: AnalysisSettings) -> Analysed:
    """Apply the settings and measure everything that is shown of a target. Raises FeatureError when they leave nothing."""
    return complete(glance(recording, settings))


BEGINS_WITH = 4 * 3600.0
"""s of such a recording that are analysed at first: enough for thousands of bursts, and measured within seconds."""


def first_settings(recording: Recording) -> tuple[AnalysisSettings, str]:
    """Return the settings that a recording is first analysed with, and a sentence for the user where they leave a part of it out."""
    settings = OF_RECORDINGS
    most = longest_duration(settings.bursts.bin_width)
    if recording.duration <= most:
        return settings, ""
    said = (
        f"{recording.name} lasts {recording.duration / 3600:.3g} h, and at most {most / 3600:.3g} h can be analysed at once. Its first "
        f"{BEGINS_WITH / 3600:g} h are shown; choose another part with Window under Settings."
    )
    return replace(settings, stop=BEGINS_WITH), said
