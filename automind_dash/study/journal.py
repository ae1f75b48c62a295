"""Simulations are kept as they come, so that a batch that is killed runs none of them twice.

A search for circuits is decided by its seed and by the results of its simulations. Started again, it asks for the same simulations in the
same order. Those in the journal are answered from there.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import StudyError
from ..inference.asking.simulated import Simulated
from ..inference.asking.verification import RunMany


class Journal:
    """Simulated circuits of one recording, by the question that they answer, one line each in a file. A last line that was cut off is run
    again."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._found: dict[str, dict[str, Any]] = {}
        try:
            whole = path.read_bytes() if path.exists() else b""
        except OSError as error:
            raise StudyError(f"{path} cannot be read ({error.strerror}).") from None
        for line in whole.splitlines():
            told = _line(line)
            if told is not None:
                self._found[told["of"]] = told
        self._cut_off = bool(whole) and not whole.endswith(b"\n")

    def __len__(self) -> int:
        return len(self._found)

    def get(self, item: dict[str, Any]) -> Simulated | None:
        """Return the result of a job item; None where it has not been run."""
        told = self._found.get(key_of(item))
        if told is None:
            return None
        vector = _numbers(told["vector"])
        return Simulated(
            np.asarray(item["theta"], dtype=np.float64), int(item["seed"]), told["outcome"], vector,
            {name: np.nan if value is None else float(value) for name, value in told["features"].items()},
            error=told["error"], rejected_after=told["rejected_after"],
        )  # fmt: skip

    def put(self, item: dict[str, Any], run: Simulated) -> None:
        """Keep a result; it is on the disk when this returns. A run that failed because of its worker is not kept, and is run again
        later."""
        key = key_of(item)
        told: dict[str, Any] = {
            "of": key, "outcome": run.outcome, "vector": _or_null(run.vector.tolist()),
            "features": dict(zip(run.features, _or_null(list(run.features.values())), strict=True)), "error": run.error,
            "rejected_after": run.rejected_after,
        }  # fmt: skip
        line = json.dumps(told, allow_nan=False)
        try:
            with self._lock, self._path.open("a", encoding="utf-8") as file:
                file.write(("\n" if self._cut_off else "") + line + "\n")
                file.flush()
                os.fsync(file.fileno())
                self._cut_off = False
                self._found[key] = told
        except OSError as error:
            raise StudyError(
                f"{self._path} cannot be written ({error.strerror}); make room there and start again."
            ) from None

    def around(self, run_many: RunMany) -> RunMany:
        """Return a way to run items that asks the journal first, and keeps the results that it lacks."""

        def run(items: list[dict[str, Any]]) -> Iterator[tuple[int, Simulated]]:
            known = {index: self.get(item) for index, item in enumerate(items)}
            yield from ((index, found) for index, found in known.items() if found is not None)
            missing = [index for index, found in known.items() if found is None]
            if not missing:
                return
            results = run_many([items[index] for index in missing])
            try:
                for number, found in results:
                    item = items[missing[number]]
                    if found.outcome != "failed":
                        self.put(item, found)
                    yield missing[number], found
            finally:
                close = getattr(results, "close", None)
                if close is not None:
                    close()

        return run


def key_of(item: dict[str, Any]) -> str:
    """Return a digest of an item's question: its circuit, seed, units seen, and whether it may be given up early.

    Everything else that decides its result, the estimator's plan and features, is the same for all items of a journal.
    """
    rejection = item.get("rejection")
    said = f"{item['seed']} {item.get('n_units')} {'' if rejection is None else repr((rejection.target.tolist(), rejection.threshold))}"
    theta: NDArray[np.float64] = np.asarray(item["theta"], dtype=np.float64)
    return hashlib.sha256(theta.tobytes() + said.encode()).hexdigest()[:24]


def _line(line: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
    wanted = {"of", "outcome", "vector", "features", "error", "rejected_after"}
    return told if isinstance(told, dict) and wanted <= set(told) else None


def _or_null(values: list[float]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _numbers(values: list[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
