"""MATLAB files of version 5 and 7.3."""

from __future__ import annotations

import itertools

import h5py
import numpy as np
import pytest
import scipy.io

from automind_dash.errors import RecordingError
from automind_dash.recording import open_questions, read_recording
from automind_dash.recording.matlab import matlab5, matlab73


def cells(items):
    out = np.empty((1, len(items)), dtype=object)
    for i, item in enumerate(items):
        out[0, i] = item
    return out


def save_73(path, content):
    """Write nested cells, structs and vectors as MATLAB 7.3 does: HDF5 behind 512 bytes, cells as references."""
    with h5py.File(path, "w", userblock_size=512) as file:
        store, numbers = file.create_group("#refs#"), itertools.count()

        def put(parent, name, item):
            if isinstance(item, dict):
                group = parent.create_group(name)
                group.attrs["MATLAB_class"] = np.bytes_("struct")
                for key, value in item.items():
                    put(group, key, value)
            elif isinstance(item, list):
                references = [put(store, f"r{next(numbers)}", inner).ref for inner in item]
                data = parent.create_dataset(name, (len(item), 1), h5py.ref_dtype)
                data[:, 0] = references
                data.attrs["MATLAB_class"] = np.bytes_("cell")
            elif np.size(item) == 0:
                parent[name] = np.array([0, 0], dtype=np.uint64)
                parent[name].attrs["MATLAB_empty"] = 1
                parent[name].attrs["MATLAB_class"] = np.bytes_("double")
            else:
                parent[name] = np.atleast_2d(item)
                parent[name].attrs["MATLAB_class"] = np.bytes_("double")
            return parent[name]

        for name, item in content.items():
            put(file, name, item)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")
    return path


@pytest.fixture(params=["v5", "v7.3"])
def save(request, tmp_path):
    """Write a .mat file of one version from nested lists (cells), dicts (structs) and vectors."""

    def as_5(item):
        if isinstance(item, list):
            return cells([as_5(inner) for inner in item])
        return {key: as_5(value) for key, value in item.items()} if isinstance(item, dict) else item

    def write(**content):
        path = tmp_path / "spikes.mat"
        if request.param == "v7.3":
            return save_73(path, content)
        scipy.io.savemat(path, as_5(content), do_compression=True)
        return path

    return write


def test_cells_of_trains(save, spikes, same_spikes):
    recording = read_recording(save(spikes=spikes.trains()), duration=100, time_unit="s")
    same_spikes(recording, spikes)
    assert recording.provenance["format"] == "MATLAB"
    assert recording.provenance["variable"] == "spikes"


def test_nested_cells_count_units_across_groups(save, spikes, same_spikes):
    trains = spikes.trains()
    recording = read_recording(save(tetrodes=[trains[:2], np.empty(0), trains[2:]]))
    same_spikes(recording, spikes)


def test_a_silent_cell_is_a_unit_unless_told_otherwise(save, spikes):
    path = save(spikes=[*spikes.trains(), np.empty(0)])
    assert "silent_units" in [question.key for question in open_questions(path)]
    assert read_recording(path).n_units == 6
    assert read_recording(path, silent_units="leave out").n_units == 5


def test_cells_of_structs(save, spikes, same_spikes):
    structs = [{"time": train, "meanrate": 4.0} for train in spikes.trains()]
    recording = read_recording(save(units=[structs[:3], [structs[3], np.empty(0), structs[4]]]))
    same_spikes(recording, spikes)


def test_times_and_units_as_vectors(save, spikes, same_spikes):
    path = save(data={"t": spikes.spike_times, "cluster": spikes.spike_units.astype(float) + 1, "fs": 30_000.0})
    recording = read_recording(path, time_unit="s")
    same_spikes(recording, spikes)
    assert recording.unit_names[0] == "1"


def test_a_sampling_rate_beside_sample_numbers_is_believed(save, spikes, same_spikes):
    samples = np.round(spikes.spike_times * 20_000)
    path = save(spike_samples=samples, unit=spikes.spike_units.astype(float), fs=20_000.0)
    assert "sampling_rate" not in [question.key for question in open_questions(path)]
    same_spikes(read_recording(path), spikes, 3e-5)


