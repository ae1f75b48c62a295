"""Arrays as people save them: other byte orders, indices, records, arrays of unequal length, padding, and rates that are missed."""

from __future__ import annotations

import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.io

from automind_dash.recording import read, read_recording
from automind_dash.recording.any_arrays.variables import looks_like_times

RATE = 20_000
SAMPLE = 1 / RATE


def samples(spikes):
    return np.round(spikes.spike_times * RATE).astype(np.int64)


def padded(spikes, fill):
    trains = spikes.trains()
    out = np.full((len(trains), max(map(len, trains))), fill)
    for row, train in zip(out, trains, strict=True):
        row[: len(train)] = train
    return out


def required(reading):
    return [question.key for question in reading.questions if question.required]


@pytest.mark.parametrize("order", ["<", ">"])
def test_numbers_of_either_byte_order(tmp_path, spikes, same_spikes, order):
    times, units = spikes.spike_times.astype(f"{order}f8"), spikes.spike_units.astype(f"{order}i4")
    np.savez(tmp_path / "a.npz", times=times, clusters=units)
    same_spikes(read_recording(tmp_path / "a.npz"), spikes)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["times"], file["unit_ids"] = times * 1000, units
        file["times"].attrs["units"] = "milliseconds"
    same_spikes(read_recording(tmp_path / "a.h5", variable="times"), spikes, 1e-6)


def test_a_rate_beside_arrays_that_have_names_of_a_sorter(tmp_path, spikes, same_spikes):
    np.savez(tmp_path / "a.npz", spike_times=samples(spikes), spike_clusters=spikes.spike_units, sampling_rate=RATE)
    same_spikes(read_recording(tmp_path / "a.npz"), spikes, SAMPLE)


@pytest.mark.parametrize("kind", ["npz", "mat"])
def test_a_rate_in_khz_is_demanded(tmp_path, spikes, kind):
    arrays = {"times": samples(spikes), "unit": spikes.spike_units + 1, "fs": 20.0}
    if kind == "npz":
        np.savez(tmp_path / "a.npz", **arrays)
    else:
        scipy.io.savemat(tmp_path / "a.mat", arrays)
    reading = read(tmp_path / f"a.{kind}")
    assert required(reading) == ["sampling_rate"]
    assert next(question.guess for question in reading.questions if question.required) == RATE


@pytest.mark.parametrize("index", ["ends", "bounds", "counts"])
@pytest.mark.parametrize("kind", ["npz", "h5", "mat"])
def test_all_times_in_one_array_beside_an_index(tmp_path, spikes, same_spikes, kind, index):
    counts = np.array([len(train) for train in spikes.trains()])
    values = {"ends": np.cumsum(counts), "bounds": np.concatenate([[0], np.cumsum(counts)]), "counts": counts}[index]
    arrays = {
        "spike_times": np.concatenate(spikes.trains()),
        "counts" if index == "counts" else "spike_times_index": values,
    }
    path = tmp_path / f"a.{kind}"
    if kind == "npz":
        np.savez(path, **arrays)
    elif kind == "mat":
        scipy.io.savemat(path, arrays)
    else:
        with h5py.File(path, "w") as file:
            file.update(arrays)
    same_spikes(
        read_recording(path, **({"variable": "spike_times"} if kind == "h5" and index == "counts" else {})), spikes
    )


def test_records(tmp_path, spikes, same_spikes):
    rows = np.zeros(spikes.n_spikes, dtype=[("time", "f8"), ("channel", "i4"), ("amplitude", "f4")])
    rows["time"], rows["channel"] = spikes.spike_times, spikes.spike_units
    np.savez(tmp_path / "a.npz", spikes=rows)
    same_spikes(read_recording(tmp_path / "a.npz"), spikes)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["spikes"] = rows
    same_spikes(read_recording(tmp_path / "a.h5", variable="spikes.time", unit_variable="spikes.channel"), spikes)


