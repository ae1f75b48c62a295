"""Work on a file in a process of its own, with limits of memory and time: a crash, a hang or a lack of memory there ends nothing here.

What runs is named "module:function" (of the package, or any module on the path); it is called with the path and the arguments and
returns arrays by name and an outline, plain values as JSON holds them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError

CHILD = Path(__file__).with_name("child.py")
ROOT = Path(__file__).parents[3]
"""The folder that holds the package: the child is started without a path of its own."""

REFUSED = 3
"""The child's exit status when its output is a sentence for the user."""


@dataclass(frozen=True)
class Limits:
    """seconds: of the clock and of the processor; memory: bytes of addresses, where the system can limit them (not on Windows)."""

    seconds: float = 120.0
    memory: int = 4 * 2**30


@dataclass(frozen=True)
class Outcome:
    """arrays: by name; outline: plain values."""

    arrays: Mapping[str, NDArray]
    outline: Any


def run_apart(
    function: str,
    path: Path,
    file: str,
    arguments: Mapping[str, Any] | None = None,
    limits: Limits | None = None,
    what: str = "file",
) -> Outcome:
    """Return what the function makes of the file. what: the word for it in messages.

    Raises RecordingError with the function's own sentence, or with one on what ended the process.
    """
    limits = limits or Limits()
    with tempfile.TemporaryDirectory(prefix="automind-") as folder:
        out = Path(folder, "content.npz")
        request = {
            "root": str(ROOT), "function": function, "path": str(path.resolve()), "out": str(out), "arguments": dict(arguments or {}),
            "memory": limits.memory, "seconds": limits.seconds,
        }  # fmt: skip
        environment = {
            **os.environ,
            **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
        }
        try:
            run = subprocess.run(
                [sys.executable, "-I", str(CHILD)], input=json.dumps(request), capture_output=True, text=True,
                timeout=limits.seconds + 10, check=False, env=environment, cwd=folder,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise RecordingError(
                f"{file}: it took over {limits.seconds:g} s to read this {what}; save only the spike times."
            ) from error
        if run.returncode:
            raise RecordingError(f"{file}: {_reason(run, limits, what)}")
        with np.load(out, allow_pickle=False) as content:
            arrays = {key.removeprefix("array_"): content[key] for key in content.files if key != "outline"}
            return Outcome(arrays, json.loads(str(content["outline"])))


def _reason(run: subprocess.CompletedProcess[str], limits: Limits, what: str) -> str:
    said = (run.stderr.strip().splitlines() or [""])[-1]
    if run.returncode == REFUSED:
        return said[:2000]
    said = said[:200]
    if "MemoryError" in said or "allocate" in said:
        return (
            f"reading this {what} takes more than {limits.memory / 2**30:g} GiB of memory; save only the spike times."
        )
    if run.returncode < 0 or not said:
        return f"this {what} is damaged (it crashed the library that reads it) or too large; save it again."
    return f"this {what} is damaged ({said}); save it again."
