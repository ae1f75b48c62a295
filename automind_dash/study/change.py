"""What did the drug change? Two recordings of a study: is there a change at all, which mechanisms carry circuits over, and which back?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..circuit.parameters import NAMES
from ..errors import StudyError
from ..inference.asking.consistency import Judge
from ..inference.asking.verification import FEW_UNITS, RunMany
from ..inference.estimators.card import Card
from ..inference.estimators.estimator import Estimator
from .carrying import Carried, Carrying, carry_over
from .measuring import FIRST, SECOND, WHOLE
from .results import RECORDING, StudyResults

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Change:
    """before, after: recordings. apart: their distance, in thresholds, over whole recordings; halves: the distance between the halves of
    either, NaN where undefined; there, back: mechanisms from before to after, and the best of these back again. Both are None where there
    is no change that can be told.
    """

    before: int
    after: int
    apart: float
    halves: tuple[float, float]
    there: Carrying | None = None
    back: Carrying | None = None

    @property
    def changed(self) -> bool:
        """Whether the recordings differ by more than either differs from itself, and by more than one circuit's runs differ."""
        own = [value for value in self.halves if np.isfinite(value)]
        return bool(np.isfinite(self.apart) and self.apart > max([1.0, *own]))

    def sentences(self) -> list[str]:
        """Return the answer in words."""
        own = " and ".join(f"{value:.2g}" if np.isfinite(value) else "undefined" for value in self.halves)
        how_far = f"Recordings {self.before} and {self.after} are {self.apart:.2g} thresholds apart; the halves of each {own}."
        if not self.changed or self.there is None:
            return [
                f"{how_far} No change can be told from a recording's own variation, so nothing is said about its cause."
            ]
        told = [how_far]
        if self.there.unchanged:
            told.append(
                f"{self.there.unchanged} of {self.there.n} circuits of recording {self.before} match recording {self.after} as they are."
            )
        back = {} if self.back is None else {one.columns: one for one in self.back.mechanisms}
        claims = [one for one in self.there.mechanisms if self._stands(one)]
        for one in claims[:5]:
            low, high = one.interval
            other = back.get(one.columns)
            reverse = f"; back, {other.carried} of {other.tried}" if other is not None else ""
            told.append(
                f"{one.words}: carries {one.carried} of {one.tried} circuits over ({low:.0%} to {high:.0%}), by "
                f"{one.size:.2g} of the range{reverse}."
            )
        if not claims:
            told.append(
                "None of the changes of one to three parameters that were tried carries over more circuits than match unchanged."
            )
        elif len(claims) > 1:
            told.append("Each of these is enough by itself; the recordings alone cannot tell which it was.")
        return told

    def _stands(self, one: Carried) -> bool:
        """Whether a mechanism carries over more circuits than match unchanged, beyond the interval of its share."""
        assert self.there is not None
        return one.carried > 0 and one.interval[0] > self.there.unchanged / max(self.there.n, 1)


def what_changed(
    results: StudyResults, before: int, after: int, estimator: Estimator, *, run_many: RunMany, circuits: int = 12, prove: int = 6,
    most: int = 3, seed: int = 1, progress: Callable[[float], None] | None = None,
) -> Change:  # fmt: skip
    """Find which changes of one to `most` parameters turn `before`'s circuits into `after`'s, and back.

    circuits: how many of each recording, those that match best; prove: mechanisms that are simulated. At most 2 · circuits · (prove + 3)
    simulations. Raises StudyError for recordings that were not analysed with this estimator.
    """
    if results.about["digest"] != estimator.digest:
        raise StudyError(
            f"These results were made with another estimator ({results.about['digest']}) than {estimator.name} as it is "
            f"now ({estimator.digest})."
        )
    for recording in (before, after):
        done = recording in results.recordings.index and results.recordings.loc[recording, "status"] == "done"
        if not done or results.recordings.loc[recording, "verdict"] == "undefined":
            raise StudyError(f"The study has no analysed recording {recording} that the estimator can be asked about.")
    card = estimator.card
    whole = {
        (one, part): vector_of(results, one, part, card) for one in (before, after) for part in (WHOLE, FIRST, SECOND)
    }
    found = Change(
        before, after, thresholds(card, whole[after, WHOLE], whole[before, WHOLE]),
        (thresholds(card, whole[before, FIRST], whole[before, SECOND]), thresholds(card, whole[after, FIRST], whole[after, SECOND])),
    )  # fmt: skip
    if not found.changed:
        return found
    n_units = min(results.number(one, "n_units") for one in (before, after))
    common: dict[str, Any] = {
        "run_many": run_many,
        "n_units": int(n_units) if n_units < FEW_UNITS else None,
        "seed": seed,
    }
    theta, vectors = confirmed(results, before, circuits, card)
    there = carry_over(
        theta, vectors, estimator, results.target_of(after), most=most, prove=prove, progress=progress, **common
    )
    back = None
    best = [one.columns for one in there.mechanisms if one.carried][:3]
    theta, vectors = confirmed(results, after, circuits, card)
    if best and len(theta):
        back = carry_over(theta, vectors, estimator, results.target_of(before), mechanisms=best, prove=3, **common)
    return Change(before, after, found.apart, found.halves, there, back)


def vector_of(results: StudyResults, recording: int, part: str, card: Card) -> Floats:
    """(n_features,) of a part of a recording, as the estimator sees them, NaN where undefined."""
    rows = results.features[(results.features[RECORDING] == recording) & (results.features["part"] == part)]
    values = dict(zip(rows["feature"], rows["value"], strict=True))
    return card.feature_set.transform([values.get(name, np.nan) for name in card.feature_set.features])


def thresholds(card: Card, one: Floats, other: Floats) -> float:
    """Return the distance between two feature vectors in thresholds; NaN where a feature is undefined."""
    kept = card.compared
    if not (np.isfinite(one[kept]).all() and np.isfinite(other[kept]).all()):
        return float("nan")
    return float(card.distance(one, other)[0]) / card.threshold


def confirmed(results: StudyResults, recording: int, n: int, card: Card) -> tuple[Floats, Floats]:
    """Return up to n circuits that match best, (n, 28), and their simulated features, (n, n_features)."""
    runs = results.runs[results.runs[RECORDING] == recording]
    threshold = results.number(recording, "threshold")
    runs = runs[Judge(threshold).within(runs["distance"])].sort_values("distance", kind="stable").head(n)
    columns = [f"transformed.{name}" for name in card.feature_set.features]
    return runs[list(NAMES)].to_numpy(dtype=np.float64), runs[columns].to_numpy(dtype=np.float64)
