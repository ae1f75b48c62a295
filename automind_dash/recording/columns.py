"""Which column of a spike list holds the times, and which the units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import RecordingError
from .questions import Question, Questions
from .variables import looks_like_times, unit_in_name

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Columns:
    """Columns by number from 0, and the names of those that messages mention."""

    time: int
    unit: int
    well: int | None
    time_name: str
    unit_name: str


def choose_columns(names: list[str], sample: pd.DataFrame, questions: Questions) -> Columns:
    """Return the columns to read, by their names where these are clear, else by their first rows; asked for then.

    names: a name per column; sample: the first rows. Raises RecordingError when there are no two columns.
    """
    if len(names) < 2:
        raise RecordingError(
            f"{questions.file}: it has one column; a spike list needs two, a time and a unit in each row."
        )
    names = _distinct(names)
    wells = [name for name in names if name.strip().lower() == "well"]
    usable = [name for name in names if name not in wells]
    numeric = [name for name in usable if _is_numeric(sample.iloc[:, names.index(name)])] or usable
    time = _time(names, numeric, usable, sample, questions)
    unit = _unit(time, [name for name in usable if name != time], sample, names, questions)
    well = names.index(wells[0]) if wells else None
    return Columns(names.index(time), names.index(unit), well, time, unit)


def _time(names: list[str], numeric: list[str], usable: list[str], sample: pd.DataFrame, questions: Questions) -> str:
    stated = [name for name in usable if looks_like_times(name) > 0 or unit_in_name(name)]
    if len(stated) == 1 and questions.answer("time_column") is None:
        return stated[0]

    def likelihood(name: str) -> tuple[bool, bool, bool, float]:
        values = sample.iloc[:, names.index(name)]
        if not _is_numeric(values):
            return (name in stated, False, False, 0.0)
        fractional = bool((values.dropna() % 1 != 0).any())
        return (name in stated, fractional, bool(values.is_monotonic_increasing), float(values.max() - values.min()))

    guess = max(numeric, key=likelihood)
    if len(numeric) == 1 and questions.answer("time_column") is None:
        return guess
    reason = "by its name and its first values, it looks most like times"
    return questions.ask(
        Question("time_column", "Which column holds the spike times?", guess, reason, choices=tuple(numeric))
    )


def _unit(time: str, others: list[str], sample: pd.DataFrame, names: list[str], questions: Questions) -> str:
    stated = [name for name in others if looks_like_times(name) < 0]
    if questions.answer("unit_column") is None and (len(others) == 1 or len(stated) == 1):
        return (stated or others)[0]

    def distinct(name: str) -> int:
        return sample.iloc[:, names.index(name)].nunique()

    guess = stated[0] if stated else min(others, key=distinct)
    reason = "by its name and its first values, it looks most like units"
    return questions.ask(Question("unit_column", "Which column holds the units?", guess, reason, choices=tuple(others)))


def _is_numeric(values: pd.Series) -> bool:
    return values.dtype.kind in "iuf" and bool(values.notna().any() or len(values) == 0)


def _distinct(names: list[str]) -> list[str]:
    """Return the names, with the column's number added to those that repeat or are empty."""
    seen: set[str] = set()
    out = []
    for i, name in enumerate(names):
        clean = str(name).strip()
        clean = f"{clean} ({i + 1})".strip() if not clean or clean in seen else clean
        seen.add(clean)
        out.append(clean)
    return out
