"""What one page load holds: its recordings, which one is looked at, and the estimators it can ask."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import param

from ...errors import UserError
from ...inference.asking.target import default_estimator
from ...inference.estimators.card import Card, SimulationPlan
from ...inference.estimators.estimator import Estimator, list_estimators
from ...inference.estimators.prior import Prior
from ...recording import Recording
from ..widgets.background import in_daemon_thread
from ..widgets.notices import notify, report
from .run_curves import curves_of, shown_seconds
from .stages import STAGES
from .target_state import TargetState, complete, glance

if TYPE_CHECKING:
    from .saved_session import SavedSession

MAX_RECORDINGS = 50
"""A year of weekly recordings; beyond it a list on a page is no longer one."""


class Workspace(param.Parameterized):
    """One per session, never shared. Views watch `current`; what belongs to a recording lives in its TargetState."""

    targets = param.List(default=[], item_type=TargetState, doc="Recordings in the order they came.")
    current = param.ClassSelector(class_=TargetState, default=None, allow_None=True, doc="The one that is looked at.")
    estimators = param.Dict(default={}, doc="Name → Estimator; cards are read, weights are not yet.")
    stage = param.Selector(default=STAGES[0], objects=list(STAGES), doc="The stage that is shown.")
    dark = param.Boolean(default=False, doc="Whether the page is dark.")
    view = param.Dict(default={}, doc="What was chosen in the views and is saved with a session: key → value.")

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._opening = False
        self.estimators = list_estimators(broken=report)  # looked for anew by each session: a folder dropped in shows

    @property
    def cards(self) -> dict[str, Card]:
        """The estimators' cards by name."""
        return {name: estimator.card for name, estimator in self.estimators.items()}

    @property
    def prior(self) -> Prior:
        """The prior of the estimator that the current recording asks; the parameter table's where none is asked."""
        card = None if self.current is None else self.cards.get(self.current.estimator)
        return Prior() if card is None else card.prior

    @property
    def n_neurons(self) -> int:
        """Of the networks that the estimator of the current recording was trained on; the published ones' where none is asked."""
        card = None if self.current is None else self.cards.get(self.current.estimator)
        return (SimulationPlan() if card is None else card.plan).n_neurons

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
        await self.aim(target, target.wanted or target.estimator or name)  # one may have been chosen meanwhile
        return target

    async def open_session(self, saved: SavedSession) -> None:
        """Take a saved session in: its recordings are added to those that have been worked on, and looked at as they were saved.

        Examples that nobody drew circuits for, and the same recordings without circuits, give way.
        """
        for target in saved.targets:
            await self._measure_saved(target)
        hashes = {target.recording.content_hash for target in saved.targets}
        gone = [  # known now: circuits may have been drawn while the saved recordings were measured
            target for target in self.targets
            if not len(target.configurations) and not target.busy
            and (target.recording.provenance.get("kind") == "synthetic" or target.recording.content_hash in hashes)
        ]  # fmt: skip
        if len(self.targets) - len(gone) + len(saved.targets) > MAX_RECORDINGS:
            notify(f"A session holds {MAX_RECORDINGS} recordings; remove some first.", "warning")
            return
        # views answer to new recordings with choices of their own: the saved ones come last
        self._opening = True
        try:
            with param.parameterized.batch_call_watchers(self):
                for target in gone:
                    _stop(target)
                self.targets = [*(target for target in self.targets if target not in gone), *saved.targets]
                if saved.targets:
                    self.current = saved.targets[saved.current]
        finally:
            self._opening = False
        self.view = dict(saved.view)
        if saved.stage in STAGES:
            self.stage = saved.stage

    async def _measure_saved(self, target: TargetState) -> None:
        """Measure a recording of a saved session for its estimator, the first where that is not here, and draw its runs' curves."""
        try:
            target.analysed = await asyncio.to_thread(target.measure, target.settings)
        except UserError as error:
            notify(f"{error} It is analysed with the settings that a new recording gets.", "warning", 0)
            target.settings = TargetState(target.recording).settings
            target.analysed = await asyncio.to_thread(target.measure, target.settings)
        known = target.estimator in self.estimators
        if target.estimator and not known:
            notify(
                f"The estimator {target.estimator!r} of {target.recording.name} is not on this server.",
                "warning",
                0,
            )
        before = len(target.simulations)
        await self.aim(target, target.estimator if known else next(iter(self.estimators), ""))
        hidden = before - len(target.simulations)
        if hidden > 0:
            many = f"{hidden} simulated circuit{'s' * (hidden > 1)} of {target.recording.name}"
            notify(f"{many}: run for another estimator than is asked here, and not shown.", "warning", 0)
        runs = [(target.estimator, target.simulations, target.curves)]
        runs += [(name, waiting.simulations, waiting.curves) for name, waiting in target.set_aside.items()]
        for name, simulations, curves in runs:
            card = self.cards.get(name)
            if card is not None:
                shown = shown_seconds(target.target, card.plan.duration)
                for number, run in simulations.items():
                    curves[number] = await asyncio.to_thread(curves_of, run, card.plan.warm_up, shown)

    def remember(
        self,
        key: str,
        widget: Any,
        *,
        to: Callable[[Any], Any] = lambda value: value,
        of: Callable[[Any], Any] = lambda value: value,
    ) -> None:
        """Let a widget's value be part of what is saved with a session, and take it from one that is opened.

        to, of: the value as JSON can hold it, and back again.
        """

        def take(*_: Any) -> None:
            value = of(self.view[key]) if key in self.view else None
            if value is not None and value != widget.value and _fits(value, widget):
                widget.value = value

        def keep(event: Any) -> None:
            value = to(event.new)
            if self.view.get(key) != value and not self._opening:
                self.view = {**self.view, key: value}

        take()
        widget.param.watch(keep, "value")
        self.param.watch(take, "view")

    def remove(self, target: TargetState) -> None:
        """Drop a recording with all that belongs to it, and stop what runs for it."""
        _stop(target)
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

    async def aim(self, target: TargetState, name: str | None = None) -> None:
        """Work out what an estimator is given, and take both together; a recording that it cannot take leaves the target empty.

        name: the estimator, else the one that was wanted last. Of several calls for a recording only the last one counts.
        """
        name = (target.wanted or target.estimator) if name is None else name
        target.wanted, target.aims = name, target.aims + 1
        mine, aimed, digest = target.aims, None, ""
        try:
            if name:
                asked = self.estimators[name]
                digest, aimed = await asyncio.to_thread(lambda: (asked.digest, target.aim(asked)))
        except UserError as error:
            if mine == target.aims:
                report(error)
        except BaseException:
            if mine == target.aims:
                target.wanted = ""
            raise
        if mine == target.aims:
            target.take_aim(name, aimed, self.cards.get(name), digest)

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
        target.stop.clear()
        loop = asyncio.get_running_loop()

        def progress(share: float) -> None:
            loop.call_soon_threadsafe(target.param.update, {"progress": float(min(max(share, 0.0), 1.0))})

        try:
            return await in_daemon_thread(function, *args, progress=progress, should_stop=target.stop.is_set, **kwargs)
        except Exception as error:
            report(error)
            return None
        finally:
            target.job = None
            target.busy = ""

    def hand_over(self) -> Workspace:
        """Move everything into a new workspace and leave this one empty: its views let go, what runs goes on."""
        heir = Workspace(stage=self.stage, dark=self.dark, view=dict(self.view))
        asked = {target.estimator for target in self.targets}  # a folder may have gone meanwhile: what it gave goes on
        heir.estimators = {**{name: one for name, one in self.estimators.items() if name in asked}, **heir.estimators}
        targets, current = self.targets, self.current
        self.param.update(targets=[], current=None)
        heir.param.update(targets=targets, current=current)
        return heir

    def stop_all(self) -> None:
        """Stop whatever runs for any recording."""
        for target in self.targets:
            _stop(target)

    def cancel(self) -> None:
        """Ask what is running to stop; it does so within a fraction of a second."""
        if self.current is not None:
            _stop(self.current)


def _fits(value: Any, widget: Any) -> bool:
    """Tell whether a widget can take a value that a file gave."""
    if "options" not in widget.param:
        of_a_kind = type(value) is type(widget.value)
        if getattr(widget, "whole", None) is False:  # JSON writes 12.0 as 12
            of_a_kind = isinstance(value, int | float) and not isinstance(value, bool)
        return of_a_kind and _within(value, widget)
    options = widget.options
    known = list(options.values()) if isinstance(options, dict) else list(options)
    if not isinstance(value, list):
        return value in known
    most = getattr(widget, "max_items", None)
    return (
        isinstance(widget.value, list) and all(one in known for one in value) and (most is None or len(value) <= most)
    )


def _within(value: Any, widget: Any) -> bool:
    """Tell whether a number lies within a widget's bounds; anything else does."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    low, high = getattr(widget, "start", None), getattr(widget, "end", None)
    return (low is None or value >= low) and (high is None or value <= high) and math.isfinite(value)


def _stop(target: TargetState) -> None:
    target.stop.set()
    if target.job is not None:
        target.job.cancel()  # a paused job hands on nothing that could notice
