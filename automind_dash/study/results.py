"""The results of a study, as tidy tables that any tool reads: recordings, features, draws, circuits, runs … Their columns are listed in
docs/studies.md."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..circuit.parameters import NAMES
from ..errors import StudyError
from ..features import feature
from .kept import json_bytes, parquet_bytes, read_json, read_parquet, write_whole
from .opening.roles import Roles

if TYPE_CHECKING:
    from .measuring import Found
    from .opening.table import StudyTable

FOLDER_OF_PARTS = "parts"
"""Folder within the results that holds each recording's results by its key; a batch goes on from it."""

TABLES = ("recordings", "features", "excerpts", "draws", "circuits", "runs", "repetitions")

ADDED = ("repetitions",)
"""Tables that folders of earlier versions lack."""

DONE, FAILED, UNFINISHED = "done", "failed", "unfinished"

RECORDING = "recording"
"""The column that joins the tables: a recording's row in the study."""

MEASURED = (
    "name", "content_hash", "n_units", "duration", "mean_rate", "estimator", "digest", "seed", "version", "threshold",
    "start", "stop", "target", "verdict", "why", "nearest_distance", "usual_distance", "share_as_far", "differing", "drawn",
    "simulated", "confirmed", "repeated", "matched_again", "alive", "consistent", "rejected_early", "yield", "yield_low", "yield_high",
    "fresh_simulated", "fresh_consistent", "model_seconds", "seconds", "warnings", "guesses",
)  # fmt: skip
"""Columns of the table of recordings that follow the metadata; the metadata's names start with `meta.`"""

META = "meta."


@dataclass(frozen=True, eq=False)
class StudyResults:
    """The tables of a study. recordings: one row each, indexed by recording; features, excerpts (spikes for plots), draws, circuits,
    runs, repetitions (of matches, with other seeds): with a column `recording`.

    about: the content of study.json: estimator, question, roles, problems.
    """

    recordings: pd.DataFrame
    features: pd.DataFrame
    excerpts: pd.DataFrame
    draws: pd.DataFrame
    circuits: pd.DataFrame
    runs: pd.DataFrame
    about: dict[str, Any] = field(default_factory=dict)
    repetitions: pd.DataFrame = field(default_factory=lambda: _joined({}))

    @property
    def roles(self) -> Roles:
        """Which metadata column is what."""
        said = self.about["roles"]
        return Roles(said["replicate"], said["order"], tuple(said["conditions"]))

    @property
    def metadata(self) -> pd.DataFrame:
        """The metadata of the recordings that were analysed, under the names of the study's table."""
        rows = self.recordings[self.recordings["status"] == DONE]
        columns = [name for name in rows.columns if name.startswith(META)]
        return rows[columns].rename(columns=lambda name: name.removeprefix(META))

    @property
    def unfinished(self) -> list[int]:
        """Rows that were neither done nor failed when the batch ended."""
        return self.recordings.index[self.recordings["status"] == UNFINISHED].tolist()

    def number(self, recording: int, column: str) -> float:
        """Return a recording's entry of a column of numbers in the table of recordings."""
        return float(self.recordings[column].to_dict()[recording])

    def draws_of(self, recording: int, part: str = "whole") -> NDArray[np.float64]:
        """(n, 28) posterior draws of a recording, or of one of its halves."""
        if not len(self.draws):
            return np.empty((0, len(NAMES)))
        rows = self.draws[(self.draws[RECORDING] == recording) & (self.draws["part"] == part)]
        return rows[list(NAMES)].to_numpy(dtype=np.float64)

    def circuits_of(self, recording: int) -> NDArray[np.float64]:
        """(n, 28) confirmed circuits of a recording."""
        if not len(self.circuits):
            return np.empty((0, len(NAMES)))
        rows = self.circuits[self.circuits[RECORDING] == recording]
        return rows[list(NAMES)].to_numpy(dtype=np.float64)

    def target_of(self, recording: int) -> NDArray[np.float64]:
        """(n_features,) the features that the estimator was given for a recording."""
        return np.asarray(self.recordings.loc[recording, "target"], dtype=np.float64)

    def feature_table(self, part: str = "whole") -> pd.DataFrame:
        """Return raw features, one column for each feature and one row for each recording."""
        rows = self.features[self.features["part"] == part]
        return rows.pivot(index=RECORDING, columns="feature", values="value")

    def filled(self, before: StudyResults | None) -> StudyResults:
        """Return these results, with recordings that are unfinished as they stood before: a search that is stopped loses no measurement.

        before: results of the same study; only those that answer the same question, but for the number of circuits, are taken.
        """
        if before is None or _question(before) != _question(self):
            return self
        files, earlier = self.recordings["file"].to_dict(), before.recordings["file"].to_dict()
        rows = [row for row in self.unfinished if row in before.metadata.index and earlier[row] == files[row]]
        if not rows:
            return self
        recordings = self.recordings.copy()
        for name in [str(name) for name in recordings if name in before.recordings and not str(name).startswith(META)]:
            values = {
                **recordings[name].to_dict(),
                **before.recordings.loc[before.recordings.index.isin(rows), name].to_dict(),
            }
            recordings[name] = pd.Series(values, dtype=object).reindex(recordings.index).astype(recordings[name].dtype)
        tables = {}
        for name in TABLES[1:]:
            mine, theirs = getattr(self, name), getattr(before, name)
            parts = [part for part in (mine, theirs[theirs[RECORDING].isin(rows)]) if len(part)]
            tables[name] = pd.concat(parts, ignore_index=True) if parts else mine
        return replace(self, recordings=recordings, **tables)

    @classmethod
    def assembled(
        cls, study: StudyTable, roles: Roles, found: dict[int, Found], errors: dict[int, str], keys: dict[int, str], about: dict[str, Any]
    ) -> StudyResults:  # fmt: skip
        """Return the tables, from the results of each row."""
        rows = []
        for row in study.rows.index.tolist():
            status = DONE if row in found else FAILED if row in errors else UNFINISHED
            metadata = {META + name: study.rows.loc[row, name] for name in study.columns}
            summary = found[row].summary if row in found else {"name": study.name(row)}
            rows.append({
                RECORDING: row, "file": str(study.files[row]), "status": status, "error": errors.get(row, ""), "key": keys.get(row, ""),
                **metadata, **{name: summary.get(name) for name in MEASURED},
            })  # fmt: skip
        tables = {name: _joined({row: getattr(one, name) for row, one in sorted(found.items())}) for name in TABLES[1:]}
        if len(tables["features"]):
            specs = {name: feature(name) for name in tables["features"]["feature"].unique()}
            for column in ("label", "unit"):
                tables["features"][column] = [getattr(specs[name], column) for name in tables["features"]["feature"]]
        return cls(_typed(pd.DataFrame(rows)).set_index(RECORDING), **tables, about=about)


