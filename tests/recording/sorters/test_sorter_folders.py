"""Phy and ALF folders, and their zips."""

from __future__ import annotations

import shutil
import zipfile

import numpy as np
import pytest

from automind_dash.errors import RecordingError
from automind_dash.recording import open_questions, read_recording
from automind_dash.recording.sorters.params import sampling_rate


def test_phy_folder(phy_folder, spikes, same_spikes):
    recording = read_recording(phy_folder)
    same_spikes(recording, spikes, 2.1e-5)
    assert recording.unit_names == ("2", "5", "8", "11", "14")
    assert recording.name == "sorting"
    assert recording.provenance["format"] == "Phy/Kilosort"


def test_the_sampling_rate_is_asked_for_without_params(phy_folder):
    (phy_folder / "params.py").unlink()
    assert open_questions(phy_folder)[0].key == "sampling_rate"
    assert read_recording(phy_folder, sampling_rate=25_000).duration == 100


def test_an_answer_overrules_params(phy_folder):
    assert read_recording(phy_folder, sampling_rate=50_000).spike_times[-1] < 50


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("sample_rate = 30000.0", 30_000),
        ("sample_rate = 25e3  # Hz\n", 25_000),
        ("import os\nsample_rate = int(os.environ['RATE'])", None),
        ("sample_rate = '30000'", None),
        ("sample_rate = -1", None),
        ("sample_rate = (", None),
        ("x = " + "(" * 5000, None),
    ],
)
def test_params_are_parsed(tmp_path, text, rate):
    (tmp_path / "params.py").write_text(text)
    assert sampling_rate(tmp_path / "params.py")[0] == rate


def test_params_are_never_executed(phy_folder, tmp_path):
    (phy_folder / "params.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nsample_rate = 25000\n")
    assert read_recording(phy_folder).duration == 100
    assert not (tmp_path / "ran").exists()


def label(folder, name, column, labels):
    rows = [f"cluster_id\t{column}", *(f"{cluster}\t{value}" for cluster, value in labels.items())]
    (folder / name).write_text("\n".join(rows))


def test_good_units_are_kept_where_a_curator_labelled(phy_folder):
    label(phy_folder, "cluster_group.tsv", "group", {2: "good", 5: "mua", 8: "noise", 11: "good"})
    recording = read_recording(phy_folder)
    assert recording.unit_names == ("2", "11")
    assert recording.provenance["units_left_out"] == {"mua": 1, "noise": 1, "unsorted": 1}
    assert "units" in [guess["key"] for guess in recording.provenance["guesses"]]
    everything = read_recording(phy_folder, units="all")
    assert everything.unit_groups == ("good", "mua", "noise", "good", "unsorted")
    assert read_recording(phy_folder, units="good,mua").n_units == 3
    assert read_recording(phy_folder, units=["mua"]).unit_names == ("5",)
    with pytest.raises(RecordingError, match="no unit is labelled 'best'"):
        read_recording(phy_folder, units="best")


def test_noise_is_left_out_where_nothing_is_called_good(phy_folder):
    label(phy_folder, "cluster_group.tsv", "group", {2: "noise", 5: "mua"})
    recording = read_recording(phy_folder)
    assert recording.unit_names == ("5", "8", "11", "14")
    assert recording.provenance["units_left_out"] == {"noise": 1}


def test_the_curator_overrules_the_sorter(phy_folder):
    label(phy_folder, "cluster_KSLabel.tsv", "KSLabel", dict.fromkeys((2, 5, 8, 11, 14), "good"))
    label(phy_folder, "cluster_group.tsv", "group", {2: "mua", 99: "good"})
    assert read_recording(phy_folder).unit_names == ("5", "8", "11", "14")


def test_alf_folder(tmp_path, spikes, same_spikes):
    folder = tmp_path / "probe00"
    folder.mkdir()
    np.save(folder / "_ibl_spikes.times.npy", spikes.spike_times)
    np.save(folder / "spikes.clusters.npy", spikes.spike_units * 7)
    recording = read_recording(folder)
    same_spikes(recording, spikes)
    assert recording.unit_names[1] == "7"
    assert [guess["key"] for guess in recording.provenance["guesses"]] == ["duration"]


@pytest.mark.parametrize("inside", ["", "sorting/", "lab/sorting/"])
def test_a_zip_of_the_folder(phy_folder, tmp_path, spikes, same_spikes, inside):
    with zipfile.ZipFile(tmp_path / "upload.zip", "w") as archive:
        for path in phy_folder.iterdir():
            archive.write(path, f"{inside}{path.name}")
        archive.writestr(f"__MACOSX/{inside}._params.py", "")
    recording = read_recording(tmp_path / "upload.zip")
    same_spikes(recording, spikes, 2.1e-5)
    assert recording.name == "upload"


def test_two_sortings_in_a_zip_are_a_question(phy_folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        for probe in ("probe0", "probe1"):
            for path in phy_folder.iterdir():
                archive.write(path, f"{probe}/{path.name}")
    question = open_questions(tmp_path / "two.zip")[0]
    assert (question.key, question.choices, question.guess) == ("variable", ("probe0", "probe1"), "probe0")
    assert read_recording(tmp_path / "two.zip", variable="probe1").n_units == 5


def test_arrays_of_different_length_are_refused(phy_folder):
    np.save(phy_folder / "spike_clusters.npy", np.zeros(3, dtype=np.int32))
    with pytest.raises(RecordingError, match=r"has 2000 values but spike_clusters.npy has 3"):
        read_recording(phy_folder)


def test_a_link_that_leads_outside_is_not_followed(phy_folder, tmp_path):
    shutil.move(phy_folder / "spike_times.npy", tmp_path / "elsewhere.npy")
    (phy_folder / "spike_times.npy").symlink_to(tmp_path / "elsewhere.npy")
    with pytest.raises(RecordingError, match="link to a place outside"):
        read_recording(phy_folder)


@pytest.mark.parametrize("name", ["metrics.csv", "cluster_quality.tsv", "quality_metrics.csv"])
def test_labels_in_tables_of_quality(phy_folder, name):
    mark = "\t" if name.endswith("tsv") else ","
    rows = [mark.join(row) for row in (("cluster_id", "snr", "quality"), ("2", "5.1", "good"), ("5", "1.0", "noise"))]
    (phy_folder / name).write_text("\n".join(rows))
    recording = read_recording(phy_folder)
    assert recording.unit_names == ("2",)
    assert recording.provenance["units_left_out"]["noise"] == 1
