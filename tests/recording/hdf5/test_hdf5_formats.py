"""CARMEN, NWB and other HDF5 files."""

from __future__ import annotations

from datetime import UTC, datetime

import h5py
import numpy as np
import pynwb
import pytest

from automind_dash.errors import RecordingError
from automind_dash.recording import Recording, open_questions, read_recording, to_nwb


def test_carmen(carmen_file, spikes):
    recording = read_recording(carmen_file)
    assert (recording.n_units, recording.duration) == (6, 100.0)
    assert recording.unit_names[5] == "ch_5"
    assert recording.positions[1].tolist() == [1.0, 7.0]
    for mine, other in zip(recording.trains(), spikes.trains(), strict=False):
        np.testing.assert_array_equal(mine, other)
    assert recording.provenance["guesses"] == []


def test_carmen_that_starts_late(carmen_file):
    with h5py.File(carmen_file, "r+") as file:
        file["spikes"][...] += 500
        file["recordingtime"][...] = [500.0, 601.0]
    recording = read_recording(carmen_file)
    assert recording.duration == 101
    assert recording.provenance["offset"] == 500
    assert recording.spike_times[0] < 1


def test_carmen_counts_must_add_up(carmen_file):
    with h5py.File(carmen_file, "r+") as file:
        file["sCount"][0] += 1
    with pytest.raises(RecordingError, match="counts 2001 spikes but spikes has 2000"):
        read_recording(carmen_file)


def make_nwb(path, trains, *, intervals=None, epochs=(), quality=None, series_until=None):
    content = pynwb.NWBFile("a session", "id", datetime(2024, 1, 1, tzinfo=UTC))
    if quality:
        content.add_unit_column("quality", "curated label")
    for start, stop in epochs:
        content.add_epoch(start, stop, ["task"])
    if series_until:
        content.add_acquisition(
            pynwb.TimeSeries(name="speed", data=[0.0, 1.0], unit="m", timestamps=[0.0, series_until])
        )
    for i, train in enumerate(trains):
        extra = {"quality": quality[i]} if quality else {}
        if intervals:
            extra["obs_intervals"] = intervals
        content.add_unit(spike_times=train, id=10 + i, **extra)
    with pynwb.NWBHDF5IO(str(path), "w") as file:
        file.write(content)
    return path


def test_nwb_units_keep_their_numbers_and_silent_ones(tmp_path, spikes):
    path = make_nwb(tmp_path / "a.nwb", [*spikes.trains(), np.empty(0)], epochs=[(0.0, 60.0), (60.0, 105.0)])
    recording = read_recording(path)
    assert recording.unit_names == ("10", "11", "12", "13", "14", "15")
    assert recording.duration == 105
    np.testing.assert_array_equal(recording.trains()[2], spikes.trains()[2])
    assert recording.provenance["guesses"] == []


def test_nwb_limits(tmp_path, spikes):
    trains = spikes.trains()
    assert read_recording(make_nwb(tmp_path / "o.nwb", trains, intervals=[(0.0, 103.5)])).duration == 103.5
    (question,) = open_questions(make_nwb(tmp_path / "s.nwb", trains, series_until=110.0))
    assert (question.key, question.guess) == ("duration", 110.0)
    assert "speed" in question.reason
    (question,) = open_questions(make_nwb(tmp_path / "n.nwb", trains))
    assert (question.key, question.guess) == ("duration", 100.0)
    (question,) = open_questions(make_nwb(tmp_path / "e.nwb", trains, epochs=[(0.0, 50.0)]))
    assert question.guess == 100.0
    assert "ends at 50 s" in question.reason


def test_nwb_quality_labels(tmp_path, spikes):
    labels = ["good", "noise", "mua", "good", "good"]
    path = make_nwb(tmp_path / "q.nwb", spikes.trains(), intervals=[(0.0, 100.0)], quality=labels)
    assert read_recording(path).n_units == 3
    assert read_recording(path, units="all").unit_groups == tuple(labels)


def test_nwb_without_units(tmp_path):
    with pytest.raises(RecordingError, match="no units table"):
        read_recording(make_nwb(tmp_path / "n.nwb", []))


def test_export_as_nwb_reads_back_as_it_was(tmp_path, spikes):
    recording = Recording.from_spikes(
        spikes.spike_times,
        spikes.spike_units,
        duration=123.25,
        n_units=6,
        unit_names=tuple("abcdef"),
        unit_groups=("good", "noise", "good", "mua", "good", "good"),
        positions=np.arange(12.0).reshape(6, 2),
    )
    again = read_recording(to_nwb(recording, tmp_path / "e.nwb"))
    assert again.content_hash == recording.content_hash
    assert (again.unit_names, again.unit_groups) == (recording.unit_names, recording.unit_groups)
    np.testing.assert_array_equal(again.positions, recording.positions)
    assert again.provenance["guesses"] == []


def test_export_is_valid_nwb(tmp_path, spikes):
    path = to_nwb(spikes, tmp_path / "v.nwb")
    errors = pynwb.validate(path=str(path))
    assert not errors
    with pynwb.NWBHDF5IO(str(path), "r") as file:
        np.testing.assert_array_equal(file.read().units["spike_times"][1], spikes.trains()[1])


def test_plain_hdf5_vectors(tmp_path, spikes, same_spikes):
    with h5py.File(tmp_path / "p.h5", "w") as file:
        file["data/spike_times"] = spikes.spike_times
        file["data/cluster_ids"] = spikes.spike_units
    same_spikes(read_recording(tmp_path / "p.h5"), spikes)


@pytest.mark.parametrize("how", ["link", "raw data", "virtual"])
def test_pointers_to_other_files_are_refused(tmp_path, how):
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["spikes"] = np.arange(10.0)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["sCount"] = [10]
        if how == "link":
            file["spikes"] = h5py.ExternalLink(str(secret), "spikes")
        elif how == "raw data":
            file.create_dataset("spikes", (10,), "f8", external=[(str(secret), 0, 80)])
        else:
            layout = h5py.VirtualLayout((10,), "f8")
            layout[:] = h5py.VirtualSource(str(secret), "spikes", (10,))
            file.create_virtual_dataset("spikes", layout)
    with pytest.raises(RecordingError, match="points to another file"):
        read_recording(tmp_path / "a.h5")


def test_a_dataset_that_only_declares_its_size_is_refused(tmp_path):
    with h5py.File(tmp_path / "huge.h5", "w") as file:
        file.create_dataset("spikes", (10**12,), "f8", chunks=(1024,))
        file["sCount"] = [10**12]
    with pytest.raises(RecordingError, match="at most"):
        read_recording(tmp_path / "huge.h5")


@pytest.mark.parametrize("kind", ["fixed", "variable"])
def test_names_that_would_fill_the_memory_are_refused(carmen_file, kind):
    """2 kB declared 20 names of 10 MB each, never written: reading them made room for all."""
    with h5py.File(carmen_file, "a") as handle:
        del handle["names"]
        if kind == "fixed":
            handle.create_dataset("names", (100,), "S10000000", chunks=(1,), compression="gzip")
        else:
            long = handle.create_dataset("names", (3000,), h5py.string_dtype())
            long[:] = "x" * 50_000
    with pytest.raises(RecordingError, match="names"):
        read_recording(carmen_file)
