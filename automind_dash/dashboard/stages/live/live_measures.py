"""What the live bench measures of a running circuit's recent past, beside the same measures of the target, for its dials and spectrum."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ....circuit.outcome import SATURATED, SILENT
from ....errors import FeatureError
from ....features import BurstSettings, burst_features, detect_bursts, feature, isi_features, recording_features
from ....inference.asking.target import Target
from ....inference.estimators.card import Card
from ....recording import Recording
from ...state.run_curves import spectrum_curve

DIALS = (
    "mean_rate", "isi_cv_mu", "burst_interval_mean", "burst_peak_fr_mean", "burst_width_mean", "burst_spike_share",
)  # fmt: skip
"""Features that tell dynamics apart at a glance."""

DISTANCE = "distance"

SETTLED = 1.0
"""Once a run has lasted this many s after the warm-up, the warm-up is left out."""

SHORTEST = 1.0
"""s of past that any measure needs."""

MOST_ISI_SPIKES = 200_000
"""Intervals are measured on this many of the last spikes, since a saturated circuit has more in each second."""

RANGE = 4.0
"""A dial spans the target's value divided by RANGE to the target's value times RANGE."""


@dataclass(frozen=True, eq=False)
class Measures:
    """What was measured of a stretch: its features by name and its distance to the target (both NaN where undefined), its spectrum, and
    whether it is active, silent or saturated.
    """

    seconds: float
    features: dict[str, float]
    frequencies: NDArray[np.float64]
    power: NDArray[np.float64]
    distance: float = math.nan
    outcome: str = "active"


@dataclass(frozen=True)
class Dial:
    """One feature: the places of its needle and of A's, −1 to 1, None where undefined; 0 is the target, or the distance's threshold."""

    label: str
    unit: str
    value: float
    target: float
    place: float | None
    other: float | None = None
    other_value: float = math.nan
    less_is_better: bool = False


def settled(recording: Recording, now: float, warm_up: float) -> Recording:
    """Return a running circuit's past without its warm-up, as in the simulations that define the distance; early on return all of it.

    now: s since the circuit began, the end of its past; warm_up: s.
    """
    began = now - recording.duration
    if began < warm_up < now - SETTLED:
        return recording.window(warm_up - began, recording.duration)
    return recording


def measure(
    recording: Recording, bursts: BurstSettings, card: Card | None, target: Target | None, t_refrac: float
) -> Measures:
    """Measure a running circuit's past (off the event loop: tens of milliseconds).

    bursts: the detection that the page uses; t_refrac: the excitatory neurons' refractory period, s.
    """
    features = dict.fromkeys(DIALS, math.nan)
    empty, became = np.empty(0), _became(recording, t_refrac)
    if recording.duration < SHORTEST or recording.n_spikes < 2:
        return Measures(recording.duration, features | {"mean_rate": _rate(recording)}, empty, empty, outcome=became)
    few = recording
    if recording.n_spikes > MOST_ISI_SPIKES:
        few = recording.window(float(recording.spike_times[-MOST_ISI_SPIKES]), recording.duration)
    found = recording_features(recording) | burst_features(detect_bursts(recording, bursts)) | isi_features(few)
    features |= {name: found[name] for name in DIALS if name in found}
    curve = spectrum_curve(recording)
    return Measures(recording.duration, features, *curve, _distance(recording, card, target), became)


def _distance(recording: Recording, card: Card | None, target: Target | None) -> float:
    if card is None or target is None or not np.isfinite(target.vector).all():
        return math.nan
    try:
        seen = replace(card.feature_set, observation=replace(card.feature_set.observation, duration=None))
        vector = seen.transform(list(seen.compute(recording).values()))
    except FeatureError:
        return math.nan  # too short still, or without a burst
    return float(card.distance(vector, target.vector)[0])


def _became(recording: Recording, t_refrac: float) -> str:
    """Return active, silent or saturated, by the bounds that simulations use."""
    occupied = _rate(recording) * t_refrac
    if recording.duration < SHORTEST:
        return "active"
    return "silent" if occupied < SILENT else "saturated" if occupied > SATURATED else "active"


def _rate(recording: Recording) -> float:
    return recording.n_spikes / max(recording.n_units, 1) / recording.duration


def place(value: float, target: float) -> float | None:
    """Return the place of a value on a dial: −1 to 1, logarithmic, 0 at the target's value; None where either is undefined."""
    if not (math.isfinite(value) and math.isfinite(target)):
        return None
    if target <= 0 or value <= 0:
        return 0.0 if value == target else math.copysign(1.0, value - target)
    return float(np.clip(math.log(value / target) / math.log(RANGE), -1, 1))


def dials(live: Measures, target: dict[str, float], other: Measures | None, threshold: float) -> list[Dial]:
    """Return a dial for every feature, then one for the distance with the threshold in its middle. other: of the frozen circuit A."""
    found = []
    for name in DIALS:
        spec, wanted, value = feature(name), target.get(name, math.nan), live.features[name]
        label = spec.label.partition(",")[0]
        theirs = math.nan if other is None else other.features[name]
        found.append(Dial(label, spec.unit, value, wanted, place(value, wanted), place(theirs, wanted), theirs))
    theirs = math.nan if other is None else other.distance
    places = place(live.distance, threshold), place(theirs, threshold)
    found.append(Dial(DISTANCE, "1", live.distance, threshold, *places, theirs, less_is_better=True))
    return found
