"""Spikes among named variables (MATLAB, HDF5, .npz): cells of trains, or one vector of times and one of units."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError
from ..facts.assembly import Found, joined, numbered
from ..facts.time_units import unit_in_name
from ..facts.timing import Stated
from ..questions import Question, Questions
from ..report import Fact
from .indexed import indexed_reader, indexed_vectors
from .labelled_cells import labelled_trains
from .matrices import Reader, grid, reader_of
from .rasters import is_raster
from .texts import labels_for, plain_text, unit_texts

TIME_NAME = re.compile(
    r"spike|time|zeit|sekunden|seconds|secondes|abtast|onset|^frame|temps|tiempo|tempo|tijd|czas|время|時間|时间|^t$|^ts$|_ts$|stamp|sample|train|^t\s*[\[(]",
    re.IGNORECASE,
)
UNIT_NAME = re.compile(
    r"unit|clu|neuron|cell|chan|elec|kanal|canal|voie|elektrod|électrode|electrod|zelle|célul|cellul|neurone|einheit|unidad|unité|unità"
    r"|sorte|node|sender|^gid|label|^id$|ident|spkid|index|канал|電極|电极|通道",
    re.IGNORECASE,
)
"""Names of times and of units, as programs and people write them, in several languages."""

MEASURED = re.compile(
    r"(?<!s)amp(s|l|$|_)|volt|wave|width|height|depth|snr|energy|shape|rates?$|count|_?pcs?\d*$", re.IGNORECASE
)
"""Names of measurements of a spike other than its time."""

RATE_NAMES = (
    "fs", "samplingrate", "samplerate", "samplingfrequency", "samplefrequency", "samplefreq", "samplingfreq", "srate",
    "sr", "fsample", "sampling",
)  # fmt: skip
"""In lower case and without underscores, as are all names that are compared with them."""

BIN_NAMES = {
    **dict.fromkeys(("binwidth", "binsize", "dt", "bin", "binwidths", "binsizes"), 1.0),
    **dict.fromkeys(("dtms", "binms", "binwidthms", "binsizems"), 1e-3),
}
"""Names of a raster's bin width, and s of their unit."""

STOP_NAMES = ("durations", "durationsec", "duration", "tend", "tstop", "recordingduration", "reclength")
MOST_COMPANIONS = 100
FEW = 20
"""Spikes of which nothing is judged."""

EACH_ITS_OWN = "each variable is a unit"
"""The choice for files with one vector of times per unit, as Plexon and NeuroExplorer export them."""


Node = NDArray | dict[str, Any] | list[Any] | str | None
"""A variable of a MATLAB file: numbers, a struct, cells (or an array of structs), text, anything else."""


