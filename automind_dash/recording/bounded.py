"""`read` in a process of its own, with limits of memory and time. A file that takes too much memory, hangs or crashes a library ends
nothing here. Files that are not recordings are rehearsed: read in such a process first, and only then here.

The processes are forks of one that has the libraries loaded (`bounded_server.py`). Where the system cannot fork, on Windows, files are read
in the program itself.
"""

from __future__ import annotations

import atexit
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import RecordingError, UserError
from .questions import Question
from .reading import Reading, read
from .recording import Recording

SERVER = Path(__file__).with_name("bounded_server.py")
ROOT = Path(__file__).parents[2]

MB = 2**20
COLD_MEMORY, COLD_SECONDS = 500 * MB, 4.0
"""What the libraries themselves take where a reader has to load them first."""

MAX_RESULT = 4 * 2**30
"""Most bytes that a reader may return: more than twice the size of the largest recording."""


@dataclass(frozen=True)
class Limits:
    """memory: bytes beyond the libraries'; seconds: of the processor."""

    memory: int
    seconds: float


def limits_for(path: Path) -> Limits:
    """Return the limits for a file of this size. Spikes as text need about forty times their bytes, and 0.2 s for a MB."""
    files = [path] if path.is_file() else [one for one in itertools.islice(path.rglob("*"), 5000) if one.is_file()]
    size = sum(one.stat().st_size for one in files)
    return Limits(min(350 * MB + 40 * size, 8 * 2**30), 1.5 + 0.5 * max(size / MB - 1, 0))


@dataclass(frozen=True)
class Ended:
    """How a fork ended. status: of its exit, None where the server died; peak: bytes that it held at most, with the libraries; words: that
    it left.
    """

    status: int | None
    peak: int = 0
    words: str = ""