@pytest.mark.parametrize("dtype", [np.float64, np.int32])
def test_arrays_of_unequal_length(tmp_path, spikes, same_spikes, dtype):
    whole = dtype is np.int32
    with h5py.File(tmp_path / "a.h5", "w") as file:
        data = file.create_dataset("spike_times", (spikes.n_units,), dtype=h5py.vlen_dtype(dtype))
        for i, train in enumerate(spikes.trains()):
            data[i] = np.round(train * RATE).astype(dtype) if whole else train
        if whole:
            file.attrs["sampling_rate"] = float(RATE)
    same_spikes(read_recording(tmp_path / "a.h5", variable="spike_times"), spikes, SAMPLE)


@pytest.mark.parametrize("fill", [0.0, np.nan])
@pytest.mark.parametrize("turned", [False, True])
def test_padded_trains(tmp_path, spikes, same_spikes, fill, turned):
    matrix = padded(spikes, fill)
    scipy.io.savemat(tmp_path / "a.mat", {"spikes": matrix.T if turned else matrix})
    same_spikes(read_recording(tmp_path / "a.mat"), spikes)


def test_the_bin_of_a_raster_is_guessed_by_the_sampling_rate_and_demanded(tmp_path, spikes):
    raster = np.zeros((spikes.n_units, 100_000), dtype=bool)
    raster[spikes.spike_units, (spikes.spike_times * 1000).astype(int)] = True
    scipy.io.savemat(tmp_path / "a.mat", {"spikeMatrix": raster, "fs": 1000.0})
    question = next(question for question in read(tmp_path / "a.mat").questions if question.key == "bin_width")
    assert question.required
    assert question.guess == pytest.approx(0.001)


@pytest.mark.parametrize("kind", ["index", "durations", "dates", "lists"])
def test_parquet_as_data_frames_are_saved(tmp_path, spikes, same_spikes, kind):
    times, units = spikes.spike_times, spikes.spike_units
    frame = {
        "index": lambda: pd.DataFrame({"unit": units, "time": times}).set_index("time"),
        "durations": lambda: pd.DataFrame({"time": pd.to_timedelta(times, unit="s"), "unit": units}),
        "dates": lambda: pd.DataFrame(
            {"time": pd.Timestamp("2026-03-01") + pd.to_timedelta(times, unit="s"), "unit": units}
        ),
        "lists": lambda: pd.DataFrame({"unit": range(spikes.n_units), "spike_times": spikes.trains()}),
    }[kind]()
    frame.to_parquet(tmp_path / "a.parquet")
    more = {"offset": pd.Timestamp("2026-03-01").timestamp()} if kind == "dates" else {}
    same_spikes(read_recording(tmp_path / "a.parquet", **more), spikes, 1e-6)


def test_populations_of_a_spike_report_are_read_together(tmp_path, spikes):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, chosen in (("exc", spikes.spike_units < 3), ("inh", spikes.spike_units >= 3)):
            file[f"spikes/{name}/timestamps"] = spikes.spike_times[chosen] * 1000
            file[f"spikes/{name}/node_ids"] = spikes.spike_units[chosen] % 3
    reading = read(tmp_path / "a.h5")
    assert "variable" in [question.key for question in reading.questions]
    assert reading.recording.unit_names == ("exc_0", "exc_1", "exc_2", "inh_0", "inh_1")
    assert read_recording(tmp_path / "a.h5", variable="inh").n_units == 2


def test_samples_are_times():
    assert looks_like_times("spike_samples") == 1


@pytest.mark.parametrize("name", ["spikeAmps", "spike_amplitude", "spikeWidth", "spike_depths"])
def test_what_was_measured_of_spikes_is_not_taken_for_times(tmp_path, spikes, same_spikes, name):
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(40, 5, spikes.n_spikes), "spikeTimes": spikes.spike_times, "clu": spikes.spike_units + 1}
    scipy.io.savemat(tmp_path / "a.mat", arrays)
    same_spikes(read_recording(tmp_path / "a.mat"), spikes)
