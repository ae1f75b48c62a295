"""SpikeInterface, Klusta, SpyKING CIRCUS, HerdingSpikes, SONATA, NIX, pynapple, ragged HDF5: what each leaves open, and contradictions."""

from __future__ import annotations

import json
import shutil

import h5py
import numpy as np
import pytest

from automind_dash.errors import RecordingError
from automind_dash.recording import read, read_recording
from tests.recording.reader_layouts import (
    RATE,
    analyzer_folder,
    circus,
    firings,
    firings_folder,
    grouped,
    herdingspikes,
    indexed,
    kwik,
    nix,
    pynapple,
    sonata,
    sorting_folder,
    sorting_npz,
)

COARSE = 0.51 / RATE


def asked(path, **answers):
    return {question.key: question for question in read(path, answers).questions}


@pytest.mark.parametrize(("write", "name"), [(sorting_npz, "a.npz"), (sorting_folder, "a")])
def test_segments_are_asked_for(tmp_path, spikes, same_spikes, write, name):
    path = write(tmp_path / name, spikes, segments=2)
    assert asked(path)["segment"].choices == ("segment 0", "segment 1")
    same_spikes(read_recording(path, segment="segment 1"), spikes, COARSE)


def test_labels_of_a_sorting(tmp_path, spikes):
    path = analyzer_folder(tmp_path / "a", spikes, labels=["good", "noise", "mua", "good", "good"])
    assert asked(path)["units"].guess == "good"
    recording = read_recording(path, units="good,mua")
    assert recording.unit_names == ("u0", "u2", "u3", "u4")
    assert recording.report.writer == "SpikeInterface 0.105.3"


def test_a_packed_sorting(tmp_path, spikes, same_spikes):
    sorting_folder(tmp_path / "in" / "a", spikes)
    packed = shutil.make_archive(str(tmp_path / "a"), "zip", tmp_path / "in")
    same_spikes(read_recording(packed), spikes, COARSE)


def test_a_sorting_that_contradicts_itself(tmp_path, spikes):
    path = sorting_folder(tmp_path / "a", spikes)
    (path / "numpysorting_info.json").write_text(
        json.dumps({"sampling_frequency": RATE, "unit_ids": [1, 2], "num_segments": 1})
    )
    with pytest.raises(RecordingError, match="belongs to unit 4 of 2"):
        read_recording(path)
    (path / "numpysorting_info.json").write_text('{"sampling_frequency": 0, "unit_ids": [1, 2, 3, 4, 5]}')
    with pytest.raises(RecordingError, match="sampling_frequency is 0 Hz"):
        read_recording(path)
    (path / "numpysorting_info.json").write_text("[" * 100_000)
    with pytest.raises(RecordingError, match="no JSON"):
        read_recording(path)
    with (path / "spikes.npy").open("r+b") as stream:
        stream.truncate(500)
    (path / "numpysorting_info.json").write_text(json.dumps({"sampling_frequency": RATE, "unit_ids": [1, 2, 3, 4, 5]}))
    with pytest.raises(RecordingError, match="cut off"):
        read_recording(path)


def test_a_label_that_no_unit_has(tmp_path, spikes):
    path = sorting_npz(tmp_path / "a.npz", spikes)
    with np.load(path) as archive:
        arrays = dict(archive)
    np.savez(path, **{**arrays, "unit_ids": np.arange(3)})
    with pytest.raises(RecordingError, match=r"labelled '[34].0', which unit_ids does not list"):
        read_recording(path)


def test_klusta_groups_and_recordings(tmp_path, spikes):
    path = kwik(tmp_path / "a.kwik", spikes, recordings=2)
    with h5py.File(path, "r+") as file:
        file["channel_groups/0/clusters/main/3"].attrs["cluster_group"] = 0
        file["channel_groups/0/clusters/main/4"].attrs["cluster_group"] = 1
    questions = asked(path)
    assert questions["segment"].choices == ("recording 0", "recording 1")
    assert "1 noise" in questions["units"].reason
    assert read_recording(path, units="good").unit_names == ("2", "5", "6")


def test_circus_names_spikes_that_fit_no_template(tmp_path, spikes):
    path = circus(tmp_path / "result.hdf5", spikes)
    with h5py.File(path, "r+") as file:
        file["gspikes/elec_0"] = np.arange(10, dtype="u4")
    question = asked(path)["sampling_rate"]
    assert question.required
    assert ".params" in question.reason
    recording = read_recording(path, sampling_rate=RATE)
    assert "10 spikes that no template fitted" in recording.report.left_out[0]
    with pytest.raises(RecordingError, match=r"give sampling_rate \(Hz"):
        read_recording(path)


def test_herdingspikes_leaves_out_what_is_in_no_cluster(tmp_path, spikes):
    path = herdingspikes(tmp_path / "a.hdf5", spikes)
    with h5py.File(path, "r+") as file:
        file["cluster_id"][:100] = -1
    recording = read_recording(path)
    assert (recording.n_units, recording.n_spikes) == (5, 1900)
    assert "100 spikes" in recording.report.left_out[0]


