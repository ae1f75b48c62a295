"""Where an estimator cannot answer: the feature, the range that is known, and what to do. Page and terminal say it in these words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...features import feature
from ..estimators.card import Card

NAMED = 3
"""Features that are told one by one, farthest out first."""

FEW = 8
"""Simulated circuits that the range of their features needs."""

MIDDLE = (5, 95)
"""Percentiles between which the simulations are said to lie."""

ELSEWHERE = "ask another estimator (under Posterior, or --estimator)"
LONGER = "train an estimator on longer simulations (automind-dash campaign --duration)"
TRAIN = "train an estimator on such simulations (automind-dash campaign)"


def undefined_sentence(vector: NDArray[np.float64], card: Card, seconds: float | None = None) -> str:
    """Say which features a target (n_features,) lacks, why, and what to do; empty where it has all.

    seconds: of the recording that were looked at, where that is known. An estimator looks at no more than its simulations last.
    """
    names = [name for name, value in zip(card.feature_set.features, vector, strict=True) if not np.isfinite(value)]
    if not names:
        return ""
    most = card.plan.duration
    longer = f"analyse a longer window, of up to {most:g} s (under Settings, or --window)"
    why, mend = "", f"{longer}, or {ELSEWHERE}"
    if all(feature(name).family == "burst" for name in names):
        why = " It bursts too seldom: intervals need two network bursts, and their CV needs three."
        mend = f"{longer}, change the burst detection (Settings), or {ELSEWHERE}"
        if seconds is not None and seconds > 0.99 * most:
            why = f" In the {most:g} s that the estimator looks at it bursts too seldom: intervals need two network bursts, their CV three."
            mend = f"change the burst detection (Settings), {ELSEWHERE}, or {LONGER}"
    return (
        f"This recording lacks features that the estimator {card.name} needs: {_listed(names)}.{why} To go on, {mend}."
    )


def beyond_sentence(vector: NDArray[np.float64], card: Card) -> str:
    """Say which features of a target (n_features,) lie beyond all training simulations, what range these reach, and what to do; empty where
    none does.
    """
    out = card.outside(vector) & np.isfinite(vector)
    if not out.any():
        return ""
    n, scale = len(vector), card.quantiles[:, -1] - card.quantiles[:, 0]
    far = np.maximum(card.quantiles[:, 0] - vector, vector - card.quantiles[:, -1]) / np.maximum(scale, 1e-9)
    order = [int(i) for i in np.argsort(-np.where(out, far, -np.inf))][: min(int(out.sum()), NAMED)]
    told = [_beyond(i, vector, card) for i in order] + ["…"] * bool(out.sum() > NAMED)
    longer = any(
        card.feature_set.features[i].startswith("burst_interval_mean") and vector[i] > card.quantiles[i, -1]
        for i in order
    )
    trained = LONGER if longer else TRAIN
    return (
        f"{int(out.sum())} of {n} features {'lies' if out.sum() == 1 else 'lie'} beyond all training simulations ({'; '.join(told)}): "
        f"the model may not be able to make this recording. To go on, {ELSEWHERE}, look at another window or detection, or {trained}."
    )


def _beyond(place: int, vector: NDArray[np.float64], card: Card) -> str:
    low, high = card.quantiles[place, [0, -1]]
    return (
        f"{feature(card.feature_set.features[place]).label} {_value(place, float(vector[place]), card)}, known from "
        f"{_value(place, float(low), card)} to {_value(place, float(high), card)}"
    )


def _value(place: int, value: float, card: Card) -> str:
    """Return a feature in its own unit, from what the estimator sees; relative powers in decibels."""
    spec, how = feature(card.feature_set.features[place]), card.feature_set.transforms[place]
    if how == "log10 centred":
        return f"{10 * value:+.1f} dB".replace("-", "−")
    shown = f"{10**value if how == 'log10' else value:.3g}".replace("-", "−")
    return shown if spec.unit == "1" else f"{shown} {spec.unit}"


def missed_features(vectors: NDArray[np.float64], target: NDArray[np.float64], card: Card) -> list[int]:
    """Return the places of the features that simulated circuits (n, n_features) do not recover: no more than one in twenty lies on the
    target's side. Farthest first, in SDs of a circuit; none with fewer than FEW circuits whose features are all defined.
    """
    kept = np.flatnonzero(card.compared)
    apart = (np.reshape(vectors, (-1, len(target)))[:, kept] - target[kept]) / card.noise_scale[kept]
    apart = apart[np.isfinite(apart).all(axis=1)]
    if len(apart) < FEW:
        return []
    low, high = np.percentile(apart, MIDDLE, axis=0)
    off = np.maximum(low, -high)
    return [int(kept[i]) for i in np.argsort(-off, kind="stable") if off[i] > 0]


def missed_sentence(
    vectors: NDArray[np.float64], target: NDArray[np.float64], card: Card, who: str = "circuits"
) -> str:
    """Say which features simulated circuits do not recover, where the circuits lie, and what to do; empty where they recover all.

    who: the circuits, in words.
    """
    missed = missed_features(vectors, target, card)
    if not missed:
        return ""
    whole = vectors[np.isfinite(vectors).all(axis=1)]
    told = []
    for place in missed[:NAMED]:
        low, high = np.percentile(whole[:, place], MIDDLE)
        told.append(
            f"{feature(card.feature_set.features[place]).label} ({_value(place, float(target[place]), card)} here, "
            f"{_value(place, float(low), card)} to {_value(place, float(high), card)} in nine of ten {who})"
        )
    more = f" and {len(missed) - NAMED} more" if len(missed) > NAMED else ""
    return (
        f"Hardly any of the simulated {who} recover {'; '.join(told)}{more}. To go on, let Find (automind-dash fit) learn from "
        f"simulations, {ELSEWHERE}, or {TRAIN}."
    )


def _listed(names: Sequence[str]) -> str:
    """Return features by their labels, the first few."""
    return "; ".join(feature(name).label for name in names[:NAMED]) + "; …" * (len(names) > NAMED)
