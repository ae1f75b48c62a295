"""Functions that run over items on a dask cluster, with progress and cancel. This module knows no science.

Jobs of several owners share the cluster (`cluster.py`) fairly. Each keeps a few tasks per worker in flight, so a job of
200 does not hold up a later job of 4. A job whose cluster is lost ends with a ClusterError.
"""

from __future__ import annotations

import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from . import cluster
from .errors import ClusterError

if TYPE_CHECKING:
    from distributed import Future

Status = Literal["waiting", "running", "done", "cancelled", "failed"]

DEADLY = 3
"""Number of items that may each kill several workers and still count as results. With more, the cluster itself is unwell."""

IN_FLIGHT = 2
"""Tasks per worker that a job keeps submitted: enough that no worker waits, few enough that other jobs' tasks start soon."""


@dataclass(frozen=True)
class Failure:
    """The result of an item whose function raised. error: one line; kind: the exception's class."""

    error: str
    kind: str


@dataclass(eq=False)
class Job:
    """A function over items, made by `submit`. Any thread may read its numbers, but one thread takes its results."""

    function: Callable[[Any], Any]
    items: Sequence[Any]
    label: str = ""
    owner: str = ""
    retries: int = 2
    status: Status = "waiting"
    done: int = 0
    failed: int = 0
    deadly: int = 0
    error: Exception | None = None
    number: str = field(default_factory=lambda: uuid.uuid4().hex)
    _results: queue.SimpleQueue = field(default_factory=queue.SimpleQueue, repr=False)
    _running: dict[Any, int] = field(default_factory=dict, repr=False)
    _next: int = 0
    _paused: bool = False
    _paused_at: float = 0.0
    _waited: float = 0.0
    _began: float = field(default_factory=time.monotonic)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @property
    def total(self) -> int:
        """Number of all items."""
        return len(self.items)

    @property
    def paused(self) -> bool:
        """Whether the job waits for `resume`."""
        return self._paused

    @property
    def rate(self) -> float:
        """Items per second since the job began, without pauses."""
        now = self._paused_at if self._paused else time.monotonic()
        return self.done / max(now - self._began - self._waited, 1e-9)

    @property
    def seconds_left(self) -> float:
        """s that the remaining items take at the present rate; infinite before the first result."""
        return (self.total - self.done) / self.rate if self.done else float("inf")

    def results(self) -> Iterator[tuple[int, Any]]:
        """Yield (index of the item, result) in the order of completion, until all are done or the job is cancelled.

        Raises ClusterError when the cluster was lost, after the results that came before.
        """
        while True:
            found = self._results.get()
            if found is None:
                if self.error is not None:
                    raise self.error
                return
            yield found

    def pause(self) -> None:
        """Submit no more items until `resume`; running items finish."""
        if not self._paused:
            self._paused, self._paused_at = True, time.monotonic()

    def resume(self) -> None:
        """Go on after `pause`."""
        if self._paused:
            self._paused, self._waited = False, self._waited + time.monotonic() - self._paused_at
        _go_on(self)

    def cancel(self) -> None:
        """Stop the job: waiting items are dropped, and a running item that goes on has its worker replaced."""
        with self._lock:
            if self.status in ("done", "cancelled", "failed"):
                return
            self.status = "cancelled"
            running = list(self._running)
            self._running.clear()
        self._results.put(None)
        threading.Thread(target=cluster.free_workers, args=(running,), name=cluster.FREEING, daemon=True).start()


def submit(
    function: Callable[[Any], Any],
    items: Iterable[Any],
    *,
    label: str = "",
    owner: str = "",
    retries: int = 2,
    scheduler: str | None = None,
) -> Job:
    """Start a job: `function(item)` for each item, on the cluster. function: a module's top-level function, so that it can be sent.

    An item that raises gives a `Failure` as its result. A worker that dies costs its running items one retry (`retries`
    at most). An item that kills several workers gives a `Failure` too, unless it is the third in the job. A lost
    cluster is no item's result: `results` raises ClusterError, and so does this function when it reaches no cluster.
    """
    cluster.connect(scheduler)
    job = Job(function, list(items), label=label, owner=owner, retries=retries)
    job.status = "running" if job.items else "done"
    if job.items:
        _go_on(job)
    else:
        job._results.put(None)
    return job


