"""Functions run over items on a dask cluster, with progress and cancel. Knows no science.

A cluster is connected to once per process: the lab's by address (argument or AUTOMIND_SCHEDULER), else one of this machine with a process
per core, started when it is first needed. Jobs of several owners share it fairly: each keeps a few tasks per worker in flight, so that a
job of 200 does not hold up a later one of 4. A job whose cluster is lost ends with a ClusterError.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .errors import ClusterError

if TYPE_CHECKING:
    from distributed import Client, Future

Status = Literal["waiting", "running", "done", "cancelled", "failed"]

IN_FLIGHT = 2
"""Tasks per worker that a job keeps submitted: enough that no worker waits, few enough that another job's come soon."""

PATIENCE = "20s"
"""How long a scheduler is given to answer."""

GRACE = 5.0
"""s that a cancelled task is given to notice (`dropped`); then its worker process is replaced, which takes seconds."""

FREEING = "free the workers of a cancelled job"
"""Name of the threads that do it, behind `cancel`."""

_lock = threading.RLock()
_client: Client | None = None
_cluster: Any = None
_address: str | None = None
"""Of the scheduler that was connected to last: what is lost there does not go on on this machine unasked."""


@dataclass(frozen=True)
class Failure:
    """An item whose function raised: the result in its place. error: one line; kind: the exception's class."""

    error: str
    kind: str


def connect(scheduler: str | None = None) -> Client:
    """Return this process's client, connecting on first use and when it was lost. Takes a few seconds then: call it off the event loop.

    scheduler: address of one, else of the one connected to before, or AUTOMIND_SCHEDULER's. Raises ClusterError when none answers there.
    """
    global _client, _cluster, _address
    with _lock:
        if _client is not None and _client.status == "running":
            return _client
        _leave()
        import dask
        from distributed import Client, LocalCluster

        for name in (
            "distributed",
            "distributed.nanny",
            "distributed.worker",
            "distributed.scheduler",
            "distributed.core",
        ):
            logging.getLogger(name).setLevel(logging.ERROR)
        dask.config.set({"distributed.comm.timeouts.connect": PATIENCE, "distributed.scheduler.allowed-failures": 2})
        address = scheduler or _address or os.environ.get("AUTOMIND_SCHEDULER")
        if address:
            try:
                _client = Client(address, set_as_default=False)
            except (OSError, ValueError) as error:
                raise ClusterError(
                    f"No dask scheduler answers at {address} ({_first_line(error)}). Check the address, and that one runs there; without "
                    "--scheduler and AUTOMIND_SCHEDULER a cluster of this machine is used."
                ) from None
            _address = address
        else:
            threads = dict.fromkeys(
                ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
            )
            with dask.config.set({"distributed.nanny.pre-spawn-environ": threads}):
                _cluster = LocalCluster(
                    n_workers=os.cpu_count() or 1,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=":0",
                    silence_logs=logging.ERROR,
                )
            _client = Client(_cluster, set_as_default=False)
        return _client


def close() -> None:
    """Leave the cluster, end the local one and forget an address."""
    global _address
    with _lock:
        _leave()
        _address = None


def _leave() -> None:
    """Close what is left of a connection, and of a cluster of this machine."""
    global _client, _cluster
    for one in (_client, _cluster):
        if one is not None:
            with suppress(OSError):  # the other side may be gone
                one.close(timeout=5)
    _client = _cluster = None


atexit.register(close)


def n_workers() -> int:
    """Return how many tasks run at once."""
    return max(len(connect().scheduler_info(n_workers=-1)["workers"]), 1)


@dataclass(eq=False)
class Job:
    """A function over items; made by `submit`. Thread-safe: read its numbers from anywhere, take its results from one thread."""

    function: Callable[[Any], Any]
    items: Sequence[Any]
    label: str = ""
    owner: str = ""
    retries: int = 2
    status: Status = "waiting"
    done: int = 0
    failed: int = 0
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
        """Items in all."""
        return len(self.items)

    @property
    def paused(self) -> bool:
        """Whether it waits for `resume`."""
        return self._paused

    @property
    def rate(self) -> float:
        """Items per second since the job began, pauses left out."""
        now = self._paused_at if self._paused else time.monotonic()
        return self.done / max(now - self._began - self._waited, 1e-9)

    @property
    def seconds_left(self) -> float:
        """s that the rest will take at the present rate; infinite before the first result."""
        return (self.total - self.done) / self.rate if self.done else float("inf")

    def results(self) -> Iterator[tuple[int, Any]]:
        """Yield (index of the item, result) in the order in which they are done; ends when all are or the job is cancelled.

        Raises ClusterError when the cluster was lost, after what it gave before.
        """
        while True:
            found = self._results.get()
            if found is None:
                if self.error is not None:
                    raise self.error
                return
            yield found

    def pause(self) -> None:
        """Submit nothing more until `resume`; what runs is finished."""
        if not self._paused:
            self._paused, self._paused_at = True, time.monotonic()

    def resume(self) -> None:
        """Go on after `pause`."""
        if self._paused:
            self._paused, self._waited = False, self._waited + time.monotonic() - self._paused_at
        _go_on(self)

    def cancel(self) -> None:
        """Stop: waiting items are dropped, running ones are interrupted by replacing their worker if they go on."""
        with self._lock:
            if self.status in ("done", "cancelled", "failed"):
                return
            self.status = "cancelled"
            running = list(self._running)
            self._running.clear()
        self._results.put(None)
        threading.Thread(target=_free_workers, args=(running,), name=FREEING, daemon=True).start()


