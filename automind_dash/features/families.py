"""Families of features. Each row holds a family's name, the function that measures it, and what it needs.

A new family takes a function, its features in `registry.py`, and a row here. All code that measures, lists or exports
features reads this table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ..errors import FeatureError
from ..recording import Recording
from .analysis import AnalysisSettings
from .burst_statistics import burst_features
from .bursts import detect_bursts
from .dimensionality import dimensionality_features
from .isi import isi_features
from .spectrum import shot_noise_floor, spectrum_features

Measure = Callable[[Recording, AnalysisSettings], dict[str, float]]
"""The analysed part of a recording and its settings → name and raw value of each feature, NaN where undefined."""


def _anything(settings: AnalysisSettings) -> float:
    return 0.0


@dataclass(frozen=True)
class Family:
    """One family. title: its heading on the page; measure: function that returns its features; shortest: least length
    of a recording, s, under the settings; single: each feature stands for itself, so tables and colours offer it by
    name, unlike the bands of a spectrum.
    """

    title: str
    measure: Measure
    shortest: Callable[[AnalysisSettings], float] = _anything
    single: bool = True


def recording_features(recording: Recording) -> dict[str, float]:
    """Return n_units, observed duration (s), mean_rate (Hz) and shot_noise_floor (Hz²/Hz)."""
    return {
        "n_units": float(recording.n_units),
        "duration": recording.observed_duration if recording.observed else recording.duration,
        "mean_rate": recording.mean_rate,
        "shot_noise_floor": shot_noise_floor(recording),
    }


FAMILIES: Mapping[str, Family] = {
    "recording": Family("Recording", lambda recording, settings: recording_features(recording)),
    "isi": Family(
        "Inter-spike intervals", lambda recording, settings: isi_features(recording, settings.minimum_spikes)
    ),
    "burst": Family(
        "Network bursts", lambda recording, settings: burst_features(detect_bursts(recording, settings.bursts))
    ),
    "psd": Family(
        "Spectrum",
        lambda recording, settings: spectrum_features(recording, settings.spectrum),
        shortest=lambda settings: settings.spectrum.window,
        single=False,
    ),
    "pca": Family(
        "Dimensionality",
        lambda recording, settings: dimensionality_features(recording, settings.dimensionality),
        shortest=lambda settings: 2 * settings.dimensionality.bin_width,
        single=False,
    ),
}
"""Families by the name in `registry.Feature.family`, in the order in which they are measured."""


def that_fit(families: Iterable[str], settings: AnalysisSettings, duration: float) -> tuple[str, ...]:
    """Return the families for which a recording of this length, s, is long enough."""
    return tuple(name for name in families if FAMILIES[name].shortest(settings) <= duration + 1e-9)


def all_features(
    recording: Recording, settings: AnalysisSettings | None = None, families: Iterable[str] = tuple(FAMILIES)
) -> dict[str, float]:
    """Return every feature by name, raw, in s, Hz and Hz²/Hz; NaN where undefined (see each family).

    families: names from FAMILIES to measure; the spectrum and the components cost most. Raises FeatureError when the
    settings leave nothing to analyse, and when the recording is too short for a bin or for one window of the spectrum.
    """
    settings = settings or AnalysisSettings()
    wanted = set(families)
    if not wanted <= set(FAMILIES):
        raise FeatureError(
            f"There is no family of features {', '.join(sorted(wanted - set(FAMILIES)))}; "
            f"there are {', '.join(FAMILIES)}."
        )
    analysed = settings.apply(recording)
    features: dict[str, float] = {}
    for name, family in FAMILIES.items():
        if name in wanted:
            features |= family.measure(analysed, settings)
    return features
