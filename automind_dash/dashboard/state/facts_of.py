"""What captions tell about a recording as it is examined now."""

from __future__ import annotations

from ...inference.asking.yields import confirmed_among, yields
from ...inference.estimators.card import Card
from ...publication.facts import Facts
from .examined import Examined


def facts_of(examined: Examined | None, card: Card | None) -> Facts:
    """Return the facts of an analysis. card: of the estimator that drew the circuits; None where it is not here."""
    if examined is None:
        return Facts()
    seen = examined.recording if examined.analysed is None else examined.analysed.recording
    n, question = len(examined.posterior), examined.provenance.question
    return Facts(
        recording=examined.recording.name, n_units=seen.n_units, seconds=seen.duration,
        estimator=examined.drew if card is None else card.title,
        draws=n, others=len(examined.configurations) - n, seed=None if question is None else question.seed,
        pruned=1 if question is None else question.oversampling, match=_match(examined),
    )  # fmt: skip


def _match(examined: Examined) -> str:
    """Return how many of the simulated draws match, with the interval, and how many were confirmed; empty before any was simulated."""
    counts = yields(examined.configurations, examined.provenance) if len(examined.configurations) else None
    if counts is None or not counts.n:
        return ""
    low, high = counts.draws.interval
    told = []
    if counts.draws.n:
        told.append(
            f"{counts.draws.consistent} of {counts.draws.n} simulated draws match the recording (95 % confidence interval "
            f"{100 * low:.0f} to {100 * high:.0f} %)"
        )
    found = counts.searched.consistent + counts.added.consistent
    if found:
        told.append(f"{found} of the {counts.searched.n + counts.added.n} other circuits simulated match")
    said = f"{'; '.join(told)}." if told else ""
    return " ".join(filter(None, [said, confirmed_among(counts)]))
