"""Runs the circuit on the live bench, frame after frame, no faster than the page paints and only while it does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ....errors import UserError
from ...widgets.notices import report
from .bench import Bench
from .live_canvas import LiveCanvas
from .live_controls import STEP
from .pacing import FRAME

MEASURE_EVERY = 0.7
"""s between measurements of dials and spectrum."""


@dataclass(frozen=True)
class Watcher:
    """What a run asks of its view, and what it tells it.

    looking: whether the stage is shown; running: told whether it runs; refused: told about a refused change; measure: awaited now and
    then.
    """

    looking: Callable[[], bool]
    running: Callable[[bool], None]
    refused: Callable[[Bench], None]
    measure: Callable[[], Awaitable[None]]


class LiveRun:
    """One bench at a time. `lock`: held by whoever computes with the circuit or exchanges it."""

    def __init__(self, canvas: LiveCanvas, watcher: Watcher) -> None:
        self.canvas, self.watcher = canvas, watcher
        self.bench: Bench | None = None
        self.running = False
        self.lock = asyncio.Lock()
        self.task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Run until `stop`; does nothing without a bench, or while it already runs."""
        if self.bench is None:
            return
        self.running = True
        self.watcher.running(True)
        self.bench.pace.begin()
        if self.task is None or self.task.done():
            self.task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """Stop after the frame that is being computed."""
        self.running = False
        self.watcher.running(False)

    async def step(self) -> None:
        """Stop, run a little, and measure."""
        self.stop()
        try:
            await self.frame(STEP)
            await self.watcher.measure()
        except UserError as error:
            report(error)

    async def _run(self) -> None:
        """Show frame after frame while someone looks. Every frame waits until the page has painted the previous one."""
        measured = 0.0
        try:
            while self._wanted() and (bench := self.bench) is not None:
                began = time.perf_counter()
                duration = bench.pace.due(began)
                if not await self.frame(duration):
                    await self._until_seen()
                    bench.pace.begin()
                    continue
                if began - measured > MEASURE_EVERY:
                    measured = began
                    await self.watcher.measure()
                await asyncio.sleep(max(FRAME - (time.perf_counter() - began), 0.001))
                bench.pace.passed(duration, time.perf_counter() - began)
        except UserError as error:
            self.stop()
            report(error)

    def _wanted(self) -> bool:
        return self.running and self.watcher.looking()

    async def _until_seen(self) -> None:
        """Wait, computing nothing, until a hidden or closed page paints again."""
        while self._wanted() and not await self.canvas.painted_all():
            pass

    async def frame(self, duration: float) -> bool:
        """Compute a frame off the event loop and show it; False when the page did not answer. Raises SimulationError."""
        bench = self.bench
        if bench is None:
            return False
        async with self.lock:
            frame = await asyncio.to_thread(bench.frame, duration)
        if bench is not self.bench:
            return True
        if bench.refused:
            self.watcher.refused(bench)
            bench.refused = ""
        return await self.canvas.show(frame, bench.echo)
