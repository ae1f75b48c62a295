"""The folder and the names of uploads until they are read, and the uploads that make up one recording."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ....budgets import budgets
from ....errors import RecordingError
from ....recording import FORMATS

MAX_FILE_BYTES = 512 * 2**20
"""Thirty million spikes as text or as arrays. Larger files hold raw voltages, which cannot be read here."""

MAX_SESSION_BYTES = 2 * 2**30
"""Size of all uploads of a session that have not been read: ten people on one laptop must not fill its disk."""

MAX_NAME = 100
"""Characters of a file name that are kept; file systems end at 255 bytes, letters can take four."""

PHY_FILES = ("spike_times.npy", "spike_clusters.npy", "spike_templates.npy", "params.py")
"""Beside these, a Phy folder has labels in files that begin with cluster_."""

ALF_PART = re.compile(r"(?:^|.*[._])spikes\.(\w+)(?:\..*)?\.npy$")
EXTENSIONS = {extension for item in FORMATS for extension in item.extensions}


def safe_name(name: str) -> str:
    """Return a file name without folders, control characters and anything a shell or a page could take for more.

    Letters of any script, digits, blank and ``._+()-`` stay; the extension survives the cut at MAX_NAME.
    """
    leaf = PurePosixPath(name.replace("\\", "/")).name
    leaf = re.sub(r"[^\w .+()\-]", "_", leaf).strip(" .")
    suffix = "".join(PurePosixPath(leaf).suffixes[-2:])[-20:]
    return (leaf[: MAX_NAME - len(suffix)] + suffix if len(leaf) > MAX_NAME else leaf) or "upload"


@dataclass(frozen=True)
class Group:
    """Uploads that are read as one.

    uploads: (name as the browser gave it, path) of each; name: of the whole, "" for a single file; missing: a sentence
    on what is not there yet, or ""
    """

    uploads: tuple[tuple[str, Path], ...]
    name: str = ""
    missing: str = ""


def grouped(uploads: Iterable[tuple[str, Path]]) -> list[Group]:
    """Return the uploads in groups: the arrays of a Phy or ALF folder make one group, every other file is a recording of its own.

    uploads: (name as the browser gave it, with folders where a folder was dropped; where it lies). What lies beside a
    sorting and cannot be a recording (templates.npy, a log) goes with the sorting.
    """
    sortings: dict[tuple[str, str], list[tuple[str, Path]]] = {}
    others = []
    for name, path in uploads:
        if kind := _kind(path.name):
            sortings.setdefault((_folder(name), kind), []).append((name, path))
        else:
            others.append((name, path))
    singles = []
    for name, path in others:
        beside = next((key for key in sortings if key[0] == _folder(name)), None)
        if beside and path.suffix.lower() not in EXTENSIONS:
            sortings[beside].append((name, path))
        else:
            singles.append(Group(((name, path),)))
    return singles + [_sorting(kind, folder, parts) for (folder, kind), parts in sortings.items()]


def may_be_part(file: str) -> bool:
    """Return whether a file may belong to others, so that the page waits for the rest of the drop."""
    return bool(_kind(file)) or Path(file).suffix.lower() not in EXTENSIONS


def _folder(name: str) -> str:
    """Return the folder that was dropped, "" where files were."""
    parent = str(PurePosixPath(name.replace("\\", "/")).parent).strip("/.")
    return parent


def _kind(file: str) -> str:
    if file in PHY_FILES or file.startswith("cluster_"):
        return "Phy"
    return "ALF" if ALF_PART.match(file) else ""


def _sorting(kind: str, folder: str, uploads: list[tuple[str, Path]]) -> Group:
    names = {path.name for _, path in uploads}
    if kind == "Phy":
        whole = "spike_times.npy" in names and bool(names & {"spike_clusters.npy", "spike_templates.npy"})
        needed = "spike_times.npy and spike_clusters.npy"
    else:
        parts = {match[1] for name in names if (match := ALF_PART.match(name))}
        whole = "clusters" in parts and bool(parts & {"times", "samples"})
        needed = "spikes.times.npy and spikes.clusters.npy"
    missing = (
        ""
        if whole
        else f"{', '.join(sorted(names))}: part of a {kind} recording, which needs {needed}; drop the rest, too."
    )
    return Group(tuple(uploads), safe_name(folder) if folder else f"{kind} recording", missing)


_FOLDERS: weakref.WeakSet[UploadFolder] = weakref.WeakSet()
"""Of all sessions of this process."""


class UploadFolder:
    """The temporary folder of one session. Every upload has a place of its own. `clear` or the end of the process deletes it."""

    def __init__(self) -> None:
        self._temporary: Path | None = None
        self._deleted: weakref.finalize[Any, Any] | None = None
        self._count = 0
        _FOLDERS.add(self)

    @property
    def _folder(self) -> Path | None:
        return self._temporary

    def place(self, name: str) -> Path:
        """Return a path under which a new upload can be written; its last part is the sanitised name."""
        if self._temporary is None:
            self._temporary = Path(tempfile.mkdtemp(prefix="automind-session-"))
            # also when the session is let go of, or the process ends
            self._deleted = weakref.finalize(self, shutil.rmtree, self._temporary, ignore_errors=True)
        self._count += 1
        folder = self._temporary / str(self._count)
        folder.mkdir()
        return folder / safe_name(name)

    def together(self, group: Group) -> Path:
        """Return the one path that is read: the file, or a folder into which the files are moved."""
        if not group.name:
            return group.uploads[0][1]
        folder = self.place(group.name)
        folder.mkdir()
        for _, path in group.uploads:
            shutil.move(path, folder / path.name)
            self.discard(path)
        return folder

    def check_room(self, more: int) -> None:
        """Raise RecordingError when `more` bytes do not fit into what a session may hold."""
        if self.held() + more > MAX_SESSION_BYTES:
            raise RecordingError(
                f"The uploads of this session would exceed {MAX_SESSION_BYTES / 2**30:g} GB; drop fewer at once."
            )
        most = budgets().uploads
        if sum(folder.held() for folder in list(_FOLDERS)) + more > most * 2**30:
            raise RecordingError(
                f"The uploads that this server holds would exceed {most:g} GB; try again in a minute or ask who runs it for more "
                "(--max-uploads)."
            )

    def held(self) -> int:
        """Return how many bytes lie here."""
        total = 0
        for path in [] if self._folder is None else self._folder.rglob("*"):
            with suppress(FileNotFoundError):  # read and deleted meanwhile
                total += path.stat().st_size if path.is_file() else 0
        return total

    def discard(self, path: Path) -> None:
        """Delete an upload that was read or refused. Paths outside the folder are left alone."""
        if self._folder is not None and path.is_relative_to(self._folder):
            shutil.rmtree(self._folder / path.relative_to(self._folder).parts[0], ignore_errors=True)

    def clear(self) -> None:
        """Delete everything: when the session ends."""
        if self._deleted is not None:
            self._deleted()
        self._temporary = self._deleted = None
