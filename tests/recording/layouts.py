"""Writers of every layout that the tests can write, with and without what such files may leave out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io
import scipy.sparse

from automind_dash.recording import Recording, save_recording, to_nwb

RATE = 20_000


@dataclass(frozen=True)
class Written:
    """A file, and what reading it must ask. answers: the truth for each question that has to be answered; tolerance: s"""

    path: Path
    asks: tuple[str, ...] = ()
    answers: tuple[tuple[str, Any], ...] = ()
    tolerance: float = 1e-9
    silent_lost: bool = False


def spike_list(recording: Recording, folder: Path, stated: bool, separator: str = ",", decimal: str = ".") -> Written:
    names = f"time_s{separator}unit" if stated else f"a{separator}b"
    rows = [f"{time!r}".replace(".", decimal) + f"{separator}u{unit}" for time, unit in spikes(recording)]
    path = folder / "list.csv"
    path.write_text("\n".join([names, *rows]))
    return Written(
        path,
        ("duration",) if stated else ("time_unit", "duration"),
        tuple({} if stated else {("time_unit", "s")}),
        silent_lost=True,
    )


def german_list(recording: Recording, folder: Path, stated: bool) -> Written:
    path = folder / "liste.csv"
    rows = [f"{1000 * time!r};{unit};-40,5".replace(".", ",") for time, unit in spikes(recording)]
    head = ["Aufnahme 3", ""] if stated else []
    path.write_bytes("\r\n".join([*head, "Zeit [ms];Kanal;Amplitude [µV]", *rows]).encode("cp1252"))
    return Written(path, ("duration",), silent_lost=True)


def wide_table(recording: Recording, folder: Path, stated: bool) -> Written:
    trains = recording.trains()
    longest = max(len(train) for train in trains)
    rows = ["\t".join(repr(float(train[i])) if i < len(train) else "" for train in trains) for i in range(longest)]
    head = ["Export", "Spike times [s]", ""] if stated else []
    path = folder / "wide.txt"
    path.write_text("\n".join([*head, "\t".join(f"ch_{i}a" for i in range(len(trains))), *rows]))
    return Written(
        path, ("duration",) if stated else ("time_unit", "duration"), () if stated else (("time_unit", "s"),)
    )


def row_table(recording: Recording, folder: Path, stated: bool) -> Written:
    path = folder / "rows.csv"
    named = [
        [f"unit{i}"] * stated + [repr(float(time)) for time in train] for i, train in enumerate(recording.trains())
    ]
    path.write_text("\n".join(",".join(row) for row in named))
    return Written(path, ("time_unit", "duration"), (("time_unit", "s"),), silent_lost=True)


def counts(recording: Recording, width: float = 0.001) -> np.ndarray:
    matrix = np.zeros((recording.n_units, round(recording.duration / width)), dtype=np.uint8)
    np.add.at(
        matrix, (recording.spike_units, np.minimum(recording.spike_times / width, matrix.shape[1] - 1).astype(int)), 1
    )
    return matrix


def raster_npz(recording: Recording, folder: Path, stated: bool) -> Written:
    path = folder / "raster.npz"
    np.savez(path, raster=counts(recording), **({"dt": 0.001} if stated else {}))
    return Written(path, () if stated else ("bin_width",), () if stated else (("bin_width", 0.001),), tolerance=1e-3)


def raster_mat(recording: Recording, folder: Path, stated: bool) -> Written:
    path = folder / "raster.mat"
    scipy.io.savemat(
        path,
        {"spikeMatrix": scipy.sparse.csc_matrix(counts(recording).T.astype(float))} | ({"dt": 0.001} if stated else {}),
    )
    return Written(path, () if stated else ("bin_width",), () if stated else (("bin_width", 0.001),), tolerance=1e-3)


def cells_mat(recording: Recording, folder: Path, stated: bool) -> Written:
    path = folder / "cells.mat"
    cells = np.empty(recording.n_units, dtype=object)
    cells[:] = [train[:, None] for train in recording.trains()]
    scipy.io.savemat(
        path, {"spikes_s" if stated else "trains": cells} | ({"duration_s": recording.duration} if stated else {})
    )
    return Written(path, () if stated else ("time_unit", "duration"), () if stated else (("time_unit", "s"),))


def labelled_cells(recording: Recording, folder: Path, stated: bool) -> Written:
    """A row for each unit: its number, or its channel and its name, and its times."""
    path = folder / "labelled.mat"
    labels = (lambda i: (f"unit {i}",)) if stated else (lambda i: (float(i % 3 + 1), float(i + 1)))
    cells = np.empty((recording.n_units, 2 if stated else 3), dtype=object)
    for i, train in enumerate(recording.trains()):
        for j, item in enumerate((*labels(i), train[:, None])):
            cells[i, j] = item
    scipy.io.savemat(path, {"spikes_s": cells} | ({"duration_s": recording.duration} if stated else {}))
    return Written(path, () if stated else ("duration",))


def meanap_structs(recording: Recording, folder: Path, stated: bool) -> Written:
    """MEA-NAP: a struct for each channel, with a vector of times for each detector; one of them here."""
    path = folder / "meanap.mat"
    cells = np.empty((1, recording.n_units), dtype=object)
    for i, train in enumerate(recording.trains()):
        cells[0, i] = {"bior1p5": train[:, None]}
    more = {"spikeDetectionResult": {"params": {"fs": 12_500.0, "duration_s": recording.duration}}} if stated else {}
    scipy.io.savemat(path, {"spikeTimes": cells, "channels": np.arange(recording.n_units)[:, None] + 11} | more)
    return Written(path, () if stated else ("duration",), (("time_unit", "s"),), silent_lost=True)


def phy(recording: Recording, folder: Path, stated: bool) -> Written:
    path = folder / "phy"
    path.mkdir(exist_ok=True)
    np.save(path / "spike_times.npy", np.round(recording.spike_times * RATE).astype(np.uint64)[:, None])
    np.save(path / "spike_clusters.npy", (recording.spike_units * 3 + 2).astype(np.int32))
    (path / "params.py").write_text("sample_rate = 20 * 1000\n" if stated else "n_channels_dat = 4\n")
    asks = ("duration",) if stated else ("sampling_rate", "duration")
    return Written(path, asks, () if stated else (("sampling_rate", RATE),), tolerance=1 / RATE, silent_lost=True)


def alf(recording: Recording, folder: Path, stated: bool) -> Written:
    path = folder / "alf"
    inside = path / "#2024-05-06#" if stated else path
    inside.mkdir(parents=True, exist_ok=True)
    np.save(inside / "spikes.times.npy", recording.spike_times)
    np.save(inside / "spikes.clusters.npy", recording.spike_units)
    return Written(path, ("duration",), silent_lost=True)


def npz(recording: Recording, folder: Path, stated: bool) -> Written:
    path = folder / "spikes.npz"
    more = {"duration_s": recording.duration, "n_units": recording.n_units} if stated else {}
    np.savez(path, spike_times=recording.spike_times, spike_units=recording.spike_units, **more)
    return Written(
        path,
        () if stated else ("time_unit", "duration"),
        () if stated else (("time_unit", "s"),),
        silent_lost=not stated,
    )


def carmen(recording: Recording, folder: Path, stated: bool) -> Written:
    path = folder / "culture.h5"
    with h5py.File(path, "w") as file:
        file["spikes"] = np.concatenate(recording.trains())
        file["sCount"] = np.bincount(recording.spike_units, minlength=recording.n_units)
        if stated:
            file["recordingtime"] = [0.0, recording.duration]
    return Written(path, () if stated else ("duration",))


def lists_json(recording: Recording, folder: Path, stated: bool) -> Written:
    path = folder / "spikes.json"
    trains = [train.tolist() for train in recording.trains()]
    more = {"duration_s": recording.duration} if stated else {}
    path.write_text(json.dumps({"spike_times_s" if stated else "spikes": trains} | more))
    return Written(path, () if stated else ("time_unit", "duration"), () if stated else (("time_unit", "s"),))


def nwb(recording: Recording, folder: Path, stated: bool) -> Written:
    path = to_nwb(recording, folder / "units.nwb")
    if not stated:
        with h5py.File(path, "r+") as file:
            del file["units/obs_intervals_index"], file["units/obs_intervals"]
    return Written(path, () if stated else ("duration",))


def saved(recording: Recording, folder: Path, stated: bool) -> Written:
    return Written(save_recording(recording, folder / "saved.npz"))


def spikes(recording: Recording) -> list[tuple[float, int]]:
    return [(float(time), int(unit)) for time, unit in zip(recording.spike_times, recording.spike_units, strict=True)]


LAYOUTS: dict[str, Callable[[Recording, Path, bool], Written]] = {
    function.__name__: function
    for function in (
        spike_list, german_list, wide_table, row_table, raster_npz, raster_mat, cells_mat, labelled_cells, meanap_structs, phy, alf, npz,
        carmen, lists_json, nwb, saved,
    )
}  # fmt: skip
