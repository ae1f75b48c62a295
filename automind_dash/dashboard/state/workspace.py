"""What one page load holds: its recordings, the one that is looked at, and the estimators that it can ask."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import param

from ...errors import UserError
from ...inference.asking.target import default_estimator
from ...inference.estimators.card import Card, SimulationPlan
from ...inference.estimators.estimator import Estimator, list_estimators
from ...inference.estimators.prior import Prior
from ...publication.facts import Facts
from ...recording import Recording
from ..widgets.background import in_daemon_thread
from ..widgets.notices import notify, report
from .analysed import complete, first_settings, glance
from .examined import Examined
from .facts_of import facts_of
from .run_curves import curves_of, shown_seconds
from .stages import STAGES
from .study import Study

if TYPE_CHECKING:
    from .saved_session import SavedSession

MAX_RECORDINGS = 50
"""A year of weekly recordings; a longer list would not fit on a page."""


MAX_NAME = 80
"""The longest name of a recording, in letters."""


class Workspace(param.Parameterized):
    """The state of one session, never shared. Views watch `current`; what belongs to a recording lives in its Examined."""

    recordings = param.List(default=[], item_type=Examined, doc="Recordings in the order they came.")
    current = param.ClassSelector(class_=Examined, default=None, allow_None=True, doc="The one that is looked at.")
    estimators = param.Dict(default={}, doc="Name → Estimator; its card is read, its weights are not yet.")
    stage = param.Selector(default=STAGES[0], objects=list(STAGES), doc="The stage that is shown.")
    ensemble = param.Selector(
        default="auto",
        objects=["auto", "confirmed", "all"],
        doc="Which circuits stand for a recording (state.ensemble).",
    )
    dark = param.Boolean(default=False, doc="Whether the page is dark.")
    screen = param.Integer(default=720, doc="Height of the window in px.")
    removed = param.Parameter(
        default=None, doc="The recording that was removed last and where it stood; None when none was removed."
    )
    study = param.ClassSelector(class_=Study, doc="The study of many recordings that is open.")
    view = param.Dict(default={}, doc="The choices made in the views, which are saved with a session: key → value.")

    def __init__(self, **params: Any) -> None:
        super().__init__(**({"study": Study()} | params))
        self._opening = False
        self.arrival: Any = None  # what lets recordings come alive, where a page has it
        self.estimators = list_estimators(broken=report)  # each session looks anew, so a folder dropped in shows

    @property
    def cards(self) -> dict[str, Card]:
        """The estimators' cards by name."""
        return {name: estimator.card for name, estimator in self.estimators.items()}

    @property
    def prior(self) -> Prior:
        """The prior of the estimator that the current recording asks; the parameter table's prior where none is asked."""
        card = None if self.current is None else self.cards.get(self.current.estimator)
        return Prior() if card is None else card.prior

    @property
    def n_neurons(self) -> int:
        """Neurons in the networks that the current estimator was trained on; in the published ones where no estimator is asked."""
        card = None if self.current is None else self.cards.get(self.current.estimator)
        return (SimulationPlan() if card is None else card.plan).n_neurons

    def figure_facts(self) -> Facts:
        """What captions tell about the current recording."""
        return facts_of(self.current, None if self.current is None else self.cards.get(self.current.drew))

    def estimator_of(self, examined: Examined) -> Estimator:
        """Return the estimator that a target asks."""
        return self.estimators[examined.estimator]

    async def add(self, recording: Recording) -> Examined | None:
        """Take a recording into the session and look at it; returns None, with a notice, when it cannot be analysed.

        Raster and rate are shown as soon as they are known; a large recording's features come long after them.
        """
        if len(self.recordings) >= MAX_RECORDINGS:
            notify(f"A session holds {MAX_RECORDINGS} recordings; remove one first.", "warning")
            return None
        settings, said = first_settings(recording)
        examined = Examined(recording, settings=settings)
        before = self.current
        try:
            seen = examined.analysed = await asyncio.to_thread(glance, recording, examined.settings)
            with param.parameterized.batch_call_watchers(self):
                self.recordings = [*self.recordings, examined]
                self.current = examined
            analysed = await asyncio.to_thread(complete, seen)
            name = ""
            if self.estimators:
                name = await asyncio.to_thread(default_estimator, recording, self.cards, examined.settings)
        except UserError as error:
            report(error)
            shown = self.current is examined
            self.remove(examined)
            self.removed = None  # it was never there
            if shown and before in self.recordings:
                self.current = before
            return None
        if said:
            notify(said, "warning", 0)
        if examined.analysed is seen:  # the settings have not been changed meanwhile
            examined.analysed = analysed
        await self.aim(
            examined, examined.wanted or examined.estimator or name
        )  # the user may have chosen one meanwhile
        return examined

    async def open_session(self, saved: SavedSession) -> None:
        """Take in a saved session. Its recordings join those that have been worked on, and the page looks as it was saved.

        Examples that nobody drew circuits for are removed, as are the same recordings without circuits.
        """
        for examined in saved.recordings:
            await self._measure_saved(examined)
        hashes = {examined.recording.content_hash for examined in saved.recordings}
        gone = [  # decided only now: circuits may have been drawn while the saved recordings were measured
            examined for examined in self.recordings
            if not len(examined.configurations) and not examined.busy
            and (examined.recording.provenance.get("kind") == "synthetic" or examined.recording.content_hash in hashes)
        ]  # fmt: skip
        if len(self.recordings) - len(gone) + len(saved.recordings) > MAX_RECORDINGS:
            notify(f"A session holds {MAX_RECORDINGS} recordings; remove some first.", "warning")
            return
        # views make choices of their own when new recordings come, so the saved choices are set last
        self._opening = True
        try:
            with param.parameterized.batch_call_watchers(self):
                for examined in gone:
                    _stop(examined)
                self.recordings = [
                    *(examined for examined in self.recordings if examined not in gone),
                    *saved.recordings,
                ]
                if saved.recordings:
                    self.current = saved.recordings[saved.current]
        finally:
            self._opening = False
        if saved.study is not None:
            self.study.take(saved.study)
        self.view = dict(saved.view)
        for note in saved.notes:
            notify(note, "warning", 0)
        if saved.stage in STAGES:
            self.stage = saved.stage

    async def _measure_saved(self, examined: Examined) -> None:
        """Measure a saved recording for its estimator, or for the first one where that is missing, and draw its runs' curves."""
        try:
            examined.analysed = await asyncio.to_thread(examined.measure, examined.settings)
        except UserError as error:
            notify(f"{error} It is analysed with the settings that a new recording gets.", "warning", 0)
            examined.settings = Examined(examined.recording).settings
            examined.analysed = await asyncio.to_thread(examined.measure, examined.settings)
        known = examined.estimator in self.estimators
        if examined.estimator and not known:
            notify(
                f"The estimator {examined.estimator!r} of {examined.recording.name} is not on this server.",
                "warning",
                0,
            )
        before = len(examined.simulations)
        await self.aim(examined, examined.estimator if known else next(iter(self.estimators), ""))
        hidden = before - len(examined.simulations)
        if hidden > 0:
            many = f"{hidden} simulated circuit{'s' * (hidden > 1)} of {examined.recording.name}"
            notify(f"{many}: run for another estimator than is asked here, and not shown.", "warning", 0)
        runs = [(examined.estimator, examined.simulations, examined.curves)]
        runs += [(name, waiting.simulations, waiting.curves) for name, waiting in examined.set_aside.items()]
        for name, simulations, curves in runs:
            card = self.cards.get(name)
            if card is not None:
                shown = shown_seconds(examined.target, card.plan.duration)
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
        """Save a widget's value with the session, and set it from a session that is opened.

        to, of: turn the value into what JSON can hold, and back again.
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

    def remove(self, examined: Examined) -> None:
        """Drop a recording with all that belongs to it and stop what runs for it; `bring_back` undoes this until the next removal."""
        _stop(examined)
        if examined in self.recordings:
            self.removed = (examined, self.recordings.index(examined))
        rest = [other for other in self.recordings if other is not examined]
        with param.parameterized.batch_call_watchers(self):
            self.recordings = rest
            if self.current is examined:
                self.current = rest[-1] if rest else None

    def bring_back(self) -> None:
        """Put the recording that was removed last back in its place, and look at it."""
        if self.removed is None or len(self.recordings) >= MAX_RECORDINGS:
            return
        (examined, place), self.removed = self.removed, None
        with param.parameterized.batch_call_watchers(self):
            self.recordings = [*self.recordings[:place], examined, *self.recordings[place:]]
            self.current = examined

    def rename(self, examined: Examined, name: str) -> None:
        """Give a recording another name, which no other recording has. An empty name is refused: the old one stays."""
        name = " ".join(name.split())[:MAX_NAME]
        taken = {other.recording.name for other in self.recordings if other is not examined}
        if not name or name == examined.recording.name:
            return
        if name in taken:
            notify(f"Another recording is called {name} already.", "warning")
            return
        with param.edit_constant(examined):
            examined.recording = replace(examined.recording, name=name)
        if examined.analysed is not None:
            examined.analysed = replace(examined.analysed, recording=replace(examined.analysed.recording, name=name))
        self.param.trigger("recordings", "current")

    async def reanalyse(self, examined: Examined, settings: Any) -> bool:
        """Measure a target with other settings; keeps the old settings, with a notice, when the new ones leave nothing."""
        try:
            analysed = await asyncio.to_thread(examined.measure, settings)
        except UserError as error:
            report(error)
            return False
        with param.parameterized.batch_call_watchers(examined):
            examined.settings, examined.analysed = settings, analysed
        await self.aim(examined)
        return True

    async def aim(self, examined: Examined, name: str | None = None) -> None:
        """Work out the target for an estimator and take both together; a recording that the estimator cannot take leaves the target
        empty.

        name: the estimator, or else the one that was wanted last. Of several calls for a recording only the last one counts.
        """
        name = (examined.wanted or examined.estimator) if name is None else name
        examined.wanted, examined.aims = name, examined.aims + 1
        mine, aimed, digest = examined.aims, None, ""
        try:
            if name:
                asked = self.estimators[name]
                digest, aimed = await asyncio.to_thread(lambda: (asked.digest, examined.aim(asked)))
        except UserError as error:
            if mine == examined.aims:
                report(error)
        except BaseException:
            if mine == examined.aims:
                examined.wanted = ""
            raise
        if mine == examined.aims:
            examined.take_aim(name, aimed, self.cards.get(name), digest)

    async def work(
        self, examined: Examined | Study, what: str, function: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Run a function off the event loop with progress and cancel; returns its result, or None after a notice.

        The function gets `progress(share)` and `should_stop()`. Each target has one piece of work at a time.
        """
        if examined.busy:
            notify(f"{examined.busy} is still running; cancel it or wait.", "warning")
            return None
        examined.busy, examined.progress, examined.by_hand = what, 0.0, True
        examined.stop.clear()
        loop = asyncio.get_running_loop()

        def progress(share: float) -> None:
            loop.call_soon_threadsafe(examined.param.update, {"progress": float(min(max(share, 0.0), 1.0))})

        try:
            return await in_daemon_thread(
                function, *args, progress=progress, should_stop=examined.stop.is_set, **kwargs
            )
        except Exception as error:  # noqa: BLE001 - failing work is told, and the page goes on
            report(error)
            return None
        finally:
            examined.job = None
            examined.busy = ""

    def hand_over(self) -> Workspace:
        """Move everything into a new workspace and leave this one empty. Its views let go, and what runs goes on."""
        heir = Workspace(stage=self.stage, dark=self.dark, view=dict(self.view), study=self.study)
        self.study = Study()
        asked = {
            examined.estimator for examined in self.recordings
        }  # a folder may have gone meanwhile; what it gave stays usable
        heir.estimators = {**{name: one for name, one in self.estimators.items() if name in asked}, **heir.estimators}
        recordings, current = self.recordings, self.current
        self.param.update(recordings=[], current=None)
        heir.param.update(recordings=recordings, current=current)
        return heir

    def stop_all(self) -> None:
        """Stop whatever runs for any recording."""
        if self.arrival is not None:
            self.arrival.stop()
        for examined in self.recordings:
            _stop(examined)
        self.study.cancel()

    def cancel(self) -> None:
        """Ask what is running to stop, which takes a fraction of a second."""
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
    """Tell whether a number lies within a widget's bounds; anything that is no number does."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    low, high = getattr(widget, "start", None), getattr(widget, "end", None)
    return (low is None or value >= low) and (high is None or value <= high) and math.isfinite(value)


def _stop(examined: Examined) -> None:
    examined.stop.set()
    if examined.job is not None:
        examined.job.cancel()  # a paused job hands on nothing, so it would never notice
