"""How the current recording was read, with doubts about it, below the list of recordings."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from ....recording import ReadingReport, Recording
from ...widgets.plain_text import plain

MOST_FACTS = 40
"""Lines that are shown; exports hold all."""


def report_lines(report: ReadingReport) -> list[str]:
    """Return a line for each fact, and for each thing that was left out, guessed or answered."""
    by = f", written by {report.writer}" if report.writer else ""
    lines = [f"Format: {report.format}{by}"]
    lines += [f"{fact.what[:1].upper()}{fact.what[1:]}: {fact.value} ({fact.where})" for fact in report.facts]
    lines += [f"Left out: {text}" for text in report.left_out]
    lines += [f"Guessed: {guess['question']} {guess['guess']} ({guess['reason']})" for guess in report.guesses]
    lines += [f"Answered: {key} = {value}" for key, value in (report.answers or {}).items()]
    return lines[:MOST_FACTS] + ([f"… and {len(lines) - MOST_FACTS} more"] if len(lines) > MOST_FACTS else [])


def note_lines(report: ReadingReport) -> list[str]:
    """Return the remarks. Those that mean that something is likely wrong come first and have a sign."""
    warnings = [f"⚠ {note.text}" for note in report.notes if note.level == "warning"]
    return warnings + [note.text for note in report.notes if note.level != "warning"]


class ReadingView:
    """The remarks on a recording and, behind a heading, how it was read. `show` changes the recording."""

    def __init__(self) -> None:
        self.notes = plain(small=True, visible=False)
        self.facts = plain(small=True)
        self.details = pmui.Details(self.facts, title="How it was read", collapsed=True, visible=False, margin=(0, 8))
        self.layout = pn.Column(self.notes, self.details, sizing_mode="stretch_width", margin=(0, 0, 6, 0))

    def show(self, recording: Recording | None) -> None:
        """Show the report of a recording; nothing for one that was not read from a file."""
        report: Any = recording.report if recording is not None else None
        notes = note_lines(report) if report is not None else []
        self.notes.object, self.notes.visible = "\n".join(notes), bool(notes)
        self.details.visible = report is not None
        self.facts.object = "\n".join(report_lines(report)) if report is not None else ""
