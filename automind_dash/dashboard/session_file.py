"""One file that holds a session: recordings, settings, draws, selections, simulations, experiments and view. A zip of JSON, Parquet and
NumPy arrays; nothing in it is ever unpickled or executed.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..circuit.parameters import DT
from ..circuit.perturbation import Change, Perturbation
from ..errors import SessionError, UserError
from ..features import AnalysisSettings
from ..features.settings import settings_from_dict
from ..inference.perturbed import PerturbedRuns
from ..inference.simulated import Simulated
from ..recording import Recording, read_recording, save_recording
from ..recording.archive import unzipped
from ..recording.recording import MAX_UNITS
from ..version import __version__
from .run_words import Rerun
from .session_checks import (
    checked_arrays,
    checked_mark,
    checked_name,
    checked_provenance,
    checked_rejection,
    checked_run,
    checked_table,
)
from .target_state import TargetState

SUFFIX = ".automind"
FORMAT = 1
MANIFEST = "session.json"

MAX_SAVED_SPIKES = 20_000_000
"""Of all simulated recordings, some 80 MB packed; beyond it runs are saved without their spikes, which their seeds give back."""

MAX_MANIFEST = 100 * 2**20
MAX_TARGETS = 50


@dataclass
class SavedSession:
    """What a file holds. targets: with recording, settings, draws and runs, but not analysed yet; current: place in them."""

    targets: list[TargetState]
    current: int = 0
    stage: str = ""
    view: dict[str, Any] = field(default_factory=dict)
    version: str = ""
    saved: str = ""


class _Arrays:
    """Arrays put aside from a tree of JSON; `keep` returns what stands there in their place."""

    def __init__(self, arrays: dict[str, Any] | None = None) -> None:
        self.arrays: dict[str, Any] = arrays or {}

    def keep(self, array: Any) -> str:
        key = f"a{len(self.arrays)}"
        self.arrays[key] = np.asarray(array)
        return key


def write_session(
    targets: list[TargetState], current: TargetState | None, stage: str, view: dict[str, Any], out: Path | io.BytesIO
) -> None:
    """Write a session (blocking: call it off the event loop). Raises SessionError when the file cannot be written."""
    put, left = _Arrays(), MAX_SAVED_SPIKES
    written = []
    try:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
            for place, target in enumerate(targets):
                archive.writestr(f"recordings/{place}.npz", _recording_bytes(target.recording))
                if len(target.configurations):
                    archive.writestr(f"configurations/{place}.parquet", _table_bytes(target.configurations))
                described, left = _describe(target, put, left)
                written.append(described)
            archive.writestr("arrays.npz", _arrays_bytes(put.arrays))
            manifest = {
                "format": FORMAT, "version": __version__, "saved": datetime.now(UTC).isoformat(timespec="seconds"), "stage": stage,
                "current": targets.index(current) if current in targets else 0, "view": view, "targets": written,
            }  # fmt: skip
            archive.writestr(MANIFEST, json.dumps(manifest, default=_plain))
    except OSError as error:
        raise SessionError(f"{out}: the session cannot be saved there ({error.strerror}).") from None


def read_session(path: Path) -> SavedSession:
    """Read a saved session (blocking). Raises SessionError that names the file and what is wrong with it."""
    try:
        with unzipped(path, path.name) as folder:
            manifest_file = folder / MANIFEST
            if not manifest_file.is_file() or manifest_file.stat().st_size > MAX_MANIFEST:
                raise SessionError(f"{path.name} is not a saved session: it holds no {MANIFEST}.")
            manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
            if manifest["format"] != FORMAT:
                raise SessionError(
                    f"{path.name}: session format {manifest['format']}, this version reads {FORMAT}; update the dashboard."
                )
            put = _Arrays(checked_arrays(folder / "arrays.npz"))
            described = list(manifest["targets"])[:MAX_TARGETS]
            targets = [_restore(one, place, folder, put) for place, one in enumerate(described)]
            return SavedSession(
                targets, min(max(int(manifest["current"]), 0), max(len(targets) - 1, 0)), str(manifest["stage"]),
                dict(manifest["view"]), str(manifest["version"]), str(manifest["saved"]),
            )  # fmt: skip
    except SessionError as error:
        if str(error).startswith(path.name):
            raise
        raise SessionError(f"{path.name} cannot be opened: {error}.") from None
    except (UserError, zipfile.BadZipFile, OSError) as error:
        raise SessionError(f"{path.name} cannot be opened: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise SessionError(
            f"{path.name} is damaged or not a saved session ({type(error).__name__}: {error})."
        ) from None


def _describe(target: TargetState, put: _Arrays, left: int) -> tuple[dict[str, Any], int]:
    """Return a target as JSON, and how many more spikes may be saved."""
    runs = {}
    for number, run in target.simulations.items():
        keep = run.recording is not None and run.recording.n_spikes <= left
        left -= run.recording.n_spikes if keep else 0
        runs[str(number)] = _run_out(run if keep else replace(run, recording=None), put)
    return {
        "settings": asdict(target.settings), "estimator": target.estimator, "n_samples": target.n_samples, "seed": target.seed,
        "oversampling": target.oversampling, "tolerance": target.tolerance, "provenance": target.provenance,
        "selection": target.selection, "kept": target.kept, "marks": {str(n): mark for n, mark in target.marks.items()},
        "simulations": runs,
        "reruns": {str(n): [_rerun_out(one, put) for one in some] for n, some in target.reruns.items()},
        "experiments": {label: _perturbed_out(one, put) for label, one in target.experiments.items()},
    }, left  # fmt: skip


def _restore(one: dict[str, Any], place: int, folder: Path, put: _Arrays) -> TargetState:
    recording = read_recording(folder / f"recordings/{place}.npz")
    target = TargetState(recording, settings=settings_from_dict(AnalysisSettings, one["settings"]))
    target.param.update(
        estimator=str(one["estimator"]), n_samples=int(one["n_samples"]), seed=int(one["seed"]),
        oversampling=int(one["oversampling"]), tolerance=float(one["tolerance"]),
    )  # fmt: skip
    table = folder / f"configurations/{place}.parquet"
    if not table.is_file():
        return target
    configurations = checked_table(table)
    known = set(configurations.index.tolist())
    target.param.update(
        provenance=checked_provenance(one["provenance"]), configurations=configurations,
        selection=[int(n) for n in one["selection"] if n in known],
        kept={checked_name(name): [int(n) for n in numbers if n in known] for name, numbers in one["kept"].items()},
        marks={int(n): checked_mark(mark) for n, mark in one["marks"].items()},
        simulations={int(n): _run_in(run, put) for n, run in one["simulations"].items() if int(n) in known},
        reruns={int(n): [_rerun_in(run, put) for run in runs] for n, runs in one["reruns"].items()},
        experiments={checked_name(label): _perturbed_in(runs, put) for label, runs in one["experiments"].items()},
    )  # fmt: skip
    return target


def _run_out(run: Simulated, put: _Arrays) -> dict[str, Any]:
    return {
        "theta": put.keep(run.theta), "seed": run.seed, "outcome": run.outcome, "vector": put.keep(run.vector),
        "features": run.features, "error": run.error, "rejected_after": run.rejected_after,
        "recording": None if run.recording is None else _spikes_out(run.recording, put),
    }  # fmt: skip


def _run_in(run: dict[str, Any], put: _Arrays) -> Simulated:
    features = {str(name): float("nan") if value is None else float(value) for name, value in run["features"].items()}
    recording = None if run["recording"] is None else _spikes_in(run["recording"], put)
    checked_run(put.arrays[run["theta"]], put.arrays[run["vector"]], run["outcome"], recording)
    return Simulated(
        put.arrays[run["theta"]], int(run["seed"]), run["outcome"], put.arrays[run["vector"]], features, recording, run["error"],
        checked_rejection(run.get("rejected_after")),
    )  # fmt: skip


def _spikes_out(recording: Recording, put: _Arrays) -> dict[str, Any]:
    """Return a simulated recording; times as steps of the simulation where they are such, a third of the size."""
    steps = np.rint(recording.spike_times / DT)
    exact = bool(len(steps)) and steps[-1] < 2**32 and np.array_equal(steps * DT, recording.spike_times)
    groups, counts = _runs_of(recording.unit_groups)
    return {
        "times": put.keep(steps.astype(np.uint32) if exact else recording.spike_times), "steps": bool(exact),
        "units": put.keep(recording.spike_units.astype(np.uint16 if recording.n_units < 2**16 else np.int32)),
        "n_units": recording.n_units, "duration": recording.duration, "name": recording.name, "groups": groups, "counts": counts,
        "provenance": dict(recording.provenance),
    }  # fmt: skip


def _spikes_in(stored: dict[str, Any], put: _Arrays) -> Recording:
    times, units, counts = put.arrays[stored["times"]], put.arrays[stored["units"]], [int(n) for n in stored["counts"]]
    if counts and (min(counts) < 1 or sum(counts) != stored["n_units"] or sum(counts) > MAX_UNITS):
        raise SessionError("the groups of a simulated recording's units do not add up")
    if times.dtype.kind not in "uf" or units.dtype.kind not in "iu":
        raise SessionError("the spikes of a simulated recording are not numbers")
    groups = tuple(group for group, n in zip(stored["groups"], counts, strict=True) for _ in range(n))
    return Recording(
        times * DT if stored["steps"] else times.astype(np.float64), units.astype(np.int32),
        int(stored["n_units"]), float(stored["duration"]), str(stored["name"]), groups, provenance=stored["provenance"],
    )  # fmt: skip


def _runs_of(labels: tuple[str, ...]) -> tuple[list[str], list[int]]:
    """Return labels as stretches of equal ones: label and length."""
    if not labels:
        return [], []
    values = np.array(labels)
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    return values[starts].tolist(), np.diff(np.r_[starts, len(values)]).tolist()


def _rerun_out(run: Rerun, put: _Arrays) -> dict[str, Any]:
    arrays = {"frequencies": put.keep(run.frequencies), "power": put.keep(run.power)}
    return {"seed": run.seed, "engine": run.engine, "outcome": run.outcome, "distance": _finite(run.distance), **arrays}


def _rerun_in(run: dict[str, Any], put: _Arrays) -> Rerun:
    distance = float("inf") if run["distance"] is None else float(run["distance"])
    return Rerun(
        int(run["seed"]),
        run["engine"],
        run["outcome"],
        distance,
        put.arrays[run["frequencies"]],
        put.arrays[run["power"]],
    )


def _perturbed_out(runs: PerturbedRuns, put: _Arrays) -> dict[str, Any]:
    arrays = {name: put.keep(getattr(runs, name)) for name in ("numbers", "theta", "features", "outcomes", "seeds")}
    return {
        **arrays, "perturbation": asdict(runs.perturbation), "estimator": runs.estimator, "duration": runs.duration, "who": runs.who
    }  # fmt: skip


def _perturbed_in(runs: dict[str, Any], put: _Arrays) -> PerturbedRuns:
    change = runs["perturbation"]
    perturbation = Perturbation(str(change["name"]), tuple(Change(**one) for one in change["changes"]))
    numbers, theta, features, outcomes, seeds = (
        put.arrays[runs[name]] for name in ("numbers", "theta", "features", "outcomes", "seeds")
    )
    return PerturbedRuns(
        perturbation, numbers, theta, features, outcomes, seeds, str(runs["estimator"]), float(runs["duration"]), str(runs["who"])
    )  # fmt: skip


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _plain(value: Any) -> Any:
    """Return what JSON lacks as what it has."""
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
    targets: list[TargetState], current: TargetState | None, stage: str, view: dict[str, Any]
) -> io.BytesIO:
    """Return a session as a file in memory, as it is downloaded."""
    out = io.BytesIO()
    write_session(targets, current, stage, view, out)
    out.seek(0)
    return out
