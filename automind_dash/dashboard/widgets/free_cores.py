"""Tells whether processors are idle. Work that nobody asked for waits until they are, and gives way in the scheduler."""

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
"""The lowest priority of Unix: its work gets only what nothing else wants."""


async def are_free() -> bool:
    """Tell whether half a processor or more was idle, or busy only at a low priority, over the last moments."""
    before = psutil.cpu_times()
    await asyncio.sleep(LOOKED)
    after = psutil.cpu_times()
    spent = {name: getattr(after, name) - getattr(before, name) for name in before._fields if name != "guest"}
    idle = sum(spent.get(name, 0.0) for name in ("idle", "iowait", "nice"))
    return (os.cpu_count() or 1) * idle / max(sum(spent.values()), 1e-9) >= 0.5


def give_way() -> None:
    """Give this thread the lowest priority; only on Linux do threads have priorities of their own."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST)