def _question(results: StudyResults) -> dict[str, Any]:
    """Return what decides a recording's results, but for its circuits."""
    asked = {name: value for name, value in results.about["asked"].items() if name not in ("circuits", "budget")}
    return {name: results.about[name] for name in ("estimator", "digest", "version")} | asked


_WORDS = (
    "name",
    "content_hash",
    "estimator",
    "digest",
    "version",
    "verdict",
    "why",
    "differing",
    "warnings",
    "guesses",
)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table of recordings with one type in each column, even where recordings failed."""
    for name in MEASURED:
        if name in _WORDS:
            frame[name] = (
                frame[name].map(lambda value: "" if value is None or value != value else str(value)).astype("str")
            )
        elif name != "target":
            frame[name] = pd.to_numeric(frame[name], errors="coerce").astype(np.float64)
    return frame


def _joined(tables: dict[int, pd.DataFrame]) -> pd.DataFrame:
    parts = []
    for row, table in tables.items():
        if len(table):
            part = table.copy()
            part.insert(0, RECORDING, row)
            parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({RECORDING: np.array([], dtype=np.int64)})


def write_results(results: StudyResults, out: Path) -> None:
    """Write the tables; each file is whole at any moment."""
    for name, content in results_files(results).items():
        write_whole(out / name, content)


def results_files(results: StudyResults) -> dict[str, bytes]:
    """Return the files that hold the results: name → content."""
    tables = {name: getattr(results, name) for name in TABLES} | {"recordings": results.recordings.reset_index()}
    return {f"{name}.parquet": parquet_bytes(table) for name, table in tables.items()} | {
        "study.json": json_bytes(results.about)
    }


def read_results(folder: Path) -> StudyResults:
    """Read the tables that `write_results` wrote. Raises StudyError for any other folder."""
    about = read_json(folder / "study.json") if folder.is_dir() else None
    tables = {name: read_parquet(folder / f"{name}.parquet") for name in TABLES}
    tables |= {name: _joined({}) for name in ADDED if not (folder / f"{name}.parquet").exists()}
    lacking = [f"{name}.parquet" for name, table in tables.items() if table is None]
    if not isinstance(about, dict) or about.get("format") != 1 or lacking:
        lacks = ", ".join(lacking) or "study.json of this version"
        raise StudyError(
            f"{folder} holds no results of a study: it lacks {lacks}. Name the folder that `automind-dash study --out` wrote."
        )
    recordings = tables.pop("recordings")
    assert recordings is not None
    return StudyResults(
        recordings.set_index(RECORDING),
        **{name: table for name, table in tables.items() if table is not None},
        about=about,
    )
