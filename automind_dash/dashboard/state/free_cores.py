"""Whether processors are idle: work that nobody has asked for waits until they are, and gives way in the scheduler."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from contextlib import suppress

import psutil

LOOKED = 0.5
"""s over which the processors are looked at."""

LOWEST = 19
"""Of Unix: what runs at it gets only what nothing else wants."""


async def are_free() -> bool:
    """Tell whether half a processor or more was idle, or busy at a low priority only, over the last moments."""
    before = psutil.cpu_times()
    await asyncio.sleep(LOOKED)
    after = psutil.cpu_times()
    spent = {name: getattr(after, name) - getattr(before, name) for name in before._fields if name != "guest"}
    idle = sum(spent.get(name, 0.0) for name in ("idle", "iowait", "nice"))
    return (os.cpu_count() or 1) * idle / max(sum(spent.values()), 1e-9) >= 0.5


def give_way() -> None:
    """Let this thread have the lowest priority; threads have priorities of their own on Linux only."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST)
