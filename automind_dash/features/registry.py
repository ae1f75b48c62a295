"""Every feature by name: its label on the page, its unit, its meaning, and how estimators see it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from ..errors import FeatureError, likeliest
from .dimensionality import N_COMPONENTS
from .spectrum import psd_name

Family = Literal["recording", "isi", "burst", "psd", "pca"]
Transform = Literal["identity", "log10", "log10 centred"]

PUBLICATION = "Gao et al. 2024, bioRxiv 2024.08.21.608969"


@dataclass(frozen=True)
class Feature:
    """One feature: name; label and meaning in plain words; unit; default transform; source of its definition."""

    name: str
    label: str
    unit: str
    meaning: str
    transform: Transform
    family: Family
    reference: str = PUBLICATION


def _rows(family: Family, *rows: tuple[str, str, str, str, Transform]) -> list[Feature]:
    return [Feature(*row, family) for row in rows]


def _recording() -> list[Feature]:
    rows = _rows(
        "recording",
        ("n_units", "units", "1", "Units that were analysed, silent ones included.", "identity"),
        ("duration", "duration", "s", "Time that was analysed.", "identity"),
        ("mean_rate", "mean rate", "Hz", "Spikes per unit and second.", "log10"),
        ("shot_noise_floor", "shot-noise floor", "Hz²/Hz",
         "Flat power that Poisson spikes of this rate and number of units would have: 2 × rate / units.", "log10"),
    )  # fmt: skip
    return [replace(feature, reference="design section 4") for feature in rows]


_ISI: dict[str, tuple[str, str, str, Transform]] = {
    "numspks": ("spikes per unit", "1", "Spikes of one unit over the analysed time", "log10"),
    "mean": ("ISI mean", "s", "Mean interval between a unit's spikes", "log10"),
    "std": ("ISI SD", "s", "Spread of the intervals between a unit's spikes", "log10"),
    "25q": ("ISI lower quartile", "s", "A quarter of a unit's intervals is shorter", "log10"),
    "50q": ("ISI median", "s", "Half of a unit's intervals is shorter", "log10"),
    "75q": ("ISI upper quartile", "s", "Three quarters of a unit's intervals are shorter", "log10"),
    "cv": (
        "ISI CV",
        "1",
        "SD over mean of a unit's intervals: 0 for a clock, 1 for Poisson, more for bursts",
        "identity",
    ),
}


def _isi() -> list[Feature]:
    across = {"mu": ("mean across units", "mean across units"), "sigma": ("SD across units", "SD across units")}
    return [
        Feature(f"isi_{key}_{suffix}", f"{label}, {short}", unit,
                f"{meaning}; {of_units} with at least 3 spikes.", transform, "isi")
        for key, (label, unit, meaning, transform) in _ISI.items()
        for suffix, (short, of_units) in across.items()
    ]  # fmt: skip


_BURST_MEAN_SD: dict[str, tuple[str, str, str, Transform]] = {
    "peak_fr": (
        "peak rate",
        "Hz",
        "Highest smoothed population rate of a burst, per unit: it falls as the bins and the smoothing grow",
        "log10",
    ),
    "width": ("burst width", "s", "How long a burst lasts, 95 % of its prominence below the peak", "log10"),
    "onset_time": ("onset time", "s", "From a burst's start to its peak", "log10"),
    "offset_time": ("offset time", "s", "From a burst's peak to its end", "log10"),
    "corr": ("burst similarity", "1", "Correlation of two bursts' shapes, −0.5 to 2.5 s around the peak", "identity"),
    "numsubpeaks": ("sub-peaks", "1", "Further peaks of the rate within a burst", "identity"),
    "mean_fr": ("burst fullness", "1", "Mean rate within a burst over its peak rate", "identity"),
}  # fmt: skip


PEAK_RATES = ("burst_peak_fr_mean", "burst_peak_fr_std")
"""Features in Hz whose value depends on the bins and the smoothing of the rate; wherever a value stands, its smoothing stands beside it."""


def _burst() -> list[Feature]:
    single = _rows(
        "burst",
        ("burst_num", "bursts", "1", "Network bursts found: prominent peaks of the population rate.", "identity"),
        ("burst_interval_mean", "inter-burst interval, mean", "s", "Time from one burst's peak to the next.", "log10"),
        ("burst_interval_std", "inter-burst interval, SD", "s", "Spread of the times between bursts.", "log10"),
        ("burst_interval_cv", "inter-burst interval, CV", "1",
         "SD over mean of the times between bursts: 0 for a clock, 1 for Poisson.", "log10"),
        ("burst_corr_interval2nextpeak", "interval – next peak", "1",
         "Rank correlation of an interval with the peak rate of the burst after it.", "identity"),
        ("burst_corr_interval2prevpeak", "interval – previous peak", "1",
         "Rank correlation of an interval with the peak rate of the burst before it.", "identity"),
    )  # fmt: skip
    own = _rows(
        "burst",
        ("burst_spike_share", "spikes in bursts", "1", "Share of all spikes that fall within bursts.", "identity"),
        ("burst_time_share", "time in bursts", "1", "Share of the time that bursts take up.", "identity"),
    )
    pairs = [
        Feature(
            f"burst_{key}_{suffix}", f"{label}, {word}", unit, f"{meaning}; {word} over bursts.", transform, "burst"
        )
        for key, (label, unit, meaning, transform) in _BURST_MEAN_SD.items()
        for suffix, word in (("mean", "mean"), ("std", "SD"))
    ]
    return single + pairs + [replace(feature, reference="this project") for feature in own]


def _component(k: int) -> Feature:
    meaning = f"Share of the variance of smoothed unit rates along principal component {k}."
    return Feature(f"pca_{k}", f"component {k}", "1", meaning, "identity", "pca")


def _pca() -> list[Feature]:
    total = _rows(
        "pca",
        ("pca_total", "rate variance", "Hz²", "Variance of a unit's smoothed rate, mean over units.", "log10"),
        ("pca_participation_ratio", "participation ratio", "1",
         "Number of patterns that share the variance: 1 when all units rise and fall together.", "log10"),
        ("pca_components_90", "components for 90 %", "1", "Components that hold 90 % of the variance.", "log10"),
    )  # fmt: skip
    return total + [_component(k) for k in range(1, N_COMPONENTS + 1)]


FEATURES: dict[str, Feature] = {feature.name: feature for feature in _recording() + _isi() + _burst() + _pca()}
"""All features with a fixed name. The power at any frequency, psd_<frequency>, comes on top (see `feature`)."""

_PSD = re.compile(r"psd_(\d+(?:\.\d+)?)")


def feature(name: str) -> Feature:
    """Return the feature of a name, psd_<frequency in Hz> included. Raises FeatureError for an unknown name."""
    if name in FEATURES:
        return FEATURES[name]
    match = _PSD.fullmatch(name) if isinstance(name, str) else None
    if match is None:
        raise FeatureError(f"There is no feature {name!r}. {likeliest(name, [*FEATURES, 'psd_<frequency>'])}")
    frequency = float(match[1])
    label, meaning = f"power at {frequency:.4g} Hz", f"Power density of the population rate around {frequency:.4g} Hz."
    return Feature(psd_name(frequency), label, "Hz²/Hz", meaning, "log10 centred", "psd")


def known_transforms() -> tuple[str, ...]:
    """Return the names of the transforms that features can have."""
    return get_args(Transform)


def transformed(values: np.ndarray, transforms: tuple[str, ...]) -> np.ndarray:
    """Return raw features as an estimator sees them: (..., n_features) float64.

    transforms: one per feature: "identity"; "log10", NaN for values not above 0; "log10 centred", log10 minus the mean
    over all features with this transform in the same recording (NaN when one of them is).
    """
    out = np.array(values, dtype=np.float64)
    logarithmic = np.array([transform != "identity" for transform in transforms], dtype=bool)
    centred = np.array([transform == "log10 centred" for transform in transforms], dtype=bool)
    chosen = out[..., logarithmic]
    out[..., logarithmic] = np.log10(chosen, out=np.full(chosen.shape, np.nan), where=chosen > 0)
    if centred.any():
        out[..., centred] -= out[..., centred].mean(axis=-1, keepdims=True)
    return out
