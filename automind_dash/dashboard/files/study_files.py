"""The files of a study on the page: what was dropped, where each recording is read from, and the folder of results."""

from __future__ import annotations

import io
import shutil
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ...errors import StudyError
from ...recording import Recording
from ...recording.bounded import read_bounded, rehearse
from ...recording.files.archive import unzipped
from ...recording.reading import answered
from ...study.opening.finding import folders_in, results_within, source_within
from ...study.opening.reading import TABLES, read_study
from ...study.opening.table import StudyTable
from ...study.results import DONE, StudyResults
from ...study.results_check import READER, checked_results, table_of
from .session_file import MANIFEST, MAX_TARGETS, SUFFIX

SPREADSHEETS = "automind_dash.study.opening.spreadsheet:read_spreadsheet"

RESULTS = "results"
"""The folder that a study's results are written to, under this name in the zip that is saved."""


@dataclass(frozen=True, eq=False)
class Opened:
    """What files hold. results: None where the study was not worked on yet; source: the table or folder, None where only results came."""

    table: StudyTable
    results: StudyResults | None = None
    source: Path | None = None


class StudyFiles:
    """The files of one study, in a private folder that the caller deletes. All methods block."""

    def __init__(self, root: Path) -> None:
        self._dropped, self.results = root / "dropped", root / RESULTS
        for folder in (self._dropped, self.results):
            folder.mkdir(parents=True, exist_ok=True)
        self._saved: dict[str, Path] = {}  # content hash → recording in a saved session

    def take(self, uploads: Sequence[tuple[str, Path]]) -> None:
        """Move uploads here, (name as the browser gave it, where it lies).

        A zip that comes without a table is unpacked, and so is a session.

        Raises StudyError or RecordingError, and leaves such an upload out.
        """
        with_table = any(path.suffix.lower() in TABLES for _, path in uploads) or self._has_table()
        for name, path in uploads:
            if path.suffix.lower() == SUFFIX or (path.suffix.lower() == ".zip" and not with_table):
                self._unpack(path)
            else:
                target = self._dropped / _within(name)
                try:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.move(path, target)
                except OSError as error:
                    raise StudyError(f"{path.name} cannot be kept ({error.strerror}); rename it.") from None

    def _has_table(self) -> bool:
        return any(item.suffix.lower() in TABLES for one in folders_in(self._dropped) for item in one.iterdir())

    def _unpack(self, path: Path) -> None:
        try:
            with unzipped(path, path.name) as folder:
                shutil.copytree(folder, self._dropped, dirs_exist_ok=True)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
            raise StudyError(f"{path.name} is cut off, damaged or no zip; copy it again.") from None
        except OSError as error:
            raise StudyError(f"{path.name} cannot be unpacked ({error.strerror}).") from None

    def open(self) -> Opened:
        """Return what the files hold, read within limits first. Raises StudyError where they are no study."""
        found = self._found_results()
        source = source_within(self._dropped)
        if source.is_file():
            rehearse(SPREADSHEETS, source, StudyError)
        if found is None:
            return Opened(read_study(source, only_within=self._dropped), None, source)
        table = self._newer_table(source, found)
        if table is None:
            return Opened(table_of(found), found, source if source.is_file() else None)
        return Opened(table, found if _is_of(found, table) else None, source)

    def _newer_table(self, source: Path, found: StudyResults) -> StudyTable | None:
        """Return the table that came with the results where it has as many recordings that are here; None where it has fewer."""
        if not source.is_file():
            return None
        try:
            table = read_study(source, only_within=self._dropped)
        except StudyError:  # the recordings themselves did not come
            return None
        return table if len(table) >= len(found.recordings) else None

    def _found_results(self) -> StudyResults | None:
        """Return the results among the files, copied to where the batch goes on; None where there are none."""
        holder = results_within(self._dropped)
        if holder is None:
            return None
        largest = max((one for one in holder.glob("*.parquet")), key=lambda one: one.stat().st_size)
        rehearse(READER, largest, StudyError)
        results = checked_results(holder)
        packed = holder / f"study{SUFFIX}"
        if packed.is_file():
            self._unpack(packed)
        shutil.copytree(
            holder, self.results, dirs_exist_ok=True, ignore=shutil.ignore_patterns("recordings", f"*{SUFFIX}")
        )
        self._saved = self._recordings_of(results)
        return results

    def _recordings_of(self, results: StudyResults) -> dict[str, Path]:
        """Return where the recordings of the results lie in a saved session: those that are done, in their order."""
        folder = next((one for one in folders_in(self._dropped) if (one / MANIFEST).is_file()), None)
        rows = results.recordings[results.recordings["status"] == DONE].head(MAX_TARGETS)
        places = [] if folder is None else [folder / "recordings" / f"{place}.npz" for place in range(len(rows))]
        return {str(one): place for one, place in zip(rows["content_hash"], places, strict=False) if place.is_file()}

    def read(self, table: StudyTable, results: StudyResults | None, row: int) -> Recording:
        """Return the recording of a row, from its file or from the saved session. Raises StudyError where neither is here."""
        path = table.files[row]
        for there in (path, self._dropped / path.name):
            if there.resolve().is_relative_to(self._dropped.resolve()) and there.exists():
                return answered(read_bounded(there, table.answers.get(row, {})), there)
        told = "" if results is None else str(results.recordings["content_hash"].to_dict().get(row, ""))
        saved = self._saved.get(told)
        if saved is None:
            raise StudyError(f"The file {path.name} of row {row} is not here: drop it, too.")
        recording = answered(read_bounded(saved), saved)
        if recording.content_hash != told:
            raise StudyError(f"Row {row}: the saved recording is not the one that was analysed; drop {path.name}.")
        return recording

    def packed(self, source: Path | None) -> bytes:
        """Return the folder of results as a zip, with the study's table, as the terminal writes it."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            for path in sorted(self.results.rglob("*")):
                if path.is_file():
                    archive.write(path, PurePosixPath(RESULTS) / path.relative_to(self.results).as_posix())
            if source is not None and source.is_file():
                archive.write(source, source.name)
        return out.getvalue()


def _is_of(results: StudyResults, table: StudyTable) -> bool:
    """Tell whether the rows of results and of a table name the same files."""
    files = {int(str(row)): Path(str(file)).name for row, file in results.recordings["file"].items()}
    return all(row in table.files and table.files[row].name == name for row, name in files.items())


def _within(name: str) -> PurePosixPath:
    """Return where a file of this name is put: below the study's folder, whatever the name says."""
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("/", ".", "..")]
    kept = [part.replace("\0", "_").strip() for part in parts[-4:]]
    return PurePosixPath(*[part for part in kept if part] or ["upload"])
