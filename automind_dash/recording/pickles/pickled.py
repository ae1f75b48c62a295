"""Object arrays and pickles: braingeneers' qm.npz (of *_acqm.zip), the layout of AutoMIND's authors, and .pkl files of arrays and dicts.

They are read by `unpickling`, which runs nothing, in a process of its own. A dict of trains names its units; a list numbers them from 0.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..any_arrays.npz import TIMES, UNITS, Npz
from ..any_arrays.variables import RATE_NAMES, STOP_NAMES, is_vector, looks_like_times, plain_name
from ..apart.run import Limits, run_apart
from ..facts.asking import rate_fact, times_fact, units_fact
from ..facts.assembly import Found, joined
from ..facts.time_units import unit_in_name
from ..facts.timing import Stated
from ..files.arrays import is_pickle
from ..files.start import Start
from ..questions import Question, Questions
from ..report import Fact
from .unpickling import PickleRefused, unpickle

LIMITS = Limits(seconds=120, memory=6 * 2**30)
"""Ten million spikes in a pickle of lists take 40 s and 2 GiB."""

MAX_BYTES = 2**31
"""Of a pickle that is read."""

MODULE = "automind_dash.recording.pickles.pickled"


def holds_objects(arrays: Npz) -> bool:
    """Return whether only object arrays of an archive can hold its spikes."""
    return bool(arrays.objects) and not {TIMES, UNITS} <= set(arrays.plain)


def is_plain_pickle(start: Start) -> bool:
    """Return whether the file begins as a pickle of protocol 2 or later."""
    return is_pickle(start)


def read_objects(arrays: Npz, questions: Questions) -> Found:
    """Return the spikes of an archive's object arrays. Raises RecordingError for pickles of anything but arrays, dicts and numbers."""
    plain = [key for key in arrays.plain if np.prod(arrays.headers[key][0], dtype=object) <= 1]
    arguments = {"keys": arrays.objects, "plain": plain}
    outcome = run_apart(f"{MODULE}:objects_of_npz", arrays.path, questions.file, arguments, LIMITS, "archive")
    found = _found(_tree(outcome.outline["tree"], outcome.arrays), questions, "object array")
    refused = tuple(
        f"{key!r}, a pickle that is refused: {reason}." for key, reason in outcome.outline["refused"].items()
    )
    return replace(found, left_out=(*refused, *found.left_out))


def read_pickle(start: Start, questions: Questions) -> Found:
    """Return the spikes of a pickled dict or list. Raises RecordingError as `read_objects` does."""
    outcome = run_apart(f"{MODULE}:objects_of_pickle", start.path, questions.file, {}, LIMITS, "pickle")
    tree = _tree(outcome.outline, outcome.arrays)
    return _found(tree if isinstance(tree, dict) else {"spikes": tree}, questions, "pickle")


def objects_of_npz(path: str, keys: list[str], plain: list[str]) -> tuple[dict[str, NDArray], Any]:
    """Return the arrays and the outline of an archive's object arrays and of its single numbers (in the child process)."""
    tree: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    with zipfile.ZipFile(path) as archive:
        for key in keys:
            with archive.open(f"{key}.npy") as stream:
                version = np.lib.format.read_magic(stream)
                read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
                read(stream)
                data = stream.read(MAX_BYTES + 1)
            if len(data) > MAX_BYTES:
                raise RecordingError(
                    f"its key {key!r} unpacks to more than {MAX_BYTES / 2**30:g} GiB; save plain arrays."
                )
            try:
                tree[key] = unpickle(data)
            except PickleRefused as error:
                left_out[key] = str(error)
    with np.load(path, allow_pickle=False) as content:
        tree |= {key: np.asarray(content[key]) for key in plain if content[key].dtype.kind in "iuf"}
    needed = [key for key in left_out if looks_like_times(key) > 0 or len(left_out) == len(keys)]
    if needed:
        raise RecordingError(
            f"its object array {needed[0]!r} is a pickle that is refused: {left_out[needed[0]]}. {ADVICE}"
        )
    arrays, outline = _packed(tree)
    return arrays, {"tree": outline, "refused": left_out}


def objects_of_pickle(path: str) -> tuple[dict[str, NDArray], Any]:
    """Return the arrays and the outline of a pickle (in the child process)."""
    place = Path(path)
    if place.stat().st_size > MAX_BYTES:
        raise RecordingError(f"it has more than {MAX_BYTES / 2**30:g} GiB; save plain arrays.")
    try:
        return _packed(unpickle(place.read_bytes()))
    except PickleRefused as error:
        raise RecordingError(f"the pickle is refused: {error}. {ADVICE}") from error


ADVICE = (
    "Only arrays, dicts, lists, texts and numbers are read from pickles, since anything else can run code. Where you trust the file, open "
    "it in Python and save its trains, a list of arrays in s, plainly: np.savez('converted.npz', spike_times=np.concatenate(trains), "
    "spike_units=np.repeat(np.arange(len(trains)), [len(t) for t in trains]), duration_s=DURATION)."
)


