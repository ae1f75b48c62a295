"""The session's recordings: drop files, choose examples, answer open questions, and choose the recording to look at."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from ....errors import RecordingError
from ....paths import assets_folder
from ....recording import Question, Recording
from ....recording.bounded import read_bounded
from ....recording.reading import Reading, confirmed
from ...files.session_file import SUFFIX, open_session
from ...state.examined import Examined
from ...state.workspace import Workspace
from ...widgets.notices import notify, report
from ...widgets.plain_text import heading, plain
from .questions_form import WELLS, QuestionsForm
from .reading_view import ReadingView
from .recording_list import RecordingList, hint
from .upload_area import UploadArea, watch_drop_zones
from .uploads import Group, UploadFolder, grouped, may_be_part

QUIET = 2.5
"""A drop is complete after so many seconds without a new file. The drop zone pauses up to 2 s between two files."""

OF_ONE_FILE = ("duration", "offset")
"""Answers that are not offered again for the next file of a set. Other answers, such as the sampling rate, are."""

FURTHER = "further wells"
"""The key, beside a file's answers, of the wells after the first one."""

FOLLOW_UP = "These follow from your answers."


def example_files() -> dict[str, Path]:
    """Return the examples that come with the page: label → file."""
    return {path.stem.replace("_", " "): path for path in sorted(assets_folder().glob("examples/*.npz"))}


def settled(questions: Sequence[Question], given: dict[str, Any]) -> dict[str, Any]:
    """Return the answers that do not depend on others: those that differ from the guess, and all before the first of them.

    Later guesses assumed that the earlier ones hold, so they are made again.
    """
    changed = [question.key for question in questions if given[question.key] != question.guess]
    order = [question.key for question in questions]
    before = order[: order.index(changed[0])] if changed else order
    return {key: given[key] for key in order if key in changed or key in before}


def with_well(recording: Recording) -> Recording:
    """Return the recording. If it comes from a plate, its name gets the well."""
    well = str(recording.provenance.get("well", ""))
    named = not well or well in recording.name.replace("_", " ").split()
    return recording if named else replace(recording, name=f"{recording.name} {well}")


def unused_name(name: str, taken: list[str]) -> str:
    """Return the name, with a number from 2 on if another recording has the same name."""
    candidates = (name if i == 1 else f"{name} ({i})" for i in count(1))
    return next(candidate for candidate in candidates if candidate not in taken)


