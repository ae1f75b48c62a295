"""How a study is opened: files are dropped or the example is taken, and which column is what is asked, the guess filled in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from ....atomic import write_whole
from ....errors import StudyError
from ....study.example import path as example
from ....study.opening.roles import CONDITION, NONE, ORDER, REPLICATE, Roles, ask_roles, roles_of
from ...frame.sidebar.upload_area import UploadArea
from ...frame.sidebar.uploads import UploadFolder
from ...help.stage_help import stage_help
from ...state.study import Study
from ...widgets.plain_text import own_words, plain
from .study_words import EMPTY, summary_of

QUIET = 2.5
"""s without a new file after which a drop is complete."""

MAX_NOTES = 12
"""Sentences on rows that are shown; the number of the others is."""

Uploads = list[tuple[str, Path]]


class OpeningView:
    """`layout`: a drop area and an example or, once a study is open, its columns. take: called with what has arrived; chosen: with the
    roles that somebody chose; closed: when the study is to be closed.
    """

    def __init__(
        self, study: Study, take: Callable[[Uploads], Awaitable[None]], chosen: Callable[[Roles], Any], closed: Callable[[], Any]
    ) -> None:  # fmt: skip
        self._take, self._chosen, self._setting, self._drop = take, chosen, False, 0
        if study.uploads is None:
            study.uploads = UploadFolder()
        self._study = study
        self.area = UploadArea(study.uploads, label="Drop a table with its recordings, or a zip", height=100, width=330)
        self.area.param.watch(self._arrived, "arrived")
        self.example = pmui.Button(label="Open the example", icon="science", variant="outlined", on_click=self._example)
        self.example.disabled = not example().is_file()
        self.title = plain()
        self.title.styles = {"font-size": "16px", "font-weight": "600"}
        field: dict[str, Any] = {"size": "small", "width": 190, "margin": (6, 8)}
        self.replicate = pmui.Select(label="Recorded repeatedly (replicate)", options=[NONE], **field)
        self.order = pmui.Select(label="Order (age, dose)", options=[NONE], **field)
        self.conditions = pmui.MultiChoice(label="Conditions", options=[], width=300, margin=(6, 8))
        self.reasons, self.notes = plain(small=True), plain(small=True)
        self.close = pmui.Button(label="Close study", variant="text", size="small", on_click=lambda _: closed())
        for widget in (self.replicate, self.order, self.conditions):
            widget.param.watch(self._changed, "value")
        self.empty = pn.Row(
            own_words(EMPTY, margin=(0, 20, 0, 10), styles={"flex": "1 1 420px", "max-width": "760px"}),
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.more = pmui.Button(
            label="Columns and files", icon="tune", variant="text", size="small", on_click=self._unfold
        )
        self.columns = pn.FlexBox(
            self.replicate,
            self.order,
            self.conditions,
            align_items="center",
            sizing_mode="stretch_width",
            visible=False,
        )
        self.head = pn.FlexBox(
            self.title, self.more, self.close, align_items="center", sizing_mode="stretch_width", visible=False
        )
        self.dropping = pn.FlexBox(
            self.area, self.example, stage_help("Overview"), align_items="center", sizing_mode="stretch_width"
        )
        self.title.sizing_mode = None
        self._unfolded = False
        self.layout = pn.Column(
            self.head,
            self.empty,
            self.columns,
            self.reasons,
            self.notes,
            self.dropping,
            sizing_mode="stretch_width",
            margin=0,
        )

    def _unfold(self, *_: Any) -> None:
        """Show or hide the columns and the drop area of a study that was measured."""
        self._unfolded = not self._unfolded
        self.show()

    def show(self) -> None:
        """Show the study's columns, or that there is none."""
        study, table = self._study, self._study.table
        folded = study.results is not None and not self._unfolded
        self.empty.visible, self.head.visible, self.example.visible = table is None, table is not None, table is None
        self.columns.visible, self.dropping.visible = table is not None and not folded, not folded
        self.more.visible = study.results is not None
        self.reasons.visible = self.notes.visible = False
        if table is None:
            return
        self.title.object = f"{table.source}: {summary_of(table, study.roles)}"
        questions = {question.key: question for question in ask_roles(table)}
        choices = [*table.columns, NONE]
        self._setting = True
        try:
            self.replicate.param.update(options=choices, value=study.roles.replicate or NONE)
            self.order.param.update(options=choices, value=study.roles.order or NONE)
            self.conditions.param.update(options=list(table.columns), value=list(study.roles.conditions))
        finally:
            self._setting = False
        self.reasons.object = "\n".join(
            f"{label}: guessed {questions[key].guess} ({questions[key].reason})."
            for label, key in (("Replicate", REPLICATE), ("Order", ORDER), ("Conditions", CONDITION))
        )
        notes = list(study.notes)
        rest = [f"… and {len(notes) - MAX_NOTES} more."] if len(notes) > MAX_NOTES else []
        self.notes.object = "\n".join([*(f"⚠ {note}" for note in notes[:MAX_NOTES]), *rest])
        self.notes.visible = bool(notes) and not folded
        self.reasons.visible = study.results is None

    def _changed(self, *_: Any) -> None:
        table = self._study.table
        if self._setting or table is None:
            return
        try:
            roles = roles_of(
                table, replicate=self.replicate.value, order=self.order.value, conditions=list(self.conditions.value)
            )
        except StudyError as error:
            self.notes.param.update(object=f"⚠ {error}", visible=True)
            return
        self._chosen(roles)

    async def _example(self, *_: Any) -> None:
        place = self._study.uploads.place(example().name)
        await asyncio.to_thread(lambda: write_whole(place, example().read_bytes()))
        await self._take([(example().name, place)])

    async def _arrived(self, *_: Any) -> None:
        """Wait until the whole drop is here, then take it."""
        if not self.area.arrived:
            return
        self._drop += 1
        mine = self._drop
        await asyncio.sleep(QUIET)
        while self.area.underway and mine == self._drop:
            await asyncio.sleep(QUIET)
        if mine == self._drop:
            arrived, self.area.arrived = self.area.arrived, []
            await self._take(arrived)
