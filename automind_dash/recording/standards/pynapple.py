"""pynapple: a TsGroup (and a Ts) saved as .npz: t (s), index, keys, and start and end of the epochs in which it was recorded."""

from __future__ import annotations

import numpy as np

from ...errors import RecordingError
from ..any_arrays.npz import Npz
from ..facts.asking import times_fact, units_fact
from ..facts.assembly import Found, numbered
from ..facts.timing import Stated
from ..questions import Questions
from ..report import Fact

NEEDED = ("t", "index", "start", "end")


def is_pynapple(arrays: Npz) -> bool:
    """Return whether an archive is a TsGroup."""
    return set(NEEDED) <= set(arrays.headers) and ("keys" in arrays.headers or "type" in arrays.headers)


def read_pynapple(arrays: Npz, questions: Questions) -> Found:
    """Return the spikes; units are the group's keys, those without a spike included, and what was observed are its epochs.

    The metadata of units are a pickle, which is left out. Raises RecordingError where arrays contradict each other.
    """
    plain, file = arrays.plain, questions.file
    if not set(NEEDED) <= set(plain):
        raise RecordingError(f"{file}: {', '.join(NEEDED)} must be plain arrays; save it again with pynapple's save().")
    with np.load(arrays.path, allow_pickle=False) as archive:
        times, index = archive["t"].reshape(-1), archive["index"].reshape(-1)
        start, end = (archive[name].reshape(-1).astype(np.float64) for name in ("start", "end"))
        keys = archive["keys"].reshape(-1) if "keys" in plain else np.unique(index)
    if (
        times.size != index.size
        or start.size != end.size
        or times.dtype.kind not in "iuf"
        or index.dtype.kind not in "iuf"
    ):
        raise RecordingError(
            f"{file}: t has {times.size} values and index {index.size}, start {start.size} and end {end.size}; save it again."
        )
    if not np.isfinite([start, end]).all() or (end < start).any():
        raise RecordingError(f"{file}: its epochs end before they start; save it again with pynapple's save().")
    order, names = numbered(keys)
    of = np.searchsorted(np.sort(keys), index)
    ranked = np.argsort(keys, kind="stable")
    if index.size and (of.max(initial=0) >= keys.size or (np.sort(keys)[of] != index).any()):
        raise RecordingError(
            f"{file}: index names units that keys does not list; save it again with pynapple's save()."
        )
    units = order[ranked[of]] if index.size else np.empty(0, np.int64)
    epochs = np.column_stack([start, end])
    facts = [times_fact(times.size, "s", "t"), units_fact(len(names), "units", "keys" if "keys" in plain else "index")]
    if len(epochs):
        facts.append(Fact("epochs", f"{len(epochs)}, from {start.min():g} to {end.max():g} s", "start, end"))
    return Found(
        times,
        units,
        names,
        stated=Stated("s", start=float(start.min()), stop=float(end.max())) if len(epochs) else Stated("s"),
        observed=epochs if len(epochs) > 1 else None,
        writer="pynapple",
        facts=tuple(facts),
        left_out=("The units' metadata, which are a pickle.",) if "_metadata" in arrays.objects else (),
    )
