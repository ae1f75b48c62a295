"""What one page load holds of a study: its table, the roles of its columns, what is running, and the results."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pandas as pd
import param

from ...errors import StudyError
from ...recording import Recording
from ...study.effects import Effects
from ...study.geometry import Distances
from ...study.opening.roles import Roles
from ...study.opening.table import StudyTable
from ...study.results import DONE, StudyResults
from ...study.results_check import table_of


class Study(param.Parameterized):
    """The study of a session. Views watch it; it is empty until somebody opens a study."""

    table = param.ClassSelector(
        class_=StudyTable, default=None, allow_None=True, doc="The recordings and their metadata."
    )
    roles = param.ClassSelector(class_=Roles, default=Roles(), doc="Which column is what.")
    notes = param.List(default=[], doc="Sentences on rows that are left out or may be mistyped.")
    estimator = param.String(default="", doc="Name of the estimator that is asked; empty for the one that suits most.")
    results = param.ClassSelector(class_=StudyResults, default=None, allow_None=True, doc="The results so far.")
    effects = param.ClassSelector(
        class_=Effects, default=None, allow_None=True, doc="The effects, once they are tested."
    )
    distances = param.ClassSelector(
        class_=Distances,
        default=None,
        allow_None=True,
        doc="The distances between the recordings' subspaces, once they are known.",
    )
    moves = param.Dict(default={}, doc="Row → its last `Progress`, while the recordings are worked on.")
    shown = param.List(default=[], doc="The quantities whose posteriors are shown across recordings.")
    busy = param.String(default="", doc="What is running, in words; empty when nothing is.")
    progress = param.Number(default=0.0, bounds=(0, 1))
    by_hand = param.Boolean(default=False, doc="Whether somebody asked for what runs.")

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.stop = threading.Event()
        self.job: Any = None
        self.files: Any = None  # StudyFiles
        self.uploads: Any = None  # UploadFolder that they lie in
        self._jobs: list[Any] = []

    def steer(self, job: Any) -> None:
        """Take note of a job that runs for a recording of the study (called in its thread)."""
        self._jobs = [one for one in self._jobs if one.status in ("waiting", "running")] + [job]
        if self.stop.is_set():
            job.cancel()

    def cancel(self) -> None:
        """Stop what runs; what is found stays."""
        self.stop.set()
        for job in self._jobs:
            job.cancel()

    def take(self, results: StudyResults) -> None:
        """Show the results of a study that was saved, in place of what was open."""
        self.close()
        table = table_of(results)
        self.param.update(
            table=table, roles=results.roles, notes=list(table.problems), results=results, estimator=str(results.about["estimator"])
        )  # fmt: skip

    def read(self, row: int) -> Recording:
        """Return the recording of a row (blocking). Raises UserError where it cannot be read."""
        if self.files is None or self.table is None:
            raise StudyError(f"The recording of row {row} is not here: drop the study's files.")
        return self.files.read(self.table, self.results, row)

    def with_roles(self, results: StudyResults) -> StudyResults:
        """Return results with the roles that are chosen now."""
        roles = self.roles
        said = {"replicate": roles.replicate, "order": roles.order, "conditions": list(roles.conditions)}
        return replace(results, about={**results.about, "roles": said})

    @property
    def done(self) -> pd.DataFrame:
        """The recordings that were analysed; none before."""
        if self.results is None:
            return pd.DataFrame()
        return self.results.recordings[self.results.recordings["status"] == DONE]

    def close(self) -> None:
        """Let go of everything."""
        self.cancel()
        if self.uploads is not None:
            self.uploads.clear()
        self.files, self._jobs = None, []
        self.param.update(
            table=None, roles=Roles(), notes=[], results=None, effects=None, distances=None, moves={}, estimator=""
        )
