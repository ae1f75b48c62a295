"""A study: its recordings, and the metadata of each."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...errors import StudyError


@dataclass(frozen=True, eq=False)
class StudyTable:
    """The recordings of a study.

    rows: the metadata of each recording, indexed by its row in the source (from 1), as written; a column holds numbers where all its
    entries are numbers but for some mistakes; files: path of each row; answers: of each row, for `read_recording`; problems: sentences
    about rows, each with its number; source: the file or folder that was read.
    """

    rows: pd.DataFrame
    files: dict[int, Path]
    answers: dict[int, dict[str, Any]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    source: str = ""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """The metadata columns."""
        return tuple(str(name) for name in self.rows.columns)

    def name(self, row: int) -> str:
        """Return a recording's name: its file's stem, with the well of a plate."""
        well = self.answers.get(row, {}).get("well")
        stem = self.files[row].name.split(".")[0] or self.files[row].name
        return f"{stem} {well}" if well else stem


MOSTLY = 0.6
"""When at least this share of a column's entries are numbers, the others are taken for mistakes."""


def with_numbers(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return columns of text, with those that are mostly numbers as numbers, and a sentence for each entry that is not a number.

    Spellings that differ only in case or spaces become the most frequent one.
    """
    out, problems = {}, []
    for name in frame.columns:
        texts = frame[name].astype(str).str.strip()
        filled = texts[texts != ""]
        numbers = pd.to_numeric(filled.str.replace(r"(?<=\d),(?=\d)", ".", regex=True), errors="coerce")
        if len(filled) and np.isfinite(numbers).mean() > MOSTLY:
            for row in numbers.index[~np.isfinite(numbers)]:
                problems.append(
                    f"Row {row}: {name} is {filled[row]!r}, which is not a number; the recording is analysed, but left "
                    f"out of everything that uses {name}."
                )
            out[str(name)] = numbers.where(np.isfinite(numbers)).reindex(texts.index)
        else:
            out[str(name)], respelt = _one_spelling(texts, str(name))
            problems += respelt
    return pd.DataFrame(out, index=frame.index), problems


def _one_spelling(texts: pd.Series, name: str) -> tuple[pd.Series, list[str]]:
    plain = texts.str.lower().str.replace(r"\s+", " ", regex=True)
    usual = {one: texts[plain == one].mode().iloc[0] for one in plain.unique()}
    problems = [
        f"Row {row}: {name} is written {texts[row]!r}, elsewhere {usual[plain[row]]!r}; both count as the same."
        for row in texts.index[texts != plain.map(usual)]
    ]
    return plain.map(usual), problems


def corrected(study: StudyTable, corrections: dict[int, dict[str, Any]]) -> StudyTable:
    """Return the study with metadata that a person corrected: row → column → value. Raises StudyError for unknown rows and columns."""
    rows = study.rows.astype(object)
    for row, values in corrections.items():
        for column, value in values.items():
            if row not in rows.index or column not in rows.columns:
                raise StudyError(f"The study has no row {row} with a column {column!r}.")
            rows.loc[row, column] = value
    texts = rows.map(lambda value: "" if value is None or value != value else str(value))
    found, problems = with_numbers(texts)
    return replace(study, rows=found, problems=(*study.problems, *problems))
