"""Where a view's simulations run: a few in this process, more on the cluster, as jobs that can be paused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from ...inference.asking.simulated import Simulated
from ...inference.asking.verification import RunMany, run_in_process, run_on_cluster
from .examined import Examined

if TYPE_CHECKING:
    from ...jobs import Job

FEW = 2
"""Up to this many circuits run in this process, where they finish before a cluster has started."""


def runner(examined: Examined, items: int, label: str, engine: str = "fast") -> RunMany:
    """Return what runs this many items for a recording. The reference engine compiles its code, so it stays in this process."""
    if items <= FEW or engine == "reference":
        return partial(run_in_process, should_stop=examined.stop.is_set)
    return partial(run_on_cluster, label=label, owner=str(id(examined)), started=examined.steer)


class Rounds:
    """Runs work in rounds, each a job on the cluster. All rounds are paused, resumed and cancelled as one, even in between."""

    total = 0
    """All circuits of the work. The number is not known here; the work's own progress says how far it is."""

    told: Callable[[], str] | None = None
    """Says in words how far the work is, where the work counts by itself."""

    def __init__(self, examined: Examined, label: str) -> None:
        self._examined, self._label = examined, label
        self._job: Job | None = None
        self._may_go_on = threading.Event()
        self._may_go_on.set()
        self._lock = threading.Lock()  # a pause may come while a round begins

    def __call__(self, items: list[dict[str, Any]]) -> Iterator[tuple[int, Simulated]]:
        """Run the items of a round as soon as the work is not paused."""
        self._examined.steer(self)
        self._may_go_on.wait()
        if self._examined.stop.is_set():
            return
        try:
            yield from run_on_cluster(items, label=self._label, owner=str(id(self._examined)), started=self._take)
        finally:
            self._job = None

    def _take(self, job: Job) -> None:
        with self._lock:
            self._job = job
            if self.paused:
                job.pause()
        if self._examined.stop.is_set():
            job.cancel()

    @property
    def paused(self) -> bool:
        """Whether the work waits for `resume`."""
        return not self._may_go_on.is_set()

    def pause(self) -> None:
        """Begin nothing more until `resume`; what runs is finished."""
        if self._examined.stop.is_set():
            return
        with self._lock:
            self._may_go_on.clear()
            if (job := self._job) is not None:
                job.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        with self._lock:
            self._may_go_on.set()
            if (job := self._job) is not None:
                job.resume()

    def cancel(self) -> None:
        """Stop the round that runs; the work checks for a stop before it begins another."""
        self._may_go_on.set()
        if (job := self._job) is not None:
            job.cancel()
