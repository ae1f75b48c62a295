"""Trials whose times begin anew: laid one after the other, or one of them taken, never over each other in silence."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..questions import Question, Questions

IN_A_ROW = "one after the other"
"""The choice that joins the trials."""

MAX_NAMED = 200
"""Trials that are offered by name: of more, all are joined."""


def follow_each_other(times: NDArray, trials: NDArray[np.int64], n_trials: int) -> bool:
    """Return whether times go on from trial to trial, so that no two trials overlap.

    times: (n_spikes,); trials: (n_spikes,) numbers from 0, in the trials' order
    """
    first, last = np.full(n_trials, np.inf), np.full(n_trials, -np.inf)
    np.minimum.at(first, trials, times)
    np.maximum.at(last, trials, times)
    held = np.isfinite(first)
    return bool((first[held][1:] >= last[held][:-1]).all())


def laid_out(
    seconds: NDArray[np.float64], trials: NDArray[np.int64], names: tuple[str, ...], questions: Questions
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    """Return times, s, which spikes are kept, and the trials' intervals, (n_trials, 2) s, after asking how trials follow.

    seconds: (n_spikes,) s from each trial's start; trials: (n_spikes,) numbers from 0; names: a name for each
    """
    choices = (IN_A_ROW, *names[:MAX_NAMED])
    reason = f"there are {len(names)} trials, and the times of each begin anew"
    chosen = questions.ask(Question("trials", "How do the trials follow each other?", IN_A_ROW, reason, choices))
    kept = np.ones(len(seconds), dtype=bool)
    if chosen != IN_A_ROW:
        kept = trials == names.index(chosen)
    first, last = float(seconds.min()), float(seconds.max())
    begin = float(math.floor(first)) if first < 0 else 0.0
    guess = float(max(1, math.ceil(last - begin)))
    reason = f"the last spike of any trial comes at {last:.6g} s" + (f", the first at {first:.6g} s" if begin else "")
    length = float(questions.ask(Question("trial_duration", "How long is a trial?", guess, reason, unit="s")))
    number = np.zeros(len(seconds), dtype=np.int64) if chosen != IN_A_ROW else trials
    count = 1 if chosen != IN_A_ROW else len(names)
    starts = np.arange(count) * length
    return seconds - begin + number * length, kept, np.column_stack([starts, starts + length])
