"""Zip and gzip files from untrusted hands: unpacked into a private folder, within bounds, or refused."""

from __future__ import annotations

import gzip
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from ..errors import RecordingError

MAX_UNPACKED = 2**30
"""Bytes: sixty million spikes of a Phy folder; more is a bomb, or holds raw data that is not needed."""

MAX_MEMBERS = 10_000
"""Files in an archive: a Phy folder has about thirty."""

BLOCK = 2**20


def holds_folder(path: Path, file: str) -> bool:
    """Return whether a zip is a packed folder or file, rather than a NumPy archive (.npz).

    Raises RecordingError for a spreadsheet and for a zip that is cut off.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise RecordingError(f"{file}: the archive is cut off or damaged ({error}); copy it again.") from error
    if "[Content_Types].xml" in names:
        raise RecordingError(f"{file}: it is a spreadsheet or document; save the table as CSV.")
    if not names:
        raise RecordingError(f"{file}: the archive is empty; zip the folder again.")
    flat_folder = {"spike_times.npy", "spike_clusters.npy"} <= set(names) or any(
        name.startswith(("spikes.times", "spikes.clusters")) for name in names
    )
    return flat_folder or any("/" in name or not name.endswith(".npy") for name in names)


@contextmanager
def unzipped(path: Path, file: str) -> Iterator[Path]:
    """Unpack a zip into a temporary folder, deleted afterwards.

    Raises RecordingError, before anything is written, for names that lead outside, links, passwords, and
    archives of more than MAX_UNPACKED bytes or MAX_MEMBERS files.
    """
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory(prefix="automind-") as folder:
        members = [item for item in archive.infolist() if not item.filename.startswith("__MACOSX/")]
        _refuse_unsafe(members, file)
        left = MAX_UNPACKED
        for item in members:
            if item.is_dir():
                continue
            target = Path(folder, *PurePosixPath(item.filename).parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(item) as packed:
                left = _copy(packed, target, left, file)
        yield Path(folder)


def _refuse_unsafe(members: list[zipfile.ZipInfo], file: str) -> None:
    if len(members) > MAX_MEMBERS:
        raise RecordingError(
            f"{file}: {len(members)} files in the archive; at most {MAX_MEMBERS} are unpacked. "
            "Zip only the sorting's folder."
        )
    total = sum(item.file_size for item in members)
    if total > MAX_UNPACKED:
        raise RecordingError(_too_large(file, f"{total / 2**30:.1f} GB"))
    for item in members:
        name = PurePosixPath(item.filename)
        if name.is_absolute() or ".." in name.parts or "\\" in item.filename or ":" in item.filename:
            raise RecordingError(
                f"{file}: the archive holds {item.filename!r}, a name that leads outside it, so it is not unpacked; "
                "zip the folder again with plain names."
            )
        if stat.S_ISLNK(item.external_attr >> 16):
            raise RecordingError(f"{file}: {item.filename!r} is a link; zip the files themselves.")
        if item.flag_bits & 1:
            raise RecordingError(f"{file}: the archive has a password; zip the folder without one.")


def _too_large(file: str, size: str) -> str:
    return (
        f"{file}: it unpacks to {size}; at most {MAX_UNPACKED / 2**30:g} GB is unpacked. Pack only the spikes (of "
        "a Phy folder spike_times.npy, spike_clusters.npy, params.py and the .tsv files)."
    )


def _copy(packed: IO[bytes] | gzip.GzipFile, target: Path, left: int, file: str) -> int:
    """Write a stream to a file; returns the bytes still allowed. What a header declares is not believed."""
    with target.open("wb") as out:
        while block := packed.read(BLOCK):
            left -= len(block)
            if left < 0:
                raise RecordingError(_too_large(file, f"more than {MAX_UNPACKED / 2**30:g} GB"))
            out.write(block)
    return left


@contextmanager
def gunzipped(path: Path, file: str) -> Iterator[Path]:
    """Unpack a .gz file into a temporary folder, deleted afterwards; raises RecordingError above MAX_UNPACKED bytes."""
    with tempfile.TemporaryDirectory(prefix="automind-") as folder, gzip.open(path) as packed:
        target = Path(folder) / (path.stem or "unpacked")
        try:
            _copy(packed, target, MAX_UNPACKED, file)
        except (EOFError, gzip.BadGzipFile) as error:
            raise RecordingError(f"{file}: the .gz file is cut off or damaged ({error}); copy it again.") from error
        yield target
