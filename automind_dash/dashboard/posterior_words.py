"""What the Posterior stage says: what would be drawn, what stands against it, and what is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..inference.posterior import MAX_SAMPLES
from .marginals import FEW
from .target_state import TargetState

NOTHING_DRAWN = "No circuits yet: press Draw circuits. Dashed: the uniform prior, whose ends stand below each axis."
OUTDATED = (
    "⚠ These circuits were drawn for another estimator, window or detection; press Draw circuits for the present ones."
)
MEANS = (
    "⚠ Marginals leave out how parameters depend on each other: a circuit put together from their means or peaks is "
    "no member of the subspace."
)


def obstacle(target: TargetState | None, any_estimators: bool) -> str:
    """Return why nothing can be drawn now and what to do, in a sentence; empty when it can."""
    if target is None:
        return "Load a recording or choose an example first: circuits are drawn for its features."
    if not any_estimators:
        return "There is no pretrained estimator; train one with `automind-dash train`."
    if target.busy:
        return f"{target.busy} … wait, or cancel it above."
    if target.target is None:
        return (
            "This estimator cannot be asked about the recording as it is analysed now: "
            "change units or window, or choose another estimator."
        )
    vector, total = target.target.vector, target.n_samples * target.oversampling
    if not np.isfinite(vector).all():
        return (
            f"{int((~np.isfinite(vector)).sum())} of the {len(vector)} features that this estimator needs are undefined "
            "for this recording: choose another estimator, a longer window, or other detection settings."
        )
    if total > MAX_SAMPLES:
        return f"n · k is {total:,}; at most {MAX_SAMPLES:,} circuits can be drawn: lower either."
    return ""


def plan(n: int, k: int) -> str:
    """Return what a press of the button does with n circuits to keep and k times as many drawn."""
    if k == 1:
        return f"Draws {n:,} circuits of the posterior as it is. The same seed gives the same circuits."
    return (
        f"Draws {n * k:,} circuits and keeps the {n:,} likeliest to match (k = {k}), which narrows the posterior; k = 1 shows it as it is. "
        "The same seed gives the same circuits."
    )


def found(verified: dict[str, Any]) -> str:
    """Return what looking for consistent circuits cost. verified: of the provenance."""
    consistent, near = verified.get("drawn_near", (0, 0))
    among, fresh = verified.get("of_the_posterior", (verified["consistent"], verified["simulated"]))
    proposed = "They were proposed by the pruned posterior, anew in every round."
    if near:
        proposed = (
            f"The pruned posterior proposed {fresh:,} of them, anew in every round ({among} consistent); {near:,} were drawn near "
            f"circuits that had matched or come nearest ({consistent} consistent): relatives, and more alike than draws of the posterior."
        )
    return (
        f"Found {verified['consistent']} consistent circuits (selected) in {verified['simulated']} simulations, "
        f"{verified['rejected_early']} of them given up early; {verified['model_seconds']:,} s of model time, "
        f"{verified['seconds']} s of yours. {proposed}"
    )


def drawn_near(provenance: dict[str, Any]) -> int:
    """Return how many circuits of a table were drawn near others that had matched or come nearest, instead of from the posterior."""
    return int(provenance.get("verified", {}).get("drawn_near", (0, 0))[1])


def parents(provenance: dict[str, Any], numbers: Iterable[int]) -> list[int]:
    """Return of each circuit of a table the number of the one that it was drawn near; -1 for those of the posterior or added later."""
    known = provenance.get("verified", {}).get("parents", [])
    return [int(known[number]) if number < len(known) else -1 for number in numbers]


def outdated(target: TargetState) -> bool:
    """Tell whether the draws answer another question than the one that is asked now."""
    drawn = target.provenance
    if not drawn or target.target is None:
        return False
    return drawn.get("estimator") != target.estimator or not np.array_equal(
        drawn.get("target", []), target.target.vector
    )


def caption(target: TargetState | None) -> str:
    """Return what the marginals show, of how many circuits, from which estimator."""
    if target is None or not len(target.configurations):
        return NOTHING_DRAWN
    chosen = len(target.selection)
    refined = target.provenance.get("refined")
    source = target.provenance.get("estimator", "an unknown estimator")
    if refined:
        source += f", refined with {refined['simulations']} simulations,"
    how = "" if not chosen else ", a tick each" if chosen <= FEW else ", as a line"
    shown = (
        f"{len(target.configurations)} circuits drawn by {source} (bars) "
        f"against the uniform prior (dashed; its ends below each axis); {chosen} selected (orange{how}). The number is by how "
        "many bits the data narrowed the parameter: Kullback–Leibler divergence of its marginal from the prior."
    )
    return "\n".join([OUTDATED] * outdated(target) + [shown, MEANS])
