"""Forks a process for each file that is read, with limits of memory and time. Started by `bounded.py` as a script, once for a program.

It has loaded the readers' libraries, so that a fork costs milliseconds. Requests and answers are lines of JSON. A fork writes plain arrays
and JSON into the folder it was given; nothing is pickled on the way.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import selectors
import signal
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

LIBRARIES = ("h5py", "pandas", "pyarrow.parquet", "scipy.io", "scipy.sparse", "pynwb")

READ, REFUSED, FAILED = 0, 3, 4
"""Exit statuses: read; refused with a sentence; failed otherwise, with a library's reason. Killed processes have a negative one."""


def _addresses() -> int:
    """Return the bytes of addresses that this process has by now."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except OSError:
        return 2**31


def _limit(memory: int, seconds: float) -> None:
    os.setsid()  # a reader's own children end with it
    with contextlib.suppress(OSError, ValueError):  # macOS limits no addresses
        most = _addresses() + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _read(request: dict[str, Any]) -> int:
    """Read in a fork; returns the exit status."""
    from automind_dash.errors import UserError
    from automind_dash.recording.bounded import write_reading
    from automind_dash.recording.reading import read

    out = Path(request["out"])
    try:
        if "reader" in request:  # named by this program, never by a file
            module, name = request["reader"].split(":")
            getattr(import_module(module), name)(Path(request["path"]))
        else:
            write_reading(read(request["path"], request["answers"], accepted=request["accepted"]), out)
    except UserError as error:
        swollen = isinstance(error.__cause__, MemoryError) or "Unable to allocate" in str(error)
        said, status = ("MemoryError", FAILED) if swollen else (str(error), REFUSED)
    except BaseException as error:  # noqa: BLE001 - what a library raises on a damaged file, out of memory too, is its reason
        said, status = f"{type(error).__name__}: {str(error)[:200]}", FAILED
    else:
        return READ
    (out / "said").write_text(said, encoding="utf-8")
    return status


def _fork(request: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        sys.stdin.close()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        _limit(request["memory"], request["seconds"])
        status = _read(request)
    except BaseException:  # noqa: BLE001 - the fork must end here, whatever happened
        status = FAILED
    os._exit(status)


def _answer(number: int, status: int, peak: int) -> None:
    os.write(1, (json.dumps({"id": number, "status": status, "peak": peak}) + "\n").encode())


def main() -> None:
    """Serve until the standard input closes."""
    for name in (
        "automind_dash.recording.bounded",
        "automind_dash.recording.contents",
        *(LIBRARIES if sys.argv[2] == "warm" else ()),
        *sys.argv[3:],
    ):
        import_module(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C ends the program, whose end closes the input
    gc.collect()
    gc.freeze()
    os.set_blocking(0, False)
    waiting = selectors.DefaultSelector()
    waiting.register(0, selectors.EVENT_READ)
    running: dict[int, tuple[int, float]] = {}
    pending, is_open = b"", True
    while is_open or running:
        if waiting.select(0.005 if running else None) and is_open:
            received = os.read(0, 2**16)
            if not received:
                is_open = False
                waiting.unregister(0)
                waiting.close()
                break
            *lines, pending = (pending + received).split(b"\n")
            for line in lines:
                request = json.loads(line)
                if "stop" in request:
                    ended = [child for child, (number, _) in running.items() if number == request["stop"]]
                    for child in ended:
                        _kill(child)
                else:
                    running[_fork(request)] = request["id"], time.monotonic() + 6 * request["seconds"] + 10
        for child, (number, until) in list(running.items()):
            if time.monotonic() > until:
                _kill(child)
            ended_child, status, used = os.wait4(child, os.WNOHANG)
            if ended_child:
                del running[child]
                _kill(child)
                peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
                _answer(number, os.waitstatus_to_exitcode(status), peak)
    for child in running:
        _kill(child)


def _kill(child: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    main()
