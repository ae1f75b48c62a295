"""Zarr folders: NWB's units table and SpikeInterface's sortings, and what they hold of pickles."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

from automind_dash.errors import RecordingError
from automind_dash.recording import read, read_recording
from automind_dash.recording.questions import Questions
from automind_dash.recording.zarr_folders import zarr_formats
from tests.recording.reader_layouts import RATE, samples

zarr = pytest.importorskip("zarr", exc_type=ImportError)

COARSE = 0.51 / RATE


class Bomb:
    """Runs a command when it is unpickled."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


def nwb(path, recording, *, observed=True, labels=None):
    """Write the units table as hdmf-zarr does: texts as objects with a codec, ragged columns with an index."""
    from numcodecs import VLenUTF8

    root = zarr.open_group(str(path), mode="w")
    root.attrs["nwb_version"] = "2.7.0"
    root.create_group("specifications")
    table = root.create_group("units")
    counts = np.bincount(recording.spike_units, minlength=recording.n_units)
    table["spike_times"] = np.concatenate(recording.trains())
    table["spike_times_index"] = np.cumsum(counts)
    table["id"] = np.arange(recording.n_units) + 10
    if observed:
        table["obs_intervals"] = np.tile([[0.0, recording.duration]], (recording.n_units, 1))
        table["obs_intervals_index"] = np.arange(recording.n_units) + 1
    if labels:
        table.create_dataset("quality", data=np.array(labels, dtype=object), object_codec=VLenUTF8())
    return path


def sorting(path, recording, *, analyzer=False, segments=1):
    root = zarr.open_group(str(path), mode="w")
    group = root.create_group("sorting") if analyzer else root
    group.attrs["sampling_frequency"], group.attrs["num_segments"] = RATE, segments
    group["unit_ids"] = np.array([f"u{i}" for i in range(recording.n_units)])
    group["spikes/sample_index"] = np.tile(samples(recording), segments)
    group["spikes/unit_index"] = np.tile(recording.spike_units.astype("i8"), segments)
    group["spikes/segment_slices"] = np.array([[i, i + 1] for i in range(segments)]) * recording.n_spikes
    if analyzer:
        info = root.create_group("recording_info")
        info.attrs["recording_attributes"] = {"num_samples": [round(recording.duration * RATE)] * segments}
        root.attrs["spikeinterface_info"] = {"version": "0.105.3", "object": "SortingAnalyzer"}
    return path


def asked(path, **answers):
    return {question.key: question for question in read(path, answers).questions}


def test_nwb_zarr(tmp_path, spikes, same_spikes):
    recording = read_recording(nwb(tmp_path / "a.nwb.zarr", spikes))
    assert (recording.unit_names, recording.duration) == (("10", "11", "12", "13", "14"), 100)
    same_spikes(recording, spikes)
    assert set(asked(nwb(tmp_path / "b.zarr", spikes, observed=False))) == {"duration"}


def test_labels_of_nwb_zarr(tmp_path, spikes):
    path = nwb(tmp_path / "a.zarr", spikes, labels=["good", "noise", "good", "good", "mua"])
    assert asked(path)["units"].guess == "good"
    assert read_recording(path, units="good").n_units == 3


@pytest.mark.parametrize("analyzer", [False, True])
def test_sortings(tmp_path, spikes, same_spikes, analyzer):
    path = sorting(tmp_path / "a.zarr", spikes, analyzer=analyzer)
    assert set(asked(path)) == (set() if analyzer else {"duration"})
    recording = read_recording(path)
    same_spikes(recording, spikes, COARSE)
    assert recording.unit_names[0] == "u0"
    two = sorting(tmp_path / "b.zarr", spikes, analyzer=analyzer, segments=2)
    assert asked(two)["segment"].choices == ("segment 0", "segment 1")
    same_spikes(read_recording(two, segment="segment 1"), spikes, COARSE)


def test_a_packed_zarr_folder(tmp_path, spikes, same_spikes):
    nwb(tmp_path / "in" / "a.nwb.zarr", spikes)
    packed = shutil.make_archive(str(tmp_path / "a"), "zip", tmp_path / "in")
    same_spikes(read_recording(packed), spikes)


def test_a_pickled_column_is_never_unpickled(tmp_path, spikes):
    """Zarr has a codec that unpickles, which hdmf-zarr uses: it is taken away, and the column is left out and said."""
    from numcodecs import Pickle

    path = nwb(tmp_path / "a.zarr", spikes)
    values = np.array([Bomb(f"touch {tmp_path / 'ran'}")] * spikes.n_units, dtype=object)
    zarr.open_group(str(path), mode="a")["units"].create_dataset("quality", data=values, object_codec=Pickle())
    recording = read_recording(path)
    assert recording.n_spikes == spikes.n_spikes
    assert any("units/quality" in text for text in recording.report.left_out)
    assert not (tmp_path / "ran").exists()


def test_an_array_that_declares_too_much(tmp_path, spikes):
    path = nwb(tmp_path / "a.zarr", spikes)
    table = zarr.open_group(str(path), mode="a")["units"]
    del table["spike_times"]
    table.create_dataset("spike_times", shape=(10**12,), chunks=(10**6,), dtype="f8")
    with pytest.raises(RecordingError, match=r"declares 10{12} values"):
        read_recording(path)


def test_nwb_zarr_without_units(tmp_path, spikes):
    path = nwb(tmp_path / "a.zarr", spikes)
    shutil.rmtree(path / "units")
    with pytest.raises(RecordingError, match="no units table"):
        read_recording(path)


def test_without_zarr_the_sentence_says_how_to_export(tmp_path, spikes, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RecordingError, match=r"NWB-Zarr is read with zarr, .*NWBHDF5IO\('out\.nwb', 'w'\)"):
        zarr_formats.read_nwb_zarr(nwb(tmp_path / "a.zarr", spikes), Questions("a.zarr", {}))
