"""The role of each column of a study: the replicate, the order, the conditions. Each is guessed with its evidence, and asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import StudyError, likeliest
from ...recording.questions import Question
from .table import StudyTable

REPLICATE, ORDER, CONDITION = "replicate", "order", "condition"

WORDS = {
    REPLICATE: ("culture", "replicate", "organoid", "animal", "mouse", "rat", "subject", "dish", "slice", "donor", "chip", "tc",
                "well", "id"),
    ORDER: ("age", "div", "day", "week", "month", "time", "hour", "session", "stage", "order", "passage", "dose", "concentration"),
    CONDITION: ("treatment", "condition", "drug", "group", "genotype", "line", "region", "medium", "stimulation", "sex"),
}  # fmt: skip
"""Names for such columns."""

NONE = "none"
MAX_LEVELS = 12
"""Most levels of a condition; a column with more holds names."""

CONTROLS = (
    "none",
    "control",
    "ctrl",
    "vehicle",
    "untreated",
    "baseline",
    "before",
    "no",
    "wt",
    "wild type",
    "dmso",
    "0",
    "sham",
    "pre",
)
"""Names for the level that others are compared with."""


@dataclass(frozen=True)
class Roles:
    """The role of each column. replicate, order: a column's name, or None; conditions: columns, perhaps none."""

    replicate: str | None = None
    order: str | None = None
    conditions: tuple[str, ...] = ()


def ask_roles(study: StudyTable) -> list[Question]:
    """Return the three questions, each with a guess and its evidence; "none" is always a choice.

    The guess of the conditions may be several columns, separated by commas.
    """
    rows = study.rows
    scores = {name: _scores(rows, name) for name in study.columns}
    order = _best(scores, ORDER, ())
    replicate = _best(scores, REPLICATE, (order,))
    conditions = [
        name for name in study.columns
        if name not in (order, replicate) and scores[name][CONDITION] > 0 and not _names_each(rows, name, replicate)
    ]  # fmt: skip
    choices = (*study.columns, NONE)
    return [
        Question(REPLICATE, "Which column names what was recorded repeatedly (culture, animal, organoid)?", replicate or NONE,
                 _replicate_reason(rows, replicate, order), choices),
        Question(ORDER, "Which column gives an order (age, dose, time)?", order or NONE, _order_reason(rows, order, replicate), choices),
        Question(CONDITION, "Which columns are conditions (treatment, region, line)?", ", ".join(conditions) or NONE,
                 _condition_reason(rows, conditions, replicate), choices),
    ]  # fmt: skip


def roles_of(
    study: StudyTable, *, replicate: str | None = None, order: str | None = None, conditions: Sequence[str] | None = None
) -> Roles:  # fmt: skip
    """Return the roles as given, else as guessed. "none" (or "") means no such column. Raises StudyError for other answers."""
    guesses = {question.key: str(question.guess) for question in ask_roles(study)}
    said = {REPLICATE: replicate, ORDER: order}
    chosen = {key: guesses[key] if value is None else value for key, value in said.items()}
    several = [part.strip() for part in guesses[CONDITION].split(",")] if conditions is None else list(conditions)
    several = [name for name in several if name not in ("", NONE, *(said[key] for key in said if said[key]))]
    for name in (*chosen.values(), *several):
        if name not in ("", NONE, *study.columns):
            raise StudyError(f"The study has no column {name!r}. {likeliest(name, study.columns)}")
    found = {key: None if value in ("", NONE) else value for key, value in chosen.items()}
    if found[REPLICATE] is not None and found[REPLICATE] == found[ORDER]:
        raise StudyError(f"{found[ORDER]!r} cannot be both the replicate and the order.")
    if found[ORDER] is not None and not pd.api.types.is_numeric_dtype(study.rows[found[ORDER]]):
        raise StudyError(
            f"{found[ORDER]!r} holds words, but an order needs numbers; correct the table, or choose another column."
        )
    return Roles(found[REPLICATE], found[ORDER], tuple(several))


def levels(column: pd.Series) -> list[str]:
    """Return a condition's levels, with the one that others are compared with first: a control by its name, else the most frequent."""
    texts = column.dropna().astype(str)
    counts = texts[texts != ""].value_counts()
    names = [str(name) for name in counts.index]
    first = next((name for word in CONTROLS for name in names if name.lower() == word), names[0] if names else "")
    return [first, *sorted(name for name in names if name != first)] if names else []


def suspicious(study: StudyTable, roles: Roles) -> list[str]:
    """Return sentences on entries that may be mistyped: an age far from the others, one twice in a replicate, a replicate in two groups."""
    rows, found = study.rows, []
    if roles.order is not None:
        values = rows[roles.order].dropna()
        middle, spread = values.median(), (values - values.median()).abs().median()
        far = values[(values - middle).abs() > 12 * spread] if spread > 0 else values[:0]
        for row, value in far.items():
            found.append(
                f"Row {row}: {roles.order} is {value:g}, far from the others ({values.drop(far.index).min():g} to "
                f"{values.drop(far.index).max():g}); check it."
            )
        if roles.replicate is not None:
            keys = [roles.replicate, roles.order, *roles.conditions]
            for key, rows_of in rows.dropna(subset=[roles.order]).groupby(keys, sort=False):
                if len(rows_of) > 1:
                    numbers = ", ".join(map(str, rows_of.index))
                    found.append(
                        f"Rows {numbers} have the same {roles.replicate} ({key[0]}) at the same {roles.order} ({key[1]:g}); "
                        f"check whether one is mistyped."
                    )
    return found


