"""What a session file of unknown origin may hold. Sizes, types and words are checked before anything is read into memory."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ...circuit.domain import MAX_DURATION
from ...circuit.outcome import OUTCOMES
from ...circuit.parameters import NAMES
from ...errors import RecordingError, SessionError
from ...features import SPECTRUM_FEATURES
from ...inference.asking.consistency import is_consistent
from ...inference.asking.perturbed import SCALARS, PerturbedRuns
from ...recording import Recording
from ...recording.files.archive import MAX_UNPACKED
from ...recording.files.arrays import checked_header
from ..state.marks import Mark, Marks
from .provenance_file import MAX_ROWS

MAX_TABLE = 2**27
"""Bytes of a table in memory: five times what its numbers need."""

MAX_ARRAYS = 200_000
"""About five for each simulated circuit."""

MAX_NAME = 200
"""Characters of a name that the page shows."""

NUMBERS = (*NAMES, "log_density", "distance", "seed")
COUNTS = ("seeds", "matched")
"""Columns that files of earlier versions lack."""

STATES = ("", "alive", "consistent", *OUTCOMES)


def checked_arrays(path: Path) -> dict[str, Any]:
    """Return the arrays of an archive. Raises SessionError for object arrays and for more than can be held."""
    try:
        with zipfile.ZipFile(path) as packed:
            members = packed.infolist()
            if len(members) > MAX_ARRAYS or sum(item.file_size for item in members) > MAX_UNPACKED:
                raise SessionError(f"its arrays unpack to more than {MAX_UNPACKED / 2**30:g} GB")
            for item in members:
                with packed.open(item) as stream:
                    shape, dtype = checked_header(stream, item.filename)
                # numpy allocates what a header declares, so it may not declare more than the file holds
                if int(np.prod(shape, dtype=object)) * dtype.itemsize > item.file_size:
                    raise SessionError(f"{item.filename} declares more values than it holds")
        with np.load(path, allow_pickle=False) as stored:
            return {key: stored[key] for key in stored.files}
    except RecordingError as error:
        raise SessionError(str(error)) from None


def checked_table(path: Path) -> pd.DataFrame:
    """Return a table of circuits. Raises SessionError for one that is too large, or is none."""
    try:
        file = pq.ParquetFile(path, read_dictionary=["state"])  # a text that many rows share is stored once
        schema = file.schema_arrow
        lacking = [name for name in (*NUMBERS, "state") if schema.get_field_index(name) < 0]
        if lacking:
            raise SessionError(f"the table of circuits lacks {', '.join(lacking[:5])}")
        if file.metadata.num_rows > MAX_ROWS:
            raise SessionError(f"{file.metadata.num_rows} circuits; a session holds at most {MAX_ROWS} of a recording")
        odd = [name for name in NUMBERS if not _is_number(schema.field(name).type)]
        if odd:
            raise SessionError(f"{odd[0]} of the circuits is not a number")
        groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
        if sum(group.total_byte_size for group in groups) > MAX_TABLE:
            raise SessionError(f"the table of circuits unpacks to more than {MAX_TABLE / 2**20:g} MB")
        # without threads, for which a process with limits may have no room
        states = file.read(columns=["state"], use_threads=False).column("state")
        if not pa.types.is_dictionary(states.type) or not {
            word for chunk in states.chunks for word in chunk.dictionary.to_pylist()
        } <= set(STATES):
            raise SessionError("the table of circuits has states that this version does not know")
        held = [
            name for name in schema.names if name in (*NUMBERS, *COUNTS, "state") or name.startswith("__index_level_")
        ]
        odd = [name for name in held if name != "state" and not _is_number(schema.field(name).type)]
        if odd:
            raise SessionError(f"{odd[0]} of the circuits is not a number")
        table = file.read(columns=held, use_threads=False).to_pandas(use_threads=False).astype({"state": "str"})
    except (pa.ArrowException, OSError) as error:
        raise SessionError(f"the table of circuits is damaged ({_one_line(error)})") from None
    if not table.index.is_unique or table.index.dtype.kind not in "iu":
        raise SessionError("the numbers of the circuits are not whole, or some of them repeat")
    theta = table[list(NAMES)].to_numpy(dtype=float)
    if not np.isfinite(theta).all():
        raise SessionError("the table of circuits has parameters that are not finite numbers")
    if not set(COUNTS) <= set(table):
        return table.assign(seeds=(table["state"] != "").astype(int), matched=is_consistent(table["state"]).astype(int))
    if not all(table[name].dtype.kind in "iu" for name in COUNTS):
        raise SessionError("the counts of matches are not whole numbers")
    return table


def _one_line(error: Exception) -> str:
    """Return a library's message on one line."""
    return " ".join(str(error).split())


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def checked_run(theta: Any, vector: Any, outcome: Any, recording: Recording | None) -> None:
    """Raise SessionError for values that no simulation returns."""
    if np.shape(theta) != (len(NAMES),) or np.ndim(vector) != 1 or np.asarray(vector).dtype.kind != "f":
        raise SessionError("a simulated circuit lacks its 28 parameters or its vector of features")
    if outcome not in OUTCOMES:
        raise SessionError(f"{str(outcome)[:40]!r} is not an outcome of a simulation")
    if recording is not None and recording.duration > 2 * MAX_DURATION:
        raise SessionError(f"a simulated recording of {recording.duration:g} s; at most {2 * MAX_DURATION:g} s are run")
    if recording is not None and not np.isfinite(recording.spike_times).all():
        raise SessionError("a simulated recording has spikes whose times are not finite")
    if recording is not None and recording.n_spikes and (np.diff(recording.spike_times) < 0).any():
        raise SessionError("the spikes of a simulated recording are not in order")


