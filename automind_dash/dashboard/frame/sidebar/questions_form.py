"""The form that asks what a file leaves open. The guesses are filled in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui
from panel.viewable import Viewer

from ....recording import Question
from ...widgets.number_fields import NumberField
from ...widgets.plain_text import plain

MAX_CHOICES_SHOWN = 12
"""Entries that a list shows without a search field."""

WELLS = "well"
"""The question that takes several answers, separated by commas. Each well of a plate becomes a recording."""

FIRST_NOTE = "The file does not say everything. What it leaves open is guessed below; change what is wrong."


class QuestionsForm(Viewer):
    """A dialog, closed until `ask` opens it. One file at a time."""

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.widgets: dict[str, Any] = {}
        self._questions: dict[str, Question] = {}
        self._answer: asyncio.Future | None = None
        self._note = plain()
        self._fields = pn.Column(sizing_mode="stretch_width")
        self.use = pmui.Button(label="Use these", variant="contained", on_click=lambda _: self._finish(self.values()))
        self.skip = pmui.Button(label="Leave this file out", variant="text", on_click=lambda _: self._finish(None))
        self.dialog = pmui.Dialog(
            self._note, self._fields, pn.Row(self.use, self.skip), title="", title_variant="h6", show_close_button=True
        )
        self.dialog.param.watch(self._closed, "open")

    async def ask(
        self, file: str, questions: Sequence[Question], note: str = "", usual: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | None:
        """Show the questions and wait. Returns key → answer, or None if the file is left out.

        note: the text above them; usual: answers for earlier files, which replace the guesses where they fit.
        """
        self._questions = {question.key: question for question in questions}
        self.widgets = {question.key: _widget(question, _start(question, usual or {})) for question in questions}
        self._fields[:] = [pn.Column(self.widgets[q.key], _reason(q), sizing_mode="stretch_width") for q in questions]
        self.dialog.title = file
        self._note.object = note or FIRST_NOTE
        self._answer = asyncio.get_running_loop().create_future()
        self.dialog.open = True
        try:
            return await self._answer
        finally:
            self._answer = None
            self.dialog.open = False

    def values(self) -> dict[str, Any]:
        """Return key → value of the fields. An empty field stands for its guess."""
        return {key: _answer(self._questions[key], widget.value) for key, widget in self.widgets.items()}

    def cancel(self) -> None:
        """Leave the file out, as when the session ends."""
        self._finish(None)

    def _finish(self, answers: dict[str, Any] | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answers)

    def _closed(self, event: Any) -> None:
        if not event.new:
            self._finish(None)

    def __panel__(self) -> Any:
        return self.dialog


def _answer(question: Question, value: Any) -> Any:
    """Return what a field says: labels as text, numbers as numbers (a sampling rate may also be "s")."""
    if question.key == WELLS and isinstance(value, list):
        return ",".join(value) or question.guess
    if isinstance(value, list):
        every = set(value) == set(question.choices) - {"all"}
        value = "all" if every else ",".join(value)
    if value in (None, ""):
        return question.guess
    if isinstance(value, str) and not question.choices:
        try:
            return float(value)
        except ValueError:
            return value.strip()
    return value


def _start(question: Question, usual: Mapping[str, Any]) -> Any:
    """Return the first value of a field: the earlier answer if this file allows it, else the guess."""
    value = usual.get(question.key, question.guess)
    parts = str(value).split(",") if question.key in ("units", WELLS) else [str(value)]
    return value if not question.choices or set(parts) <= set(question.choices) else question.guess


def _widget(question: Question, start: Any) -> Any:
    label = f"{question.text} ({question.unit})" if question.unit else question.text
    wide = {"label": label, "sizing_mode": "stretch_width"}
    if question.key == "units" and question.choices:
        labels = [choice for choice in question.choices if choice != "all"]
        chosen = labels if start == "all" else [item for item in labels if item in str(start).split(",")]
        return pmui.MultiChoice(options=labels, value=chosen, **wide)
    if question.key == WELLS and question.choices:
        wide["label"] = "Wells (each becomes a recording)"
        return pmui.MultiChoice(options=list(question.choices), value=str(start).split(","), searchable=True, **wide)
    if question.choices:
        searchable = len(question.choices) > MAX_CHOICES_SHOWN
        return pmui.Select(options=list(question.choices), value=str(start), searchable=searchable, **wide)
    if isinstance(question.guess, int | float) and question.key != "sampling_rate":
        return NumberField(value=float(start), **wide)
    return pmui.TextInput(value=_shown(start), **wide)


def _shown(guess: Any) -> str:
    return f"{guess:.10g}" if isinstance(guess, float) else str(guess)


def _reason(question: Question) -> Any:
    return plain(f"Guess {_shown(question.guess)}: {question.reason}.", small=True, margin=(-4, 12, 8, 12))
