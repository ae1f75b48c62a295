"""Files that are there whole or not at all: written in a temporary folder beside their place, brought to the disk, renamed."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary name on the same disk, to be written to; it becomes the file at the end, and is deleted on an error.

    On a full disk, or where the machine stops, what was there before stays. A link's file is written, and devices are written to as they
    are. Raises OSError.
    """
    path = path.resolve() if os.path.islink(path) else path
    if os.path.exists(path) and not os.path.isfile(path):
        yield path
        return
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name[:40]}.", suffix=".part", dir=path.parent))
    part = folder / path.name  # libraries look at the name's end
    try:
        yield part
        _flush(part, os.O_RDWR)
        with contextlib.suppress(FileNotFoundError):
            part.chmod(path.stat().st_mode & 0o777)
        part.replace(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):  # Windows opens no folders
        _flush(path.parent, os.O_RDONLY)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one piece. Raises OSError, with what was there before as it was."""
    with written_whole(path) as part:
        part.write_bytes(content)


def write_together(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files of a folder; none takes an earlier one's place before all are on the disk. Raises OSError."""
    with ExitStack() as finished:
        for name, content in files.items():
            part = finished.enter_context(written_whole(folder / name))
            part.write_bytes(content)
            _flush(part, os.O_RDWR)


def _flush(path: Path, how: int) -> None:
    """Bring a file or a folder to the disk."""
    handle = os.open(path, how)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
