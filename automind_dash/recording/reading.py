"""`read` and `read_recording`: a file becomes a recording, with open questions and a report on how it was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import RecordingError
from .facts.assembly import Found, assemble
from .files.start import GET
from .formats.format import READABLE, Format
from .formats.table import EXTENSIONS
from .questions import Question, Questions
from .recording import Recording
from .report import ReadingReport


@dataclass(frozen=True)
class Reading:
    """The result of one attempt at a file.

    recording: read with the answers and, for the rest, with guesses; None while a required question is open
    questions: those that the answers do not settle, each with the guess that was used
    """

    recording: Recording | None
    questions: tuple[Question, ...]


def read(
    path: str | Path, answers: Mapping[str, Any] | None = None, *, accepted: Mapping[str, Any] | None = None
) -> Reading:
    """Return the recording at a path, with its open questions. The file is read once.

    answers: keys of `ANSWERS`; accepted: guesses that a person has seen and left as they are, each an answer where the same is guessed
    again. Raises RecordingError where no answer would help.
    """
    path = Path(path)
    questions = Questions(_name(path), answers or {}, accepted)
    try:
        recording = _read(path, questions)
    except RecordingError:
        if questions.required:  # with the right answer it may be readable
            return Reading(None, tuple(questions.open))
        raise
    return Reading(None if questions.required else recording, tuple(questions.open))


def confirmed(reading: Reading, answers: Mapping[str, Any]) -> Recording | None:
    """Return the recording of a reading whose guesses a person has confirmed, without reading the file again.

    answers: to all of its questions. None where one of them differs from its guess: the file must then be read again.
    """
    if reading.recording is None or any(answers.get(one.key) != one.guess for one in reading.questions):
        return None
    if not reading.questions:
        return reading.recording
    provenance = dict(reading.recording.provenance)
    given = {**provenance.get("answers", {}), **{one.key: one.guess for one in reading.questions}}
    return replace(reading.recording, provenance=provenance | {"guesses": [], "answers": given})


def read_recording(path: str | Path, **answers: Any) -> Recording:
    """Return the recording that a file, a folder of a sorter, or an archive of these holds.

    answers: keywords of `ANSWERS` for open questions. The others are guessed, and each guess
    stands in `recording.provenance["guesses"]` as {key, question, guess, reason}. `recording.report` says how the file was read.
    Raises RecordingError, one sentence on what is wrong and what to do, for anything that cannot be read, and where a question is open
    whose guess would be too bold. Nothing but what path names is read, and nothing in it is executed or unpickled.
    """
    return answered(read(path, answers), path)


def answered(reading: Reading, path: str | Path) -> Recording:
    """Return the recording of a reading. Raises RecordingError, naming the answer, where a question is open whose guess is too bold."""
    if reading.recording is None:
        raise RecordingError(f"{_name(Path(path))}: {_first_required(reading.questions).demand()}")
    return reading.recording


def open_questions(path: str | Path, **answers: Any) -> list[Question]:
    """Return the questions that these answers leave open, each with the guess that would be used.

    Raises RecordingError as `read_recording` does, except where an answer alone is missing.
    """
    return list(read(path, answers).questions)


def _first_required(questions: tuple[Question, ...]) -> Question:
    return next(question for question in questions if question.required)


def _read(path: Path, questions: Questions) -> Recording:
    """Return the recording; whatever a library raises becomes a RecordingError that names the file and the reason."""
    from .contents import content

    if path.is_symlink() and not path.exists():
        raise RecordingError(f"{path.name}: it is a link, and what it points to is not there; {GET}.")
    if not path.exists():
        raise RecordingError(f"{path}: there is no such file or folder; check the path.")
    try:
        found, row = content(path, questions)
        recording = found if isinstance(found, Recording) else _assembled(found, row, path, questions)
    except RecordingError:
        raise
    except Exception as error:  # the libraries' own errors are of every type; each becomes a sentence
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
        raise RecordingError(
            f"{path.name}: it cannot be read ({reason}); it may be damaged, or not be {READABLE}."
        ) from error
    questions.refuse_unused()
    return recording


def _assembled(found: Found, row: Format, path: Path, questions: Questions) -> Recording:
    recording = assemble(found, _stem(path), questions)
    report = ReadingReport(
        row.name, found.writer, found.facts, (*found.left_out, *questions.left_out), notes=tuple(questions.notes)
    )
    provenance = {
        "format": row.name,
        "file": path.name,
        **recording.provenance,
        "guesses": [question.as_guess() for question in questions.open],
        "reading": report.to_provenance(),
    }
    if questions.given:
        provenance["answers"] = questions.given
    return replace(recording, provenance=provenance)


def _name(path: Path) -> str:
    return path.name or path.resolve().name


def _stem(path: Path) -> str:
    """Return the file's name without its extensions of formats, the folder's name as it is."""
    name = _name(path)
    while not path.is_dir() and Path(name).suffix.lower() in EXTENSIONS and Path(name).stem:
        name = Path(name).stem
    return name or "recording"
