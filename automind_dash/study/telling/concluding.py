"""What a study's results say without further simulation, and the files that keep it beside the results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from ...errors import StudyError
from ...inference.estimators.estimator import Estimator
from ..chains import chains_of
from ..effects import Effects, circuits_of_the_kind, effects
from ..geometry import distances_of, flips, geometry_of
from ..kept import write_parquet
from ..results import StudyResults
from .report import Subspaces, write_report


def write_conclusions(
    results: StudyResults, estimator: Estimator, out: Path, *, progress: Callable[[float], None] | None = None
) -> tuple[Effects | None, list[str]]:  # fmt: skip
    """Work out the subspaces' geometry and the effects, and write them into the results' folder with the report.

    Returns the effects, None where the columns leave nothing to test, and sentences on what could not be worked out.
    """
    subspaces, notes = _subspaces(results, estimator, out, progress or (lambda share: None))
    found: Effects | None = None
    try:
        found = effects(results, circuits_of_the_kind(estimator))
        write_parquet(out / "effects.parquet", found.table)
    except StudyError as error:
        notes.append(str(error))
    write_report(results, found, out, subspaces)
    return found, notes


def _subspaces(
    results: StudyResults, estimator: Estimator, out: Path, progress: Callable[[float], None]
) -> tuple[Subspaces, list[str]]:  # fmt: skip
    """Write each recording's geometry, the distances between recordings, and paths through their order."""
    prior, replicate, notes = estimator.card.prior, results.roles.replicate, list[str]()
    geometry = geometry_of(results, estimator, progress=lambda share: progress(0.6 * share))
    write_parquet(out / "geometry.parquet", geometry)
    write_parquet(out / "flips.parquet", flips(results, prior))
    distances, chains = None, []
    try:
        distances = distances_of(results, prior, progress=lambda share: progress(0.6 + 0.3 * share))
        write_parquet(out / "distances.parquet", distances.table())
        for name in [None] if replicate is None else sorted(results.metadata[replicate].astype(str).unique()):
            chains.append(chains_of(results, name, prior))
    except StudyError as error:
        notes.append(str(error))
    if chains:
        write_parquet(out / "chains.parquet", pd.concat([one.table(prior) for one in chains], ignore_index=True))
    return Subspaces(geometry, distances, tuple(chains)), notes
