"""`python -m benchmarks.soak`: visitors come and go while things go wrong, and what the server holds goes back to where it began.

Each round, some visitors draw, simulate and save at once. Between rounds something breaks: a worker of the cluster is killed, the scheduler
is started anew, the disk of shared links is full, a browser is killed in mid-upload. What was promised is looked at: the page says what was
lost, a simulation that is asked for again runs, the file that was there stays, the upload is gone with its session.

--rounds 3 is the short form, --minutes 60 the long one for a person. The cluster is a scheduler and two workers that this program starts.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import psutil

from .load import GONE_AFTER, KEPT_MINUTES
from .page import free_port, serve
from .protocol_client import PageClient
from .visitor import Held, draw, loaded, machine, settled, share, simulate

WITHIN = 1.1
"""Of what was held after the first round."""


class Cluster:
    """A dask scheduler and two workers, as a lab has them on machines of their own."""

    def __init__(self) -> None:
        self._port = str(free_port())
        self.address = f"tcp://127.0.0.1:{self._port}"
        self._begin()

    def _begin(self) -> None:
        self._scheduler = self._start("scheduler", "--port", self._port, "--no-dashboard")
        self._workers = [self._worker() for _ in range(2)]

    @staticmethod
    def _start(kind: str, *options: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def _worker(self) -> subprocess.Popen[bytes]:
        return self._start("worker", self.address, "--nthreads", "1", "--no-dashboard", "--death-timeout", "120")

    def kill_worker(self) -> None:
        """Kill a process that computes; its nanny replaces it."""
        nanny = psutil.Process(self._workers[0].pid)
        for child in nanny.children(recursive=True):
            if "spawn_main" in " ".join(child.cmdline()):
                child.send_signal(signal.SIGKILL)
                return

    def restart_scheduler(self) -> None:
        """End the scheduler and begin another at the same address, with workers."""
        self.end()
        self._begin()

    def end(self) -> None:
        for process in [*self._workers, self._scheduler]:
            process.terminate()
        for process in [*self._workers, self._scheduler]:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)


async def visit(address: str, number: int, circuits: int) -> None:
    """Come, work, and close the tab."""
    async with await PageClient.open(address) as page:
        await loaded(page)
        await draw(page, 200, 1 + number)
        await simulate(page, circuits)
        await share(page)


async def worker_killed(address: str, cluster: Cluster, views: Path) -> str:
    """A worker dies under a simulation: the circuits are run all the same."""
    async with await PageClient.open(address) as page:
        await loaded(page)
        await draw(page, 200, 7)
        running = asyncio.create_task(simulate(page, 8))
        await asyncio.sleep(2)
        cluster.kill_worker()
        await running
    return "the simulation came to its end"


async def scheduler_restarted(address: str, cluster: Cluster, views: Path) -> str:
    """The scheduler is started anew: the next simulation runs there."""
    await asyncio.to_thread(cluster.restart_scheduler)
    async with await PageClient.open(address) as page:
        await loaded(page)
        await draw(page, 200, 8)
        await simulate(page, 8)
    return "a simulation that was asked for afterwards came to its end"


async def disk_full(address: str, cluster: Cluster, views: Path) -> str:
    """The folder of shared links cannot be written: the page says so, and the links that are there stay."""
    before = {path.name: path.read_bytes() for path in views.glob("*.automind")}
    moved = views.with_name("aside")
    views.rename(moved)
    views.write_text("no folder")
    try:
        async with await PageClient.open(address) as page:
            await loaded(page)
            await page.press(page.find("Share link"))
            await page.until(lambda: page.tells("cannot keep the view"), 60)
    finally:
        views.unlink()
        moved.rename(views)
    assert {path.name: path.read_bytes() for path in views.glob("*.automind")} == before
    return "the page said so, and earlier links are as they were"


async def browser_killed(address: str, cluster: Cluster, views: Path) -> str:
    """A browser is killed in mid-upload: the upload is deleted with its session."""
    before = uploads()
    page = await PageClient.open(address)
    await loaded(page)
    await page.upload("half.npz", os.urandom(30_000_000), chunks=3)
    assert uploads() != before, "the upload did not arrive"
    page.kill()
    await asyncio.sleep(GONE_AFTER)
    assert uploads() == before, "the upload is still there"
    return "the upload was deleted with its session"


def uploads() -> set[Path]:
    """Return the uploads that lie on this machine."""
    return {path for path in Path(tempfile.gettempdir()).glob("automind-session-*/*/*") if path.name == "half.npz"}


Fault = Callable[[str, Cluster, Path], Coroutine[Any, Any, str]]
FAULTS: tuple[Fault, ...] = (worker_killed, scheduler_restarted, disk_full, browser_killed)


async def soak(address: str, process: int, cluster: Cluster, views: Path, given: argparse.Namespace) -> dict[str, Any]:
    """Return what was held after each round, and what became of each fault."""
    end = time.monotonic() + 60 * given.minutes
    held: list[Held] = []
    faults: dict[str, str] = {}
    while len(held) < given.rounds or time.monotonic() < end:
        visits = [visit(address, number, given.circuits) for number in range(given.visitors)]
        for error in await asyncio.gather(*visits, return_exceptions=True):
            if error is not None:
                faults[f"visit in round {len(held)}"] = f"FAILED: {type(error).__name__}: {error}"
        fault = FAULTS[len(held) % len(FAULTS)]
        try:
            faults[fault.__name__] = await fault(address, cluster, views)
        except (AssertionError, ConnectionError, TimeoutError, KeyError) as error:
            faults[fault.__name__] = f"FAILED: {type(error).__name__}: {error}"
        held.append(await settled(process, time.monotonic(), GONE_AFTER))
        print(f"round {len(held)}: {held[-1]}; {fault.__name__}: {faults[fault.__name__]}", flush=True)
    return {
        "machine": machine(), "visitors": given.visitors, "rounds": [str(one) for one in held], "faults": faults,
        "memory_last_to_first": round(held[-1].own / held[0].own, 3),
        "handles_last_to_first": round(held[-1].handles / held[0].handles, 3),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=4, help="at once")
    parser.add_argument("--rounds", type=int, default=len(FAULTS) + 1)
    parser.add_argument("--minutes", type=float, default=0.0, help="at least; 60 is the long form")
    parser.add_argument("--circuits", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        views = Path(folder, "views")
        views.mkdir()
        os.environ["AUTOMIND_VIEWS"] = str(views)
        cluster = Cluster()
        process, address = serve(
            "--keep-sessions", str(KEPT_MINUTES), "--scheduler", cluster.address, "--quiet-arrival"
        )
        try:
            figures = asyncio.run(soak(address, process.pid, cluster, views, given))
        finally:
            process.terminate()
            process.wait(60)
            cluster.end()
    print(json.dumps(figures, indent=1))
    bad = [what for what, told in figures["faults"].items() if told.startswith("FAILED")]
    grown = max(figures["memory_last_to_first"], figures["handles_last_to_first"]) > WITHIN
    sys.exit(bool(bad) or grown)


if __name__ == "__main__":
    main()
