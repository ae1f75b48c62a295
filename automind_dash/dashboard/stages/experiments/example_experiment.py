"""An experiment that nobody asked for, so that the stage shows an answer before a button is pressed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ....circuit.parameters import NAMES
from ....circuit.perturbation import PRESETS
from ....errors import UserError
from ....inference.asking.perturbed import PerturbedRuns, perturb
from ....inference.asking.simulated import Simulated
from ....inference.asking.verification import run_in_process
from ....inference.estimators.card import Card
from ...state.examined import Examined
from ...widgets.background import in_daemon_thread
from ...widgets.free_cores import are_free, give_way
from ...widgets.notices import log

PRESET = PRESETS["Block inhibition"]
CIRCUITS = 4
"""As many as were simulated unasked."""

SEEDS = 2
"""The fewest with which seed noise is known."""

BETWEEN = 2.0
"""s between two looks whether a processor is free."""

WAITS = "An example ({what}) begins as soon as a processor is free."
RUNS = "An example is being worked out: {what}. A press of the button takes its place."


class ExampleExperiment:
    """Blocks inhibition in a few circuits at the lowest priority, as long as nothing that the user asked for runs.

    told: called on the event loop with what is going on, "" at the end.
    """

    def __init__(self, told: Callable[[str], None]) -> None:
        self._told = told
        self._stop = threading.Event()
        self._task: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Give way to what the user asks for."""
        self._stop.set()

    def begin(
        self, examined: Examined, card: Card, numbers: list[int], arrived: Callable[[PerturbedRuns], None]
    ) -> None:
        """Begin in the background with the first of these circuits; without an event loop nothing happens, since nobody looks.

        arrived: called on the event loop with the circuits so far.
        """
        self.stop()
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return
        stop = self._stop = threading.Event()
        self._task = asyncio.ensure_future(self._run(examined, card, numbers[:CIRCUITS], arrived, stop))

    async def _run(
        self, examined: Examined, card: Card, numbers: list[int], arrived: Callable[[PerturbedRuns], None],
        stop: threading.Event,
    ) -> None:  # fmt: skip
        what = f"{PRESET.name.lower()} in {len(numbers)} of these circuits"
        try:
            while not stop.is_set() and not await are_free():
                self._told(WAITS.format(what=what))
                await asyncio.sleep(BETWEEN)
            if stop.is_set():
                return
            self._told(RUNS.format(what=what))
            loop, theta = asyncio.get_running_loop(), examined.configurations.loc[numbers, list(NAMES)].to_numpy()

            def one_more(runs: PerturbedRuns) -> None:
                if not stop.is_set():
                    loop.call_soon_threadsafe(arrived, runs)

            await in_daemon_thread(
                perturb, np.asarray(theta), numbers, PRESET.at(PRESET.strength), card, examined.target, n_seeds=SEEDS,
                run_many=lambda items: _quietly(items, stop), arrived=one_more, should_stop=stop.is_set,
            )  # fmt: skip
        except UserError as error:
            log.info("no example of an experiment: %s", error)
        finally:
            if self._stop is stop:
                self._told("")


def _quietly(items: list[dict[str, Any]], stop: threading.Event) -> Iterator[tuple[int, Simulated]]:
    """Yield the runs as `run_in_process` does, in a thread of the lowest priority."""
    give_way()
    yield from run_in_process(items, should_stop=stop.is_set)
