"""A named, ordered vector of features with its transforms and its analysis. An estimator is trained on one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import FeatureError
from ..recording import Recording
from .analysis import AnalysisSettings
from .families import FAMILIES, all_features
from .observation import Observation
from .registry import feature, known_transforms, transformed
from .settings import settings_from_dict
from .spectrum import SpectrumSettings


@dataclass(frozen=True)
class FeatureSet:
    """The features that an estimator sees, in order, and how they are measured.

    features: names; transforms: one per feature, empty for each feature's own (see `registry.transformed`)
    analysis: which spikes are analysed, and how; observation: number of units and duration seen of each training
    simulation

    Raises FeatureError for no names, unknown or repeated names, transforms that do not fit, and psd names that the
    spectrum's settings do not give.
    """

    name: str
    features: tuple[str, ...]
    transforms: tuple[str, ...] = ()
    analysis: AnalysisSettings = field(default_factory=AnalysisSettings)
    observation: Observation = field(default_factory=Observation)

    def __post_init__(self) -> None:
        specs = [feature(name) for name in self.features]
        names = tuple(spec.name for spec in specs)
        if not names or len(set(names)) < len(names):
            raise FeatureError(f"The feature set {self.name!r} names no feature, or one of them twice.")
        transforms = tuple(self.transforms) or tuple(spec.transform for spec in specs)
        wrong = sorted(set(transforms) - set(known_transforms()))
        if wrong or len(transforms) != len(names):
            raise FeatureError(
                f"The feature set {self.name!r} has {len(names)} features and {len(transforms)} transforms"
                + (f", of which {', '.join(wrong)} is unknown." if wrong else "; each feature needs one.")
            )
        given = set(self.analysis.spectrum.feature_names)
        missing = [spec.name for spec in specs if spec.family == "psd" and spec.name not in given]
        if missing:
            raise FeatureError(
                f"The spectrum's settings do not give {', '.join(missing[:5])}: other frequencies, or bands."
            )
        object.__setattr__(self, "features", names)
        object.__setattr__(self, "transforms", transforms)

    def __len__(self) -> int:
        return len(self.features)

    @property
    def families(self) -> tuple[str, ...]:
        """The families of features that have to be measured."""
        needed = {feature(name).family for name in self.features}
        return tuple(family for family in FAMILIES if family in needed)

    @property
    def duration(self) -> float | None:
        """Observed duration of the training simulations, s; None when it was not fixed."""
        return self.observation.duration

    def observe(self, recording: Recording, seed: int) -> Recording:
        """Return the analysed population as the training simulations were seen: with their number of units, duration
        and detected spikes."""
        return self.observation.observe(self.analysis.apply(recording), seed)

    def compute(self, recording: Recording) -> dict[str, float]:
        """Return name → raw value, in order, NaN where undefined. The recording is measured as it is: call `observe` before.

        Raises FeatureError when the analysis leaves nothing, or the recording is too short for the spectrum's window.
        """
        values = all_features(recording, self.analysis, self.families)
        return {name: values[name] for name in self.features}

    def vector(self, recording: Recording) -> NDArray[np.float64]:
        """Return the transformed features that the estimator sees, (n_features,), NaN where undefined."""
        return self.transform(list(self.compute(recording).values()))

    def transform(self, raw: ArrayLike) -> NDArray[np.float64]:
        """Return raw features (..., n_features), in order, transformed as the estimator sees them."""
        raw = np.asarray(raw, dtype=np.float64)
        if raw.shape[-1:] != (len(self),):
            raise FeatureError(f"The feature set {self.name!r} has {len(self)} features, not an array of {raw.shape}.")
        return transformed(raw, self.transforms)

    def to_dict(self) -> dict[str, Any]:
        """Return the feature set in JSON's types."""
        values = asdict(self)
        if not self.analysis.bursts.chance_level:  # version 0.1.0 wrote it so; digests stay the same
            del values["analysis"]["bursts"]["chance_level"], values["analysis"]["bursts"]["least_share"]
        return {**values, "features": list(self.features), "transforms": list(self.transforms),
                "analysis": {**values["analysis"], "groups": list(self.analysis.groups)}}  # fmt: skip

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FeatureSet:
        """Build a feature set from the result of `to_dict`. Raises FeatureError for keys or values that it cannot take."""
        return settings_from_dict(cls, values)


BURST_FEATURES = FeatureSet(
    "bursts", ("burst_interval_mean", "burst_interval_cv", "burst_width_mean", "burst_offset_time_mean")
)
"""The features on which the published burst posterior conditions, in log10."""

SPECTRUM_FEATURES = FeatureSet("spectrum", SpectrumSettings().feature_names)
"""The spectrum in 40 logarithmically spaced bands, log10, with its mean removed."""

FULL_SPECTRUM_FEATURES = FeatureSet(
    "full spectrum",
    SpectrumSettings(bands=None).feature_names,
    analysis=AnalysisSettings(spectrum=SpectrumSettings(bands=None)),
)
"""The publication's 990 numbers, 0.5 to 495 Hz, log10, with their mean removed."""

BUILT_IN = {chosen.name: chosen for chosen in (BURST_FEATURES, SPECTRUM_FEATURES, FULL_SPECTRUM_FEATURES)}
"""Feature sets by name."""