def checked_perturbed(runs: PerturbedRuns) -> PerturbedRuns:
    """Return an experiment. Raises SessionError for arrays that do not fit together and for unknown outcomes."""
    n, n_seeds = np.shape(runs.seeds) if np.ndim(runs.seeds) == 2 else (-1, -1)
    n_features = len(SCALARS) + len(SPECTRUM_FEATURES)
    for name, shape, kinds in (
        ("numbers", (n,), "iu"), ("theta", (n, len(NAMES)), "f"), ("features", (n, n_seeds, 2, n_features), "f"),
        ("outcomes", (n, n_seeds, 2), "U"), ("seeds", (n, n_seeds), "iu"),
    ):  # fmt: skip
        values = np.asarray(getattr(runs, name))
        if values.shape != shape or values.dtype.kind not in kinds:
            raise SessionError(f"the {name} of an experiment do not fit its circuits and seeds")
    strange = set(runs.outcomes.ravel().tolist()) - {"", *OUTCOMES}
    if strange:
        raise SessionError(f"{min(strange)[:40]!r} is not an outcome of a simulation")
    return runs


def checked_vector(vector: Any) -> Any:
    """Return the features of a rerun. Raises SessionError for anything else."""
    if np.ndim(vector) != 1 or np.asarray(vector).dtype.kind != "f":
        raise SessionError("a circuit that was run again has no vector of features")
    return vector


def checked_rejection(after: Any) -> float | None:
    """Return after how many seconds a run was given up, None if it was not. Raises SessionError for an impossible time."""
    if after is None:
        return None
    if not isinstance(after, int | float) or isinstance(after, bool) or not 0 <= after <= 2 * MAX_DURATION:
        raise SessionError(f"{str(after)[:40]!r} is not a time, in s, at which a run can be given up")
    return float(after)


def checked_name(name: Any) -> str:
    """Return a name that the page will show. Raises SessionError for one that is too long."""
    if len(str(name)) > MAX_NAME:
        raise SessionError(f"a name of {len(str(name))} characters; at most {MAX_NAME} are shown")
    return str(name)


def checked_marks(marks: Any) -> Marks:
    """Return a circuit's marks: a list of words or, of version 0.1.0, a text of them. Raises SessionError for another word."""
    words = marks.split() if isinstance(marks, str) else marks
    if not isinstance(words, list) or len(words) > len(Mark):
        raise SessionError(f"{str(marks)[:40]!r} is not a mark of a circuit")
    for word in words:
        if word not in list(Mark):
            raise SessionError(f"{str(word)[:40]!r} is not a mark of a circuit")
    return frozenset(Mark(word) for word in words)
