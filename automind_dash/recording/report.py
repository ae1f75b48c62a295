"""The reading report: how a file was read, where each fact stood, what was left out or guessed, and remarks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["note", "warning"]


@dataclass(frozen=True)
class Fact:
    """Something that the file says: Fact("sampling rate", "20 kHz", "attribute SamplingRate"). Plain text, units named."""

    what: str
    value: str
    where: str

    def __str__(self) -> str:
        return f"{self.what}: {self.value} ({self.where})"


@dataclass(frozen=True)
class Note:
    """A remark for the user. key: its kind, for programs; level: "warning" if the data are likely wrong."""

    key: str
    text: str
    level: Level = "note"


@dataclass(frozen=True)
class ReadingReport:
    """How a file became a recording.

    format: a name of `FORMATS`; writer: the program and version that wrote the file, "" where it does not say
    facts: statements of the file, and their places; left_out: sentences on unused parts, and why
    guesses: {key, question, guess, reason} of each question that nobody answered; answers: what was answered
    notes: remarks on whether what was read is plausible
    """

    format: str
    writer: str = ""
    facts: tuple[Fact, ...] = ()
    left_out: tuple[str, ...] = ()
    guesses: tuple[Mapping[str, Any], ...] = ()
    answers: Mapping[str, Any] | None = None
    notes: tuple[Note, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, for JSON."""
        return {
            "format": self.format,
            "writer": self.writer,
            "facts": [vars(fact) | {} for fact in self.facts],
            "left_out": list(self.left_out),
            "guesses": [dict(guess) for guess in self.guesses],
            "answers": dict(self.answers or {}),
            "notes": [vars(note) | {} for note in self.notes],
        }

    def to_provenance(self) -> dict[str, Any]:
        """Return the parts of the report that have no key of their own in a recording's provenance."""
        whole = self.to_dict()
        return {key: whole[key] for key in ("writer", "facts", "left_out", "notes")}

    @classmethod
    def from_provenance(cls, provenance: Mapping[str, Any]) -> ReadingReport | None:
        """Return the report that a recording's provenance carries, None for one that was not read from a file."""
        kept = provenance.get("reading")
        if not isinstance(kept, Mapping):
            return None
        guesses = provenance.get("guesses") or provenance.get("earlier_guesses") or ()
        answers = provenance.get("answers")
        return cls(
            format=str(provenance.get("format", "")),
            writer=str(kept.get("writer", "")),
            facts=tuple(
                Fact(*(str(fact.get(key, "")) for key in ("what", "value", "where")))
                for fact in _mappings(kept.get("facts"))
            ),
            left_out=tuple(str(text) for text in kept.get("left_out") or () if isinstance(text, str)),
            guesses=tuple(
                guess for guess in _mappings(guesses) if {"key", "question", "guess", "reason"} <= set(guess)
            ),
            answers=dict(answers) if isinstance(answers, Mapping) else {},
            notes=tuple(
                Note(
                    str(note.get("key", "")),
                    str(note.get("text", "")),
                    "warning" if note.get("level") == "warning" else "note",
                )
                for note in _mappings(kept.get("notes"))
            ),
        )


def _mappings(values: Any) -> list[Mapping[str, Any]]:
    """Return those of the values that are mappings: a saved file may hold anything."""
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list | tuple) else []