class RecordingsView(Viewer):
    """Drop zone, examples and the list. Files and Recordings all come in through `await take(...)`."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.form = QuestionsForm()
        self.uploads = UploadFolder()
        self._held: list[tuple[str, Path]] = []
        self._one_form, self._one_entry, self._one_upload = asyncio.Lock(), asyncio.Lock(), asyncio.Lock()
        self._drop = 0  # counts arrivals
        self._usual: dict[str, Any] = {}
        self.list = RecordingList(self._look, self.workspace.remove, self.workspace.rename)
        self.undo = pmui.Button(
            label="Undo",
            variant="text",
            size="small",
            visible=False,
            margin=(0, 8),
            on_click=lambda _: self.workspace.bring_back(),
        )
        self.report = ReadingView()
        self.area = UploadArea(
            self.uploads, label="Drop files here", height=96, sizing_mode="stretch_width", margin=(0, 8)
        )
        self.area.param.watch(self._arrived, "arrived")
        self._examples = example_files()
        self.example = pmui.Select(
            label="Examples (synthetic)",
            options=["", *self._examples],
            value="",
            sizing_mode="stretch_width",
            disabled=not self._examples,
            margin=(8, 8),
        )
        self.example.param.watch(self._take_example, "value")
        self._hint = hint()
        self._reading = plain(visible=False, small=True)
        self._layout = pn.Column(
            heading("Recordings"),
            self.area,
            self._reading,
            self.example,
            self._hint,
            self.list.layout,
            self.undo,
            self.report.layout,
            self.form,
            width=290,
        )
        self.workspace.param.watch(self._show, ["recordings", "current", "removed"])
        if pn.state.curdoc is not None:
            watch_drop_zones(pn.state.curdoc)
            pn.state.on_session_destroyed(self._end)
        self._show()

    async def take(self, source: Recording | str | Path) -> Examined | None:
        """Bring a recording into the session and show it. The page asks what a file leaves open.

        Returns None, after a notice, if it cannot be read, was left out, or the session is full. `refused` holds the text of the notice.
        """
        self.refused = ""
        try:
            if not isinstance(source, Recording) and Path(source).suffix == SUFFIX:
                return await self._open(Path(source))
            if isinstance(source, Recording):
                return await self._enter(source)
            recording, answers = await self._read(Path(source))
            taken = None if recording is None else await self._enter(with_well(recording))
            for well in answers.pop(FURTHER, ()):  # as the first one of the plate was read
                other = (await self._attempt(Path(source), answers | {WELLS: well})).recording
                if other is not None:
                    taken = await self._enter(with_well(other)) or taken
            return taken
        except Exception as error:  # noqa: BLE001 - whatever a file does to a reader, the session goes on
            self.refused = report(error)
            return None

    async def _open(self, path: Path) -> Examined | None:
        """Open a saved session and return the recording that it shows. Raises SessionError."""
        self._say(f"Opening {path.name} …")
        try:
            saved = await asyncio.to_thread(open_session, path)
            await self.workspace.open_session(saved)
        finally:
            self._say("")
        return self.workspace.current

    async def _read(self, path: Path) -> tuple[Recording | None, dict[str, Any]]:
        """Return the recording, None if the file is left out, and the answers, with the further wells of a plate under FURTHER.

        The file is read once, and once more for each form in which the person changes something. Raises RecordingError for a file that no
        answer helps.
        """
        answers: dict[str, Any] = {}
        shown: dict[str, Any] = {}  # guesses that the person has seen
        note, further = "", list[str]()
        reading = await self._attempt(path, answers)
        while reading.questions:
            async with self._one_form:
                given = await self.form.ask(path.name, reading.questions, note, self._usual)
            if given is None:
                notify(f"{path.name} was left out.")
                return None, {}
            if WELLS in given:
                given[WELLS], *further = str(given[WELLS]).split(",")
            chosen = settled(reading.questions, given)
            recording = confirmed(reading, given)
            if recording is not None:
                return recording, answers | chosen | {FURTHER: further}
            seen = shown | {question.key: question.guess for question in reading.questions}
            try:
                reading = await self._attempt(path, answers | chosen, seen)
            except RecordingError as error:  # the same questions once more
                note = str(error)
                continue
            answers, shown, note = answers | chosen, seen, FOLLOW_UP
            self._usual |= {key: value for key, value in given.items() if key not in OF_ONE_FILE}
        return reading.recording, answers | {FURTHER: further}

    async def _attempt(self, path: Path, answers: dict[str, Any], accepted: dict[str, Any] | None = None) -> Reading:
        self._say(f"Reading {path.name} …")
        try:
            return await asyncio.to_thread(read_bounded, path, answers, accepted=accepted)
        finally:
            self._say("")

    async def _enter(self, recording: Recording) -> Examined | None:
        """Add the recording. If the session has the same spikes already, show that recording instead."""
        async with self._one_entry:
            recordings = self.workspace.recordings
            new = replace(
                recording, name=unused_name(recording.name, [examined.recording.name for examined in recordings])
            )
            content = await asyncio.to_thread(lambda: new.content_hash)
            for examined in recordings:
                if examined.recording.content_hash == content:
                    notify(
                        f"{recording.name} holds the same spikes as {examined.recording.name}, which is loaded already."
                    )
                    self.workspace.current = examined
                    return examined
            self._say(f"Measuring {new.name} …")
            try:
                return await self.workspace.add(new)
            finally:
                self._say("")

    async def _take_example(self, event: Any) -> None:
        if event.new:
            await self.take(self._examples[event.new])
            self.example.value = ""

    async def _arrived(self, *_: Any) -> None:
        """Take files that are recordings by themselves at once. With all others, wait for the rest of the drop."""
        if not self.area.arrived:
            return
        self._drop += 1
        mine = self._drop
        await self.take_files()
        await asyncio.sleep(QUIET)
        while self.area.underway and mine == self._drop:
            await asyncio.sleep(QUIET)
        if mine == self._drop:  # else a later file waits in this one's place
            await self.take_sortings()

    async def take_files(self) -> None:
        """Take the complete uploads that are recordings by themselves. Hold those that may be part of one."""
        arrived, self.area.arrived = self.area.arrived, []
        alone = [upload for upload in arrived if upload[1].suffix == SUFFIX or not may_be_part(upload[1].name)]
        self._held += [upload for upload in arrived if upload not in alone]
        for group in grouped(alone):
            await self._take_group(group)

    async def take_sortings(self) -> None:
        """Take the files that were held, those that belong together as one. Incomplete ones go on waiting."""
        groups, self._held = grouped(self._held), []
        self._held = [upload for group in groups if group.missing for upload in group.uploads]
        for group in groups:
            if group.missing:
                notify(group.missing, "warning", 0)
            else:
                await self._take_group(group)

    async def _take_group(self, group: Group) -> None:
        """Read one upload and delete it; uploads are read in the order in which they came."""
        async with self._one_upload:
            path = self.uploads.together(group)
            try:
                await self.take(path)
            finally:
                self.uploads.discard(path)

    def _look(self, examined: Examined) -> None:
        self.workspace.current = examined

    def _say(self, text: str) -> None:
        self._reading.object, self._reading.visible = text, bool(text)

    def _show(self, *_: Any) -> None:
        self._hint.visible = not self.workspace.recordings
        current, removed = self.workspace.current, self.workspace.removed
        self.undo.visible = removed is not None
        if removed is not None:
            self.undo.label = f"{removed[0].recording.name} was removed: undo"
        self.list.show(self.workspace.recordings, current)
        self.report.show(current.recording if current is not None else None)

    def _end(self, *_: Any) -> None:
        """Delete the uploads and leave no question waiting: the session is over."""
        self.form.cancel()
        self.uploads.clear()

    def __panel__(self) -> Any:
        return self._layout
