"""Which column of a spike list holds the times, and which the units."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import RecordingError
from ..any_arrays.variables import looks_like_times
from ..facts.quality_words import is_quality
from ..facts.time_units import unit_in_name
from ..questions import Question, Questions
from .channels_of_units import both, channel_and_unit

if TYPE_CHECKING:
    import pandas as pd

TRIAL_NAME = re.compile(
    r"^(trial|segment|epoch|sweep|block|episode|repetition|repeat|versuch|durchgang|essai|ensayo|prova)s?"
    r"([ _-]?(id|no|nr|num(ber)?|index))?$",
    re.IGNORECASE,
)
POPULATION_NAME = re.compile(r"^(population|pop)s?([ _-]?(id|name))?$", re.IGNORECASE)
WELL_NAME = re.compile(r"^well([ _-]?(id|name))?$", re.IGNORECASE)
NEITHER = re.compile(
    r"ampl|volt|\[?[µμum]v\]?\)?$|snr|width|breite|height|höhe|peak|energy|pc\d|depth|tiefe|qualit|prob|conf|^[xyz]$|_[xyz]$"
    r"|row$|col(umn)?$|rate|date|datum",
    re.IGNORECASE,
)
"""Names of measurements and places of a spike, which are neither times nor units."""


@dataclass(frozen=True)
class Columns:
    """Columns by number from 0, None where there is none, and the names of those that messages mention.

    channel: the column of channels that may count their own units, and pair: its name and that of the units' column
    """

    time: int
    unit: int
    well: int | None
    trial: int | None
    population: int | None
    quality: int | None
    time_name: str
    unit_name: str
    channel: int | None = None
    pair: tuple[str, str] | None = None

    def labels(self) -> list[int]:
        """Return the columns that are read as they are written."""
        return [
            i for i in (self.unit, self.well, self.trial, self.population, self.channel, self.quality) if i is not None
        ]


def choose_columns(names: list[str], sample: pd.DataFrame, questions: Questions) -> Columns:
    """Return the columns to read, by their names where these are clear, else by their first rows; asked for then.

    names: a name per column; sample: the first rows. Raises RecordingError when there are no two columns.
    """
    if len(names) < 2:
        raise RecordingError(
            f"{questions.file}: it has one column; a spike list needs two, a time and a unit in each row."
        )
    names = distinct(names)
    number = {name: i for i, name in enumerate(names)}
    asked = {str(questions.answer(key)).strip().lower() for key in ("time_column", "unit_column")}
    special: dict[str, str] = {}
    for name in names:
        clean = name.strip()
        if clean.lower() in asked:
            continue
        for kind, pattern in (("well", WELL_NAME), ("trial", TRIAL_NAME), ("population", POPULATION_NAME)):
            if pattern.search(clean):
                special.setdefault(kind, name)
        if is_quality(clean, sample.iloc[:, number[name]].dropna().astype(str).unique()):
            special.setdefault("quality", name)
    usable = [name for name in names if name not in special.values()]
    if len(usable) < 2:
        usable, special = names, {}
    kept = [name for name in usable if not NEITHER.search(name.strip()) or unit_in_name(name)]
    likely = kept if len(kept) >= 2 else usable
    numeric = [name for name in likely if is_numeric(sample.iloc[:, number[name]])] or likely
    time = _time(numeric, likely, usable, sample, number, questions)
    pair = channel_and_unit([name for name in usable if name != time])
    if pair and questions.answer("unit_column") in (None, both(pair)):
        unit = pair[1]
    else:
        pair = None
        unit = _unit([x for x in likely if x != time], [x for x in usable if x != time], sample, number, questions)
    others = {
        kind: number[special[kind]] if kind in special else None for kind in ("well", "trial", "population", "quality")
    }
    channel = number[pair[0]] if pair else None
    return Columns(number[time], number[unit], **others, time_name=time, unit_name=unit, channel=channel, pair=pair)


def _time(
    numeric: list[str],
    likely: list[str],
    usable: list[str],
    sample: pd.DataFrame,
    number: dict[str, int],
    questions: Questions,
) -> str:
    answered = questions.answer("time_column") is not None
    stated = [name for name in likely if looks_like_times(name) > 0 or unit_in_name(name)]
    if len(stated) == 1 and not answered:
        return stated[0]

    def likelihood(name: str) -> tuple[bool, bool, bool, float]:
        values = sample.iloc[:, number[name]]
        if not is_numeric(values):
            return (name in stated, False, False, 0.0)
        fractional = bool((values.dropna() % 1 != 0).any())
        return (name in stated, fractional, bool(values.is_monotonic_increasing), float(values.max() - values.min()))

    guess = max(numeric, key=likelihood)
    if len(numeric) == 1 and not answered:
        return guess
    reason = "by its name and its first values, it looks most like times"
    choices = tuple(dict.fromkeys((*numeric, *(usable if answered else ()))))
    return questions.ask(Question("time_column", "Which column holds the spike times?", guess, reason, choices=choices))


def _unit(
    likely: list[str], usable: list[str], sample: pd.DataFrame, number: dict[str, int], questions: Questions
) -> str:
    answered = questions.answer("unit_column") is not None
    others = likely or usable
    stated = [name for name in others if looks_like_times(name) < 0]
    if not answered and (len(stated) == 1 or (len(usable) == 1 and not NEITHER.search(others[0].strip()))):
        return (stated or others)[0]

    def unlikeliness(name: str) -> tuple[bool, int]:
        values = sample.iloc[:, number[name]]
        fractional = is_numeric(values) and bool((values.dropna() % 1 != 0).any())
        return (fractional or values.nunique() < 2, values.nunique())

    guess = min(stated or others, key=unlikeliness)
    elsewhere = not stated and bool(NEITHER.search(guess.strip()))
    reason = "by its name and its first values, it looks most like units"
    if elsewhere:
        reason = f"no column's name means units, and {guess!r} sounds like a measurement or a place"
    return questions.ask(
        Question(
            "unit_column", "Which column holds the units?", guess, reason, choices=tuple(usable if answered else others),
            required=elsewhere,
        )
    )  # fmt: skip


def is_numeric(values: pd.Series) -> bool:
    """Return whether a column holds numbers, at least one."""
    return values.dtype.kind in "iuf" and bool(values.notna().any() or len(values) == 0)


def distinct(names: list[str]) -> list[str]:
    """Return the names, with the column's number added to those that repeat or are empty."""
    seen: set[str] = set()
    out = []
    for i, name in enumerate(names):
        clean = str(name).strip()
        clean = f"{clean} ({i + 1})".strip() if not clean or clean in seen else clean
        seen.add(clean)
        out.append(clean)
    return out
