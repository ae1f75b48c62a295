"""Metadata from file names: what varies between names of the same pattern."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from ...errors import StudyError
from ...recording.formats.table import EXTENSIONS
from .table import StudyTable, with_numbers

AGES = {
    "div": "age_div",
    "day": "age_days",
    "d": "age_days",
    "week": "age_weeks",
    "wk": "age_weeks",
    "w": "age_weeks",
    "p": "age_postnatal",
    "month": "age_months",
}
"""Prefixes (or suffixes) of a number that mean an age, and the name of its column."""

_WORD = re.compile(r"[_\-\s.+]+")
_NUMBERED = re.compile(r"([A-Za-z]+)(\d+(?:[.,]\d+)?)|(\d+(?:[.,]\d+)?)([A-Za-z]+)")

_DATE = re.compile(r"(?:19|20)\d{6}|(?:19|20)\d{2}-\d{2}-\d{2}")

MAX_LEVELS = 8
"""Most words that exclude each other and still make one column; more are names, not levels."""

_SKIPPED = ("study.csv", "readme")


def folder_study(folder: Path) -> StudyTable:
    """Return the study made of a folder's recordings, with the metadata in their names. Raises StudyError when there are no recordings."""
    files = sorted(
        item for item in folder.iterdir()
        if not item.name.startswith(".") and not item.name.lower().startswith(_SKIPPED)
        and (item.is_dir() or item.suffix.lower() in EXTENSIONS)
    )  # fmt: skip
    if not files:
        raise StudyError(f"{folder}: there are no recordings in this folder.")
    stems = [item.name if item.is_dir() else item.name.split(".")[0] for item in files]
    rows, problems = with_numbers(metadata_of(stems))
    said = ", ".join(rows.columns) or "nothing"
    return StudyTable(
        rows, dict(zip(rows.index, files, strict=True)), {int(row): {} for row in rows.index},
        (f"No table was given: the names of the {len(files)} files give {said}.", *problems), folder.name,
    )  # fmt: skip


def metadata_of(names: list[str]) -> pd.DataFrame:
    """Return what varies between names, as columns of text; rows are numbered from 1.

    A number behind the same letters in most names (DIV7, TC01) is a column with the letters as its name; so is a date. Other words are in
    some names and not in others. Words that exclude each other and together cover all names make one column; any other word makes a
    column of yes and no.
    """
    index = pd.RangeIndex(1, len(names) + 1)
    words = [_words(name) for name in names]
    found: dict[str, pd.Series] = {}
    numbered = [_numbers(own) for own in words]
    keys = list(dict.fromkeys(key for own in numbered for key in own))
    used: set[str] = set()
    for key in keys:
        column = pd.Series([own.get(key, "") for own in numbered], index=index)
        is_age = key.lower() in AGES
        if (column != "").mean() >= (0.5 if is_age else 1.0) and column.nunique() > 1:
            found[AGES.get(key.lower(), key.lower())] = column
            used.add(key.lower())
    left = [[word for word in own if (_key(word) or "").lower() not in used] for own in words]
    found |= _words_that_vary(left, index)
    return _without_copies(pd.DataFrame(found, index=index))


def _words(name: str) -> list[str]:
    dates = _DATE.findall(name)
    rest = _DATE.sub("_", name)
    return [*(f"date{date.replace('-', '')}" for date in dates), *(word for word in _WORD.split(rest) if word)]


def _key(word: str) -> str | None:
    match = _NUMBERED.fullmatch(word)
    return None if match is None else match[1] or match[4]


def _numbers(words: list[str]) -> dict[str, str]:
    """Return prefix → position of the word with this prefix; the first of a prefix counts."""
    out: dict[str, str] = {}
    for word in words:
        match = _NUMBERED.fullmatch(word)
        if match is not None:
            out.setdefault(match[1] or match[4], (match[2] or match[3]).replace(",", "."))
    return out


def _words_that_vary(words: list[list[str]], index: pd.RangeIndex) -> dict[str, pd.Series]:
    """Return columns for the words that only some names have."""
    sets = [set(own) for own in words]
    varying = [
        word for word in dict.fromkeys(word for own in words for word in own) if not all(word in own for own in sets)
    ]
    found: dict[str, pd.Series] = {}
    while varying:
        group = [varying.pop(0)]
        for word in list(varying):
            apart = all(not ({word} & own and set(group) & own) for own in sets)
            if apart and len(group) < MAX_LEVELS:
                group.append(word)
                varying.remove(word)
        covered = all(set(group) & own for own in sets)
        if covered and len(group) > 1:
            found[f"group_{len(found) + 1}"] = pd.Series(
                [next(word for word in group if word in own) for own in sets], index=index
            )
        elif len(group) == 1 or not covered:
            for word in group:
                found[word] = pd.Series(["yes" if word in own else "no" for own in sets], index=index)
    return found


def _without_copies(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out columns that say the same as an earlier one in other words."""
    kept: list[str] = []
    codes: list[tuple[int, ...]] = []
    for name in frame.columns:
        code = tuple(pd.factorize(frame[name])[0].tolist())
        if code not in codes:
            kept.append(name)
            codes.append(code)
    return frame[kept]
