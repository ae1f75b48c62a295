"""The long work of a study, for `Workspace.work`: opening files, measuring recordings, searching circuits, writing the results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ....errors import StudyError, UserError
from ....inference.asking.verification import run_on_cluster
from ....inference.estimators.estimator import Estimator
from ....study.batch import Progress, Reader, common_estimator, run_study
from ....study.effects import Effects, circuits_of_the_kind, effects
from ....study.geometry import Distances, distances_of
from ....study.measuring import Asked
from ....study.opening.roles import Roles
from ....study.opening.table import StudyTable
from ....study.results import StudyResults, write_results
from ....study.telling.concluding import write_conclusions
from ...files.study_files import Opened, StudyFiles
from ...files.study_session import write_study_session
from ...state.study import Study
from ...widgets.notices import log

AT_ONCE = 2
"""Recordings worked on at once: the page must answer meanwhile."""

TESTING = 0.5
"""Share of the progress bar that testing the effects takes; the rest is for comparing the subspaces."""


def open_files(
    files: StudyFiles, uploads: Sequence[tuple[str, Path]], *, progress: Callable[[float], None], should_stop: Callable[[], bool]
) -> Opened:  # fmt: skip
    """Take uploads and return the study that all files make. Raises UserError."""
    files.take(uploads)
    progress(0.5)
    return files.open()


@dataclass(frozen=True, eq=False)
class Question:
    """What is worked on. estimators: by name; name: of the one that is asked, "" for the one that suits most recordings."""

    table: StudyTable
    roles: Roles
    asked: Asked
    estimators: dict[str, Estimator]
    name: str
    read: Reader
    out: Path


class Stopped(Exception):
    """Somebody pressed Cancel."""


@dataclass(frozen=True, eq=False)
class Told:
    """What results say without further simulation. effects: None where the columns leave nothing to test; distances: None where fewer
    than two recordings have draws."""

    effects: Effects | None
    distances: Distances | None


def work_through(
    question: Question, study: Study, moved: Callable[[Progress], None], so_far: Callable[[StudyResults], None], *,
    progress: Callable[[float], None], should_stop: Callable[[], bool],
) -> tuple[StudyResults, str]:  # fmt: skip
    """Work on every recording; return the results and the name of the estimator. moved, so_far: called in this thread."""
    name = question.name or common_estimator(question.table, question.read, question.estimators)
    estimator, shares = question.estimators[name], dict[int, float]()
    total = max(len(question.table), 1)

    def told(one: Progress) -> None:
        stages = {"features": 0.0, "draws": 0.6, "circuits": 0.0 + one.share if question.asked.circuits else 0.9}
        shares[one.row] = stages.get(one.stage, 1.0)
        progress(sum(shares.values()) / total)
        moved(one)

    results = run_study(
        question.table, question.roles, estimator, question.asked, question.out,
        run_many=partial(run_on_cluster, label="study", owner=str(id(study)), started=study.steer), read=question.read,
        progress=told, should_stop=should_stop, so_far=so_far, at_once=AT_ONCE,
    )  # fmt: skip
    return results, name


def conclude(
    results: StudyResults, estimator: Estimator, known: Distances | None, *, progress: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> Told:  # fmt: skip
    """Test the effects and measure how far apart the subspaces are. known: the distances, where these draws were compared before."""
    try:
        found = effects(results, circuits_of_the_kind(estimator))
    except StudyError:
        found = None
    try:
        further = _stoppable(progress, should_stop, TESTING, 1.0)
        apart = known or distances_of(results, estimator.card.prior, progress=further)
    except (StudyError, Stopped):
        apart = None
    return Told(found, apart)


def _stoppable(
    progress: Callable[[float], None], should_stop: Callable[[], bool], first: float, last: float
) -> Callable[[float], None]:
    """Return a function that tells the progress of a part of the work, and raises Stopped once it is cancelled."""

    def told(share: float) -> None:
        if should_stop():
            raise Stopped
        progress(first + (last - first) * share)

    told(0.0)
    return told


def write_folder(
    results: StudyResults, estimator: Estimator, read: Reader, files: StudyFiles, source: Path | None, *,
    progress: Callable[[float], None], should_stop: Callable[[], bool],
) -> bytes | None:  # fmt: skip
    """Return the folder of results as the terminal writes it, packed; None when it was cancelled.

    A recording that is not here is missing from its session only.
    """
    write_results(results, files.results)
    try:
        write_conclusions(results, estimator, files.results, progress=_stoppable(progress, should_stop, 0.0, 0.7))
    except Stopped:
        return None
    asked = Asked(**{key: value for key, value in results.about["asked"].items() if key in Asked.__dataclass_fields__})
    try:
        write_study_session(results, estimator, asked, read, files.results)
    except UserError as error:
        log.info("the study's session is left out: %s", error)
    progress(0.9)
    return files.packed(source)
