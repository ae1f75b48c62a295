"""What the Compare stage says: whether recordings can be compared, and what differs between two of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from ....circuit.parameters import PARAMETERS
from ....inference.asking.verdict import named
from ....invariance.comparison import NOTABLE, SubspaceAngles
from ....invariance.side_by_side import SideBySide
from ...state.ensemble import ensemble_of, n_near
from ...state.examined import Examined
from ...widgets.quantities import number

MINIMUM = 50
"""Fewest circuits of each recording; with fewer no correlation of 28 parameters survives its correction."""

NAMED = 4
"""Parameters, and pairs of them, that the answer names; the tables hold all."""

APART = (
    (0.55, "nearly the same"),
    (0.70, "overlapping, yet different"),
    (0.90, "clearly different"),
    (1.01, "almost entirely different"),
)
"""Share of circuits that a classifier assigns to the right recording, and the word for it; half is chance."""


def needs_draw(examined: Examined, estimator: str, n: int, seed: int) -> bool:
    """Tell whether a recording's draws differ from what `Draw for all` would draw."""
    draws = examined.provenance.draws
    if draws is None or not len(examined.posterior) or outdated(examined):
        return True
    return (draws.estimator, draws.n, draws.seed, draws.oversampling) != (estimator, n, seed, 1)


def outdated(examined: Examined) -> bool:
    """Tell whether the circuits were drawn for other features than their estimator would get from the recording now."""
    question = examined.provenance.question
    if question is None or examined.target is None or question.estimator != examined.estimator:
        return False
    return not np.array_equal(question.target, examined.target.vector)


def obstacle(chosen: Sequence[Examined], here: Collection[str], confirmed: bool = False) -> str:
    """Return why these recordings cannot be compared and what to do; empty when they can. here: names of the server's estimators;
    confirmed: whether their confirmed circuits are compared.
    """
    if len(chosen) < 2:
        return "Choose two or more recordings: their posteriors are laid over each other."
    without = [examined.recording.name for examined in chosen if len(ensemble_of(examined, confirmed)) < MINIMUM]
    if without and confirmed:
        return f"{_listed(without)}: fewer than {MINIMUM} confirmed circuits. Find more under Posterior, or choose all circuits here."
    if without:
        return f"{_listed(without)}: fewer than {MINIMUM} circuits drawn. Press Draw for all."
    old = [examined.recording.name for examined in chosen if outdated(examined)]
    if old:
        return f"{_listed(old)}: circuits drawn for another window or other units than now. Press Draw for all."
    asked = sorted({examined.provenance.estimator for examined in chosen})
    if len(asked) > 1:
        return (
            f"The circuits come from different estimators ({', '.join(asked)}), whose posteriors answer different questions and cannot "
            "be compared. Press Draw for all to ask one of them about every recording."
        )
    if asked[0] not in here:
        return f"The circuits were drawn by the estimator {asked[0]}, which is not here. Press Draw for all to ask one that is."
    if confirmed:
        return ""
    sought = [examined.recording.name for examined in chosen if examined.provenance.draws is None]
    if sought:
        return (
            f"{_listed(sought)}: circuits that a search simulated, and no draws of the posterior. Press Draw for all."
        )
    if len({_oversampling(examined) for examined in chosen}) > 1:
        return (
            "Some circuits are the pick of many draws (oversampling), others are not: the pruning alone would make them differ. "
            "Press Draw for all."
        )
    return ""


def _oversampling(examined: Examined) -> int:
    draws = examined.provenance.draws
    return 1 if draws is None else draws.oversampling


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def will_draw(recordings: Sequence[Examined], n: int) -> str:
    """Return what `Draw for all` is about to do to these recordings."""
    if not recordings:
        return "All chosen recordings have comparable circuits."
    lost = sum(
        len(examined.simulations) + sum(len(one.simulations) for one in examined.set_aside.values())
        for examined in recordings
    )
    replaced = sum(len(examined.configurations) > 0 for examined in recordings)
    text = f"Draw for all draws {n:,} circuits for {_listed([t.recording.name for t in recordings])}, none picked out (k = 1)"
    if replaced:
        text += f"; it replaces those of {replaced} recording{'s' * (replaced > 1)}" + (
            f", with {lost} simulated ones" if lost else ""
        )
    return text + "."