@dataclass
class Variables:
    """The numeric content of a file: vectors, (n,) each, and trains, one array of times per unit; names as paths.

    matrices: (rows, columns) numbers, or of scipy's sparse kinds; grids: the trains of a two-dimensional array of cells, and its sides
    unit_names: of trains, where they have names; of_any_file: nothing says that the file holds spikes, so no name is trusted
    units_of_time: what the file itself says of a vector's unit: s, ms, us or samples
    from_structs: the names of those trains that were a field of structs; texts: (n,) words each
    """

    vectors: dict[str, NDArray] = field(default_factory=dict)
    matrices: dict[str, Any] = field(default_factory=dict)
    grids: dict[str, tuple[list[NDArray], tuple[int, int]]] = field(default_factory=dict)
    units_of_time: dict[str, str] = field(default_factory=dict)
    unit_names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    of_any_file: bool = False
    trains: dict[str, list[NDArray]] = field(default_factory=dict)
    from_structs: set[str] = field(default_factory=set)
    texts: dict[str, NDArray] = field(default_factory=dict)

    def add(self, name: str, node: Node) -> None:
        """Take in a variable: a vector, a table of two columns, cells of trains, or a struct's fields."""
        if isinstance(node, dict):
            for key, inner in node.items():
                self.add(f"{name}.{key}", inner)
        elif isinstance(node, list):
            shape = node.shape if isinstance(node, Cells) else ()
            if (named := labelled_trains(node, shape)) is not None:
                self.add_named_trains(name, named)
            elif (
                len(shape) == 2
                and min(shape) > 1
                and all(isinstance(cell, np.ndarray) and is_vector(cell) for cell in node)
            ):
                sides = (int(shape[0]), len(node) // int(shape[0]))
                self.grids[name] = ([np.asarray(cell, dtype=np.float64).reshape(-1) for cell in node], sides)
            else:
                self._add_cells(name, _leaves(node))
        elif node is None or isinstance(node, str):
            return
        elif hasattr(node, "tocoo"):
            self.matrices[name] = node
        elif node.dtype.kind in "iufb":
            self._add_numbers(name, node)
        elif node.dtype.kind in "SU" and node.size > 1 and is_vector(node):
            self.texts[name] = plain_text(node.reshape(-1))

    def add_named_trains(self, name: str, trains: dict[str, NDArray]) -> None:
        """Take in trains whose units have names."""
        self.trains[name] = list(trains.values())
        self.unit_names[name] = tuple(trains)

    def _add_numbers(self, name: str, values: NDArray) -> None:
        if is_vector(values):
            self.vectors[name] = values.reshape(-1)
        elif values.ndim == 2 and (min(values.shape) > 2 or is_raster(values)):
            self.matrices[name] = values
        elif values.ndim == 2 and values.shape[1] == 2:
            self.vectors[f"{name}[:,1]"], self.vectors[f"{name}[:,2]"] = values[:, 0], values[:, 1]
        elif values.ndim == 2 and values.shape[0] == 2:
            self.vectors[f"{name}[1,:]"], self.vectors[f"{name}[2,:]"] = values[0], values[1]

    def _add_cells(self, name: str, leaves: list[Node]) -> None:
        """Take in cells: vectors are trains; of structs, each field that is a vector in all of them is."""
        structs = [leaf for leaf in leaves if isinstance(leaf, dict)]
        if len(leaves) > 1 and all(isinstance(leaf, str) for leaf in leaves):
            self.texts[name] = np.array(leaves, dtype=str)
        elif not structs:
            self._add_trains(name, leaves)
        elif len(structs) == 1:
            self.add(name, structs[0])
        elif all(isinstance(leaf, dict) or (isinstance(leaf, np.ndarray) and not leaf.size) for leaf in leaves):
            for key in structs[0]:
                values = [struct.get(key) for struct in structs]
                if all(isinstance(value, str) for value in values):
                    self.texts[f"{name}.{key}"] = np.array(values, dtype=str)
                self._add_trains(f"{name}.{key}", values)
                self.from_structs.add(f"{name}.{key}")

    def _add_trains(self, name: str, leaves: list[Node]) -> None:
        vectors = [leaf for leaf in leaves if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "iuf"]
        sizes = {leaf.size for leaf in vectors}
        same_and_short = len(vectors) > 1 and sizes in ({1}, {2})
        if leaves and len(vectors) == len(leaves) and all(map(is_vector, vectors)) and not same_and_short:
            self.trains[name] = [leaf.reshape(-1).astype(np.float64) for leaf in vectors]

    def scalar(self, names: tuple[str, ...]) -> tuple[float, str] | None:
        """Return the first single positive number that goes by one of the names, with its name."""
        for wanted in names:
            for name, values in self.vectors.items():
                if plain_name(name) == wanted and values.size == 1 and 0 < values[0] < np.inf:
                    return float(values[0]), name
        return None


class Cells(list):
    """Cells of a MATLAB file in the order of their rows, and the array's sides."""

    shape: tuple[int, ...] = ()

    @classmethod
    def of(cls, items: list[Node], shape: tuple[int, ...]) -> Cells:
        """Return the cells with their sides."""
        cells = cls(items)
        cells.shape = shape
        return cells


def plain_name(name: str) -> str:
    """Return the last part of a name in lower case, without underscores and blanks: Sampling_Rate is samplingrate."""
    return re.sub(r"[_\s@]", "", re.split(r"[./@]", name)[-1]).lower()


def is_vector(values: NDArray) -> bool:
    """Return whether at most one side of the array is longer than 1."""
    return sum(side != 1 for side in values.shape) <= 1 or values.size == 0


def _leaves(cells: list[Node]) -> list[Node]:
    """Return the contents of nested cells, in order.

    An empty vector is a unit that never fired, unless it stands among cells: then it is an empty group.
    """
    nested = any(isinstance(cell, list) for cell in cells)
    out: list[Node] = []
    for cell in cells:
        if isinstance(cell, list):
            out += _leaves(cell)
        elif not (nested and isinstance(cell, np.ndarray) and not cell.size):
            out.append(cell)
    return out


def found_in(variables: Variables, questions: Questions) -> Found:
    """Return the spikes; asks which variable holds them, and which the units, where several could.

    Raises RecordingError when no variable can hold spikes.
    """
    vectors = {
        name: values for name, values in variables.vectors.items() if values.size > 1 and values.dtype.kind in "iuf"
    }
    readers = _readers(variables)
    indexed = indexed_vectors(vectors)
    for times_name, index in indexed.items():
        stated = _stated(variables, times_name)
        readers[times_name] = indexed_reader(times_name, vectors[times_name], index, vectors[index], stated)
    vectors = {name: values for name, values in vectors.items() if name not in {*indexed, *indexed.values()}}
    coded = unit_texts(variables.texts, vectors)
    companions = {name: others for name, others in _companions(vectors | coded).items() if name in vectors}
    alone = [name for name in vectors if not companions[name] and bool((vectors[name][1:] >= vectors[name][:-1]).all())]
    choices = [*readers, *variables.trains, *(name for name in vectors if companions[name])]
    if not choices:
        choices = [EACH_ITS_OWN, *alone] if len(alone) > 1 else alone
    with_units = {*readers, *variables.trains, *(name for name in vectors if companions[name])}
    name = _variable(variables, choices, with_units, questions)
    if name in readers:
        found = readers[name](questions)
        return replace(found, details=found.details | {"variable": name})
    if name in variables.trains:
        trains, names = _units(name, variables, questions)
        times, units = joined(trains)
        unit_where = f"{name}, one array each"
    elif name == EACH_ITS_OWN:
        times, units = joined([vectors[item].astype(np.float64) for item in alone])
        names, unit_where = tuple(alone), "one variable each"
    elif companions[name]:
        times, unit_where = vectors[name], _unit_variable(name, companions[name], vectors | coded, questions)
        units, names = numbered(variables.texts[unit_where] if unit_where in coded else vectors[unit_where])
    else:
        unit_where = "one unit: nothing tells more apart"
        times, units, names = vectors[name], np.zeros(vectors[name].size, dtype=np.int64), (name,)
    stated = _stated(variables, name)
    facts = [Fact("times", f"{times.size} spikes", name), Fact("units", f"{len(names)} units", unit_where)]
    if stated.sampling_rate and (found_rate := variables.scalar(RATE_NAMES)):
        facts.append(Fact("sampling rate", f"{stated.sampling_rate:g} Hz", found_rate[1]))
    everyone = variables.unit_names.get(name) or tuple(str(i + 1) for i in range(len(variables.trains.get(name, ()))))
    groups, where = labels_for(name, names, variables.texts, everyone or names)
    facts += [Fact("labels", ", ".join(sorted(set(groups))), where)] if groups else []
    return Found(
        times, units, names, stated=stated, unit_groups=groups, details={"variable": name}, facts=tuple(facts)
    )  # fmt: skip


def _readers(variables: Variables) -> dict[str, Reader]:
    """Return a reader for each matrix and grid of cells that can hold spikes."""
    width = next(
        (
            (float(values[0]) * BIN_NAMES[plain_name(name)], f"variable {name!r}")
            for name, values in variables.vectors.items()
            if plain_name(name) in BIN_NAMES and values.size == 1 and 0 < values[0] < 10
        ),
        None,
    )
    readers: dict[str, Reader] = {}
    for name, values in variables.matrices.items():
        if (reader := reader_of(name, values, _stated(variables, name), width)) is not None:
            readers[name] = reader
    for name, (trains, shape) in variables.grids.items():
        readers[name] = partial(grid, name, trains, shape, _stated(variables, name))
    return readers


def _companions(vectors: dict[str, NDArray]) -> dict[str, list[str]]:
    """Return for each vector those that could hold the unit of each of its times: whole numbers, as many.

    Of many vectors of one size each is a unit's, not the unit numbers of another: MOST_COMPANIONS are enough to ask about.
    """
    whole: dict[int, list[str]] = {}
    for name, values in vectors.items():
        same = whole.setdefault(values.size, [])
        if len(same) <= MOST_COMPANIONS and np.array_equal(values, np.floor(values)):
            same.append(name)
    return {name: [other for other in whole[values.size] if other != name] for name, values in vectors.items()}


def looks_like_times(name: str) -> int:
    """Return 1 for a name of times, -1 for a name of units, 0 for any other."""
    leaf = name.rpartition(".")[2]
    if MEASURED.search(leaf) and not re.search(r"time|zeit|stamp", leaf, re.IGNORECASE):
        return 0
    return -1 if UNIT_NAME.search(leaf) else int(bool(TIME_NAME.search(leaf)))


def _variable(variables: Variables, choices: list[str], with_units: set[str], questions: Questions) -> str:
    """Return the variable that holds the spikes; asked for where more than one name could mean it."""
    if not choices:
        raise RecordingError(
            f"{questions.file}: none of its variables can hold spikes; save a cell array with one vector of spike "
            "times per unit, or a vector of times and one of unit numbers of the same length."
        )

    def spikes(name: str) -> int:
        if name in variables.trains:
            return sum(train.size for train in variables.trains[name])
        if name in variables.grids:
            return sum(train.size for train in variables.grids[name][0])
        return variables.vectors[name].size if name in variables.vectors else 0

    ranked = sorted(choices, key=lambda name: (looks_like_times(name), name in variables.trains, spikes(name)))
    guess = EACH_ITS_OWN if EACH_ITS_OWN in choices else ranked[-1]
    clear = [name for name in choices if looks_like_times(name) >= 0] == [guess]
    bold = variables.of_any_file and (len(choices) > 1 or guess not in with_units)
    by_name = [
        name for name in choices if looks_like_times(name) > 0 or any(map(TIME_NAME.search, name.split(".")[:-1]))
    ]
    key = "time_variable" if questions.answer("variable") is None and questions.answer("time_variable") else "variable"
    if clear and questions.answer(key) is None and not bold:
        return guess
    reason = "by its name and its number of spikes, it looks most like spike times"
    required = bold or (guess not in by_name and guess != EACH_ITS_OWN and len(choices) > 1)
    if required and variables.of_any_file:
        reason = f"{len(choices)} arrays of this file could hold spikes, and its layout is unknown"
        if guess not in with_units:
            reason = (
                f"{guess!r} could hold spikes, but nothing names their units, and the layout of the file is unknown"
            )
    elif required:
        reason = f"{len(choices)} of its variables could hold spikes, and no name says which does"
    return questions.ask(
        Question(key, "Which variable holds the spike times?", guess, reason, choices=tuple(choices), required=required)
    )


def _units(name: str, variables: Variables, questions: Questions) -> tuple[list[NDArray], tuple[str, ...]]:
    """Return the trains and their numbers from 1; asks whether entries without a spike are units."""
    given = variables.unit_names.get(name) or tuple(str(i + 1) for i in range(len(variables.trains[name])))
    trains = dict(zip(given, variables.trains[name], strict=True))
    silent = sum(not train.size for train in trains.values())
    if silent < len(trains) and (silent or questions.answer("silent_units")):
        of_structs = name in variables.from_structs
        guess = "leave out" if of_structs else "keep"
        reason = f"{silent} of {len(trains)} entries of {name!r} hold no spike; " + (
            "a sorter's list has such entries for cells that it did not find"
            if of_structs
            else "an array's list has an entry for every electrode"
        )
        question = Question("silent_units", "Are entries without a spike units?", guess, reason, ("keep", "leave out"))
        if questions.ask(question) == "leave out":
            trains = {number: train for number, train in trains.items() if train.size}
    return list(trains.values()), tuple(trains)


def _unit_variable(times: str, companions: list[str], vectors: dict[str, NDArray], questions: Questions) -> str:
    """Return the variable that holds the unit of each time; asked for where its name does not say it."""
    named = [name for name in companions if looks_like_times(name) < 0]
    repeat = {name: len(np.unique(vectors[name])) for name in companions}
    guess = min(named or companions, key=lambda name: repeat[name] if repeat[name] > 1 else vectors[name].size)
    unlikely = repeat[guess] > max(1, vectors[guess].size // 2) and vectors[guess].size > FEW
    if questions.answer("unit_variable") is None and (len(named) == 1 or len(companions) == 1) and not unlikely:
        return (named or companions)[0]
    reason = f"it has one whole number for each of {times!r}, {repeat[guess]} different ones"
    required = unlikely or (not named and len(companions) > 1)
    return questions.ask(
        Question(
            "unit_variable",
            "Which variable holds the units?",
            guess,
            reason,
            choices=tuple(companions),
            required=required,
        )
    )


def _stated(variables: Variables, name: str) -> Stated:
    """Return what scalars say about the spikes: a sampling rate, and an end in s."""
    rate, stop = variables.scalar(RATE_NAMES), variables.scalar(STOP_NAMES)
    return Stated(
        unit=variables.units_of_time.get(name) or unit_in_name(name),
        sampling_rate=rate[0] if rate else None,
        stop=stop[0] if stop and stop[1].endswith("_s") else None,
        likely_stop=stop[0] if stop else None,
        hint=f"the variable {stop[1]!r} says so" if stop else "",
    )
