"""From a recording to a target for an estimator: the analysed stretch, its features, and how far they can be trusted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...errors import FeatureError
from ...features import (
    AnalysisSettings,
    BurstSettings,
    FeatureSet,
    all_features,
    detect_bursts,
    double_sentence,
    is_bursting,
    published_detection,
    recordings_detection,
)
from ...features.burst_suggestion import RECORDINGS_LEVEL
from ...recording import Recording
from ...recording.observed import stretches
from ..estimators.card import Card
from .among_simulations import Plausibility
from .limits import beyond_sentence, undefined_sentence

MINIMUM_UNITS = 5
"""With fewer units, the population rate is that of single cells; the page says so."""

TWICE_TOLD = 0.003
"""s: refractory periods up to this one leave out double detections, of which simulations have none, and no spikes of a neuron."""

MAX_WINDOWS = 60
"""Stretches among which the most typical one is chosen: ten minutes of 10 s, about 0.3 s of work."""


@dataclass(frozen=True, eq=False)
class Target:
    """The features that an estimator is asked about, and how they were measured.

    vector: (n_features,) as the estimator sees it, NaN where undefined; features: raw values by name; start, stop: s of the recording,
    the analysed stretch; n_units: units seen; recording: that stretch of the analysed units; warnings: sentences; near: its place among
    the estimator's simulations, None before anyone has looked (`plausibility.checked`).
    """

    vector: NDArray[np.float64]
    features: dict[str, float]
    start: float
    stop: float
    n_units: int
    recording: Recording
    warnings: tuple[str, ...] = ()
    near: Plausibility | None = None

    @property
    def cautions(self) -> tuple[str, ...]:
        """The warnings without the one on whether the model makes the recording at all; the verdict says that."""
        return tuple(text for text in self.warnings if self.near is None or text != self.near.sentence)


def distance_to(target: Target | None, outcome: str, vector: NDArray[np.float64], card: Card) -> float:
    """Return how far a run is from a target; infinite where the run is not active, or a feature of either is undefined."""
    if outcome != "active" or target is None or not np.isfinite(target.vector).all():
        return float("inf")
    return float(card.distance(vector, target.vector)[0])


def is_bursting_recording(recording: Recording, analysis: AnalysisSettings) -> bool:
    """Tell whether the analysed activity consists of bursts. This decides the default estimator."""
    analysed = analysis.apply(recording)
    detection = recordings_detection(published_detection(analysis.bursts))
    return bool(analysed.n_spikes) and is_bursting(detect_bursts(analysed, detection))


def measured_with(card: Card, analysis: AnalysisSettings) -> FeatureSet:
    """Return the estimator's feature set on the user's units, window and burst detection; all else is measured as for the estimator."""
    own = card.feature_set.analysis
    return replace(
        card.feature_set,
        analysis=replace(
            analysis, spectrum=own.spectrum, dimensionality=own.dimensionality, minimum_spikes=own.minimum_spikes
        ),
        observation=replace(card.feature_set.observation, n_units=None, duration=None),
    )


def target_duration(analysed: Recording, card: Card, analysis: AnalysisSettings) -> float:
    """Return the duration, s, of the stretches that are compared: as long as the analysed part of a simulation, so that both are equally
    noisy."""
    seen = max((part.duration for _, part in _observed(analysed)), default=analysed.duration)
    longest = min(seen, card.plan.duration, card.feature_set.observation.duration or np.inf)
    if card.plan.enough_bursts is None:
        return longest
    bursts = detect_bursts(analysed, analysis.bursts)
    if len(bursts) < 3 or not len(bursts.intervals):
        return longest
    needed = np.ceil((card.plan.enough_bursts + 0.5) * float(np.mean(bursts.intervals)) / 5) * 5
    return float(min(longest, max(needed, 10.0)))


def make_target(recording: Recording, card: Card, analysis: AnalysisSettings | None = None) -> Target:
    """Analyse a recording as the estimator's training simulations were, over the most typical stretch of their duration.

    analysis: units, window and detection. When not given, the estimator's detection is used with the guard for recordings. The recording
    is cut into successive stretches without gaps; the chosen one has the features nearest to the median of all. Raises FeatureError when
    the selection leaves nothing.
    """
    analysis = analysis or AnalysisSettings(bursts=recordings_detection(card.feature_set.analysis.bursts))
    features = measured_with(card, analysis)
    analysed = analysis.apply(recording)
    if not analysed.n_spikes:
        raise FeatureError(f"{recording.name} has no spikes in the chosen window and units; choose others.")
    whole = replace(features, analysis=replace(features.analysis, start=0.0, stop=None, groups=(), minimum_rate=0.0))
    duration = target_duration(analysed, card, analysis)
    starts, stretches = _windows(analysed, duration)
    raw = [whole.compute(stretch) for stretch in stretches]
    vectors = np.array([whole.transform(list(values.values())) for values in raw])
    best = _most_typical(vectors, card.noise_scale)
    begin = analysis.start + starts[best]
    return Target(
        vectors[best], raw[best], begin, begin + duration, stretches[best].n_units, stretches[best],
        tuple(_warnings(analysed, vectors[best], card, analysis, duration)),
    )  # fmt: skip


def _windows(analysed: Recording, duration: float) -> tuple[list[float], list[Recording]]:
    """Return successive stretches of a duration (s) and where each begins: as many as fit into each observed part, at most MAX_WINDOWS."""
    places = [
        (first, part, s)
        for first, part in _observed(analysed)
        for s in np.arange(0, part.duration - duration + 1e-6, duration).tolist()
    ]
    if len(places) > MAX_WINDOWS:
        places = [places[i] for i in np.linspace(0, len(places) - 1, MAX_WINDOWS).astype(int)]
    cut = [
        part if s == 0 and part.duration <= duration + 1e-6 else part.window(s, s + duration) for _, part, s in places
    ]
    return [first + s for first, _, s in places], cut


def _observed(analysed: Recording) -> list[tuple[float, Recording]]:
    """Return the observed stretches and their starts, s. Stretches in which other units were seen than in most are parts of their own."""
    if not analysed.observed:
        return [(0.0, analysed)]
    starts = [start for start, *_ in stretches(analysed.observed, analysed.n_units, analysed.duration)]
    return list(zip(starts, analysed.stretches(), strict=True))


def _most_typical(vectors: NDArray[np.float64], scale: NDArray[np.float64]) -> int:
    """Return the row nearest to the median of the rows that have all features; without any, the row with most features."""
    defined = np.isfinite(vectors)
    if not defined.all(axis=1).any():
        return int(np.argmax(defined.sum(axis=1)))
    whole = np.flatnonzero(defined.all(axis=1))
    centre = np.median(vectors[whole], axis=0)
    return int(whole[np.argmin(np.nanmean(((vectors[whole] - centre) / scale) ** 2, axis=1))])


def _warnings(
    analysed: Recording, vector: NDArray[np.float64], card: Card, analysis: AnalysisSettings, seconds: float
) -> list[str]:
    """Return what the user should know before asking for circuits."""
    found = []
    if analysed.n_units < MINIMUM_UNITS:
        found.append(
            f"Only {analysed.n_units} units: their summed activity says little about a population. Do not rely on the results; keep more "
            f"units where there are more (Units firing at least, under Settings; --minimum-rate)."
        )
    trained_for = card.feature_set.observation.n_units
    if trained_for not in (None, analysed.n_units):
        found.append(
            f"Trained on circuits seen by {trained_for} units, asked about {analysed.n_units}: features that depend on "
            f"their number are off."
        )
    if analysed.duration < card.plan.duration and card.plan.enough_bursts is None:
        found.append(
            f"The window lasts {analysed.duration:.3g} s, the training simulations {card.plan.duration:g} s: the target is noisier."
        )
    told = double_sentence(analysed), undefined_sentence(vector, card, seconds), beyond_sentence(vector, card)
    found.extend(filter(None, told))
    if len(events := detect_bursts(analysed, analysis.bursts).artefacts):
        when = ", ".join(f"{time:.4g}" for time in events[:3].tolist()) + (" …" if len(events) > 3 else "")
        found.append(
            f"At {when} s nearly all units fire within a millisecond, or far more than at any other time. This is taken "
            f"for an artefact and not counted as a burst. Its spikes still enter the rates and the spectrum."
        )
    found.extend(settings_that_differ(card, analysis))
    return found


def settings_that_differ(card: Card, analysis: AnalysisSettings) -> list[str]:
    """Return sentences on detection settings that differ from those of the estimator's training, and on the consequences."""
    trained, used, bursts = card.feature_set.analysis.bursts, analysis.bursts, "burst" in card.feature_set.families
    effect = {
        "smoothing": "widths and offset times grow with the smoothing",
        "prominence": "a lower threshold finds more bursts, hence shorter intervals",
        "minimum_rate": "it decides which weak bursts count",
        "minimum_interval": "closer bursts are merged",
        "refractory": "spikes of bursts are left out as well",
        "bin_width": "peaks are blurred by the bin",
        "window": "long bursts are measured differently",
        "chance_level": "peaks that independent units would make as well do not count",
        "relative_height": "it decides where a burst begins and ends",
    }
    return [
        f"{name.replace('_', ' ').capitalize()} is {_set(name, used)}, in training it was {_set(name, trained)}: {why}."
        for name, why in effect.items()
        if getattr(used, name) != getattr(trained, name)
        and not (
            name == "chance_level" and used.chance_level == RECORDINGS_LEVEL
        )  # as meant: simulations are measured with it, too
        and bursts
        and not (name == "refractory" and used.refractory <= TWICE_TOLD)  # simulated units fire no two spikes within it
    ]


def all_target_features(recording: Recording, analysis: AnalysisSettings) -> dict[str, float]:
    """Return every feature of the analysed part of a recording, raw, over the whole window."""
    return all_features(recording, analysis)


def default_estimator(recording: Recording, cards: dict[str, Card], analysis: AnalysisSettings | None = None) -> str:
    """Return the name of the estimator for a recording: one on bursts when it bursts, else one on the spectrum.

    Raises FeatureError when there are no estimators.
    """
    if not cards:
        raise FeatureError("There are no pretrained estimators; train one with `automind-dash train`.")
    family = "burst" if is_bursting_recording(recording, analysis or AnalysisSettings()) else "psd"
    fitting = [name for name, card in cards.items() if family in card.feature_set.families]
    return (fitting or list(cards))[0]


def _set(name: str, bursts: BurstSettings) -> str:
    """Return a detection setting with its unit, as the page's fields show it: times below 1 s in ms."""
    value: float = getattr(bursts, name)
    if name in ("smoothing", "minimum_interval", "refractory", "bin_width", "window"):
        return f"{value:g} s" if value >= 1 else f"{value * 1e3:g} ms"
    return f"{value:g} Hz" if name == "minimum_rate" else f"{value:g}"
