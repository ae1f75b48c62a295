"""The answer to everyone's first questions: can this model make this recording, how many of its circuits match, what is narrowed?

Page and report open with it. Simulations outweigh expectations: a circuit that matches proves that the model can make the recording,
however unusual the recording is among the simulations. Its place among them decides only as long as no circuit matches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from ...circuit.parameters import Parameter
from ...features import feature
from ..estimators.card import Card
from ..estimators.prior import Prior
from .limits import missed_sentence, undefined_sentence
from .narrowing import most_narrowed
from .target import Target
from .verification import Tally
from .yields import ENOUGH, Yields, confirmed_among

RARELY = 0.05
"""A yield surely below this is called rare: fewer than one draw in twenty matches."""


class Light(StrEnum):
    """The colour of the traffic light."""

    YES = "yes"
    LIKELY = "likely"
    HARDLY = "hardly"
    NO = "no"
    UNKNOWN = "unknown"


SIGNS = {Light.YES: "●", Light.LIKELY: "◐", Light.HARDLY: "▲", Light.NO: "■", Light.UNKNOWN: "○"}
"""A shape for each light, for eyes and printers that see no colours."""


@dataclass(frozen=True)
class Verdict:
    """light: the traffic light; can: whether the model can make the recording; match: how many circuits match, with interval; narrowed:
    the parameters that are narrowed most; missed: the features that no draw recovers, and what to do. Each is a sentence or empty.
    """

    light: Light
    can: str
    match: str = ""
    narrowed: str = ""
    missed: str = ""

    @property
    def sign(self) -> str:
        """The light's shape."""
        return SIGNS[self.light]

    @property
    def sentence(self) -> str:
        """All sentences, as they open page and report."""
        return " ".join(filter(None, (self.can, self.match, self.missed, self.narrowed)))


def verdict(
    target: Target | None, card: Card | None, counts: Yields | None = None, draws: NDArray[np.float64] | None = None,
    prior: Prior | None = None, simulated: NDArray[np.float64] | None = None,
) -> Verdict:  # fmt: skip
    """Return the verdict on a recording as things stand.

    target: as `plausibility.checked` gives it, None where the estimator cannot take the recording; counts: of simulated circuits; draws:
    (n, 28) of the posterior, none before anything was drawn; prior: the one that they narrow, the card's by default;
    simulated: (m, n_features) features of simulated circuits, as the estimator sees them.
    """
    if card is None:
        return Verdict(Light.UNKNOWN, "No estimator has been asked about this recording yet.")
    if target is None:
        return Verdict(Light.UNKNOWN, "The estimator cannot be asked about this recording as it is analysed now.")
    if undefined := undefined_sentence(target.vector, card, target.stop - target.start):
        return Verdict(Light.UNKNOWN, undefined)
    counts = counts or Yields()
    light, can = _can(target, card, counts)
    theta = np.empty((0, 0)) if draws is None else draws
    told = simulated is not None and light in (Light.HARDLY, Light.NO)
    missed = missed_sentence(simulated, target.vector, card) if told and simulated is not None else ""
    return Verdict(light, can, _match(counts), in_words(most_narrowed(theta, prior or card.prior)), missed)


def _can(target: Target, card: Card, counts: Yields) -> tuple[Light, str]:
    """Return whether the model can make the recording: by the simulated circuits, else by its place among the simulations."""
    matched = counts.draws.consistent + counts.searched.consistent + counts.added.consistent
    drawn = counts.draws
    if matched:
        if drawn.n >= ENOUGH and drawn.interval[1] < RARELY:
            return Light.HARDLY, "This model makes this recording, but rarely."
        return Light.YES, "This model makes this recording."
    near = target.near
    if near is not None and near.beyond_all:
        return (
            Light.NO,
            f"This model does not make this recording, as far as its simulations show{_where(target, card)}.",
        )
    if near is not None and near.sentence:
        return Light.HARDLY, f"This model hardly makes this recording{_where(target, card)}."
    if drawn.n >= ENOUGH and drawn.interval[1] < RARELY:
        return (
            Light.HARDLY,
            "This model hardly makes this recording: its features are usual among the simulations, but no draw matches.",
        )
    if near is None:
        return Light.UNKNOWN, "Simulate circuits to learn whether this model can make this recording."
    return Light.LIKELY, "This model should make this recording: its features are usual among the simulations."


def _where(target: Target, card: Card) -> str:
    """Return how the recording differs from the simulations; where each feature is usual by itself, say that their combination is not."""
    if target.near is None:
        return ""
    labels = _listed(list(target.near.differing))
    if card.outside(target.vector).any():
        return f": the nearest simulated circuit differs in {labels}"
    return f": each feature is usual by itself, their combination is not (the nearest simulated circuit differs in {labels})"


def _match(counts: Yields) -> str:
    """Return how many circuits match: of the draws with their interval, of the others apart."""
    parts = []
    if counts.draws.n:
        parts.append(
            f"{_share(counts.draws)} simulated draw{'s' * (counts.draws.n != 1)} match{'es' * (counts.draws.n == 1)}"
        )
    found = counts.searched.consistent + counts.added.consistent
    if found:
        parts.append(f"{found:,} more {'were' if found != 1 else 'was'} found")
    told = [f"{', and '.join(parts)}."] if parts else []
    return " ".join(filter(None, [*told, confirmed_among(counts)]))


def _share(counts: Tally) -> str:
    """Return how many of how many match; with an interval from one draw on, because few draws say little."""
    low, high = counts.interval
    percent = f"{counts.share:.0%}, " if counts.n >= ENOUGH else ""
    return f"{counts.consistent:,} of {counts.n:,} ({percent}95 % interval {100 * low:.0f} to {high:.0%})"


def in_words(narrowed: Sequence[tuple[Parameter, float]]) -> str:
    """Return which parameters are narrowed, in words with their symbols."""
    if not narrowed:
        return ""
    told = [f"{named(spec)} ({bits:.1f} bit{'s' * (f'{bits:.1f}' != '1.0')})" for spec, bits in narrowed]
    return f"What it narrows most: {told[0] if len(told) == 1 else ', '.join(told[:-1]) + ' and ' + told[-1]}."


def named(spec: Parameter) -> str:
    """Return a parameter in words with its symbol: adaptation time constant τ_w."""
    return f"{spec.meaning.partition(',')[0].partition(' (')[0]} {spec.symbol}"


def _listed(names: Sequence[str]) -> str:
    """Return features by their labels, the first three."""
    return "; ".join(feature(name).label for name in names[:3])
