"""The table of features: what was measured, what the estimator sees of it, and how usual that was in its training."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ....features import FAMILIES, PEAK_RATES, BurstSettings, feature
from ....inference.asking.target import Target
from ....inference.estimators.card import Card
from ...widgets.colours import Palette
from ...widgets.quantities import number, quantity

FIRST = ("burst", "recording", "isi", "pca")
"""Families that the table begins with."""

FAMILY_TITLES = {name: FAMILIES[name].title for name in sorted(FAMILIES, key=lambda name: (*FIRST, name).index(name))}
"""Families in the order of the table; a spectrum's many bands come last."""

RARE = 2.5
"""Percent; a feature within this of either end of the training distribution is called rare."""

NOT_SEEN, UNDEFINED, TYPICAL, AT_EDGE = "", "undefined", "typical", "△ rare"
ABOVE, BELOW = "▲ above all", "▼ below all"

COLUMNS = ("Feature", "Value", "Estimator sees", "Percentile", "In training")


def verdicts(card: Card, vector: np.ndarray) -> list[str]:
    """Return for each feature the word for its place in the training distribution."""
    high = card.quantiles[:, -1]
    words = []
    for value, top, out, percent in zip(vector, high, card.outside(vector), card.percentiles(vector), strict=True):
        if not np.isfinite(value):
            words.append(UNDEFINED)
        elif out:
            words.append(ABOVE if value > top else BELOW)
        else:
            words.append(AT_EDGE if min(percent, 100 - percent) < RARE else TYPICAL)
    return words


def feature_table(
    features: dict[str, float],
    target: Target | None = None,
    card: Card | None = None,
    detection: BurstSettings | None = None,
) -> pd.DataFrame:
    """Return one row per feature, index = published name, columns Group and COLUMNS, all text, by family.

    features: raw values over the whole window; detection: with which they were measured; target, card: what the estimator is given, and
    its training distribution; without them, and for features that it does not use, the last three columns are empty.
    """
    seen: dict[str, tuple[str, str, str]] = {}
    if target is not None and card is not None:
        percentiles = card.percentiles(target.vector)
        for name, value, percent, word in zip(
            card.feature_set.features, target.vector, percentiles, verdicts(card, target.vector), strict=True
        ):
            inside = number(target.features[name]) + _smoothed(name, card.feature_set.analysis.bursts)
            given = f"{number(value)} ({inside})" if np.isfinite(value) else "undefined"
            seen[name] = (given, _percent(percent, word), word)
    names = {**features, **(target.features if seen and target is not None else {})}
    specs = sorted((feature(name) for name in names), key=lambda spec: list(FAMILY_TITLES).index(spec.family))
    rows = {
        spec.name: (
            FAMILY_TITLES[spec.family],
            spec.label,
            quantity(features.get(spec.name, np.nan), spec.unit) + _smoothed(spec.name, detection),
            *seen.get(spec.name, ("", "", NOT_SEEN)),
        )
        for spec in specs
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["Group", *COLUMNS])


def _smoothed(name: str, detection: BurstSettings | None) -> str:
    """Return the smoothing of a peak rate, since the page's and the estimator's may differ; "" for other features."""
    return f", smoothed by {1000 * detection.smoothing:.3g} ms" if detection and name in PEAK_RATES else ""


def _percent(percent: float, word: str) -> str:
    if word in (ABOVE, BELOW, UNDEFINED):
        return {ABOVE: "> 100 %", BELOW: "< 0 %"}.get(word, "–")
    return f"{percent:.0f} %" if RARE <= percent <= 100 - RARE else f"{percent:.1f} %"


def about(name: str) -> str:
    """Return a feature's meaning, its published name and the source of its definition, in one line."""
    spec = feature(name)
    return f"{spec.label} ({spec.name}): {spec.meaning} Definition: {spec.reference}."


def word_style(word: str, colours: Palette) -> str:
    """Return the CSS of a cell in the last column; the words say the same without colour."""
    if word in (ABOVE, BELOW, UNDEFINED):
        return f"color: {colours.selected}; font-weight: 600"
    return f"color: {colours.selected}" if word == AT_EDGE else ""