def test_sonata_populations(tmp_path, spikes):
    path = sonata(tmp_path / "a.h5", spikes)
    with h5py.File(path, "r+") as file:
        file["spikes/thalamus/timestamps"], file["spikes/thalamus/node_ids"] = [100.0, 5000.0], [0, 7]
    assert asked(path)["variable"].choices == ("all", "cortex", "thalamus")
    assert read_recording(path, variable="thalamus").unit_names == ("0", "7")


def test_sonata_of_unknown_units(tmp_path, spikes):
    with pytest.raises(RecordingError, match="units are 'fortnights'"):
        read_recording(sonata(tmp_path / "a.h5", spikes, units="fortnights"))


def test_nix_reads_a_train_once_however_often_it_is_linked(tmp_path, spikes, same_spikes):
    path = nix(tmp_path / "a.nix", spikes)
    with h5py.File(path, "r+") as file:
        file["data/block/groups/neo.segment.a/data_arrays/again"] = file["data/block/data_arrays/t0.times"]
        group = file.create_group("data/block/groups/channels")
        group.attrs["type"] = "neo.group"
        group["multi_tags/tag0"] = file["data/block/groups/neo.segment.a/multi_tags/tag0"]
    same_spikes(read_recording(path), spikes)


def test_nix_segments_and_units_of_time(tmp_path, spikes):
    path = nix(tmp_path / "a.nix", spikes)
    with h5py.File(path, "r+") as file:
        file.copy("data/block/groups/neo.segment.a", "data/block/groups/neo.segment.b")
    assert len(asked(path)["segment"].choices) == 2
    with pytest.raises(RecordingError, match="times are in 'mV'"):
        read_recording(nix(tmp_path / "b.nix", spikes, unit="mV"))


def test_pynapple_index_that_keys_do_not_list(tmp_path, spikes):
    path = pynapple(tmp_path / "a.npz", spikes)
    with np.load(path, allow_pickle=True) as archive:
        arrays = dict(archive)
    np.savez(path, **{**arrays, "keys": np.array([0, 3])})
    with pytest.raises(RecordingError, match="index names units that keys does not list"):
        read_recording(path)


@pytest.mark.parametrize("kind", ["ends", "starts", "counts"])
def test_what_an_index_holds_is_found_out(tmp_path, spikes, same_spikes, kind):
    same_spikes(read_recording(indexed(tmp_path / "a.h5", spikes, kind=kind)), spikes)


def test_an_index_that_does_not_fit(tmp_path, spikes):
    path = indexed(tmp_path / "a.h5", spikes)
    with h5py.File(path, "r+") as file:
        file["spike_times_index"][-1] = 1
    with pytest.raises(RecordingError, match="does not fit the 2000 times"):
        read_recording(path)


@pytest.mark.parametrize("write", [indexed, grouped])
def test_times_of_no_stated_unit_are_asked_for(tmp_path, spikes, same_spikes, write):
    path = write(tmp_path / "a.h5", spikes, units="")
    assert asked(path)["time_unit"].guess == "s"
    same_spikes(read_recording(path, time_unit="s"), spikes)


@pytest.mark.parametrize("place", ["attribute", "data set"])
def test_a_rate_and_an_end_beside_the_times(tmp_path, spikes, same_spikes, place):
    path = indexed(tmp_path / "a.h5", spikes, units="")
    with h5py.File(path, "r+") as file:
        times = np.round(file["spike_times"][()] * RATE).astype("i8")
        del file["spike_times"]
        file["spike_times"] = times
        if place == "attribute":
            file.attrs["sampling_rate"], file.attrs["duration_s"] = RATE, 100.0
        else:
            file["sampling_rate"], file["duration_s"] = RATE, 100.0
    assert not read(path).questions
    same_spikes(read_recording(path), spikes, COARSE)


def test_a_sampling_rate_beside_firings_is_believed(tmp_path, spikes, same_spikes):
    recording = read_recording(firings_folder(tmp_path / "a", spikes))
    same_spikes(recording, spikes, COARSE)
    assert [fact.where for fact in recording.report.facts if fact.what == "sampling rate"] == ["params.json"]


@pytest.mark.parametrize(
    ("change", "said"), [(lambda content: content[:-8], "cut off"), (lambda content: content[:4], "mda")]
)
def test_damaged_firings_are_refused(tmp_path, spikes, change, said):
    path = firings(tmp_path / "firings.mda", spikes)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(RecordingError, match=said):
        read_recording(path)


def test_voltages_in_an_mda_file_are_refused(tmp_path):
    path = tmp_path / "raw.mda"
    voltages = np.random.default_rng(0).normal(size=(4, 300)).astype("<f4")
    path.write_bytes(np.array([-3, 4, 2, 4, 300], "<i4").tobytes() + voltages.tobytes("F"))
    with pytest.raises(RecordingError, match="raw voltages"):
        read_recording(path)