def _packed(tree: Any) -> tuple[dict[str, NDArray], Any]:
    """Return the numeric arrays by number, and the tree with their numbers in their places; texts are left out."""
    arrays: dict[str, NDArray] = {}

    def outline(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: outline(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [outline(item) for item in value]
        if isinstance(value, bool | int | float):
            value = np.array(value)
        if isinstance(value, np.ndarray) and value.dtype.kind in "iufb":
            arrays[str(len(arrays))] = value
            return len(arrays) - 1
        return None

    shape = outline(tree)
    return arrays, shape


def _tree(outline: Any, arrays: Any) -> Any:
    if isinstance(outline, dict):
        return {key: _tree(inner, arrays) for key, inner in outline.items()}
    if isinstance(outline, list):
        return [_tree(item, arrays) for item in outline]
    return None if outline is None else arrays[str(outline)]


@dataclass(frozen=True)
class _Trains:
    names: tuple[str, ...]
    trains: list[NDArray]

    @property
    def n_spikes(self) -> int:
        return sum(train.size for train in self.trains)


def _found(tree: dict[str, Any], questions: Questions, what: str) -> Found:
    """Return the spikes of a dict's entry that holds trains; asks which where several could."""
    found: dict[str, _Trains] = {}
    _collect(tree, "", found)
    if not found:
        raise RecordingError(
            f"{questions.file}: no entry of it is a dict or a list of spike times, one array a unit ({', '.join(tree)[:200]})."
        )
    ranked = sorted(
        found, key=lambda name: (looks_like_times(name.rpartition(".")[2]), found[name].n_spikes), reverse=True
    )
    likely = [name for name in found if looks_like_times(name.rpartition(".")[2]) > 0]
    name = ranked[0]
    if questions.answer("variable") is not None or (len(found) > 1 and len(likely) != 1):
        reason = "by its name and its number of spikes, it looks most like spike times"
        name = questions.ask(
            Question("variable", "Which entry holds the spike times?", name, reason, choices=tuple(ranked))
        )
    chosen = found[name]
    times, units = joined(chosen.trains)
    rate, stop = _single(tree, RATE_NAMES), _single(tree, STOP_NAMES)
    whole = bool(times.size) and bool((times == np.floor(times)).all())
    unit = unit_in_name(name) or ("samples" if whole and rate else None)
    facts = [times_fact(times.size, unit or "a unit that it does not state", f"{what} {name!r}")]
    facts.append(units_fact(len(chosen.names), "units", f"{what} {name!r}"))
    facts += [rate_fact(rate[0], repr(rate[1]))] if rate else []
    facts += [Fact("end", f"{stop[0]:g} s", repr(stop[1]))] if stop else []
    return Found(
        times,
        units,
        chosen.names,
        stated=Stated(
            unit=unit,
            sampling_rate=rate[0] if rate else None,
            start=0.0 if whole and rate else None,
            likely_stop=stop[0] if stop else None,
            hint=f"{stop[1]!r} says so" if stop else "",
        ),
        facts=tuple(facts),
        left_out=tuple(
            f"{key!r}, which holds no spike times."
            for key in tree
            if key not in (*chosen.names, name, name.partition(".")[0], rate and rate[1], stop and stop[1])
        )[:20],
        details={"variable": name},
    )


def _collect(node: Any, name: str, found: dict[str, _Trains]) -> None:
    """Gather the dicts and lists of which every entry is a vector, and some are more than one number."""
    if isinstance(node, dict):
        values = node
        if name and (trains := _trains(list(values.values()))) is not None:
            found[name] = _Trains(tuple(values), trains)
        else:
            for key, inner in values.items():
                _collect(inner, f"{name}.{key}" if name else key, found)
        if not name and not found and (trains := _trains(list(values.values()))) is not None:
            found["spikes"] = _Trains(tuple(values), trains)
    elif isinstance(node, list) and (trains := _trains(node)) is not None:
        found[name] = _Trains(tuple(str(i) for i in range(len(trains))), trains)


def _trains(values: list[Any]) -> list[NDArray] | None:
    values = [np.empty(0) if isinstance(value, list) and not value else value for value in values]
    if not values or not all(
        isinstance(value, np.ndarray) and value.dtype.kind in "iuf" and is_vector(value) for value in values
    ):
        return None
    if all(value.ndim == 0 for value in values) or {value.size for value in values} <= {0, 1}:
        return None
    return [value.reshape(-1).astype(np.float64) for value in values]


def _single(tree: dict[str, Any], names: tuple[str, ...]) -> tuple[float, str] | None:
    """Return the first positive number at the top that goes by one of the names, and its name."""
    for wanted in names:
        for key, value in tree.items():
            if (
                plain_name(key) == wanted
                and isinstance(value, np.ndarray)
                and value.size == 1
                and value.dtype.kind in "iuf"
            ):
                number = float(value.reshape(-1)[0])
                if np.isfinite(number) and number > 0:
                    return number, key
    return None