def test_several_candidates_are_a_question(save, spikes):
    path = save(rest=[train[:5] for train in spikes.trains()], run=spikes.trains())
    question = open_questions(path)[0]
    assert (question.key, question.guess, set(question.choices)) == ("variable", "run", {"rest", "run"})
    assert read_recording(path, variable="rest", offset=0).n_spikes == 25


def test_one_variable_per_unit(save, spikes, same_spikes):
    trains = spikes.trains()
    recording = read_recording(save(**{f"sig00{i}": train for i, train in enumerate(trains)}))
    same_spikes(recording, spikes)
    assert recording.unit_names[4] == "sig004"


def test_a_file_without_spikes(save):
    with pytest.raises(RecordingError, match="none of its variables"):
        read_recording(save(image=np.zeros((4, 5)), comment=[{"a": 1.0}]))


def test_only_silent_units_need_a_duration(save):
    path = save(spikes=[np.empty(0), np.empty(0)])
    with pytest.raises(RecordingError, match="give duration"):
        read_recording(path)
    recording = read_recording(path, duration=10)
    assert (recording.n_units, recording.n_spikes) == (2, 0)


def test_a_file_that_unpacks_too_far_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(matlab5, "MAX_UNPACKED", 10**6)
    scipy.io.savemat(tmp_path / "bomb.mat", {"spikes": np.zeros(10**6)}, do_compression=True)
    with pytest.raises(RecordingError, match="unpacks to more"):
        read_recording(tmp_path / "bomb.mat")


def test_a_file_that_crashes_scipy_is_refused(tmp_path, monkeypatch):
    scipy.io.savemat(tmp_path / "crash.mat", {"t": np.arange(5.0), "unit": np.arange(5)})
    script = tmp_path / "matlab5_child.py"
    script.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setattr(matlab5, "__file__", str(tmp_path / "matlab5.py"))
    with pytest.raises(RecordingError, match="crashed the library"):
        read_recording(tmp_path / "crash.mat")


def test_damaged_files_never_end_the_process(tmp_path):
    """Random damage in the first bytes, which made scipy's own process crash now and then."""
    scipy.io.savemat(tmp_path / "whole.mat", {"t": np.arange(0.5, 50), "unit": np.arange(50)})
    whole = (tmp_path / "whole.mat").read_bytes()
    rng = np.random.default_rng(1)
    for _ in range(4):
        content = bytearray(whole)
        for position in rng.integers(128, 400, 3):
            content[position] = rng.integers(0, 256)
        (tmp_path / "damaged.mat").write_bytes(content)
        try:
            recording = read_recording(tmp_path / "damaged.mat")
        except RecordingError:
            continue
        assert recording.n_units > 0


def test_links_and_references_to_the_same_place_end(tmp_path):
    """A group that held itself three times took half a minute, ten times for ever."""
    with h5py.File(tmp_path / "links.mat", "w") as handle:
        group = handle.create_group("a")
        for i in range(10):
            group[f"again{i}"] = group
    with pytest.raises(RecordingError, match="objects"):
        read_recording(tmp_path / "links.mat")
    with h5py.File(tmp_path / "references.mat", "w") as handle:
        cells = handle.create_dataset("cells", (4,), dtype=h5py.ref_dtype)
        for i in range(4):
            cells[i] = cells.ref
    with pytest.raises(RecordingError, match="objects"):
        read_recording(tmp_path / "references.mat")


def test_references_to_one_large_vector_count_each_time(tmp_path, monkeypatch):
    monkeypatch.setattr(matlab73, "MAX_ELEMENTS", 1000)
    with h5py.File(tmp_path / "many.mat", "w") as handle:
        vector = handle.create_dataset("#refs#/zeros", data=np.zeros(100))
        cells = handle.create_dataset("cells", (20,), dtype=h5py.ref_dtype)
        for i in range(20):
            cells[i] = vector.ref
    with pytest.raises(RecordingError, match="values"):
        read_recording(tmp_path / "many.mat")
