"""What the Posterior stage says: what would be drawn, what stands against it, and what is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ...inference.asking.posterior import MAX_SAMPLES
from ..state.examined import Examined
from ..widgets.quantities import counted, was
from .marginals import FEW

NOTHING_DRAWN = "No circuits yet: press Draw circuits. Dashed: the uniform prior, whose ends stand below each axis."
OUTDATED = (
    "⚠ These circuits were drawn for another estimator, window or detection; press Draw circuits for the present ones."
)
MEANS = (
    "⚠ Marginals leave out how parameters depend on each other: a circuit put together from their means or peaks is "
    "no member of the subspace."
)


def obstacle(examined: Examined | None, any_estimators: bool) -> str:
    """Return why nothing can be drawn now and what to do, in a sentence; empty when it can."""
    if examined is None:
        return "Load a recording or choose an example first: circuits are drawn for its features."
    if not any_estimators:
        return "There is no pretrained estimator; train one with `automind-dash train`."
    if examined.busy:
        return f"{examined.busy} … wait, or cancel it above."
    if examined.wanted not in ("", examined.estimator):
        return f"The recording is being measured for the estimator {examined.wanted} …"
    if examined.target is None:
        return (
            "This estimator cannot be asked about the recording as it is analysed now: "
            "change units or window, or choose another estimator."
        )
    vector, total = examined.target.vector, examined.n_samples * examined.oversampling
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
            f"The pruned posterior proposed {fresh:,} of them, anew in every round ({among} consistent); {near:,} {was(near)} drawn near "
            f"circuits that had matched or come nearest ({consistent} consistent): relatives, and more alike than draws of the posterior."
        )
    return (
        f"Found {counted(verified['consistent'], 'consistent circuit')} (selected) in {counted(verified['simulated'], 'simulation')}, "
        f"{verified['rejected_early']} of them given up early; {verified['model_seconds']:,} s of model time, "
        f"{verified['seconds']} s of yours. {proposed}"
    )


def drawn_near(provenance: dict[str, Any]) -> int:
    """Return how many circuits of a table were drawn near others that had matched or come nearest, instead of from the posterior."""
    return int(provenance.get("verified", {}).get("drawn_near", (0, 0))[1])


def came_about(provenance: dict[str, Any], n: int) -> str:
    """Return how the n circuits of a table were drawn, found or added, as a report says it."""
    k, seed, more = provenance.get("oversampling", 1), provenance.get("seed", "–"), added(provenance)
    lines, circuits = [], f"{counted(n - more, 'circuit')} {was(n - more)} drawn"
    if found := provenance.get("verified", {}):
        hardest, near, matched = found.get("hardest_oversampling", k), drawn_near(provenance), found["consistent"]
        many = f"Of {k} to {hardest} times" if hardest > k else f"Of {k} times"
        lines.append(
            f"{circuits} and simulated in rounds with seed {seed}, to find such as match: {matched} {'does' if matched == 1 else 'do'}."
        )
        if k > 1:
            lines.append(
                f"{many} as many draws those likeliest to match were simulated, judged by what the rounds before had shown."
            )
        if near:
            lines.append(f"{near} of them {was(near)} drawn near circuits that had matched or come nearest.")
    elif n > more:
        best = f": of {k} times as many those likeliest to match the recording" if k > 1 else ""
        lines.append(f"{circuits} with seed {seed}{best}.")
    if refined := provenance.get("refined"):
        lines.append(
            f"The posterior had been refined with {counted(refined['simulations'], 'simulation')} for this recording."
        )
    if more:
        lines.append(f"{counted(more, 'circuit')} {was(more)} added otherwise than by drawing.")
    return " ".join(lines) or "No circuits have been drawn yet."


def parents(provenance: dict[str, Any], numbers: Iterable[int]) -> list[int]:
    """Return of each circuit of a table the number of the one that it was drawn near; -1 for those of the posterior or added later."""
    known = provenance.get("verified", {}).get("parents", [])
    return [int(known[number]) if number < len(known) else -1 for number in numbers]


def of_the_posterior(provenance: dict[str, Any], numbers: Iterable[int]) -> list[bool]:
    """Return of each circuit of a table whether it is a draw of the posterior, and neither of one near another nor added otherwise."""
    numbers = list(numbers)
    others = [one["circuits"] for one in provenance.get("added", [])]
    return [
        parent < 0 and not any(first <= number <= last for first, last in others)
        for number, parent in zip(numbers, parents(provenance, numbers), strict=True)
    ]


def added(provenance: dict[str, Any]) -> int:
    """Return how many circuits of a table were added otherwise than by drawing."""
    return sum(last - first + 1 for first, last in (one["circuits"] for one in provenance.get("added", [])))


def origin(provenance: dict[str, Any]) -> str:
    """Return how the circuits of a table came to be, as it follows their number."""
    more, refined = added(provenance), provenance.get("refined")
    if "estimator" not in provenance:
        return "added and not drawn" if more else "drawn by an unknown estimator"
    learned = f", refined with {counted(refined['simulations'], 'simulation')}" if refined else ""
    return f"drawn by {provenance['estimator']}{learned}" + (
        f", except {more:,} that {was(more)} added" if more else ""
    )


def outdated(examined: Examined) -> bool:
    """Tell whether the draws answer another question than the one that is asked now; circuits that were only added answer none."""
    drawn = examined.provenance
    if "estimator" not in drawn or examined.target is None:
        return False
    if examined.digest and drawn.get("digest", examined.digest) != examined.digest:  # it was trained again
        return True
    return drawn["estimator"] != examined.estimator or not np.array_equal(
        drawn.get("target", []), examined.target.vector
    )


def set_aside(examined: Examined) -> str:
    """Return how many runs are not shown, for which estimator they were made and how they come back; empty when all are shown."""
    counts = {name: len(waiting.simulations) for name, waiting in examined.set_aside.items() if waiting.simulations}
    if not counts:
        return ""
    many = " and ".join(f"{n} simulated circuit{'s' * (n > 1)} for {name}" for name, n in counts.items())
    return f"Not shown: {many}; other features were measured in them. Choose that estimator under Posterior, and they come back."


def caption(examined: Examined | None) -> str:
    """Return what the marginals show, of how many circuits, from which estimator."""
    if examined is None or not len(examined.configurations):
        return NOTHING_DRAWN
    chosen = len(examined.selection)
    how = "" if not chosen else ", a tick each" if chosen <= FEW else ", as a line"
    shown = (
        f"{counted(len(examined.configurations), 'circuit')}, {origin(examined.provenance)} (bars) "
        f"against the uniform prior (dashed; its ends below each axis); {chosen} selected (orange{how}). The number is by how "
        "many bits the data narrowed the parameter: Kullback–Leibler divergence of its marginal from the prior."
    )
    waiting = set_aside(examined)
    return "\n".join([OUTDATED] * outdated(examined) + [waiting] * bool(waiting) + [shown, MEANS])
