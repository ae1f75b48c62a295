"""One file that holds a session: recordings, settings, draws, selections, simulations, experiments and view. A zip of JSON, Parquet and
NumPy arrays; nothing in it is ever unpickled or executed.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
import zlib
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...atomic import written_whole
from ...circuit.perturbation import Change, Perturbation
from ...errors import SessionError, UserError
from ...features import AnalysisSettings
from ...features.settings import settings_from_dict
from ...inference.asking.perturbed import PerturbedRuns
from ...recording import Recording, read_recording, save_recording
from ...recording.bounded import rehearse
from ...recording.files.archive import unzipped
from ...study.results import StudyResults, results_files
from ...study.results_check import checked_results
from ...version import __version__
from ..state.examined import Examined
from ..state.saved_session import SavedSession
from .provenance_file import provenance_in
from .session_checks import (
    checked_arrays,
    checked_marks,
    checked_name,
    checked_perturbed,
    checked_table,
)
from .session_runs import Arrays, reruns_in, reruns_out, runs_in, runs_out, set_aside_in, set_aside_out

SUFFIX = ".automind"
READER = __name__
"""The module with which a process with limits reads sessions. A server loads it in advance."""

FORMAT, READABLE = 2, (1, 2)
"""The format that is written, and the formats that are read. Version 0.1.0 wrote format 1."""

MANIFEST = "session.json"
STUDY = "study"
"""The folder in it that holds the results of a study, as in the folder that `automind-dash study` writes."""

MAX_SAVED_SPIKES = 20_000_000
"""Spikes of all simulated recordings, about 80 MB compressed. Further runs are saved without spikes, which their seeds give again."""

MAX_MANIFEST = 100 * 2**20
MAX_TARGETS = 50


def write_session(
    recordings: list[Examined], current: Examined | None, stage: str, view: dict[str, Any], out: Path | io.BytesIO,
    study: StudyResults | None = None,
) -> None:  # fmt: skip
    """Write a session (blocking: call it off the event loop), with the results of a study where there is one.

    Raises SessionError; what was there stays then.
    """
    try:
        if isinstance(out, io.BytesIO):
            _write_archive(recordings, current, stage, view, out, study)
        else:
            with written_whole(out) as part:
                _write_archive(recordings, current, stage, view, part, study)
    except OSError as error:
        raise SessionError(f"{out}: the session cannot be saved there ({error.strerror}).") from None


def _write_archive(
    recordings: list[Examined], current: Examined | None, stage: str, view: dict[str, Any], out: Path | io.BytesIO,
    study: StudyResults | None,
) -> None:  # fmt: skip
    put, left = Arrays(), MAX_SAVED_SPIKES
    written = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for place, examined in enumerate(recordings):
            archive.writestr(f"recordings/{place}.npz", _recording_bytes(examined.recording))
            if len(examined.configurations):
                archive.writestr(f"configurations/{place}.parquet", _table_bytes(examined.configurations))
            described, left = _describe(examined, put, left)
            written.append(described)
        archive.writestr("arrays.npz", _arrays_bytes(put.arrays))
        if study is not None:
            for name, content in results_files(study).items():
                archive.writestr(f"{STUDY}/{name}", content)
        manifest = {
            "format": FORMAT, "version": __version__, "saved": datetime.now(UTC).isoformat(timespec="seconds"), "stage": stage,
            "current": recordings.index(current) if current in recordings else 0, "view": view, "targets": written,
        }  # fmt: skip
        text = json.dumps(manifest, default=_plain).encode()
        if len(text) > MAX_MANIFEST:
            raise SessionError(
                f"The session has more than {MAX_MANIFEST / 2**20:g} MB besides its arrays and could not be opened again; save "
                "it with fewer recordings or simulated circuits."
            )
        archive.writestr(MANIFEST, text)


def open_session(path: Path) -> SavedSession:
    """Read a saved session that may come from anybody (blocking): first in a process with limits. Raises SessionError as `read_session`."""
    rehearse(f"{READER}:read_session", path, SessionError)
    return read_session(path)


def read_session(path: Path) -> SavedSession:
    """Read a saved session (blocking). Raises SessionError that names the file and what is wrong with it."""
    if not path.is_file():
        raise SessionError(f"{path.name}: there is no such file; check the path.")
    try:
        with unzipped(path, path.name) as folder:
            manifest_file = folder / MANIFEST
            if not manifest_file.is_file() or manifest_file.stat().st_size > MAX_MANIFEST:
                raise SessionError(f"{path.name} is not a saved session: it holds no {MANIFEST}.")
            manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
            if manifest["format"] not in READABLE:
                raise SessionError(
                    f"{path.name}: session format {manifest['format']}, this version reads up to {FORMAT}; update the dashboard."
                )
            put = Arrays(checked_arrays(folder / "arrays.npz"))
            described = list(manifest["targets"])[:MAX_TARGETS]
            unknown: list[str] = []
            recordings = [_restore(one, place, folder, put, unknown) for place, one in enumerate(described)]
            study = checked_results(folder / STUDY) if (folder / STUDY).is_dir() else None
            return SavedSession(
                recordings, min(max(int(manifest["current"]), 0), max(len(recordings) - 1, 0)), str(manifest["stage"]),
                dict(manifest["view"]), str(manifest["version"]), str(manifest["saved"]), _left_out(unknown), study,
            )  # fmt: skip
    except SessionError as error:
        if str(error).startswith(path.name):
            raise
        raise SessionError(f"{path.name} cannot be opened: {error}.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise SessionError(
            f"{path.name} cannot be opened: it is cut off, damaged, or no saved session; copy it again."
        ) from None
    except FileNotFoundError as error:  # a member: the path that it was unpacked to is of no use to anybody
        lacking = Path(error.filename or "a part").name
        raise SessionError(
            f"{path.name} cannot be opened: it lacks {lacking}; copy it again, or save it anew."
        ) from None
    except (UserError, OSError) as error:
        raise SessionError(f"{path.name} cannot be opened: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError) as error:
        raise SessionError(
            f"{path.name} is damaged or not a saved session ({type(error).__name__}: {' '.join(str(error).split())})."
        ) from None


def _left_out(unknown: list[str]) -> tuple[str, ...]:
    """Return a sentence on those facts about the origin of circuits that this version does not know."""
    if not unknown:
        return ()
    named = ", ".join(repr(name) for name in sorted(set(unknown))[:5])
    return (
        f"This version does not know some of what the session says about the origin of its circuits, and leaves it out: {named}.",
    )


def _describe(examined: Examined, put: Arrays, left: int) -> tuple[dict[str, Any], int]:
    """Return a target as JSON, and how many more spikes may be saved."""
    runs, left = runs_out(examined.simulations, put, left)
    aside, left = set_aside_out(examined.set_aside, put, left)
    return {
        "settings": asdict(examined.settings), "estimator": examined.estimator, "n_samples": examined.n_samples, "seed": examined.seed,
        "oversampling": examined.oversampling, "tolerance": examined.tolerance, "provenance": examined.provenance.to_dict(),
        "selection": examined.selection, "kept": examined.kept, "marks": {str(n): sorted(marks) for n, marks in examined.marks.items()},
        "simulations": runs, "reruns": reruns_out(examined.reruns, put), "set_aside": aside,
        "experiments": {label: _perturbed_out(one, put) for label, one in examined.experiments.items()},
    }, left  # fmt: skip


def _restore(one: dict[str, Any], place: int, folder: Path, put: Arrays, unknown: list[str]) -> Examined:
    file = folder / f"recordings/{place}.npz"
    if not file.is_file():
        raise SessionError(f"it lacks the recording {place + 1}")
    recording = read_recording(file)
    examined = Examined(recording, settings=settings_from_dict(AnalysisSettings, one["settings"]))
    examined.param.update(
        estimator=str(one["estimator"]), n_samples=int(one["n_samples"]), seed=int(one["seed"]),
        oversampling=int(one["oversampling"]), tolerance=float(one["tolerance"]),
    )  # fmt: skip
    table = folder / f"configurations/{place}.parquet"
    if not table.is_file():
        return examined
    configurations = checked_table(table)
    known = set(configurations.index.tolist())
    examined.param.update(
        provenance=provenance_in(one["provenance"], unknown), generation=1, configurations=configurations,
        selection=[int(n) for n in one["selection"] if n in known],
        kept={checked_name(name): [int(n) for n in numbers if n in known] for name, numbers in one["kept"].items()},
        marks={int(n): checked_marks(marks) for n, marks in one["marks"].items()},
        simulations=runs_in(one["simulations"], known, put),
        reruns=reruns_in(one["reruns"], put), set_aside=set_aside_in(one.get("set_aside", {}), known, put),
        experiments={checked_name(label): _perturbed_in(runs, put) for label, runs in one["experiments"].items()},
    )  # fmt: skip
    return examined


def _perturbed_out(runs: PerturbedRuns, put: Arrays) -> dict[str, Any]:
    arrays = {name: put.keep(getattr(runs, name)) for name in ("numbers", "theta", "features", "outcomes", "seeds")}
    return {
        **arrays, "perturbation": asdict(runs.perturbation), "estimator": runs.estimator, "duration": runs.duration, "who": runs.who
    }  # fmt: skip


def _perturbed_in(runs: dict[str, Any], put: Arrays) -> PerturbedRuns:
    change = runs["perturbation"]
    perturbation = Perturbation(str(change["name"]), tuple(Change(**one) for one in change["changes"]))
    numbers, theta, features, outcomes, seeds = (
        put.arrays[runs[name]] for name in ("numbers", "theta", "features", "outcomes", "seeds")
    )
    return checked_perturbed(PerturbedRuns(
        perturbation, numbers, theta, features, outcomes, seeds, str(runs["estimator"]), float(runs["duration"]), str(runs["who"])
    ))  # fmt: skip


def _plain(value: Any) -> Any:
    """Return a value in a type that JSON has."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be saved")


def _recording_bytes(recording: Recording) -> bytes:
    with tempfile.TemporaryDirectory(prefix="automind-") as folder:
        return save_recording(recording, Path(folder) / "recording.npz").read_bytes()


def _table_bytes(table: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    table.to_parquet(out)
    return out.getvalue()


def _arrays_bytes(arrays: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def session_bytes(
    recordings: list[Examined], current: Examined | None, stage: str, view: dict[str, Any], study: StudyResults | None = None
) -> io.BytesIO:  # fmt: skip
    """Return a session as a file in memory, for the download."""
    out = io.BytesIO()
    write_session(recordings, current, stage, view, out, study)
    out.seek(0)
    return out
