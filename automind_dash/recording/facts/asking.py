"""Questions that several layouts leave open: the sampling rate, the segment, and electrodes without a spike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..questions import Question, Questions
from ..report import Fact
from .assembly import Found

SORTED, UNSORTED, NOISE = "sorted", "unsorted", "noise"
"""What acquisition programs call a unit of an electrode: a number, 0, and (Blackrock) 255."""


def asked_rate(questions: Questions, reason: str, guess: float) -> float | None:
    """Return the sampling rate, Hz, that a person gives for a file that never says it; None where the times are s already.

    The question is required, because a wrong rate makes every measurement wrong.
    """
    answer = questions.ask(
        Question(
            "sampling_rate",
            'At which sampling rate were the sample numbers counted (or "s", if they are seconds)?',
            guess,
            reason,
            unit="Hz",
            required=True,
        )
    )
    return None if answer == "s" else float(answer)


def asked_segment(questions: Questions, names: Sequence[str], spikes: Sequence[int], what: str = "segment") -> int:
    """Return the number of the segment to read. The guess is the one with most spikes.

    names: of the segments; spikes: of each; what: the word for one
    """
    if len(names) == 1 and questions.answer("segment") is None:
        return 0
    best = int(np.argmax(spikes))
    reason = f"of {len(names)} {what}s it has the most spikes, {spikes[best]}; each has a time of its own"
    chosen = questions.ask(Question("segment", f"Which {what}?", names[best], reason, choices=tuple(names)))
    return list(names).index(chosen)


def asked_sorted(
    groups: Sequence[str], spikes: NDArray[np.int64], questions: Questions
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which groups of units are kept, and sentences on the others; asked where some units are sorted and some are not.

    groups: SORTED, UNSORTED or NOISE of each unit; spikes: of each
    """
    present = tuple(group for group in (SORTED, UNSORTED, NOISE) if group in groups)
    if len(present) == 1 and questions.answer("units") is None:
        return present, ()
    said = ", ".join(
        f"{groups.count(group)} {group} ({spikes[[g == group for g in groups]].sum()} spikes)" for group in present
    )
    guess = SORTED if SORTED in present else UNSORTED
    answer = questions.ask(
        Question(
            "units",
            "Which units?",
            guess,
            f"unit 0 of an electrode holds what was not sorted: {said}",
            ("all", *present),
        )
    )
    kept = present if answer == "all" else (answer,)
    return kept, tuple(f"{groups.count(group)} units that are {group}." for group in present if group not in kept)


def listed_units(counts: NDArray[np.int64], questions: Questions, guess: str, reason: str) -> NDArray[np.bool_]:
    """Return which of the units or electrodes that a file lists are kept: all that fired, the silent ones where they are wanted.

    counts: (n_units,) spikes of each; guess: "keep" or "leave out"; reason: why that, after "n of m …"
    """
    fired = counts > 0
    silent = int((~fired).sum())
    if not fired.any() or (not silent and questions.answer("silent_units") is None):
        return np.ones(len(counts), dtype=bool)
    said = f"{silent} of the {len(counts)} that are listed hold no spike; {reason}"
    question = Question("silent_units", "Are units without a spike counted?", guess, said, ("keep", "leave out"))
    return fired if questions.ask(question) == "leave out" else np.ones(len(counts), dtype=bool)


def kept_rows(found: Found, kept: NDArray[np.bool_]) -> Found:
    """Return the findings for some of the units. Those that are left out have no spike."""
    from dataclasses import replace

    if kept.all():
        return found
    number = np.cumsum(kept) - 1

    def rows(values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(value for value, keep in zip(values, kept, strict=True) if keep) if values else ()

    return replace(
        found,
        units=number[found.units],
        unit_names=rows(found.unit_names),
        unit_groups=rows(found.unit_groups),
        wells=rows(found.wells),
        positions=None if found.positions is None else found.positions[kept],
        left_out=(*found.left_out, f"{int((~kept).sum())} listed units without a spike."),
    )


def rate_fact(rate: float, where: str) -> Fact:
    """Return the fact that states a sampling rate, Hz."""
    return Fact("sampling rate", f"{rate:g} Hz", where)


def times_fact(n_spikes: int, unit: str, where: str) -> Fact:
    """Return the fact that states the times and their unit."""
    return Fact("times", f"{n_spikes} in {unit}", where)


def units_fact(n_units: int, what: str, where: str) -> Fact:
    """Return the fact about the units: their number and kind."""
    return Fact("units", f"{n_units} {what}", where)
