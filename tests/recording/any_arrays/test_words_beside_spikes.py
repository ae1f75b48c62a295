"""Words beside the spikes: names of units, one for each spike, and labels of their quality, in every kind of file."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest
import scipy.io

from automind_dash.recording import read, read_recording, to_nwb
from tests.recording.reader_layouts import sorting_folder

QUALITY = ["good", "MUA", "noise", "Good", "good"]


def named(spikes):
    return np.array([f"u{unit}" for unit in spikes.spike_units])


def npz_of_bytes(path, spikes):
    np.savez(path / "a.npz", spike_times=spikes.spike_times, spike_units=named(spikes).astype("S"))
    return path / "a.npz"


def npz_under_other_names(path, spikes):
    np.savez(path / "a.npz", t_s=spikes.spike_times, cell=named(spikes))
    return path / "a.npz"


def hdf5_of_bytes(path, spikes):
    with h5py.File(path / "a.h5", "w") as file:
        file["spikes/times"], file["spikes/units"] = spikes.spike_times, named(spikes).astype("S")
    return path / "a.h5"


@pytest.mark.parametrize("write", [npz_of_bytes, npz_under_other_names, hdf5_of_bytes])
def test_units_may_be_words(tmp_path, spikes, same_spikes, write):
    """Text that names each spike's unit was passed over, and all spikes were one unit's."""
    recording = read_recording(write(tmp_path, spikes), duration=spikes.duration)
    same_spikes(recording, spikes)
    assert recording.unit_names == ("u0", "u1", "u2", "u3", "u4")


def labelled_npz(path, spikes):
    np.savez(
        path / "a.npz",
        spike_times=spikes.spike_times,
        spike_units=spikes.spike_units,
        duration_s=spikes.duration,
        cluster_labels=np.array(QUALITY),
    )
    return path / "a.npz"


def labelled_structs(path, spikes):
    structs = np.zeros((1, 5), dtype=[("ts", "O"), ("label", "O")])
    for unit, train in enumerate(spikes.trains()):
        structs[0, unit] = (train, QUALITY[unit])
    scipy.io.savemat(path / "a.mat", {"units": structs})
    return path / "a.mat"


def labelled_json(path, spikes):
    units = [{"spike_times_s": train.tolist(), "quality": QUALITY[unit]} for unit, train in enumerate(spikes.trains())]
    (path / "a.json").write_text(json.dumps({"units": units}))
    return path / "a.json"


def labelled_rows(path, spikes):
    rows = zip(spikes.spike_times.tolist(), spikes.spike_units, strict=True)
    lines = [f"{time!r},{unit},{QUALITY[unit]}" for time, unit in rows]
    (path / "a.csv").write_text("\n".join(["time_s,unit,label", *lines]))
    return path / "a.csv"


def labelled_nwb(path, spikes):
    """A column that no list of names has."""
    out = to_nwb(spikes, path / "a.nwb")
    with h5py.File(out, "r+") as file:
        words = np.array([word.encode() for word in QUALITY], dtype=object)
        file["units"].create_dataset("cell_quality", data=words, dtype=h5py.string_dtype())
    return out


def labelled_sorting(path, spikes):
    out = sorting_folder(path / "a", spikes, labels=QUALITY)
    (out / "properties/quality.npy").rename(out / "properties/my_curation.npy")
    return out


@pytest.mark.parametrize(
    "write", [labelled_npz, labelled_structs, labelled_json, labelled_rows, labelled_nwb, labelled_sorting]
)
def test_labels_of_quality_are_asked_about(tmp_path, spikes, write):
    """They were passed over in silence, and noise was counted; in a table they were taken for the units."""
    path = write(tmp_path, spikes)
    question = next(one for one in read(path).questions if one.key == "units")
    assert question.reason == "a curator labelled the units: 3 good, 1 mua, 1 noise"
    assert read(path).recording.n_units == 3
    assert read_recording(path, units="all").n_units == 5
    assert read_recording(path, units="good,mua").n_units == 4


def test_words_that_say_no_quality_are_no_labels(tmp_path, spikes):
    np.savez(
        tmp_path / "a.npz",
        spike_times=spikes.spike_times,
        spike_units=spikes.spike_units,
        label=np.array(["CA1", "CA1", "CA3", "DG", "DG"]),
    )
    assert read_recording(tmp_path / "a.npz", time_unit="s").n_units == 5


def test_labels_that_differ_among_the_spikes_of_a_unit_are_left_out_and_said(tmp_path, spikes):
    rows = zip(spikes.spike_times.tolist(), spikes.spike_units, strict=True)
    lines = [f"{time!r},{unit},{QUALITY[i % 5]}" for i, (time, unit) in enumerate(rows)]
    (tmp_path / "a.csv").write_text("\n".join(["time_s,unit,label", *lines]))
    recording = read_recording(tmp_path / "a.csv")
    assert recording.n_units == 5
    assert any("labels of spikes" in text for text in recording.report.left_out)
