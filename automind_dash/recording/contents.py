"""What lies at a path: archives are unpacked, folders searched, and the table of formats is walked until a row fits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import RecordingError
from .facts.assembly import Found, natural_order
from .files import archive
from .files.no_recording import no_recording
from .files.start import GET, Start, refuse_pointer
from .formats.format import READABLE, Format
from .formats.table import EXTENSIONS, of_kind
from .questions import Question, Questions
from .recording import Recording

MAX_DEPTH = 3
"""Archives within archives and folders within folders that are looked into."""

MAX_ENTRIES = 10_000
"""Files of a folder that are looked at: a path given by mistake, a home folder, is not searched through."""

HDF5, HDF5_OFFSETS = b"\x89HDF\r\n\x1a\n", (0, 512, 1024, 2048)
"""The signature, and where the format lets it stand; MATLAB puts 512 bytes of its own before it."""

ANNEX = Path(".git", "annex", "objects")
"""Where git-annex and DataLad keep the content that the links of their data sets point to."""

Content = tuple[Found | Recording, Format]


def content(path: Path, questions: Questions, depth: int = 0) -> Content:
    """Return the content of a path, and its format. Archives and folders are searched. Raises RecordingError if no row fits."""
    if path.is_dir():
        return _folder(path, questions, depth)
    if not path.is_file():
        raise RecordingError(f"{questions.file}: it is no regular file.")
    start = Start.of(path, questions.file)
    if not start.head:
        raise RecordingError(f"{questions.file}: the file is empty; export or copy it again.")
    refuse_pointer(start)
    if packed := archive.packer(start):
        if packed is archive.ZIP and not archive.holds_folder(path, questions.file):
            return _npz(path, questions)
        if depth >= MAX_DEPTH - 1:
            raise RecordingError(
                f"{questions.file}: archives lie within archives; unpack it once and give what is inside."
            )
        with packed.unpacked(path, questions.file) as inside:
            return content(inside, questions, depth + (not _is_tar(inside, questions.file)))
    if any(start.head[offset:].startswith(HDF5) for offset in HDF5_OFFSETS):
        return _hdf5(path, questions)
    return _plain_file(start, questions)


def _is_tar(inside: Path, file: str) -> bool:
    """Return whether what was decompressed is a tar archive: .tar.gz is one archive, not two."""
    return inside.is_file() and archive.packer(Start.of(inside, file)) is archive.TAR


def _read(row: Format, thing: Any, questions: Questions) -> Content:
    if row.refusal:
        raise RecordingError(f"{questions.file}: {row.refusal}")
    return row.reader()(thing, questions), row


def _npz(path: Path, questions: Questions) -> Content:
    from .any_arrays.npz import Npz

    arrays = Npz.of(path, questions.file)
    return _read(next(row for row in of_kind("npz") if row.fits(arrays)), arrays, questions)


def _hdf5(path: Path, questions: Questions) -> Content:
    from .files.hdf5 import open_hdf5, refuse_links

    with open_hdf5(path, questions.file) as handle:
        row = next(row for row in of_kind("hdf5") if row.fits(handle))
        if not row.links:
            refuse_links(handle, questions.file)
        return _read(row, handle, questions)


def _plain_file(start: Start, questions: Questions) -> Content:
    why = no_recording(start)
    for row in of_kind("file"):
        if row.fits(start) and not (why and start.text is not None):
            return _read(row, start, questions)
    if why:
        raise RecordingError(f"{start.file}: {why}")
    if start.text is None:
        raise RecordingError(f"{start.file}: it is no recording in a known format; it must be {READABLE}.")
    raise RecordingError(
        f"{start.file}: its text is no table with a time and a unit in each row; it must be {READABLE}."
    )


def _folder(folder: Path, questions: Questions, depth: int) -> Content:
    """Return the content of a folder: a sorting in it or below it or, in an unpacked archive, a file."""
    rows, files = _search(folder, questions.file)
    if not rows and depth == 0:
        files = []
    found: dict[str, Path] = {str(item.relative_to(folder)): item for item in list(rows) or files}
    if not found:
        _refuse_absent(folder, questions.file)
        raise RecordingError(
            f"{questions.file}: there is no recording in it; a folder must hold spike_times.npy and spike_clusters.npy "
            "(Phy) or spikes.times.npy and spikes.clusters.npy (ALF), else give the file itself."
        )
    name = next(iter(found)) if rows else max(found, key=lambda item: found[item].stat().st_size)
    if len(found) > 1 or questions.answer("variable") in found:
        reason = f"the {'first' if rows else 'largest'} of {len(found)} in it"
        name = questions.ask(Question("variable", "Which recording inside?", name, reason, choices=tuple(found)))
    chosen = found[name]
    if chosen.is_file():
        return content(chosen, questions, depth)
    row = rows[chosen]
    _refuse_outside(chosen, row, questions.file)
    return _read(row, chosen, questions)


def _search(folder: Path, file: str) -> tuple[dict[Path, Format], list[Path]]:
    """Return the folders that a row of the table fits, with it, and the files that may be recordings, in natural order."""
    rows: dict[Path, Format] = {}
    files: list[Path] = []
    waiting, seen = [(folder, 0)], 0
    kinds = of_kind("folder")
    while waiting:
        place, depth = waiting.pop(0)
        fitting = next((row for row in kinds if row.fits(place)), None)
        if fitting is not None:
            rows[place] = fitting
            continue
        for name in natural_order([item.name for item in place.iterdir()]):
            item = place / name
            seen += 1
            if seen > MAX_ENTRIES:
                raise RecordingError(f"{file}: the folder has too many files; give the folder of the sorting itself.")
            if item.is_dir() and not item.is_symlink() and name[0] != "." and depth < MAX_DEPTH:
                waiting.append((item, depth + 1))
            elif item.is_file() and item.suffix.lower() in EXTENSIONS and name[0] != ".":
                files.append(item)
    return rows, files


def _refuse_absent(folder: Path, file: str) -> None:
    """Raise RecordingError where the folder has links whose content is not there, as a data set has that was cloned without it."""
    for item in sorted(folder.iterdir()):
        if item.is_symlink() and not item.exists():
            raise RecordingError(f"{file}: {item.name!r} is a link, and what it points to is not there; {GET}.")


def _refuse_outside(folder: Path, row: Format, file: str) -> None:
    """Raise RecordingError where a file that the reader opens is a link to a place outside the folder.

    Links into the annex of the data set that the folder belongs to are that data set's own content.
    """
    root = folder.resolve()
    for item in (item for pattern in row.needs for item in folder.glob(pattern)):
        if not item.is_symlink():
            continue
        target = item.resolve()
        if target.is_relative_to(root) or any(target.is_relative_to(place / ANNEX) for place in (root, *root.parents)):
            continue
        raise RecordingError(
            f"{file}: {item.name!r} is a link to a place outside the folder, which is not followed; copy the file in."
        )
