"""`python -m benchmarks.load`: one page's response times while others draw, simulate and save, and the server's memory after they leave.

The visitors are protocol clients in their own process. --sessions 20 is the full form (about six minutes on two cores).
A few sessions are enough to see that it works.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from typing import Any

import numpy as np

from .page import serve
from .protocol_client import PageClient
from .visitor import Held, draw, loaded, machine, settled, share, show_stage, simulate

KEPT_MINUTES = 1
GONE_AFTER = 60 * KEPT_MINUTES + 45
"""s after the last tab closes until the server has released its session. The server checks every 30 s."""

APART = 0.25
"""s between two actions on the measured page, as of a person who clicks fast."""


async def busy_visitor(
    address: str, number: int, circuits: int, begin: asyncio.Event, until: asyncio.Event, done: list[str]
) -> None:
    """Work without pause from the beginning, when all are there, until told to stop."""
    async with await PageClient.open(address) as page:
        await loaded(page)
        done.append("open")
        await begin.wait()
        turn = 0
        while not until.is_set():
            await draw(page, 200, 1 + 100 * number + turn)
            done.append("draw")
            if until.is_set():
                break
            await simulate(page, circuits)
            done.append("simulate")
            await share(page)
            done.append("save")
            turn += 1


async def measured_visitor(address: str, seconds: float) -> list[float]:
    """Return the s until each action on the measured page was answered."""
    took = []
    async with await PageClient.open(address) as page:
        await loaded(page)
        await draw(page, 200, 1)
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            for stage in ("Features", "Posterior"):
                took.append(await show_stage(page, stage))
                await asyncio.sleep(APART)
            order = page.find("Order")
            now = page.value(order, "value")
            other = "Network, cell, synapse" if now != "Network, cell, synapse" else "Most narrowed first"
            took.append(await page.set(order, "value", other))
            await asyncio.sleep(APART)
    return took


def in_ms(took: list[float]) -> dict[str, float]:
    """Return the median, the 95th percentile and the longest time, in ms."""
    return {
        "median": round(1000 * statistics.median(took)), "p95": round(1000 * float(np.percentile(took, 95))),
        "longest": round(1000 * max(took)), "answers": len(took),
    }  # fmt: skip


async def measure(address: str, process: int, sessions: int, seconds: float, circuits: int) -> dict[str, Any]:
    """Return the figures of one run. It begins with a lone visitor, who also loads all code that is loaded once."""
    alone = await measured_visitor(address, seconds / 4)
    async with await PageClient.open(
        address
    ) as page:  # code that the first simulation loads does not belong to a session
        await loaded(page)
        await draw(page, 200, 1)
        await simulate(page, circuits)
        await share(page)
    before = await settled(process, time.monotonic(), GONE_AFTER)
    print(f"before: {before}", flush=True)
    begin, stop, done = asyncio.Event(), asyncio.Event(), list[str]()
    others: list[asyncio.Task[None]] = []
    for number in range(sessions - 1):  # one after the other, as people come
        others.append(asyncio.create_task(busy_visitor(address, number, circuits, begin, stop, done)))
        while done.count("open") + sum(other.done() for other in others) < len(others):
            await asyncio.sleep(0.1)
    print(f"all opened: {Held.by(process)}", flush=True)
    begin.set()
    among = await measured_visitor(address, seconds)
    during = Held.by(process)
    print(f"during: {during}", flush=True)
    stop.set()
    failed = [
        f"{type(error).__name__}: {error}"
        for error in await asyncio.gather(*others, return_exceptions=True)
        if error is not None
    ]
    after = await settled(process, time.monotonic(), GONE_AFTER)
    print(f"after: {after}", flush=True)
    return {
        "machine": machine(), "sessions": sessions, "alone_ms": in_ms(alone), "among_others_ms": in_ms(among),
        "done_meanwhile": {what: done.count(what) for what in sorted(set(done))}, "failed": failed,
        "before": str(before), "during": str(during), "after": str(after),
        "memory_after_to_before": round(after.own / before.own, 3),
        "handles_after_to_before": round(after.handles / before.handles, 3),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=120.0, help="seconds of measuring the page among others")
    parser.add_argument("--circuits", type=int, default=2, help="circuits that each visitor simulates at once")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as views:
        os.environ["AUTOMIND_VIEWS"] = views
        process, address = serve(
            "--quiet-arrival", "--keep-sessions", str(KEPT_MINUTES), "--max-opening", str(given.sessions + 5)
        )
        try:
            figures = asyncio.run(measure(address, process.pid, given.sessions, given.seconds, given.circuits))
        finally:
            process.terminate()
            process.wait(60)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
