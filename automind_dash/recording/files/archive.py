"""Archives and compressed files from untrusted hands: unpacked into a private folder, within bounds, or refused."""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Any

from ...errors import RecordingError
from .start import Start

MAX_UNPACKED = 2**30
"""Bytes: sixty million spikes of a Phy folder; more is a bomb, or holds raw data that is not needed."""

MAX_MEMBERS = 10_000
"""Files in an archive: a Phy folder has about thirty."""

XZ_MEMORY = 2**28
"""Bytes for unpacking .xz: four times the need of `xz -9`."""

BLOCK = 2**20


@dataclass(frozen=True)
class Packer:
    """A way to pack files. extensions: of packed files; fits: judges the first bytes; unpacked: path, file → folder or file."""

    extensions: tuple[str, ...]
    fits: Callable[[Start], bool]
    unpacked: Callable[[Path, str], AbstractContextManager[Path]]


def packer(start: Start) -> Packer | None:
    """Return how a file is packed, None for one that is not."""
    return next((item for item in PACKERS if item.fits(start)), None)


def holds_folder(path: Path, file: str) -> bool:
    """Return whether a zip is a packed folder or file, rather than a NumPy archive (.npz).

    Raises RecordingError for a spreadsheet and for a zip that is cut off.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.replace("\\", "/") for name in archive.namelist()]
    except zipfile.BadZipFile as error:
        raise RecordingError(f"{file}: the archive is cut off or damaged ({error}); copy it again.") from error
    if "[Content_Types].xml" in names:
        raise RecordingError(f"{file}: it is a spreadsheet or document; save the table as CSV.")
    if not names:
        raise RecordingError(f"{file}: the archive is empty; zip the folder again.")
    if path.suffix.lower() == ".npz" and all(name.endswith(".npy") for name in names):
        return False  # np.savez may have been given names that a sorter's files have
    flat_folder = {"spike_times.npy", "spike_clusters.npy"} <= set(names) or any(
        name.startswith(("spikes.times", "spikes.clusters")) for name in names
    )
    return flat_folder or any("/" in name or not name.endswith(".npy") for name in names)


@dataclass(frozen=True)
class _Member:
    """A file in an archive. opened: returns its content as a stream."""

    name: str
    size: int
    is_link: bool
    opened: Callable[[], IO[bytes] | None]


@contextmanager
def unzipped(path: Path, file: str) -> Iterator[Path]:
    """Unpack a zip into a temporary folder, deleted afterwards.

    Raises RecordingError, before anything is written, for names that lead outside, links, passwords, and
    archives of more than MAX_UNPACKED bytes or MAX_MEMBERS files.
    """
    with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory(prefix="automind-") as folder:
        inside = [item for item in archive.infolist() if not item.filename.startswith("__MACOSX/")]
        if any(item.flag_bits & 1 for item in inside):
            raise RecordingError(f"{file}: the archive has a password; zip the folder without one.")
        members = [
            _Member(item.filename, item.file_size, stat.S_ISLNK(item.external_attr >> 16), partial(archive.open, item))
            for item in inside
            if not item.filename.endswith(("/", "\\"))
        ]
        _write(members, Path(folder), file)
        yield Path(folder)


@contextmanager
def untarred(path: Path, file: str) -> Iterator[Path]:
    """Unpack a tar archive into a temporary folder, deleted afterwards; raises RecordingError as `unzipped` does."""
    with tempfile.TemporaryDirectory(prefix="automind-") as folder:
        try:
            with tarfile.open(path, "r:") as archive:
                members: list[_Member] = []
                while (item := archive.next()) is not None and len(members) <= MAX_MEMBERS:
                    if not item.isdir() and not PurePosixPath(item.name).name.startswith("._"):
                        members.append(
                            _Member(item.name, item.size, not item.isreg(), partial(archive.extractfile, item))
                        )
                _write(members, Path(folder), file)
        except (tarfile.TarError, EOFError) as error:
            raise RecordingError(f"{file}: the archive is cut off or damaged ({error}); copy it again.") from error
        yield Path(folder)


def _write(members: list[_Member], folder: Path, file: str) -> None:
    """Write the members below a folder, after all of them were looked at."""
    if len(members) > MAX_MEMBERS:
        raise RecordingError(
            f"{file}: more than {MAX_MEMBERS} files in the archive; at most as many are unpacked. Pack only the sorting's folder."
        )
    total = sum(item.size for item in members)
    if total > MAX_UNPACKED:
        raise RecordingError(_too_large(file, f"{total / 2**30:.1f} GB"))
    places = [(item, _place(item, file)) for item in members]
    left = MAX_UNPACKED
    for item, place in places:
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        packed = item.opened()
        if packed is not None:
            with packed:
                left = _copy(iter(partial(packed.read, BLOCK), b""), target, left, file)


def _place(item: _Member, file: str) -> PurePosixPath:
    """Return where a member goes; Windows packs names with backslashes."""
    name = PurePosixPath(item.name.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or ":" in item.name:
        raise RecordingError(
            f"{file}: the archive holds {item.name!r}, a name that leads outside it, so it is not unpacked; "
            "pack the folder again with plain names."
        )
    if item.is_link:
        raise RecordingError(f"{file}: {item.name!r} is a link; pack the files themselves.")
    return name


def _too_large(file: str, size: str) -> str:
    return (
        f"{file}: it unpacks to {size}; at most {MAX_UNPACKED / 2**30:g} GB is unpacked. Pack only the spikes (of "
        "a Phy folder spike_times.npy, spike_clusters.npy, params.py and the .tsv files)."
    )


def _copy(blocks: Iterator[bytes], target: Path, left: int, file: str) -> int:
    """Write blocks to a file; returns the bytes still allowed. What a header declares is not believed."""
    with target.open("wb") as out:
        for block in blocks:
            left -= len(block)
            if left < 0:
                raise RecordingError(_too_large(file, f"more than {MAX_UNPACKED / 2**30:g} GB"))
            out.write(block)
    return left


def _gzip_blocks(stream: IO[bytes]) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=stream) as packed:
        while block := packed.read(BLOCK):
            yield block


def _blocks(stream: IO[bytes], fresh: Callable[[], Any]) -> Iterator[bytes]:
    """Yield the output of a decompressor of bz2 or lzma, never more than BLOCK at once."""
    unpacker, packed = fresh(), b""
    while True:
        if unpacker.eof:
            packed = unpacker.unused_data or stream.read(BLOCK)
            packed = packed.lstrip(b"\0")  # padding between streams
            if not packed:
                return
            unpacker = fresh()
        elif unpacker.needs_input and not packed and not (packed := stream.read(BLOCK)):
            raise EOFError("it ends before its content does")
        if block := unpacker.decompress(packed, BLOCK):
            yield block
        packed = b""


def _decompressing(kind: str, blocks: Callable[[IO[bytes]], Iterator[bytes]]) -> Callable[[Path, str], Any]:
    """Return a function that unpacks a compressed file into a temporary folder, which is deleted afterwards."""

    @contextmanager
    def unpacked(path: Path, file: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="automind-") as folder, path.open("rb") as stream:
            name = path.stem or "unpacked"
            if path.suffix.lower() in (".tgz", ".tbz2", ".txz"):
                name += ".tar"
            target = Path(folder) / name
            try:
                _copy(blocks(stream), target, MAX_UNPACKED, file)
            except (EOFError, OSError, ValueError, lzma.LZMAError) as error:
                raise RecordingError(
                    f"{file}: the {kind} file is cut off or damaged ({error}); copy it again."
                ) from error
            yield target

    return unpacked


gunzipped = _decompressing(".gz", _gzip_blocks)
bunzipped = _decompressing(".bz2", lambda stream: _blocks(stream, bz2.BZ2Decompressor))
unxzed = _decompressing(
    ".xz", lambda stream: _blocks(stream, lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY))
)  # fmt: skip

ZIP = Packer((".zip",), lambda start: start.head.startswith((b"PK\x03\x04", b"PK\x05\x06")), unzipped)
TAR = Packer((".tar",), lambda start: start.head[257:262] == b"ustar", untarred)
PACKERS = (
    ZIP,
    Packer((".gz", ".tgz"), lambda start: start.head.startswith(b"\x1f\x8b"), gunzipped),
    Packer((".bz2", ".tbz2"), lambda start: start.head.startswith(b"BZh"), bunzipped),
    Packer((".xz", ".txz"), lambda start: start.head.startswith(b"\xfd7zXZ\0"), unxzed),
    TAR,
)
"""What is unpacked, told by its first bytes."""

PACKED = frozenset(extension for item in PACKERS for extension in item.extensions)
"""Extensions of packed files."""
