"""The questions that a file leaves open, the guesses that answer them, and the answers of a person."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import RecordingError
from .report import Note

ANSWERS: Mapping[str, str] = {
    "sampling_rate": 'Hz that sample numbers were counted at, or "s" where the times are seconds already',
    "time_unit": "s, ms, us, ns, min or samples",
    "offset": "s, the time in the file that becomes 0",
    "duration": "s, from the offset to the end of the recording",
    "well": "the well of a plate",
    "units": 'quality labels to keep, separated by commas, or "all"',
    "silent_units": '"keep" or "leave out" what is listed without a spike',
    "variable": "the variable, table or file inside the file that holds the spikes",
    "time_variable": "the variable that holds one time per spike",
    "unit_variable": "the variable that holds one unit per spike",
    "time_column": "the column of times: its name, or its number from 1 where there is no header",
    "unit_column": "the column of units: its name, or its number from 1 where there is no header",
    "layout": "how a table lays out its spikes",
    "bin_width": "s, of a bin of a raster",
    "raster_rows": "what a row of a raster is",
    "segment": "the segment of a recording in several",
    "trials": "how trials follow each other, or the one to read",
    "trial_duration": "s, of each trial",
    "overflow": '"undo" or "keep" the fall of sample numbers that outgrew their type',
    "accept": '"yes" where it is to be read although it looks unlikely',
}
"""Everything that a person can answer: keywords of `read_recording`, and their meanings."""

POSITIVE = ("duration", "sampling_rate", "bin_width", "trial_duration")
NUMBERS = (*POSITIVE, "offset")


@dataclass(frozen=True)
class Question:
    """Something that a file does not say.

    key: the keyword that answers it; guess: what is used without an answer; reason: why that;
    choices: the possible answers, empty where any number will do; unit: of the answer, "" where it has none;
    required: the guess is too bold to be used unasked, so there is no recording without an answer.
    """

    key: str
    text: str
    guess: Any
    reason: str
    choices: tuple[str, ...] = ()
    unit: str = ""
    required: bool = False

    def as_guess(self) -> dict[str, Any]:
        """Return the plain record of a guess that was used."""
        return {"key": self.key, "question": self.text, "guess": self.guess, "reason": self.reason}

    def demand(self) -> str:
        """Return the sentence that demands the answer if nobody can be asked."""
        guess = f"{self.guess:g}" if isinstance(self.guess, int | float) else str(self.guess)
        guess = f'"{guess}"' if " " in guess else guess
        shown = f" ({', '.join(self.choices[:12])}{' …' if len(self.choices) > 12 else ''})" if self.choices else ""
        return f"{self.reason}; give {self.key}{shown or f' ({ANSWERS[self.key]})'}, for example {self.key}={guess}."


class Questions:
    """The answers for one file, with the questions and remarks that come up while it is read.

    file: its name, for messages; answers: key → value; accepted: key → guess that a person has seen and left as it is, which stands as an
    answer wherever the same is guessed again. Raises RecordingError for unknown keys.
    """

    def __init__(self, file: str, answers: Mapping[str, Any], accepted: Mapping[str, Any] | None = None) -> None:
        for key in answers:
            if key not in ANSWERS:
                raise RecordingError(f"{file}: no file asks for {key!r}; answers are {', '.join(ANSWERS)}.")
        self.file = file
        self.open: list[Question] = []
        self.notes: list[Note] = []
        self.left_out: list[str] = []
        self._answers = {key: value for key, value in answers.items() if value is not None}
        self._used: set[str] = set()
        self._accepted = dict(accepted or {})
        self._confirmed: dict[str, Any] = {}

    @property
    def required(self) -> bool:
        """Whether a question is open whose guess must not be used."""
        return any(question.required for question in self.open)

    def answer(self, key: str) -> Any:
        """Return the person's answer to a question, checked, or None."""
        if key not in self._answers:
            return None
        self._used.add(key)
        value = self._answers[key]
        if key in NUMBERS and not (key == "sampling_rate" and value == "s"):
            return self._number(key, value)
        return value

    def ask(self, question: Question) -> Any:
        """Return the person's answer, or the guess, which is then listed in `open`."""
        value = self.answer(question.key)
        if value is not None:
            return _chosen(self.file, question, value)
        if question.key in self._accepted and self._accepted[question.key] == question.guess:
            self._confirmed[question.key] = question.guess
            return question.guess
        self.open.append(question)
        return question.guess

    def refuse_unused(self) -> None:
        """Raise RecordingError when an answer was given that this file had no use for."""
        for key in self._answers:
            if key not in self._used:
                raise RecordingError(f"{self.file}: nothing in this file asks for {key}; leave it out.")

    @property
    def given(self) -> dict[str, Any]:
        """The answers that were used, as plain values."""
        return {key: self._answers[key] for key in self._answers if key in self._used} | self._confirmed

    def _number(self, key: str, value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise RecordingError(f"{self.file}: {key} is {value!r}; it must be a number ({ANSWERS[key]}).") from None
        if not math.isfinite(number) or (key in POSITIVE and number <= 0):
            wanted = "positive and finite" if key in POSITIVE else "finite"
            raise RecordingError(f"{self.file}: {key} is {number:g}; it must be {wanted}.")
        return number


def _chosen(file: str, question: Question, value: Any) -> Any:
    """Return the choice that the answer means; 3.0 means "3", since the terminal reads numbers."""
    if not question.choices or question.key in NUMBERS:
        return value
    for text in (str(value), f"{value:g}" if isinstance(value, float) else str(value)):
        for choice in question.choices:
            if text.strip().lower() == choice.lower():
                return choice
    shown = ", ".join(question.choices[:20]) + (" …" if len(question.choices) > 20 else "")
    raise RecordingError(f"{file}: {question.key} is {value!r}, which the file does not have; choose one of {shown}.")
