"""Work on all recordings of a study side by side on one cluster. Whatever happens, results are kept and nothing is run twice."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..errors import ClusterError, StudyError, UserError
from ..inference.asking.target import default_estimator
from ..inference.asking.verification import RunMany
from ..inference.estimators.estimator import Estimator
from ..recording import Recording
from ..recording.bounded import read_bounded, warm_readers
from ..recording.reading import answered
from ..version import __version__
from .kept import write_json
from .measuring import Asked, Found, key_of, measure
from .opening.roles import Roles
from .opening.table import StudyTable
from .results import FOLDER_OF_PARTS, StudyResults, write_results

BETWEEN = 1.5
"""s between two looks at the results so far; to assemble those of 50 recordings takes a tenth of that."""

AT_ONCE = 3
"""Recordings worked on at once: while one waits for the last circuits of its round, the others keep the cluster busy."""

Reader = Callable[[int], Recording]
"""Takes a row of the study, returns its recording."""


@dataclass(frozen=True)
class Progress:
    """Progress of a batch. row, name: of the recording that moved on; stage: features, draws, circuits, done or failed; share: of that
    stage; done: number of recordings that are done or failed, of total.
    """

    row: int
    name: str
    stage: str
    share: float
    done: int
    total: int
    error: str = ""


def reader_of(study: StudyTable, answers: dict[str, Any] | None = None) -> Reader:
    """Return a function that reads a row's recording, with the answers in its row and the answers given for all files."""

    warm_readers()

    def read(row: int) -> Recording:
        path = study.files[row]
        return answered(read_bounded(path, {**(answers or {}), **study.answers.get(row, {})}), path)

    return read


