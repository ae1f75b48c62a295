"""A visitor's actions through the page's protocol (draw circuits, simulate some, save the session), and the server's use of resources."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from typing import Any

import psutil

from automind_dash.dashboard.state.stages import STAGES

from .protocol_client import PageClient

MB = 2**20
LABEL = "If none is selected: the first"


async def show_stage(page: PageClient, stage: str) -> float:
    """Choose a stage, and return the s until the server answered."""
    return await page.set(page.of_kind("StageBar1"), "active", STAGES.index(stage))


async def loaded(page: PageClient) -> None:
    """Wait until the example of a new session is measured and its estimator chosen."""
    await page.until(lambda: page.has("Suggest") and not page.value(page.find("Save session"), "disabled"))


async def draw(page: PageClient, n: int, seed: int) -> None:
    """Draw circuits."""
    await show_stage(page, "Posterior")
    await page.until(lambda: page.has("Draw circuits"))
    await page.until(lambda: not page.value(page.find("Draw circuits"), "disabled"))
    await page.set(page.find("Circuits to keep (n)"), "value", n)
    await page.set(page.find("Seed"), "value", seed)
    await _press_and_wait(page, page.find("Draw circuits"))


async def simulate(page: PageClient, n: int) -> None:
    """Simulate the first of the drawn circuits."""
    await show_stage(page, "Simulate")
    await page.until(lambda: page.has(LABEL))
    await page.set(page.find(LABEL), "value", n)
    await page.until(lambda: page.has(f"Simulate {n}") and not page.value(page.find(f"Simulate {n}"), "disabled"))
    await _press_and_wait(page, page.find(f"Simulate {n}"))


async def _press_and_wait(page: PageClient, button: str) -> None:
    """Press a button that stays disabled while its work goes on."""
    await page.press(button)
    await page.until(lambda: page.value(button, "disabled") is True)
    await page.until(lambda: page.value(button, "disabled") is False, 900)


async def share(page: PageClient) -> str:
    """Save the session on the server and return the link to it."""
    link = page.find("Link to this view, on this server")
    before = page.value(link, "value")
    await page.press(page.find("Share link"))
    await page.until(lambda: page.value(link, "value") not in (None, "", before))
    return str(page.value(link, "value"))


@dataclass(frozen=True)
class Held:
    """A server's use of resources: MB of its own process, MB of all its children, open file handles, threads."""

    own: float
    children: float
    handles: int
    threads: int

    @classmethod
    def by(cls, process: int) -> Held:
        server = psutil.Process(process)
        children = 0.0
        for child in server.children(recursive=True):
            try:
                children += child.memory_info().rss / MB
            except psutil.NoSuchProcess:
                continue
        return cls(server.memory_info().rss / MB, children, server.num_fds(), server.num_threads())

    def __str__(self) -> str:
        return f"{self.own:.0f} MB (children {self.children:.0f} MB), {self.handles} handles, {self.threads} threads"


async def settled(process: int, begun: float, seconds: float) -> Held:
    """Return a server's use of resources a while after a time."""
    await asyncio.sleep(max(begun + seconds - time.monotonic(), 0))
    return Held.by(process)


def machine() -> dict[str, Any]:
    """Return the conditions on which the figures depend."""
    name = next(
        (line.split(":")[1].strip() for line in open_lines("/proc/cpuinfo") if line.startswith("model name")), ""
    )
    return {"processor": name, "cores": os.cpu_count(), "load": [round(load, 1) for load in os.getloadavg()]}


def open_lines(path: str) -> list[str]:
    """Return the lines of a system file, or none if the file does not exist."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()
    except OSError:
        return []
