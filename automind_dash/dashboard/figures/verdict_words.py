"""The verdict on a recording, as the page and the report show it."""

from __future__ import annotations

import numpy as np

from ...circuit.parameters import NAMES
from ...inference.asking.verdict import Verdict, verdict
from ...inference.asking.yields import yields
from ...inference.estimators.card import Card
from ..state.examined import Examined


def verdict_on(examined: Examined, card: Card | None) -> Verdict:
    """Return what can be said of a recording now. card: of the estimator that is asked.

    Circuits that answer another question than the present one count for nothing.
    """
    if examined.outdated or not len(examined.configurations):
        return verdict(examined.target, card)
    counts = yields(examined.configurations, examined.provenance)
    whole = [run.vector for run in examined.simulations.values() if run.rejected_after is None]
    simulated = np.array(whole) if whole else None
    return verdict(examined.target, card, counts, examined.posterior[list(NAMES)].to_numpy(), simulated=simulated)