def common_estimator(study: StudyTable, read: Reader, known: dict[str, Estimator], look_at: int = 9) -> str:
    """Return the estimator that suits most recordings, judged by a few of them. Results can be compared if all are asked in one way.

    Raises StudyError when none of them can be read.
    """
    rows = list(study.rows.index)
    chosen = rows[:: max(len(rows) // look_at, 1)][:look_at]
    cards = {name: one.card for name, one in known.items()}
    votes: Counter[str] = Counter()
    said = ""
    for row in chosen:
        try:
            votes[default_estimator(read(row), cards)] += 1
        except UserError as error:
            said = str(error)
    if not votes:
        raise StudyError(f"None of the recordings that were tried can be read: {said}")
    return votes.most_common(1)[0][0]


def run_study(
    study: StudyTable,
    roles: Roles,
    estimator: Estimator,
    asked: Asked,
    out: Path,
    *,
    run_many: RunMany,
    read: Reader | None = None,
    progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    so_far: Callable[[StudyResults], None] | None = None,
    at_once: int = AT_ONCE,
) -> StudyResults:
    """Work on every recording and write the results to a folder; results that are already there for the same question are used.

    progress, so_far: called as recordings move on, the latter with the results so far and at most every BETWEEN s.

    A recording that fails stands in the table of recordings, with the reason. When stopped (should_stop, Ctrl-C) or when the cluster is
    lost, the results so far are written, and the same call goes on from there: StudyResults.unfinished lists the missing rows.
    """
    parts = out / FOLDER_OF_PARTS
    parts.mkdir(parents=True, exist_ok=True)
    write_json(out / "study.json", described(study, roles, estimator, asked))
    work = _Batch(study, estimator, asked, parts, run_many, read or reader_of(study), progress, should_stop)

    def assembled() -> StudyResults:
        about = described(study, roles, estimator, asked)
        return StudyResults.assembled(study, roles, dict(work.found), dict(work.errors), dict(work.keys), about)

    work.moved_on = None if so_far is None else lambda: so_far(assembled())
    try:
        lost = work.run(at_once)
    finally:  # Ctrl-C, too
        results = assembled()
        write_results(results, out)
    if lost is not None:
        raise ClusterError(f"{lost} What was found before is in {out}; the same command goes on from there.")
    return results


def described(study: StudyTable, roles: Roles, estimator: Estimator, asked: Asked) -> dict[str, Any]:
    """Return how a study's results were made, as stored in study.json."""
    return {
        "format": 1, "version": __version__, "source": study.source, "estimator": estimator.name, "digest": estimator.digest,
        "n_neurons": estimator.card.plan.n_neurons, "threshold": estimator.card.threshold, "asked": asdict(asked),
        "roles": {"replicate": roles.replicate, "order": roles.order, "conditions": list(roles.conditions)},
        "columns": list(study.columns), "problems": list(study.problems),
        "answers": {str(row): given for row, given in study.answers.items() if given},
    }  # fmt: skip


class _Batch:
    """One run over a study: threads that each take the next recording."""

    def __init__(
        self, study: StudyTable, estimator: Estimator, asked: Asked, parts: Path, run_many: RunMany, read: Reader,
        progress: Callable[[Progress], None] | None, should_stop: Callable[[], bool] | None,
    ) -> None:  # fmt: skip
        self.study, self.estimator, self.asked, self.parts, self.run_many, self.read = (
            study,
            estimator,
            asked,
            parts,
            run_many,
            read,
        )
        self.found: dict[int, Found] = {}
        self.errors: dict[int, str] = {}
        self.keys: dict[int, str] = {}
        self._progress, self._should_stop = progress, should_stop
        self._stopped, self._lock = threading.Event(), threading.Lock()
        self._first: dict[str, int] = {}
        self.moved_on: Callable[[], None] | None = None

    def stops(self) -> bool:
        return self._stopped.is_set() or (self._should_stop is not None and self._should_stop())

    def run(self, at_once: int) -> ClusterError | None:
        """Work on all rows; returns the reason where the cluster was lost."""
        rows: Iterator[int] = iter(self.study.rows.index.tolist())
        waiting: dict[Future[None], int] = {}
        lost: ClusterError | None = None
        told = time.monotonic()
        with ThreadPoolExecutor(at_once, thread_name_prefix="study") as pool:
            try:
                while True:
                    while len(waiting) < at_once and not self.stops() and (row := next(rows, None)) is not None:
                        waiting[pool.submit(self._one, row)] = row
                    if not waiting:
                        return lost
                    done, _ = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
                    for future in done:
                        row = waiting.pop(future)
                        error = future.exception()
                        if isinstance(error, ClusterError):
                            lost = lost or error
                            self._stopped.set()
                        elif error is not None:
                            self._failed(row, error)
                    if done and self.moved_on is not None and time.monotonic() - told > BETWEEN:
                        self.moved_on()
                        told = time.monotonic()
            except BaseException:
                self._stopped.set()
                raise

    def _one(self, row: int) -> None:
        """Read one recording and work on it (in a thread)."""
        self._say(row, "features", 0.0)
        recording = self.read(row)
        key = key_of(recording, self.estimator, self.asked)
        with self._lock:
            twin = self._first.setdefault(key, row)
        if twin != row:
            raise StudyError(
                f"It holds the same spikes as row {twin} ({self.study.name(twin)}) and is not analysed again; check which file is meant."
            )
        self.keys[row] = key
        found = measure(
            recording, self.estimator, self.asked, self.parts / key, run_many=self.run_many, should_stop=self.stops,
            progress=lambda stage, share: self._say(row, stage, share),
        )  # fmt: skip
        if found is not None:
            self.found[row] = found
            self._say(row, "done", 1.0)

    def _failed(self, row: int, error: BaseException) -> None:
        if not isinstance(error, Exception):
            raise error
        told = str(error) or type(error).__name__
        self.errors[row] = told if isinstance(error, UserError) else f"{type(error).__name__}: {told}"
        self._say(row, "failed", 1.0, self.errors[row])

    def _say(self, row: int, stage: str, share: float, error: str = "") -> None:
        if self._progress is not None:
            done = len(self.found) + len(self.errors)
            self._progress(Progress(row, self.study.name(row), stage, share, done, len(self.study), error))
