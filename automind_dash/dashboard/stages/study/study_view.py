"""The overview of a study: many recordings, one question. They are opened, measured, searched for circuits, and looked at side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import panel as pn

from ....errors import UserError
from ....inference.estimators.card import SimulationPlan
from ....recording import Recording
from ....study.batch import Progress
from ....study.measuring import Asked
from ....study.opening.roles import Roles, roles_of, suspicious
from ....study.results import StudyResults
from ...files.study_files import Opened, StudyFiles
from ...frame.sidebar.recordings_view import unused_name
from ...state.following import follow_study
from ...state.stage_view import StageView, drawing
from ...state.study import Study
from ...widgets.notices import notify, report
from ...widgets.quantities import counted
from .opening_view import OpeningView, Uploads
from .running_view import RunningView
from .study_body import StudyBody
from .working import Question, Told, conclude, open_files, work_through, write_folder


class StudyView(StageView):
    """Lets a user open a study, run it, and look at what differs between its recordings."""

    stage = "Overview"

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        study = self.workspace.study
        self.opening = OpeningView(study, self._take, self._choose, self._close)
        self.running = RunningView(study, self._measure, self._search, self._save)
        self.body = StudyBody(self.workspace, self.colours, self._clicked, self.running.further)
        self._source: Any = None
        self._compared: Any = None  # the draws whose subspaces were compared
        self._layout = pn.Column(
            self.opening.layout, self.running.layout, self.body.layout, sizing_mode="stretch_width"
        )
        self._offering = False
        self.body.quantities.param.watch(lambda _: self._offering or self.redraw(), "value")
        self.follow((self._mark, ["recording"]))
        follow_study(
            self.workspace, self.redraw, (self.redraw, ["table", "roles", "results", "effects", "distances"]),
            (self._show_work, ["busy", "progress", "moves"]), (self._describe, ["notes"]),
        )  # fmt: skip

    @property
    def study(self) -> Study:
        """The session's study."""
        return self.workspace.study

    def fill(self) -> None:
        """Show the study as it is."""
        self._describe()
        results = self.study.results
        if results is not None and not self.body.knows(results):  # of a session that was opened
            pn.state.execute(self._catch_up)
            return
        self._offering = True
        try:
            self.body.offer(self.study)
        finally:
            self._offering = False
        self.draw_in_turns(self._drawn())

    def _drawn(self) -> Iterator[None]:
        for piece in self.body.show(self.study, self.colours, dark=self.workspace.dark):
            self._mark()
            yield piece
        self._show_work()

    async def _catch_up(self) -> None:
        """Work out what is drawn of results that came with a session, then draw and test them."""
        results = self.study.results
        if results is None:
            return
        await asyncio.to_thread(self.body.prepare, results)
        self.redraw()
        if self.study.effects is None:
            await self._conclude()

    def recolour(self) -> None:
        self.body.recolour(self.colours)
        self.redraw()

    def switched(self) -> None:
        """Frame the recording that is looked at."""
        self._mark()

    @drawing
    def _describe(self) -> None:
        titles = {name: one.card.title for name, one in self.workspace.estimators.items()}
        card = self.workspace.cards.get(self.study.estimator or self.running.estimator.value or next(iter(titles), ""))
        self.opening.show()
        self.running.show(titles, SimulationPlan() if card is None else card.plan)

    @drawing
    def _show_work(self) -> None:
        self.running.show_progress()
        self._describe_buttons()

    def _describe_buttons(self) -> None:
        busy = bool(self.study.busy)
        if self.running.measure.disabled != busy:
            self._describe()
        if not busy:
            self.body.show_table(self.study)

    @drawing
    def _mark(self) -> None:
        current, results = self.workspace.current, self.study.results
        row = None
        if current is not None and results is not None:
            told = results.recordings["content_hash"]
            same = told.index[told == current.recording.content_hash]
            row = int(same[0]) if len(same) else None
        self.body.grid.mark(row)

    async def _take(self, uploads: Uploads) -> None:
        """Open what has arrived, together with what came before."""
        study = self.study
        if study.files is None:
            study.files = StudyFiles(await asyncio.to_thread(study.uploads.place, "study"))
        opened: Opened | None = await self.workspace.work(
            study, "Opening the study", open_files, study.files, uploads
        )  # fmt: skip
        for _, path in uploads:
            study.uploads.discard(path)
        if opened is None:
            return
        try:
            roles = opened.results.roles if opened.results is not None else roles_of(opened.table)
        except UserError as error:
            report(error)
            roles = Roles()
        if opened.results is not None:
            await asyncio.to_thread(self.body.prepare, opened.results)
        self._source = opened.source
        study.param.update(
            table=opened.table, roles=roles, notes=[*opened.table.problems, *suspicious(opened.table, roles)], results=opened.results,
            effects=None, distances=None, moves={}, estimator="" if opened.results is None else str(opened.results.about["estimator"]),
        )  # fmt: skip
        if opened.results is not None:
            await self._conclude()

    def _choose(self, roles: Roles) -> Any:
        """Take other roles of the columns; what was measured stays."""
        study = self.study
        if roles == study.roles or study.table is None:
            return
        study.param.update(roles=roles, notes=[*study.table.problems, *suspicious(study.table, roles)], effects=None)
        if study.results is not None:
            study.results = study.with_roles(study.results)
            pn.state.execute(self._conclude)

    async def _conclude(self) -> None:
        """Test what differs, and compare the subspaces unless these draws were compared before."""
        study = self.study
        estimator = self.workspace.estimators.get(study.estimator)
        if study.results is None or estimator is None or study.busy:
            return
        asked = study.results
        known = study.distances if asked.draws is self._compared else None
        told: Told | None = await self.workspace.work(study, "Testing what differs", conclude, asked, estimator, known)
        if told is not None and study.results is asked:
            self._compared = asked.draws
            study.param.update(effects=told.effects, distances=told.distances)

    async def _measure(self) -> None:
        """Measure every recording and draw for it."""
        await self._work("Measuring recordings", Asked(circuits=0), self.running.estimator.value)

    async def _search(self) -> None:
        """Search circuits for each recording."""
        asked = Asked(circuits=self.running.circuits.value, budget=self.running.budget.value)
        await self._work("Finding circuits", asked, self.study.estimator)

    async def _work(self, what: str, asked: Asked, name: str) -> None:
        study, loop = self.study, asyncio.get_running_loop()
        if study.table is None or study.busy:
            return
        if study.files is None:
            study.files = StudyFiles(await asyncio.to_thread(study.uploads.place, "study"))
        study.moves, before = {}, study.results

        def moved(one: Progress) -> None:
            loop.call_soon_threadsafe(lambda: setattr(study, "moves", {**study.moves, one.row: one}))

        def so_far(results: StudyResults) -> None:
            results = results.filled(before)
            self.body.prepare(results)
            loop.call_soon_threadsafe(lambda: setattr(study, "results", study.with_roles(results)))

        question = Question(
            study.table, study.roles, asked, dict(self.workspace.estimators), name, self._read, study.files.results
        )
        found = await self.workspace.work(study, what, work_through, question, study, moved, so_far)
        study.moves = {}
        if found is None:
            return
        found, name = found
        left = len(found.unfinished)
        results = await asyncio.to_thread(found.filled, before)
        await asyncio.to_thread(self.body.prepare, results)
        study.param.update(results=study.with_roles(results), estimator=name)
        if left:
            notify(f"{counted(left, 'recording')} still to do; press the button again to go on.")
        await self._conclude()

    def _read(self, row: int) -> Recording:
        """Return the recording of a row: the page's own where it is loaded, else from the study's files (in a thread)."""
        study = self.study
        told = "" if study.results is None else study.results.recordings["content_hash"].to_dict().get(row, "")
        for examined in self.workspace.recordings:
            if told and examined.recording.content_hash == told:
                return examined.recording
        return study.read(row)

    def _clicked(self, row: int) -> None:
        """Look at a row that was clicked: neither figures nor tables wait for what they call."""

        async def look() -> None:
            await self._look(row)

        pn.state.execute(look)

    async def _look(self, row: int) -> None:
        """Make a recording of the study the page's current one."""
        if self.study.busy and self.study.results is None:
            notify("The recordings are being measured; a moment.")
        try:
            recording = await asyncio.to_thread(self._read, row)
            content = await asyncio.to_thread(lambda: recording.content_hash)
        except UserError as error:
            report(error)
            return
        space = self.workspace
        for examined in space.recordings:
            if examined.recording.content_hash == content:
                space.current = examined
                return
        taken = [examined.recording.name for examined in space.recordings]
        await space.add(replace(recording, name=unused_name(recording.name, taken)))

    async def _save(self) -> bytes | None:
        """Return the folder of results, packed; None after a notice."""
        study = self.study
        estimator = self.workspace.estimators.get(study.estimator)
        if study.results is None or estimator is None or study.files is None:
            notify("There is nothing to save yet, or the study's estimator is not on this server.", "warning")
            return None
        packed: bytes | None = await self.workspace.work(
            study, "Writing the results", write_folder, study.results, estimator, self._read, study.files, self._source
        )
        return packed

    def _close(self) -> None:
        self.study.close()

    def __panel__(self) -> Any:
        return self._layout