def _free_workers(futures: list[Future]) -> None:
    """Cancel futures; restart the workers that still execute one after the grace period."""
    client = _client
    futures = [future for future in futures if future.client is client]
    if client is None or client.status != "running" or not futures:
        return
    keys = {future.key for future in futures}
    try:
        client.cancel(futures, force=True)
        time.sleep(GRACE)
        if client.status != "running":
            return
        busy = [address for address, tasks in client.run(_executing).items() if keys & set(tasks)]
        if busy:
            client.restart_workers(busy, timeout=20, raise_for_error=False)
    except OSError:  # distributed's closed connection: the cluster went down meanwhile, and its workers with it
        if client.status == "running":
            raise


def dropped() -> bool:
    """Tell a running task that its job was cancelled: a function that asks now and then frees its worker at once. False elsewhere."""
    if "distributed" not in sys.modules:  # importing it takes a second
        return False
    from distributed import get_worker

    try:
        worker = get_worker()
    except ValueError:  # not on a worker
        return False
    key = worker.active_threads.get(threading.get_ident())
    if key is None:  # a thread that the task began
        return False
    task = worker.state.tasks.get(key)
    return task is None or task.state == "cancelled"


def _executing(dask_worker: Any) -> list[str]:
    """Return the keys of the tasks that run on a worker (called on it)."""
    return [str(key) for key in dask_worker.active_keys]


def submit(
    function: Callable[[Any], Any],
    items: Iterable[Any],
    *,
    label: str = "",
    owner: str = "",
    retries: int = 2,
    scheduler: str | None = None,
) -> Job:
    """Start a job: `function(item)` for each item, on the cluster. function: a module's top-level one, so that it can be sent.

    An item that raises gives a `Failure` as its result. A worker that dies costs its running items a retry (`retries` at most), no more.
    A lost cluster is no item's result: `results` raises ClusterError, as this does where none is reached.
    """
    connect(scheduler)
    job = Job(function, list(items), label=label, owner=owner, retries=retries)
    job.status = "running" if job.items else "done"
    if job.items:
        _go_on(job)
    else:
        job._results.put(None)
    return job


def run_all(items: Iterable[dict[str, Any]], function: Callable[[Any], Any]) -> list[Any]:
    """Return the results of all items in their order; raises RuntimeError with the first failure."""
    job = submit(function, items)
    found: dict[int, Any] = dict(job.results())
    for result in found.values():
        if isinstance(result, Failure):
            raise RuntimeError(f"{result.kind}: {result.error}")
    return [found[i] for i in range(job.total)]


def _go_on(job: Job) -> None:
    """Submit what may be submitted; a job that cannot go on fails, in whatever thread that is."""
    try:
        _fill(job)
    except Exception as error:  # nobody waits in the cluster's threads, and whoever waits for results would for ever
        _fail(job, error)


def _fill(job: Job) -> None:
    """Submit items up to the job's share of the workers."""
    client = connect()
    limit = IN_FLIGHT * n_workers()
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
    """Hand a finished item on and submit the next."""
    with job._lock:
        index = job._running.pop(future, None)
        if index is None or job.status == "cancelled":
            return
    try:
        result = future.result(timeout=60)
    except Exception as error:  # whatever the function raised is this item's result
        if _is_the_clusters(error, raised_there=future.status == "error"):
            _fail(job, error)
            return
        result = Failure(_first_line(error), type(error).__name__)
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


def _is_the_clusters(error: Exception, *, raised_there: bool) -> bool:
    """Tell whether an error is the cluster's, not the item's. raised_there: on a worker, where the function may have raised anything."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker

    return isinstance(error, KilledWorker) or (not raised_there and isinstance(error, CancelledError | OSError))


def _fail(job: Job, error: Exception) -> None:
    """End a job that cannot go on; `results` raises why."""
    with job._lock:
        if job.status != "running":
            return
        job.status, job.error = "failed", _spoken(job, error)
        running = list(job._running)
        job._running.clear()
    job._results.put(None)
    if running and _client is not None and _client.status == "running":
        threading.Thread(target=_free_workers, args=(running,), name=FREEING, daemon=True).start()


def _spoken(job: Job, error: Exception) -> Exception:
    """Return a lost cluster as what the user is told; any other error as it is."""
    lost = _client is None or _client.status != "running"
    if not (lost or _is_the_clusters(error, raised_there=False)):
        return error
    where = f"at {_address} " if _address else "of this machine "
    what = f"{job.label or 'The job'} ended with {job.done} of {job.total} done"
    if type(error).__name__ == "KilledWorker":
        return ClusterError(
            f"{what}: workers of the cluster {where}died again and again over one item, perhaps for want of memory. Look at what they "
            "wrote, give them more memory or run fewer of them, and start again."
        )
    return ClusterError(
        f"{what}: the cluster {where}was lost ({_first_line(error)}). Check that its scheduler runs and can be reached, and start again."
    )


def _first_line(error: Exception) -> str:
    """Return what an error says, in one line."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