def run_all(items: Iterable[dict[str, Any]], function: Callable[[Any], Any]) -> list[Any]:
    """Return the results of all items in their order. Raises ClusterError with the first failure."""
    job = submit(function, items)
    found: dict[int, Any] = {}
    for index, result in job.results():
        if isinstance(result, Failure):
            job.cancel()
            raise ClusterError(f"A task failed on a worker ({result.kind}: {result.error}); nothing more ran.")
        found[index] = result
    return [found[i] for i in range(job.total)]


def _go_on(job: Job) -> None:
    """Submit all items that may go now. A job that cannot go on fails, in whichever thread this runs."""
    try:
        _fill(job)
    except Exception as error:  # noqa: BLE001 - nobody waits in the cluster's threads, and a caller of results would wait for ever
        _fail(job, error)


def _fill(job: Job) -> None:
    """Submit items up to the job's share of the workers."""
    client = cluster.connect()
    limit = IN_FLIGHT * cluster.n_workers()
    while True:
        with job._lock:
            if job.status != "running" or job._paused or job._next >= job.total or len(job._running) >= limit:
                return
            index = job._next
            job._next += 1
            future = client.submit(
                job.function, job.items[index], key=f"job-{job.number}-{index}", retries=job.retries, pure=False
            )
            job._running[future] = index
        future.add_done_callback(lambda finished, job=job: _take(job, finished))


def _take(job: Job, future: Future) -> None:
    """Hand on a finished item and submit the next."""
    with job._lock:
        index = job._running.pop(future, None)
        if index is None or job.status == "cancelled":
            return
    try:
        result = future.result(timeout=60)
    except Exception as error:  # noqa: BLE001 - any error of the function is this item's result
        if cluster.is_of_the_cluster(error, raised_there=future.status == "error") or (
            cluster.killed_workers(error) and job.deadly + 1 >= DEADLY
        ):
            _fail(job, error)
            return
        result = Failure(cluster.first_line(error), type(error).__name__)
        if cluster.killed_workers(error):
            job.deadly += 1
            result = Failure("its workers died, perhaps from lack of memory", result.kind)
    future.release()
    with job._lock:
        job.done += 1
        job.failed += isinstance(result, Failure)
        job._results.put((index, result))
        if job.done == job.total:
            job.status = "done"
            job._results.put(None)
            return
    _go_on(job)


def _fail(job: Job, error: Exception) -> None:
    """End a job that cannot go on. `results` raises the reason."""
    with job._lock:
        if job.status != "running":
            return
        job.status, job.error = "failed", _spoken(job, error)
        running = list(job._running)
        job._running.clear()
    job._results.put(None)
    if running and cluster.running() is not None:
        threading.Thread(target=cluster.free_workers, args=(running,), name=cluster.FREEING, daemon=True).start()


def _spoken(job: Job, error: Exception) -> Exception:
    """Return a lost cluster's error as a message for the user; return any other error as it is."""
    if not (
        cluster.running() is None
        or cluster.is_of_the_cluster(error, raised_there=False)
        or cluster.killed_workers(error)
    ):
        return error
    what = f"{job.label or 'The job'} ended with {job.done} of {job.total} done"
    if cluster.killed_workers(error):
        return ClusterError(
            f"{what}: workers of the cluster {cluster.place()} died again and again, perhaps from lack of memory. Look at "
            "what they wrote, give them more memory or run fewer of them, and start again."
        )
    return ClusterError(
        f"{what}: the cluster {cluster.place()} was lost ({cluster.first_line(error)}). Check that its scheduler runs and can be reached, "
        "and start again."
    )
