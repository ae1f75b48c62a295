"""Times of all units in one array, unit after unit, beside an index of where each unit's begin or end, or how many it has."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..facts.assembly import Found
from ..facts.timing import Stated
from ..questions import Question, Questions
from ..report import Fact
from .matrices import Reader

ENDS, STARTS, COUNTS, BOUNDS = "ends", "starts", "counts", "bounds, from 0 to the end"

INDEX_ENDINGS = ("_index", "_idx", "_offsets", "_offset", "_indptr", "_ends", "_counts", "_lengths")
COUNT_NAMES = (
    "counts",
    "scount",
    "nspikes",
    "numspikes",
    "spikecounts",
    "spikecount",
    "nspikesperunit",
    "lengths",
    "offsets",
    "indptr",
)
"""Names of an index: after the name of the times, or by itself (in lower case, without underscores)."""


def indexed_vectors(vectors: dict[str, NDArray]) -> dict[str, str]:
    """Return the names of vectors of times that an index divides into units, each with the name of its index."""
    found = {}
    for name, values in vectors.items():
        others = [f"{name}{ending}" for ending in INDEX_ENDINGS]
        others += [other for other in vectors if other.rpartition(".")[2].lower().replace("_", "") in COUNT_NAMES]
        index = next((other for other in others if other in vectors and _divides(vectors[other], values)), None)
        if index is not None and index != name:
            found[name] = index
    return found


def _divides(index: NDArray, times: NDArray) -> bool:
    """Return whether whole numbers, fewer than there are times, end at their number or add up to it."""
    if not 1 < index.size < times.size or index.min() < 0 or not np.array_equal(index, np.floor(index)):
        return False
    return index.sum() == times.size or bool(index[-1] == times.size and (np.diff(index) >= 0).all())


def indexed_reader(name: str, times: NDArray, index_name: str, index: NDArray, stated: Stated) -> Reader:
    """Return a function that reads times with an index."""
    return partial(_read, name, times, index_name, index.astype(np.int64), stated)


def _read(
    name: str, times: NDArray, index_name: str, index: NDArray[np.int64], stated: Stated, questions: Questions
) -> Found:
    counts = counts_of(times, index, name, index_name, questions)
    facts = (Fact("times", f"{times.size} spikes", name), Fact("units", f"{len(counts)} units", index_name))
    names = tuple(str(i) for i in range(len(counts)))
    return Found(times, np.repeat(np.arange(len(counts)), counts), names, stated=stated, facts=facts)


def counts_of(
    times: NDArray, index: NDArray[np.int64], name: str, index_name: str, questions: Questions
) -> NDArray[np.int64]:
    """Return the number of spikes of each unit; asked for where an index can be read in two ways.

    times: (n_spikes,), unit after unit; index: (n_units,) or (n_units + 1,). Raises RecordingError where the index does not fit the times.
    """
    rising = bool(index.size) and bool((np.diff(index) >= 0).all()) and index[0] >= 0
    fitting = {}
    if rising and index[-1] == times.size:
        fitting[ENDS] = np.diff(index, prepend=0)
    if rising and index[0] == 0 and index[-1] <= times.size:
        fitting[STARTS] = np.diff(index, append=times.size)
    if index.size and (index >= 0).all() and index.sum() == times.size:
        fitting[COUNTS] = index
    if ENDS in fitting and len(index) > 1 and index[0] == 0:  # a first unit without a spike is rarer than such bounds
        fitting = {BOUNDS: fitting[ENDS][1:]} | fitting
    if not fitting:
        raise RecordingError(
            f"{questions.file}: {index_name} does not fit the {times.size} times of {name}; export the file again."
        )
    likely = [key for key, counts in fitting.items() if _begins_anew(times, counts)] or list(fitting)
    if len({tuple(fitting[key].tolist()) for key in likely}) == 1 and questions.answer("unit_variable") is None:
        return fitting[likely[0]]
    reason = f"{index_name} can be read as the {' or the '.join(likely)} of the units' times"
    harmless = len({tuple(fitting[key][fitting[key] > 0].tolist()) for key in likely}) == 1  # but for a silent unit
    text = f"What does {index_name} hold?"
    return fitting[
        questions.ask(Question("unit_variable", text, likely[0], reason, tuple(fitting), required=not harmless))
    ]


def _begins_anew(times: NDArray, counts: NDArray[np.int64]) -> bool:
    """Return whether times rise within each unit."""
    edges = np.cumsum(counts)[:-1]
    falls = np.flatnonzero(np.diff(times.astype(np.float64)) < 0) + 1
    return bool(np.isin(falls, edges).all())
