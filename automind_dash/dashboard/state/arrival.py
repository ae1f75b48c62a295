"""A recording comes alive when it is looked at: its circuits are drawn and the first of them are simulated before anybody presses a
button.

What the user asks for comes first. It stops whatever runs here, and this work goes on when the page is idle again.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from functools import partial
from typing import Any

from ...circuit.parameters import NAMES
from ...errors import UserError
from ...inference.asking.simulated import Simulated, simulate_item
from ...inference.asking.verification import run_items
from ...inference.estimators.card import Card
from ..widgets.background import in_daemon_thread
from ..widgets.free_cores import are_free, give_way
from ..widgets.notices import log, report
from ..widgets.quantities import counted
from .examined import Examined
from .following import follow_current
from .known_draws import draw, known
from .run_curves import RunCurves, curves_of, shown_seconds
from .workspace import Workspace

EXAMPLES = 4
"""Circuits that are simulated unasked, of the draws or of the brushed ones: as many rasters as fit beside a pair plot."""

SETTLED = 0.4
"""s without another change of a slider or brush before work begins."""

PATIENCE = 10.0
"""s that drawing waits for a free processor. Drawing takes a second, and a page without circuits shows little."""

BETWEEN = 2.0
"""s between two looks whether a processor is free for simulations."""

FIRST_SEED = 1
"""The seed of circuit 0. The other circuits count up from it, as under Simulate, so that both give the same runs."""

_slots = threading.Semaphore(max(os.cpu_count() or 1, 1))
"""Limits the simulations that nobody asked for, over all sessions of this process."""


class Arrival:
    """Draws circuits for the recording that one session looks at, and simulates the first selected or drawn ones."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._stop = threading.Event()
        self._task: asyncio.Task[None] | None = None
        self._wanted: list[int] = []
        self._before: Examined | None = None
        workspace.arrival = self
        follow_current(
            workspace, self._switched, (self._changed, ["target", "busy", "wanted"]), (self._brushed, ["selection"])
        )

    def _switched(self) -> None:
        """Take another recording; what was brushed in the previous one is no longer wanted."""
        before = self._before
        if before is not None:
            before.arriving = ""
        self._before, self._wanted = self.workspace.current, []
        self._changed()

    def _brushed(self) -> None:
        """Simulate the first circuits of the present selection."""
        examined = self.workspace.current
        if examined is None or examined.busy or set(self._wanted) == set(examined.selection[:EXAMPLES]):
            return
        self._wanted = examined.selection[:EXAMPLES]
        self._changed()

    def stop(self) -> None:
        """Give way to what the user asks for; work goes on when `busy` of the recording changes."""
        self._stop.set()

    def _changed(self) -> None:
        """Begin again with what is looked at now."""
        self.stop()
        try:
            asyncio.get_running_loop()
        except RuntimeError:  # without a page nobody looks
            return
        stop = self._stop = threading.Event()
        self._task = asyncio.ensure_future(self._come_alive(stop))

    async def _come_alive(self, stop: threading.Event) -> None:
        await asyncio.sleep(SETTLED)
        examined = self.workspace.current
        if stop.is_set() or examined is None or not _can_be_asked(examined, self.workspace):
            return
        try:
            if examined.untouched and (examined.outdated or not len(examined.configurations)):
                await self._draw(examined, stop)
            if not stop.is_set():
                await self._simulate(examined, stop)
        except Exception as error:  # noqa: BLE001 - nobody asked: told once, where it can be mended
            (report if isinstance(error, UserError) else partial(log.error, "arrival: %s", exc_info=True))(error)
        finally:
            if self._stop is stop:
                examined.arriving = ""

    async def _draw(self, examined: Examined, stop: threading.Event) -> None:
        """Draw circuits, as a press of the button would."""
        examined.arriving = f"Drawing {examined.n_samples:,} circuits"
        estimator, target = self.workspace.estimator_of(examined), examined.target
        asked = {"seed": examined.seed, "oversampling": examined.oversampling}
        draws = await asyncio.to_thread(known, estimator, target.vector, examined.n_samples, **asked)
        if draws is None:
            began = time.monotonic()
            while not (stop.is_set() or await are_free() or time.monotonic() - began > PATIENCE):
                pass  # looking takes half a second
            if stop.is_set():
                return
            draws = await in_daemon_thread(
                draw, estimator, target.vector, examined.n_samples, should_stop=stop.is_set, **asked
            )
        if not stop.is_set() and examined.untouched and examined.target is target:
            examined.take_samples(draws.theta, draws.log_density, draws.provenance)

    def _next(self, examined: Examined) -> list[int]:
        """Return the circuits to simulate: the wanted ones, or else the first draws, which are a random part of all draws."""
        asked = [number for number in self._wanted if number in examined.configurations.index]
        first = asked or examined.posterior.index[:EXAMPLES].astype(int).tolist()
        return [number for number in first if number not in examined.simulations]

    async def _simulate(self, examined: Examined, stop: threading.Event) -> None:
        """Simulate circuits at the lowest priority and show each when it is done."""
        card, numbers = self.workspace.cards.get(examined.estimator), self._next(examined)
        if card is None or not numbers:
            return
        asked = set(numbers) <= set(self._wanted)  # brushing is a wish, so it does not wait for free processors
        while not (asked or stop.is_set() or await are_free()):
            examined.arriving = f"{counted(len(numbers), 'simulation')} waiting for a free processor"
            await asyncio.sleep(BETWEEN)
        if stop.is_set():
            return
        examined.arriving = f"Simulating {counted(len(numbers), 'circuit')}"
        theta = examined.configurations.loc[numbers, list(NAMES)].to_numpy()
        items = run_items(theta, [FIRST_SEED + n for n in numbers], card, examined.target, keep_recording=True)
        shown, drawn = shown_seconds(examined.target, card.plan.duration), examined.generation

        async def one(number: int, item: dict[str, Any]) -> None:
            found = await in_daemon_thread(_run, item, card, shown, stop)
            if found is not None and not stop.is_set() and examined.generation == drawn:
                examined.take_simulations({number: found[0]}, card, {number: found[1]})

        await asyncio.gather(*(one(number, item) for number, item in zip(numbers, items, strict=True)))


def _run(item: dict[str, Any], card: Card, shown: float, stop: threading.Event) -> tuple[Simulated, RunCurves] | None:
    """Run one circuit in this thread once its turn has come; None when it was stopped."""
    give_way()
    with _slots:
        if stop.is_set():
            return None
        try:
            run = simulate_item(item | {"should_stop": stop.is_set})
        except UserError:
            if stop.is_set():
                return None
            raise
        return run, curves_of(run, card.plan.warm_up, shown)


def _can_be_asked(examined: Examined, workspace: Workspace) -> bool:
    """Tell whether the recording's estimator has what it needs and nothing that the user asked for is running."""
    return (
        examined.comparable
        and not examined.busy
        and examined.wanted in ("", examined.estimator)
        and examined.estimator in workspace.estimators
    )
