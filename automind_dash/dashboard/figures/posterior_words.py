"""What the Posterior stage says: what a press would draw, what prevents it, and what is shown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...inference.asking.limits import undefined_sentence
from ...inference.asking.posterior import MAX_SAMPLES
from ...inference.asking.provenance import Draws, Provenance, Search
from ...inference.asking.verification import Tally
from ...inference.asking.yields import confirmed_sentence
from ...inference.estimators.card import Card
from ..state.examined import Examined
from ..widgets.quantities import counted, was
from .marginals import FEW

NOTHING_DRAWN = "No circuits yet: press Draw circuits. Dashed: the uniform prior, whose ends stand below each axis."
OUTDATED = (
    "⚠ These circuits were drawn for another estimator, window or detection; press Draw circuits for the present ones."
)
MEANS = (
    "⚠ Marginals do not show how parameters depend on each other: a circuit put together from their means or peaks "
    "does not belong to the subspace."
)


def obstacle(examined: Examined | None, cards: Mapping[str, Card]) -> str:
    """Return why nothing can be drawn now and what to do, in a sentence; empty when circuits can be drawn. cards: of the estimators."""
    if examined is None:
        return "Load a recording or choose an example first: circuits are drawn for its features."
    if not cards:
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
        return undefined_sentence(vector, cards[examined.estimator], examined.target.stop - examined.target.start)
    if total > MAX_SAMPLES:
        return f"n · k is {total:,}; at most {MAX_SAMPLES:,} circuits can be drawn: lower n or k."
    return ""


def plan(n: int, k: int) -> str:
    """Return what a press of the button does: it keeps n circuits and draws k times as many."""
    if k == 1:
        return f"Draws {n:,} circuits of the posterior as it is. The same seed gives the same circuits."
    return (
        f"Draws {n * k:,} circuits and keeps the {n:,} likeliest to match (k = {k}), which narrows the posterior; k = 1 shows it as it is. "
        "The same seed gives the same circuits."
    )


def found(search: Search) -> str:
    """Return what the search for consistent circuits cost."""
    consistent, near = search.drawn_near
    among, fresh = search.of_the_posterior or (search.consistent, search.simulated)
    proposed = "They were proposed by the pruned posterior, anew in every round."
    if near:
        proposed = (
            f"The pruned posterior proposed {fresh:,} of them, anew in every round ({among} consistent); {near:,} {was(near)} drawn near "
            f"circuits that had matched or come nearest ({consistent} consistent); these are more alike than draws of the posterior."
        )
    counts = _counts(search)
    selected = "" if counts.confirmed else " (selected)"
    again = f"{search.repeated[1]:,} more to confirm matches, " if search.repeated[1] else ""
    told = confirmed_sentence(counts)
    if told and counts.confirmed:
        told += f" {'This one is' if counts.confirmed == 1 else f'These {counts.confirmed:,} are'} selected."
    return (
        f"Found {counted(search.consistent, 'consistent circuit')}{selected} in {counted(search.simulated, 'simulation')}, "
        f"{search.rejected_early} of them given up early; {again}{search.model_seconds:,} s of model time, "
        f"{search.seconds} s of your time. {told} {proposed}".replace("  ", " ")
    )


def _counts(search: Search) -> Tally:
    """Return the counts of a search: which circuits did not match does not matter for its yields."""
    others = search.simulated - search.consistent
    return Tally(search.consistent, others, tested=search.tested, confirmed=search.confirmed)


def cancelled(counts: Tally) -> str:
    """Return what is said about a search that was cancelled."""
    matched = counts.consistent
    many = f"{matched} of {counts.n}" if matched else f"none of {counts.n}"
    which = "They are selected; the earlier circuits stay." if matched else "The earlier circuits stay."
    if counts.confirmed:
        which = (
            f"{counts.confirmed} of them matched again and {was(counts.confirmed)} selected; the earlier circuits stay."
        )
    return f"Cancelled: {many} simulated circuits {'was' if matched < 2 else 'were'} consistent. {which}"


def came_about(provenance: Provenance, n: int) -> str:
    """Return how the n circuits of a table were drawn, found or added, in the words of a report."""
    more, searched = provenance.n_added, sum(search.simulated for search in provenance.searches)
    drawn, lines = n - more - searched, []
    if drawn > 0:
        draws = provenance.draws or Draws()
        k = draws.oversampling
        best = f": the likeliest to match the recording among {k} times as many draws" if k > 1 else ""
        seed = "–" if draws.seed is None else draws.seed
        lines.append(f"{counted(drawn, 'circuit')} {was(drawn)} drawn with seed {seed}{best}.")
    for search in provenance.searches:
        lines += _came_about(search)
    if refined := provenance.question and provenance.question.refined:
        lines.append(
            f"The posterior had been refined with {counted(refined.simulations, 'simulation')} for this recording."
        )
    if more:
        lines.append(f"{counted(more, 'circuit')} {was(more)} added, not drawn.")
    return " ".join(lines) or "No circuits have been drawn yet."


def _came_about(search: Search) -> list[str]:
    """Return how a search found its circuits, in sentences."""
    k, hardest, near, matched = (
        search.oversampling,
        search.hardest_oversampling,
        search.drawn_near[1],
        search.consistent,
    )
    seed = "–" if search.seed is None else search.seed
    many = f"Of {k} to {hardest} times" if hardest > k else f"Of {k} times"
    lines = [
        f"{counted(search.simulated, 'circuit')} {was(search.simulated)} drawn and simulated in rounds with seed {seed}, to find circuits "
        f"that match; {matched} of them {'does' if matched == 1 else 'do'}."
    ]
    if k > 1:
        lines.append(f"{many} as many draws, the likeliest to match were simulated, as judged by the earlier rounds.")
    if search.confirm:
        lines.append(
            f"Each match was to be simulated again with {counted(search.confirm, 'other seed')}: "
            + (confirmed_sentence(_counts(search)) or "none was, because the search ended before.")
        )
    if near:
        lines.append(f"{near} of them {was(near)} drawn near circuits that had matched or come nearest.")
    return lines


def apart(provenance: Provenance) -> str:
    """Return how many circuits of a table do not stand for the posterior, and why, as a list; empty where all do."""
    searched = sum(search.simulated for search in provenance.searches)
    found_ = f"{searched:,} that a search simulated" if provenance.draws is not None else ""
    near = f"{provenance.n_near:,} that a search drew near others" if provenance.draws is None else ""
    more = provenance.n_added
    parts = [found_ * (searched > 0), near * (provenance.n_near > 0), f"{more:,} that {was(more)} added" * (more > 0)]
    return " and ".join(filter(None, parts))


def origin(provenance: Provenance) -> str:
    """Return how the circuits of a table came to be, in words that follow their number."""
    if not provenance.estimator:
        return "added, not drawn" if provenance.n_added else "drawn by an unknown estimator"
    refined, rest = provenance.question and provenance.question.refined, apart(provenance)
    learned = f", refined with {counted(refined.simulations, 'simulation')}" if refined else ""
    return f"drawn by {provenance.estimator}{learned}" + (f", except {rest}" if rest else "")


def set_aside(examined: Examined) -> str:
    """Return how many runs are not shown, which estimator they were made for and how they come back; empty when all are shown."""
    counts = {name: len(waiting.simulations) for name, waiting in examined.set_aside.items() if waiting.simulations}
    if not counts:
        return ""
    many = " and ".join(f"{n} simulated circuit{'s' * (n > 1)} for {name}" for name, n in counts.items())
    return f"Not shown: {many}; their features are not this estimator's. Choose that estimator under Posterior to bring them back."


def caption(examined: Examined | None) -> str:
    """Return what the marginals show: how many circuits, and from which estimator."""
    if examined is None or not len(examined.configurations):
        return NOTHING_DRAWN
    chosen = len(examined.selection)
    how = "" if not chosen else ", a tick each" if chosen <= FEW else ", as a line"
    drawn, rest = len(examined.posterior), apart(examined.provenance)
    if not drawn:
        bars = f"No draws of the posterior, so no bars: {counted(len(examined.configurations), 'circuit')}, {origin(examined.provenance)}"
    else:
        question = examined.provenance.question
        refined = question.refined if question is not None else None
        by = examined.provenance.estimator or "an unknown estimator"
        learned = f", refined with {counted(refined.simulations, 'simulation')}" if refined else ""
        left = f"; not among them: {rest}" if rest else ""
        bars = f"{counted(drawn, 'circuit')} drawn by {by}{learned} (bars{left})"
    shown = (
        f"{bars}, against the uniform prior (dashed; its ends below each axis); {chosen} selected (orange{how}). The number says by how "
        "many bits the data narrowed the parameter (Kullback–Leibler divergence of its marginal from the prior)."
    )
    waiting = set_aside(examined)
    return "\n".join([OUTDATED] * examined.outdated + [waiting] * bool(waiting) + [shown, MEANS])
