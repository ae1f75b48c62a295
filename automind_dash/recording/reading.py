"""`read_recording` and `open_questions`: which format a file is, by its content, and who reads it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..errors import RecordingError
from . import formats
from .assembly import Found, assemble, natural_order
from .formats import READABLE, Format
from .questions import Question, Questions
from .recording import Recording

MAX_DEPTH = 3
"""Archives within archives and folders within folders that are looked into."""

MAX_ENTRIES = 10_000
"""Files of a folder that are looked at: a path given by mistake, a home folder, is not searched through."""

ZIP, GZIP, NUMPY, PARQUET, HDF5_MAGIC = b"PK", b"\x1f\x8b", b"\x93NUMPY", b"PAR1", b"\x89HDF\r\n\x1a\n"
BINARY = (".nwb", ".h5", ".hdf5", ".mat", ".npz", ".npy", ".parquet", ".pqt", ".zip", ".gz")
MATLAB_HEADER = b"MATLAB 5.0 MAT-file"
PICKLES = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))


def read_recording(path: str | Path, **answers: Any) -> Recording:
    """Return the recording that a file, a Phy or ALF folder, or a zip or .gz of these holds.

    answers: keywords of `ANSWERS` for what the file leaves open; what is not answered is guessed, and each guess
    stands in `recording.provenance["guesses"]` as {key, question, guess, reason}.
    Raises RecordingError, one sentence on what is wrong and what to do, for anything that cannot be read. Nothing but
    what path names is read, and nothing in it is executed or unpickled.
    """
    return _read(Path(path), Questions(_name(path), answers))


def open_questions(path: str | Path, **answers: Any) -> list[Question]:
    """Return what the file leaves open and these answers do not settle, each with the guess that would be used.

    Raises RecordingError as `read_recording` does, except where an answer alone is missing.
    """
    questions = Questions(_name(path), answers, forgiving=True)
    _read(Path(path), questions)
    return questions.open


def _read(path: Path, questions: Questions) -> Recording:
    """Return the recording; whatever a library raises becomes a RecordingError that names the file and the reason."""
    if not path.exists():
        raise RecordingError(f"{path}: there is no such file or folder; check the path.")
    try:
        content, chosen = _content(path, questions, 0)
        recording = content if isinstance(content, Recording) else assemble(content, _stem(path), questions)
    except RecordingError:
        raise
    except Exception as error:  # the libraries' own errors are of every type; each becomes a sentence
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise RecordingError(
            f"{path.name}: it cannot be read ({reason}); it may be damaged, or not be {READABLE}."
        ) from error
    questions.refuse_unused()
    provenance = dict(recording.provenance)
    if isinstance(content, Found):
        guesses = [question.as_guess() for question in questions.open]
        provenance = {"format": chosen.name, "file": path.name, **provenance, "guesses": guesses}
        if questions.given:
            provenance["answers"] = questions.given
    return replace(recording, provenance=provenance)


def _name(path: str | Path) -> str:
    return Path(path).name or Path(path).resolve().name


def _stem(path: Path) -> str:
    """Return the file's name without its extensions of formats, the folder's name as it is."""
    name = _name(path)
    known = {extension for item in formats.FORMATS for extension in item.extensions}
    while not path.is_dir() and Path(name).suffix.lower() in known and Path(name).stem:
        name = Path(name).stem
    return name or "recording"


def _content(path: Path, questions: Questions, depth: int) -> tuple[Found | Recording, Format]:
    """Return what a path holds, and its format; recurses into archives and folders."""
    from . import archive

    if path.is_dir():
        return _folder(path, questions, depth)
    if not path.is_file():
        raise RecordingError(f"{questions.file}: it is no regular file.")
    with path.open("rb") as stream:
        start = stream.read(4096)
    if not start:
        raise RecordingError(f"{questions.file}: the file is empty; export or copy it again.")
    if start.startswith(ZIP) and start[2:4] in (b"\x03\x04", b"\x05\x06"):
        if not archive.holds_folder(path, questions.file):
            return _npz(path, questions)
        _refuse_depth(depth, questions)
        with archive.unzipped(path, questions.file) as folder:
            return _folder(folder, questions, depth + 1)
    if start.startswith(GZIP):
        _refuse_depth(depth, questions)
        with archive.gunzipped(path, questions.file) as unpacked:
            return _content(unpacked, questions, depth + 1)
    return _plain_file(path, start, questions)


def _refuse_depth(depth: int, questions: Questions) -> None:
    if depth >= MAX_DEPTH - 1:
        raise RecordingError(f"{questions.file}: archives lie within archives; unpack it once and give what is inside.")


def _npz(path: Path, questions: Questions) -> tuple[Found | Recording, Format]:
    from .npz import read_npz

    content = read_npz(path, questions)
    return content, formats.SAVED if isinstance(content, Recording) else formats.NPZ


def _plain_file(path: Path, start: bytes, questions: Questions) -> tuple[Found, Format]:
    """Return what a file that is neither folder nor archive holds."""
    if start.startswith(PARQUET):
        from .spike_list import read_parquet

        return read_parquet(path, questions), formats.PARQUET
    if any(start[offset:].startswith(HDF5_MAGIC) for offset in (0, 512, 1024, 2048)):
        return _hdf5(path, questions)
    if start.startswith(MATLAB_HEADER):
        from .matlab5 import read_matlab5

        return read_matlab5(path, questions), formats.MATLAB
    if start.startswith(NUMPY):
        raise RecordingError(
            f"{questions.file}: it is a single array, and a recording needs times and units; give the folder that "
            "holds it (spike_times.npy and spike_clusters.npy), or that folder's zip."
        )
    if start.startswith(PICKLES):
        raise RecordingError(
            f"{questions.file}: it is a Python pickle, which can run any code when it is loaded, so it is refused; "
            "save its spikes as .npz with spike_times, spike_units and duration_s."
        )
    return _text(path, questions)


def _hdf5(path: Path, questions: Questions) -> tuple[Found, Format]:
    from .carmen import is_carmen, read_carmen
    from .hdf5 import open_hdf5
    from .matlab73 import read_matlab73
    from .nwb import is_nwb, read_nwb

    with open_hdf5(path, questions.file) as handle:
        if is_nwb(handle):
            return read_nwb(handle, questions), formats.NWB
        if is_carmen(handle):
            return read_carmen(handle, questions), formats.CARMEN
        is_matlab = any("MATLAB_class" in item.attrs for item in handle.values())
        return read_matlab73(handle, questions), formats.MATLAB if is_matlab else formats.HDF5


def _text(path: Path, questions: Questions) -> tuple[Found, Format]:
    from .axion import is_axion, read_axion
    from .spike_list import read_text
    from .text_table import sniff

    try:
        table = sniff(path, questions.file)
    except RecordingError as error:
        if path.suffix.lower() not in BINARY:
            raise
        raise RecordingError(
            f"{questions.file}: its name ends in {path.suffix} but its content is something else; export it again, or "
            f"give {READABLE}."
        ) from error
    if is_axion(table):
        return read_axion(path, table, questions), formats.AXION
    return read_text(path, table, questions), formats.SPIKE_LIST


def _folder(folder: Path, questions: Questions, depth: int) -> tuple[Found | Recording, Format]:
    """Return what a folder holds: a sorting in it or below it or, in an unpacked archive, a file."""
    from .alf import is_alf, read_alf
    from .phy import is_phy, read_phy

    unpacked = depth > 0
    entries = _entries(folder, questions.file)
    folders = [item for item in entries if item.is_dir() and (is_phy(item) or is_alf(item))]
    files = [item for item in entries if item.is_file() and _may_be_recording(item)] if unpacked else []
    choices = {str(item.relative_to(folder)): item for item in folders or files}
    if not choices:
        raise RecordingError(
            f"{questions.file}: there is no recording in it; a folder must hold spike_times.npy and spike_clusters.npy "
            "(Phy) or spikes.times.npy and spikes.clusters.npy (ALF), else give the file itself."
        )
    name = next(iter(choices)) if folders else max(choices, key=lambda item: choices[item].stat().st_size)
    if len(choices) > 1 or questions.answer("variable") in choices:
        reason = f"the {'first' if folders else 'largest'} of {len(choices)} in it"
        name = questions.ask(Question("variable", "Which recording inside?", name, reason, choices=tuple(choices)))
    chosen = choices[name]
    if chosen.is_file():
        return _content(chosen, questions, depth)
    return (read_phy(chosen, questions), formats.PHY) if is_phy(chosen) else (read_alf(chosen, questions), formats.ALF)


def _may_be_recording(path: Path) -> bool:
    known = {extension for item in formats.FORMATS for extension in item.extensions}
    return path.suffix.lower() in known and not path.name.startswith(".")


def _entries(folder: Path, file: str) -> list[Path]:
    """Return the folder and what lies in it, in natural order; raises RecordingError for links that lead outside."""
    root = folder.resolve()
    found, waiting = [folder], [(folder, 0)]
    while waiting:
        place, depth = waiting.pop(0)
        for name in natural_order([item.name for item in place.iterdir()]):
            item = place / name
            if item.is_symlink() and not item.resolve().is_relative_to(root):
                raise RecordingError(
                    f"{file}: {name!r} is a link to a place outside the folder, which is not followed; "
                    "copy the file in."
                )
            found.append(item)
            if len(found) > MAX_ENTRIES:
                raise RecordingError(f"{file}: the folder has too many files; give the folder of the sorting itself.")
            if item.is_dir() and not item.is_symlink() and name[0] != "." and depth < MAX_DEPTH:
                waiting.append((item, depth + 1))
    return found
