"""The cluster of this process: the lab's, by address, or one on this machine. This module knows no science.

A process connects once: to the given address or AUTOMIND_SCHEDULER's, else to a cluster on this machine with a process
per core, which starts when it is first needed.
"""

from __future__ import annotations

import atexit
import logging
import os
import sys
import threading
import time
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from .errors import ClusterError

if TYPE_CHECKING:
    from distributed import Client, Future

PATIENCE = "20s"
"""Time that a scheduler has to answer."""

GRACE = 5.0
"""s that a cancelled task has to notice (`dropped`). Then its worker process is replaced, which takes seconds."""

RETURN = 600.0
"""s that a worker has to come back, in the background. dask gives up a dead or replaced worker for good after 15 s. On
a busy machine, or when a worker is replaced again, that is too short, and a cluster without workers waits for ever."""

DEATHS = 5
"""Workers that may die under an item, through its own fault or because workers of cancelled jobs are replaced while it waits there."""

FREEING = "free the workers of a cancelled job"
"""Name of the threads that do so after `cancel`."""

_lock = threading.RLock()
_client: Client | None = None
_cluster: Any = None
_address: str | None = None
"""Address of the last scheduler. Work that is lost there does not go on here unasked."""


def connect(scheduler: str | None = None) -> Client:
    """Return this process's client. It connects on first use and after a loss, which takes a few seconds: call it off the event loop.

    scheduler: address; without one, the last scheduler's address or AUTOMIND_SCHEDULER's. Raises ClusterError when no
    scheduler answers there.
    """
    global _client, _cluster, _address
    with _lock:
        connected = running()
        if connected is not None:
            return connected
        _leave()
        import dask
        from distributed import Client, LocalCluster

        for name in ("", ".nanny", ".worker", ".scheduler", ".core"):
            logging.getLogger(f"distributed{name}").setLevel(logging.ERROR)
        # whoever waits for the connection reports its loss
        logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
        dask.config.set({
            "distributed.comm.timeouts.connect": PATIENCE, "distributed.scheduler.allowed-failures": DEATHS,
            "distributed.deploy.lost-worker-timeout": f"{RETURN:g}s",
        })  # fmt: skip
        address = scheduler or _address or os.environ.get("AUTOMIND_SCHEDULER")
        if address:
            try:
                _client = Client(address, set_as_default=False)
            except (OSError, ValueError) as error:
                raise ClusterError(
                    f"No dask scheduler answers at {address} ({first_line(error)}). Check the address, and that one runs there; without "
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
    """Close the rest of a connection and of a cluster on this machine."""
    global _client, _cluster
    for one in (_client, _cluster):
        if one is not None:
            with suppress(OSError):  # the other side may have gone
                one.close(timeout=5)
    _client = _cluster = None


atexit.register(close)


def n_workers() -> int:
    """Return the number of tasks that run at once."""
    return max(len(connect().scheduler_info(n_workers=-1)["workers"]), 1)


def running() -> Client | None:
    """Return the client if it is connected; never connect."""
    return _client if _client is not None and _client.status == "running" else None


def place() -> str:
    """Return the cluster's place in words."""
    return f"at {_address}" if _address else "of this machine"


def free_workers(futures: list[Future]) -> None:
    """Cancel futures, and restart the workers that still execute one after the grace period."""
    client = running()
    futures = [future for future in futures if future.client is client]
    if client is None or not futures:
        return
    keys = {future.key for future in futures}
    try:
        client.cancel(futures, force=True)
        time.sleep(GRACE)
        if client is not running():
            return
        busy = [address for address, tasks in client.run(executing, on_error="return").items() if _among(tasks, keys)]
        if busy:
            client.restart_workers(busy, timeout=RETURN, raise_for_error=False)
    except OSError:  # distributed closed the connection: the cluster and its workers went down meanwhile
        if client is running():
            raise


def _among(tasks: Any, keys: set[Any]) -> bool:
    """Tell whether a worker executes one of these. A worker that is restarting cannot be asked and counts as not executing."""
    return isinstance(tasks, list | tuple | set | frozenset) and bool(keys & set(tasks))


def dropped() -> bool:
    """Tell a running task whether its job was cancelled. A function that asks now and then frees its worker at once. False elsewhere."""
    if "distributed" not in sys.modules:  # importing dask takes a second
        return False
    from distributed import get_worker

    try:
        worker = get_worker()
    except ValueError:  # not on a worker
        return False
    key = worker.active_threads.get(threading.get_ident())
    if key is None:  # the task started this thread
        return False
    task = worker.state.tasks.get(key)
    return task is None or task.state == "cancelled"


def executing(dask_worker: Any) -> list[str]:
    """Return the keys of the tasks that run on a worker (runs on that worker)."""
    return [str(key) for key in dask_worker.active_keys]


def is_of_the_cluster(error: Exception, *, raised_there: bool) -> bool:
    """Tell whether the cluster, not the item, caused an error. raised_there: on a worker, where the function may raise anything."""
    return not raised_there and isinstance(error, CancelledError | OSError)


def killed_workers(error: Exception) -> bool:
    """Tell whether an item ended because several workers died over it."""
    from distributed import KilledWorker

    return isinstance(error, KilledWorker)


def first_line(error: Exception) -> str:
    """Return an error's message in one line; for a cancelled future, the reason for it."""
    if isinstance(error, CancelledError) and hasattr(error, "reason"):
        return str(error.reason)
    return str(error).splitlines()[0] if str(error) else type(error).__name__
