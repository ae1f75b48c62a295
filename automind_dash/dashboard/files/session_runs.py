"""The simulated circuits of a session file. Runs, spikes and reruns become JSON, with their arrays beside it, and come back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...circuit.parameters import DT
from ...errors import SessionError
from ...inference.asking.simulated import Simulated
from ...recording import Recording
from ...recording.recording import MAX_UNITS
from ..state.examined import SetAside
from ..state.run_words import Rerun
from .session_checks import checked_name, checked_rejection, checked_run, checked_vector


class Arrays:
    """Arrays that are stored beside the JSON. `keep` returns the key that stands for an array."""

    def __init__(self, arrays: dict[str, Any] | None = None) -> None:
        self.arrays: dict[str, Any] = arrays or {}

    def keep(self, array: Any) -> str:
        key = f"a{len(self.arrays)}"
        self.arrays[key] = np.asarray(array)
        return key


def run_out(run: Simulated, put: Arrays) -> dict[str, Any]:
    return {
        "theta": put.keep(run.theta), "seed": run.seed, "outcome": run.outcome, "vector": put.keep(run.vector),
        "features": run.features, "error": run.error, "rejected_after": run.rejected_after,
        "recording": None if run.recording is None else _spikes_out(run.recording, put),
    }  # fmt: skip


def run_in(run: dict[str, Any], put: Arrays) -> Simulated:
    features = {str(name): float("nan") if value is None else float(value) for name, value in run["features"].items()}
    recording = None if run["recording"] is None else _spikes_in(run["recording"], put)
    checked_run(put.arrays[run["theta"]], put.arrays[run["vector"]], run["outcome"], recording)
    return Simulated(
        put.arrays[run["theta"]], int(run["seed"]), run["outcome"], put.arrays[run["vector"]], features, recording, run["error"],
        checked_rejection(run.get("rejected_after")),
    )  # fmt: skip


def _spikes_out(recording: Recording, put: Arrays) -> dict[str, Any]:
    """Return a simulated recording as JSON. Times on the grid of the simulation are stored as steps, in a third of the space."""
    steps = np.rint(recording.spike_times / DT)
    exact = bool(len(steps)) and steps[-1] < 2**32 and np.array_equal(steps * DT, recording.spike_times)
    groups, counts = _runs_of(recording.unit_groups)
    return {
        "times": put.keep(steps.astype(np.uint32) if exact else recording.spike_times), "steps": bool(exact),
        "units": put.keep(recording.spike_units.astype(np.uint16 if recording.n_units < 2**16 else np.int32)),
        "n_units": recording.n_units, "duration": recording.duration, "name": recording.name, "groups": groups, "counts": counts,
        "provenance": dict(recording.provenance),
    }  # fmt: skip


def _spikes_in(stored: dict[str, Any], put: Arrays) -> Recording:
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
    """Return labels as stretches of equal labels: each label and its length."""
    if not labels:
        return [], []
    values = np.array(labels)
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    return values[starts].tolist(), np.diff(np.r_[starts, len(values)]).tolist()


def _rerun_out(run: Rerun, put: Arrays) -> dict[str, Any]:
    arrays = {name: put.keep(getattr(run, name)) for name in ("frequencies", "power", "vector")}
    return {"seed": run.seed, "engine": run.engine, "outcome": run.outcome, "distance": _finite(run.distance), **arrays,
            "rejected_after": run.rejected_after}  # fmt: skip


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _rerun_in(run: dict[str, Any], put: Arrays) -> Rerun:
    distance = float("inf") if run["distance"] is None else float(run["distance"])
    known = "vector" in run  # files of earlier versions lack it
    return Rerun(
        int(run["seed"]), run["engine"], run["outcome"], distance, put.arrays[run["frequencies"]], put.arrays[run["power"]],
        checked_vector(put.arrays[run["vector"]]) if known else np.empty(0), checked_rejection(run.get("rejected_after")),
    )  # fmt: skip


def reruns_out(reruns: dict[int, list[Rerun]], put: Arrays) -> dict[str, Any]:
    """Return the reruns of circuits as JSON."""
    return {str(n): [_rerun_out(one, put) for one in some] for n, some in reruns.items()}


def reruns_in(stored: dict[str, Any], put: Arrays) -> dict[int, list[Rerun]]:
    """Return the reruns of circuits that a file holds."""
    return {int(n): [_rerun_in(run, put) for run in runs] for n, runs in stored.items()}


def runs_out(simulations: dict[int, Simulated], put: Arrays, left: int) -> tuple[dict[str, Any], int]:
    """Return simulated circuits as JSON, and how many more spikes may be saved. When none may, runs are saved without spikes."""
    runs = {}
    for number, run in simulations.items():
        keep = run.recording is not None and run.recording.n_spikes <= left
        left -= run.recording.n_spikes if keep and run.recording is not None else 0
        runs[str(number)] = run_out(run if keep else replace(run, recording=None), put)
    return runs, left


def runs_in(stored: dict[str, Any], known: set[int], put: Arrays) -> dict[int, Simulated]:
    """Return the simulated circuits of a file that are in its table."""
    return {int(n): run_in(run, put) for n, run in stored.items() if int(n) in known}


def set_aside_out(waiting: dict[str, SetAside], put: Arrays, left: int) -> tuple[dict[str, Any], int]:
    """Return the simulations for estimators that are not in use as JSON, and how many more spikes may be saved."""
    stored = {}
    for name, one in waiting.items():
        runs, left = runs_out(one.simulations, put, left)
        stored[name] = {"simulations": runs, "reruns": reruns_out(one.reruns, put)}
    return stored, left


def set_aside_in(stored: dict[str, Any], known: set[int], put: Arrays) -> dict[str, SetAside]:
    """Return the simulations of a file for estimators that were not in use when it was saved."""
    return {
        checked_name(name): SetAside(runs_in(one["simulations"], known, put), {}, reruns_in(one["reruns"], put))
        for name, one in stored.items()
    }