def source(chosen: Sequence[Examined], confirmed: bool = False) -> str:
    """Return what the figures are based on: recordings, numbers of circuits, estimator."""
    counts = [len(ensemble_of(examined, confirmed)) for examined in chosen]
    fewest, most = min(counts), max(counts)
    pruned = _oversampling(chosen[0])
    if confirmed:
        near = sum(map(n_near, chosen)) / max(sum(counts), 1)
        alike = (
            f" ⚠ {near:.0%} were drawn near others, and are more alike than draws of the posteriors." if near else ""
        )
        return (
            f"{fewest:,}{f' to {most:,}' if most > fewest else ''} confirmed circuits of each recording, which matched with every "
            f"seed; proposed by {chosen[0].provenance.estimator}.{alike}"
        )
    text = f"{fewest:,}{f' to {most:,}' if most > fewest else ''} circuits of each recording, drawn by {chosen[0].provenance.estimator}."
    if pruned > 1:
        text += f" ⚠ Each is the pick of {pruned} times as many draws, which narrows the posteriors; Draw for all shows them as they are."
    return text


def answer(found: SideBySide, first: str, second: str) -> list[str]:
    """Return the sentences that say what differs between two recordings' circuits, and whether the geometry does."""
    return [_joint(found), _parameters(found, second), _correlations(found, first, second), _angles(found)]


def _joint(found: SideBySide) -> str:
    test, null = found.joint, found.joint.null
    verdict = next(words for limit, words in APART if test.value < limit)
    if test.value <= np.quantile(null, 0.95):
        verdict = "not distinguishable with these samples"
    return (
        f"Together: {verdict}. A classifier tells {test.value:.0%} of the circuits apart (C2ST; {null.mean():.0%} ± {null.std():.0%} with "
        f"labels shuffled; MMD² {number(found.discrepancy.value, 2)}, 95 % of shuffles below "
        f"{number(float(np.quantile(found.discrepancy.null, 0.95)), 2)})."
    )


def _parameters(found: SideBySide, second: str) -> str:
    marginals = found.marginals
    best = [i for i in np.argsort(-marginals.distance, kind="stable") if marginals.differs[i]][:NAMED]
    if not best:
        return f"Parameter by parameter: none differs notably (a distance of {NOTABLE:.0%} of the prior's range)."
    said = []
    for i in best:
        way = "higher" if marginals.shift[i] > 0 else "lower"
        said.append(
            f"{named(PARAMETERS[i])} ({way} by {abs(marginals.shift[i]):.0%}, {_interval(marginals.interval[i])})"
        )
    return (
        f"Parameter by parameter: {int(marginals.differs.sum())} of {len(marginals.names)} differ notably; most of all, in {second}: "
        f"{', '.join(said)}. Shifts of the median in shares of the prior's range, with the draws' 95 % intervals. One recording each: "
        "nothing is said about other cultures, for which a study is made."
    )


def _interval(ends: np.ndarray) -> str:
    low, high = sorted(abs(100 * ends))
    return f"{low:.0f} to {high:.0f} %"


def _correlations(found: SideBySide, first: str, second: str) -> str:
    flips, changes = found.change.pairs(found.change.flipped), found.change.pairs(found.change.changed)
    text = (
        f"Correlations: {_count(found.first.significant)} significant in {first}, {_count(found.second.significant)} in {second}; "
        f"{len(changes)} change significantly, {len(flips)} flip{'s' * (len(flips) == 1)} sign"
    )
    symbols = {spec.name: spec.symbol for spec in PARAMETERS}
    if flips:
        text += ": " + ", ".join(f"{symbols[a]}–{symbols[b]}" for a, b, _ in flips[:NAMED])
    return text + "."


def _count(significant: np.ndarray) -> int:
    return int(np.triu(significant, 1).sum())


def _angles(found: SideBySide) -> str:
    said = [f"widest directions {angle_verdict(found.principal)}"]
    if found.stiff is not None:
        said.append(f"stiffest directions {angle_verdict(found.stiff)}")
    return f"Geometry ({len(found.principal.angles)} directions each): " + "; ".join(said) + "."


def angle_verdict(angles: SubspaceAngles) -> str:
    """Return whether two subspaces point the same way, with the angles that say so."""
    mean, own, low = angles.mean, angles.own, angles.random_range[0]
    if own >= low:
        verdict = "cannot be compared: they vary within one posterior as much as random ones do"
    elif mean <= own:
        verdict = "do not differ by more than resampling makes"
    elif mean < low:
        verdict = "are turned, but still related"
    else:
        verdict = "are as unrelated as random ones"
    return f"{verdict} ({degrees(mean)}; resampled {degrees(own)}, random {degrees(angles.random)})"


def degrees(angle: float) -> str:
    """Return an angle in whole degrees."""
    return f"{np.degrees(angle):.0f}°"