class _Server:
    """The process that forks, and the requests that wait for it."""

    def __init__(self) -> None:
        self._lock, self._numbers = threading.Lock(), itertools.count()
        self._process: subprocess.Popen[bytes] | None = None
        self._awaited: dict[int, tuple[threading.Event, list[Ended]]] = {}
        self.also: tuple[str, ...] = ()
        self._loaded: tuple[str, ...] = ()

    warm = False

    def knows(self, reader: str) -> bool:
        """Tell whether the process that runs, or the one that will be started, has a reader's libraries loaded."""
        running = self._process is not None and self._process.poll() is None
        loaded = self._loaded if running else self._to_load()
        return loaded[:1] == ("warm",) and (not reader or reader.partition(":")[0] in loaded)

    def _to_load(self) -> tuple[str, ...]:
        return "warm" if self.warm else "cold", *self.also

    def start(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._process is not None and self._loaded != self._to_load() and not self._awaited:
                self.end(self._process)  # it was started before more was asked for
            if self._process is None or self._process.poll() is not None:
                threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
                self._loaded = self._to_load()
                self._process = subprocess.Popen(
                    [sys.executable, "-I", str(SERVER), str(ROOT), *self._loaded],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    env={**os.environ, **threads, "MALLOC_ARENA_MAX": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"},
                )  # fmt: skip
                threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()
                atexit.register(self.end, self._process)
            return self._process

    @staticmethod
    def end(process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:  # it still loads its libraries
            process.kill()
            process.wait()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                answer = json.loads(line)
                ended, how = self._awaited.pop(answer["id"])
                how.append(Ended(answer["status"], answer["peak"]))
                ended.set()
        for ended, _ in list(self._awaited.values()):  # it died: nobody waits for it
            ended.set()
        self._awaited.clear()

    def run(self, request: dict[str, Any]) -> Ended:
        """Return how the fork ended that read."""
        process = self.start()
        number, ended, how = next(self._numbers), threading.Event(), list[Ended]()
        self._awaited[number] = ended, how
        try:
            with self._lock:
                assert process.stdin is not None
                process.stdin.write((json.dumps(request | {"id": number}) + "\n").encode())
                process.stdin.flush()
        except (BrokenPipeError, ValueError):
            return Ended(None)
        ended.wait(6 * request["seconds"] + 70)
        return how[0] if how else Ended(None)


_SERVER = _Server()


def warm_readers(*also: str) -> None:
    """Load the readers' libraries in their own process, in the background, so that the first file need not wait for them.

    also: modules with further readers, for `rehearse`.
    """
    if hasattr(os, "fork"):
        _SERVER.warm, _SERVER.also = True, tuple(dict.fromkeys((*_SERVER.also, *also)))
        _SERVER.start()


def read_bounded(
    path: str | Path, answers: Mapping[str, Any] | None = None, *, accepted: Mapping[str, Any] | None = None,
    told: Callable[[Ended], None] | None = None,
) -> Reading:  # fmt: skip
    """Return what `read` returns, read in a process of its own. told: is called with how that ended.

    Raises RecordingError as `read` does, and where the file takes more memory or time than its size explains.
    """
    path = Path(path)
    if not hasattr(os, "fork") or not path.exists():
        return read(path, answers, accepted=accepted)
    with tempfile.TemporaryDirectory(prefix="automind-") as folder:
        request = {"answers": dict(answers or {}), "accepted": dict(accepted or {})}
        _bounded(path, folder, request, RecordingError, "save only the spike times", told)
        return read_back(Path(folder))


def rehearse(reader: str, path: Path, error: type[UserError], *, told: Callable[[Ended], None] | None = None) -> None:
    """Let a process of its own read a file with another reader, "module:function"; the result is dropped.

    The caller then reads the file again, within the same limits. Raises `error` with the reader's sentence,
    or where the file takes more memory or time than its size explains.
    """
    if not hasattr(os, "fork") or not path.is_file():
        return
    with tempfile.TemporaryDirectory(prefix="automind-") as folder:
        _bounded(path, folder, {"reader": reader}, error, "it may be damaged", told)


def _bounded(
    path: Path, folder: str, request: dict[str, Any], error: type[UserError], advice: str, told: Callable[[Ended], None] | None
) -> None:  # fmt: skip
    """Let a fork read a path into a folder. Raises `error`, with advice, where it does not come to an end well."""
    limits = limits_for(path)
    if not _SERVER.knows(request.get("reader", "")):
        limits = Limits(limits.memory + COLD_MEMORY, limits.seconds + COLD_SECONDS)
    request |= {
        "path": str(path.resolve()) if path.is_file() else str(path.absolute()), "out": folder,
        "memory": limits.memory, "seconds": limits.seconds,
    }  # fmt: skip
    ended = _SERVER.run(request)
    said = Path(folder, "said")
    words = said.read_text(encoding="utf-8") if said.is_file() else ""
    if told is not None:
        told(replace(ended, words=words))
    if ended.status == 3:
        raise error(words)
    if ended.status != 0:
        raise error(f"{path.name}: {_why(ended.status, words, limits, advice)}")


def _why(status: int | None, words: str, limits: Limits, advice: str) -> str:
    if "MemoryError" in words or "allocate" in words:
        return f"reading it takes over {limits.memory / MB:.0f} MB, more than a file of its size should need; {advice}."
    if status in (-27, -9, None):  # SIGPROF, SIGKILL
        return f"reading it takes over {limits.seconds:.1f} s, more than a file of its size should need; {advice}."
    if status is not None and status < 0:
        return "it is damaged: it crashed the library that reads it; save it again."
    return f"it cannot be read ({words}); it may be damaged, save it again."


def write_reading(reading: Reading, folder: Path) -> None:
    """Write a reading as plain arrays and JSON."""
    told: dict[str, Any] = {"questions": [asdict(question) for question in reading.questions], "recording": None}
    recording = reading.recording
    if recording is not None:
        arrays: dict[str, Any] = {"spike_times": recording.spike_times, "spike_units": recording.spike_units}
        if recording.positions is not None:
            arrays["positions"] = np.asarray(recording.positions, dtype=np.float64)
        arrays |= {f"observed_{i}": np.asarray(seen) for i, seen in enumerate(recording.observed)}
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", np.asarray(array), allow_pickle=False)
        told["recording"] = {
            "n_units": int(recording.n_units), "duration": float(recording.duration), "name": recording.name,
            "unit_groups": list(recording.unit_groups), "unit_names": list(recording.unit_names),
            "provenance": dict(recording.provenance), "observed": len(recording.observed),
        }  # fmt: skip
    (folder / "reading.json").write_text(json.dumps(told, default=lambda value: value.tolist()), encoding="utf-8")


def read_back(folder: Path) -> Reading:
    """Return the reading that a reader wrote. Raises RecordingError where its parts contradict each other or are too many."""
    if sum(one.stat().st_size for one in folder.iterdir()) > MAX_RESULT:
        raise RecordingError("The recording has more spikes than can be held; leave some out.")
    told = json.loads((folder / "reading.json").read_text(encoding="utf-8"))
    questions = tuple(Question(**(one | {"choices": tuple(one["choices"])})) for one in told["questions"])
    plain = told["recording"]
    if plain is None:
        return Reading(None, questions)

    def array(name: str) -> Any:
        path = folder / f"{name}.npy"
        return np.load(path, allow_pickle=False) if path.is_file() else None

    recording = Recording(
        array("spike_times"), array("spike_units"), plain["n_units"], plain["duration"], plain["name"], tuple(plain["unit_groups"]),
        tuple(plain["unit_names"]), array("positions"), plain["provenance"],
        tuple(array(f"observed_{i}") for i in range(plain["observed"])),
    )  # fmt: skip
    return Reading(recording, questions)