def _scores(rows: pd.DataFrame, name: str) -> dict[str, float]:
    """Return how well a column fits each role: 0 for not at all."""
    column = rows[name]
    filled = column.dropna()
    filled = filled[filled.astype(str) != ""]
    n, levels_ = len(filled), filled.nunique()
    numeric = bool(pd.api.types.is_numeric_dtype(column))
    repeated = n / max(levels_, 1)
    word = {role: _hint(name, WORDS[role]) for role in WORDS}
    order = (
        (1.0 if numeric and levels_ >= 3 else 0.0)
        * (1 + 3 * word[ORDER])
        * (0.2 if word[REPLICATE] > word[ORDER] else 1)
    )
    whole = not numeric or bool((filled % 1 == 0).all())
    may_repeat = 2 <= levels_ < n and whole and repeated >= 1.5
    replicate = (1 + 3 * word[REPLICATE]) * (0.25 if word[CONDITION] or word[ORDER] else 1) if may_repeat else 0.0
    few = 2 <= levels_ <= min(MAX_LEVELS, max(n // 2, 2)) and n >= len(rows) / 2
    condition = (
        (1 + 3 * word[CONDITION]) * (0 if word[REPLICATE] and not word[CONDITION] else 1)
        if few and (not numeric or word[CONDITION])
        else 0.0
    )
    if replicate and not word[REPLICATE] and numeric:
        replicate = 0.0
    return {ORDER: order, REPLICATE: replicate, CONDITION: condition}


def _hint(name: str, words: Sequence[str]) -> float:
    """Return 1 for the likeliest word, less for later ones, 0 for no match."""
    parts = [part for part in re.split(r"[^a-z]+", name.lower()) if part]
    for place, word in enumerate(words):
        if any(part in (word, f"{word}s") for part in parts):
            return 1 - 0.5 * place / len(words)
    return 0.0


def _best(scores: dict[str, dict[str, float]], role: str, taken: Sequence[str | None]) -> str | None:
    left = {name: score[role] for name, score in scores.items() if name not in taken and score[role] > 0}
    return max(left, key=lambda name: left[name]) if left else None


def _names_each(rows: pd.DataFrame, name: str, replicate: str | None) -> bool:
    """Tell whether a column only gives each replicate another name."""
    if replicate is None:
        return False
    pairs = rows[[replicate, name]].dropna().drop_duplicates()
    return len(pairs) == rows[replicate].nunique() == rows[name].nunique()


def _replicate_reason(rows: pd.DataFrame, name: str | None, order: str | None) -> str:
    if name is None:
        return "no column repeats as a culture's name would, so every recording counts as a replicate of its own"
    counts = rows[name].value_counts()
    within = ""
    if order is not None:
        within = f", each at {int(rows.groupby(name)[order].nunique().median())} different values of {order}"
    return f"{len(counts)} of them with {counts.min()} to {counts.max()} recordings each{within}"


def _order_reason(rows: pd.DataFrame, name: str | None, replicate: str | None) -> str:
    if name is None:
        return "no column holds three or more different numbers"
    values = rows[name].dropna()
    rising = ""
    if replicate is not None:
        differs = int((rows.groupby(replicate)[name].nunique() > 1).sum())
        rising = f"; it differs within {differs} of {rows[replicate].nunique()} of {replicate}"
    return f"numbers from {values.min():g} to {values.max():g}, {values.nunique()} different ones{rising}"


def _condition_reason(rows: pd.DataFrame, names: Sequence[str], replicate: str | None) -> str:
    if not names:
        return "no column of words has a small number of repeating levels"
    said = []
    for name in names:
        counts = rows[name].astype(str).value_counts()
        told = ", ".join(f"{level} {count}" for level, count in counts.head(4).items())
        inside = ""
        if replicate is not None:
            varies = int((rows.groupby(replicate)[name].nunique() > 1).sum())
            inside = (
                f", changes within {varies} of {rows[replicate].nunique()} of {replicate}"
                if varies
                else f", the same within each {replicate}"
            )
        said.append(f"{name}: {told}{inside}")
    return "; ".join(said)


def unit_of(order: str, values: pd.Series) -> tuple[float, str]:
    """Return the divisor that turns an order's numbers into a trend's unit, and that unit: weeks for days over two weeks or more."""
    name = order.lower()
    days = any(part in ("div", "days", "day", "postnatal") for part in re.split(r"[^a-z]+", name))
    span = float(np.ptp(values.dropna())) if len(values.dropna()) else 0.0
    if days:
        return (7.0, "week") if span >= 14 else (1.0, "day")
    for word in ("week", "month", "hour", "session", "year"):
        if word in name:
            return 1.0, word
    return 1.0, f"unit of {order}"


def word_of(order: str) -> str:
    """Return how the order is spoken of: age_div is an age."""
    name = order.lower()
    if any(part in ("div", "age") for part in re.split(r"[^a-z]+", name)):
        return "age"
    return order.replace("_", " ")
