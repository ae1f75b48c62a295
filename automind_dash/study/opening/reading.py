"""Read a study from a table of files, a folder of them, or one plate and its map."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...errors import StudyError
from ...recording import ANSWERS
from .file_names import folder_study
from .plates import plate_study
from .spreadsheet import read_spreadsheet
from .table import StudyTable, with_numbers

FILE_WORDS = ("file", "filename", "file name", "path", "recording")
"""Names for a column of files, most common first."""

TABLES = (".csv", ".tsv", ".txt", ".parquet", ".pqt")
MAX_RECORDINGS = 5000
"""Most rows of a study: more than a lab records in years, and few enough to look for every file."""

PASSED_ON = tuple(key for key in ANSWERS if key != "variable")
"""Columns with these names answer what a file leaves open (the well of a plate, a sampling rate), row by row."""


def read_study(source: str | Path, *, plate: str | Path | None = None, only_within: Path | None = None) -> StudyTable:
    """Read a study from a table (CSV, TSV, Parquet), a folder of recordings, or one file of a plate with its map.

    plate: table of wells (`plates.read_plate_map`); the source is then one recording of many wells. only_within: a folder that all files
    must lie in, for tables from untrusted people. Rows that cannot be used are left out and named in `problems`. Raises StudyError when
    nothing is left, or the source cannot be read.
    """
    path = Path(source)
    if not path.exists():
        raise StudyError(f"{path}: there is no such file or folder; check the path.")
    if plate is not None:
        found = plate_study(path, Path(plate))
    elif path.is_dir():
        found = folder_study(path)
    elif path.suffix.lower() in TABLES:
        found = _from_table(path, only_within)
    else:
        raise StudyError(
            f"{path.name} is neither a table ({', '.join(TABLES)}) nor a folder; for the wells of one plate, give its map with --plate."
        )
    if not len(found):
        raise StudyError(f"{path.name}: no recording is left. {' '.join(found.problems[:3])}")
    if len(found) > MAX_RECORDINGS:
        raise StudyError(f"{path.name}: {len(found)} recordings; at most {MAX_RECORDINGS} can be studied at once.")
    return found


def _from_table(path: Path, only_within: Path | None) -> StudyTable:
    frame = read_spreadsheet(path)
    column = file_column(frame, path.parent)
    files, problems = _existing(frame[column], path.parent, only_within)
    answers = _answers(frame)
    files, doubled = _without_doubles(files, answers)
    kept = list(files)
    passed = [name for name in frame.columns if name in PASSED_ON and name != "well"]
    rows, mistyped = with_numbers(frame.loc[kept].drop(columns=[column, *passed]))
    return StudyTable(rows, files, {row: answers[row] for row in kept}, (*problems, *doubled, *mistyped), path.name)


def file_column(frame: pd.DataFrame, folder: Path) -> str:
    """Return the column that names files: by its name, else the one whose values are files most often. Raises StudyError for none."""
    lower = {str(name).strip().lower(): str(name) for name in frame.columns}
    for word in FILE_WORDS:
        if word in lower:
            return lower[word]
    shares = {
        str(name): np.mean([bool(text) and (folder / text).exists() for text in frame[name].astype(str).head(200)])
        for name in frame.columns
    }
    best = max(shares, key=lambda name: shares[name], default="")
    if not best or shares[best] == 0:
        raise StudyError(
            "The table has no column of files: call one `file`, with each recording's path (from the table's folder). "
            f"Its columns: {', '.join(map(str, frame.columns[:10]))}."
        )
    return best


def _existing(
    cells: pd.Series, folder: Path, only_within: Path | None
) -> tuple[dict[int, Path], list[str]]:  # fmt: skip
    """Return the files that exist, by row, and sentences about the others."""
    there = [item.name for item in folder.iterdir()] if folder.is_dir() else []
    files, problems = {}, []
    for row, cell in cells.items():
        text = str(cell).strip()
        if not text:
            problems.append(f"Row {row} names no file; the row is left out.")
            continue
        path = folder / Path(text).expanduser()
        if only_within is not None and not path.resolve().is_relative_to(only_within.resolve()):
            problems.append(f"Row {row}: {text} lies outside the study's folder; it is left out.")
        elif not path.exists():
            near = get_close_matches(Path(text).name, there, 1, 0.8)
            meant = f" Is it {near[0]}?" if near else ""
            problems.append(f"Row {row}: there is no file {text}; it is left out.{meant}")
        else:
            files[int(str(row))] = path
    return files, problems


def _answers(frame: pd.DataFrame) -> dict[int, dict[str, Any]]:
    """Return what each row says about its file beyond the name."""
    asked = [name for name in frame.columns if name in PASSED_ON]
    return {
        int(str(row)): {name: _number(str(line[name]).strip()) for name in asked if str(line[name]).strip()}
        for row, line in frame.iterrows()
    }


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _without_doubles(
    files: dict[int, Path], answers: dict[int, dict[str, Any]]
) -> tuple[dict[int, Path], list[str]]:  # fmt: skip
    """Leave out rows that name a recording already named by an earlier row."""
    first: dict[tuple[Path, str], int] = {}
    kept, problems = {}, []
    for row, path in files.items():
        what = (path.resolve(), str(answers.get(row, {}).get("well", "")))
        if what in first:
            problems.append(f"Row {row} names {path.name} again, like row {first[what]}; the row is left out.")
        else:
            first[what] = row
            kept[row] = path
    return kept, problems
