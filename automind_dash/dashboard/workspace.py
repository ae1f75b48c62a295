"""What one page load holds: its recordings, which one is looked at, and the estimators it can ask."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import param

from ..errors import UserError
from ..inference.card import Card
from ..inference.estimator import Estimator, list_estimators
from ..inference.target import default_estimator
from ..recording import Recording
from .background import in_daemon_thread
from .notices import notify, report
from .stages import STAGES
from .target_state import TargetState, complete, glance

MAX_RECORDINGS = 50
"""A year of weekly recordings; beyond it a list on a page is no longer one."""


class Workspace(param.Parameterized):
    """One per session, never shared. Views watch `current`; what belongs to a recording lives in its TargetState."""

    targets = param.List(default=[], item_type=TargetState, doc="Recordings in the order they came.")
    current = param.ClassSelector(class_=TargetState, default=None, allow_None=True, doc="The one that is looked at.")
    estimators = param.Dict(default={}, doc="Name → Estimator; cards are read, weights are not yet.")
    stage = param.Selector(default=STAGES[0], objects=list(STAGES), doc="The stage that is shown.")
    dark = param.Boolean(default=False, doc="Whether the page is dark.")

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._stop = threading.Event()
        try:
            self.estimators = list_estimators()
        except UserError as error:
            report(error)

    @property
    def cards(self) -> dict[str, Card]:
        """The estimators' cards by name."""
        return {name: estimator.card for name, estimator in self.estimators.items()}

    def estimator_of(self, target: TargetState) -> Estimator:
        """Return the estimator that a target asks."""
        return self.estimators[target.estimator]

    async def add(self, recording: Recording) -> TargetState | None:
        """Take a recording into the session and look at it; returns None, with a notice, when it cannot be analysed.

        Raster and rate are shown as soon as they are known, in a large recording long before its features are.
        """
        if len(self.targets) >= MAX_RECORDINGS:
            notify(f"A session holds {MAX_RECORDINGS} recordings; remove one first.", "warning")
            return None
        target = TargetState(recording)
        before = self.current
        try:
            seen = target.analysed = await asyncio.to_thread(glance, recording, target.settings)
            with param.parameterized.batch_call_watchers(self):
                self.targets = [*self.targets, target]
                self.current = target
            analysed = await asyncio.to_thread(complete, seen)
            name = ""
            if self.estimators:
                name = await asyncio.to_thread(default_estimator, recording, self.cards, target.settings)
        except UserError as error:
            report(error)
            shown = self.current is target
            self.remove(target)
            if shown and before in self.targets:
                self.current = before
            return None
        if target.analysed is seen:  # else the settings were changed meanwhile
            target.analysed = analysed
        target.estimator = name
        await self.aim(target)
        return target

    def remove(self, target: TargetState) -> None:
        """Drop a recording with all that belongs to it."""
        rest = [other for other in self.targets if other is not target]
        with param.parameterized.batch_call_watchers(self):
            self.targets = rest
            if self.current is target:
                self.current = rest[-1] if rest else None

    async def reanalyse(self, target: TargetState, settings: Any) -> bool:
        """Measure a target with other settings; keeps the old ones, with a notice, when the new leave nothing."""
        try:
            analysed = await asyncio.to_thread(target.measure, settings)
        except UserError as error:
            report(error)
            return False
        with param.parameterized.batch_call_watchers(target):
            target.settings, target.analysed = settings, analysed
        await self.aim(target)
        return True

    async def aim(self, target: TargetState) -> None:
        """Work out what the chosen estimator is given; a recording that it cannot take leaves the target empty, with a notice."""
        if not target.estimator:
            target.target = None
            return
        try:
            target.target = await asyncio.to_thread(target.aim, self.estimators[target.estimator])
        except UserError as error:
            target.target = None
            report(error)

    async def work(
        self, target: TargetState, what: str, function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Run a function off the event loop with progress and cancel; returns its result, or None after a notice.

        The function gets `progress(share)` and `should_stop()`. One piece of work at a time per target.
        """
        if target.busy:
            notify(f"{target.busy} is still running; cancel it or wait.", "warning")
            return None
        target.busy, target.progress = what, 0.0
        self._stop.clear()
        loop = asyncio.get_running_loop()

        def progress(share: float) -> None:
            loop.call_soon_threadsafe(target.param.update, {"progress": float(min(max(share, 0.0), 1.0))})

        try:
            return await in_daemon_thread(function, *args, progress=progress, should_stop=self._stop.is_set, **kwargs)
        except Exception as error:
            report(error)
            return None
        finally:
            target.busy = ""

    def cancel(self) -> None:
        """Ask what is running to stop; it does so within a fraction of a second."""
        self._stop.set()
