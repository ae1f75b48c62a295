"""The results of a study from unknown hands: sizes, types and words are looked at before anything of them is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..circuit.outcome import OUTCOMES
from ..circuit.parameters import NAMES
from ..errors import StudyError
from ..features import FEATURES
from .measuring import CAN, CANNOT, HARDLY, PARTS, UNKNOWN
from .opening.reading import MAX_RECORDINGS
from .opening.table import StudyTable
from .results import DONE, FAILED, META, RECORDING, TABLES, UNFINISHED, StudyResults, read_results

READER = f"{__name__}:check_beside"
"""Reads results in a process with limits (`rehearse`)."""

MAX_TABLE = 2**29
"""Bytes of a table as it is held: draws for 700 recordings take as much."""

MAX_WORD = 2000
"""Most characters of an entry; the rest is cut."""

WORDS = ("name", "file", "status", "error", "key", "content_hash", "estimator", "digest", "verdict", "why", "differing")
NUMBERS = (
    "n_units",
    "duration",
    "mean_rate",
    "nearest_distance",
    "usual_distance",
    "share_as_far",
    "confirmed",
    "simulated",
)


def check_beside(file: Path) -> None:
    """Read the results that a file lies among. Raises StudyError for damaged ones."""
    checked_results(file.parent)


def checked_results(folder: Path) -> StudyResults:
    """Return the results in a folder. Raises StudyError that says what no study holds."""
    try:
        for name in TABLES:
            _check_size(folder / f"{name}.parquet")
        return _checked(read_results(folder))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, pa.ArrowException) as error:
        raise StudyError(f"The study's results are damaged ({type(error).__name__}: {str(error)[:120]}).") from None


def _check_size(path: Path) -> None:
    if not path.is_file():
        return  # `read_results` says which ones are lacking
    try:
        about = pq.read_metadata(path)
    except (pa.ArrowException, OSError):
        raise StudyError(f"{path.name} of the study's results is damaged; copy it again.") from None
    held = sum(about.row_group(i).total_byte_size for i in range(about.num_row_groups))
    if held > MAX_TABLE:
        raise StudyError(f"{path.name} unpacks to {held / 1e6:.0f} MB; at most {MAX_TABLE / 1e6:.0f} MB are read.")


def _checked(results: StudyResults) -> StudyResults:
    rows = results.recordings.copy()
    lacking = [name for name in (*WORDS, *NUMBERS, "target") if name not in rows]
    if lacking:
        raise StudyError(f"The study's table of recordings lacks {', '.join(lacking[:5])}.")
    if len(rows) > MAX_RECORDINGS or rows.index.dtype.kind not in "iu" or not rows.index.is_unique:
        raise StudyError("The study's recordings are not numbered, each once, or are too many.")
    for name in WORDS:
        rows[name] = rows[name].map(lambda value: "" if value is None or value != value else str(value)[:MAX_WORD])
    for name in NUMBERS:
        rows[name] = pd.to_numeric(rows[name], errors="coerce").astype(np.float64)
    for name in [str(name) for name in rows if str(name).startswith(META)]:
        if not pd.api.types.is_numeric_dtype(rows[name]):
            rows[name] = rows[name].map(lambda value: "" if value is None else str(value)[:MAX_WORD])
    strange = {*rows["status"]} - {DONE, FAILED, UNFINISHED} | {*rows["verdict"]} - {CAN, HARDLY, CANNOT, UNKNOWN, ""}
    if strange:
        raise StudyError(f"The study's results hold a word that they cannot hold: {min(strange)[:40]!r}.")
    known = set(rows.index[rows["status"] == DONE])
    features = results.features
    if len(features):
        features = features[features["feature"].isin(list(FEATURES)) & features[RECORDING].isin(known)]
        features = features.astype({"value": np.float64}).drop_duplicates([RECORDING, "part", "feature"])
    draws, circuits = (_circuits(getattr(results, name), known) for name in ("draws", "circuits"))
    if len(draws):
        draws = draws[draws["part"].isin(PARTS)]
    excerpts = results.excerpts
    if len(excerpts):
        excerpts = excerpts.astype({"time": np.float64, "unit": np.int64})
        excerpts = excerpts[excerpts[RECORDING].isin(known) & np.isfinite(excerpts["time"]) & (excerpts["unit"] >= 0)]
    runs, again = _circuits(results.runs, known), results.repetitions
    again = again[again[RECORDING].isin(known)] if len(again) else again
    for table in (circuits, runs, again):
        _check_simulated(table)
    return StudyResults(rows, features, excerpts, draws, circuits, runs, _about(results.about, [*rows.columns]), again)


def _check_simulated(table: pd.DataFrame) -> None:
    """Raise StudyError for simulations that no search makes."""
    if not len(table):
        return
    numbers = ["seed", "distance", "run", *[name for name in table if str(name).startswith("transformed.")]]
    if not all(pd.api.types.is_numeric_dtype(table[name]) for name in numbers):
        raise StudyError("The study's simulations hold seeds, distances or features that are no numbers.")
    if strange := {*table["outcome"]} - {*OUTCOMES}:
        raise StudyError(f"{str(min(strange, key=str))[:40]!r} is not an outcome of a simulation.")


def _circuits(table: pd.DataFrame, known: set[Any]) -> pd.DataFrame:
    if not len(table):
        return table
    table = table[table[RECORDING].isin(known)].astype(dict.fromkeys(NAMES, np.float64))
    if not np.isfinite(table[list(NAMES)].to_numpy()).all():
        raise StudyError("The study's circuits have parameters that are no finite numbers.")
    return table


def _about(said: dict[str, Any], columns: list[str]) -> dict[str, Any]:
    roles, asked = said["roles"], said["asked"]
    named = [name for name in (roles["replicate"], roles["order"]) if name is not None] + list(roles["conditions"])
    absent = [name for name in named if META + str(name) not in columns]
    if absent:
        raise StudyError(f"The study's results lack the column {str(absent[0])[:80]!r}.")
    if not 1 <= int(said["n_neurons"]) <= 1_000_000 or not isinstance(asked, dict):
        raise StudyError("The study's results do not say how they were made.")
    numbers = {str(name): float(value) if isinstance(value, float) else int(value) for name, value in asked.items()}
    return {
        **said, "roles": {**roles, "conditions": [str(name) for name in roles["conditions"]]}, "asked": numbers,
        "problems": [str(one)[:MAX_WORD] for one in said["problems"]], "source": str(said["source"])[:MAX_WORD],
        "threshold": float(said["threshold"]), "n_neurons": int(said["n_neurons"]),
    }  # fmt: skip


def table_of(results: StudyResults) -> StudyTable:
    """Return the study that results were made of. Its files are where they were then, so perhaps nowhere."""
    rows = results.recordings[[name for name in results.recordings if str(name).startswith(META)]]
    answers = results.about.get("answers", {})
    return StudyTable(
        rows.rename(columns=lambda name: str(name).removeprefix(META)),
        {int(str(row)): Path(str(file)) for row, file in results.recordings["file"].items()},
        {int(str(row)): dict(answers.get(str(row), {})) for row in rows.index}, tuple(results.about["problems"]), results.about["source"],
    )  # fmt: skip
