"""Real recordings load with the units, duration and spikes that their converted twins say."""

from __future__ import annotations

import pytest

from automind_dash.errors import RecordingError
from automind_dash.recording import open_questions, read_recording
from tests.shared_data import SHARED

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the real recordings (../shared/data) are not here")

PLATE = "axion_csv/exampleRecording_1012016_plate1_DIV4_spike_list.csv.gz"
MOUSE, HUMAN = "mea_culture_mouse", "mea_human_ipsc"

CASES = [
    (f"{MOUSE}/TC89_DIV25_A.h5", {}, 59, 911.6, f"{MOUSE}/TC89_DIV25_A.npz"),
    (f"{MOUSE}/CTX_TC51_G2CEPHYS3_DIV14_C.h5", {}, 56, 911.1, f"{MOUSE}/CTX_TC51_G2CEPHYS3_DIV14_C.npz"),
    (f"{HUMAN}/hiPSN_tc72_d41_spikes6sd.h5", {}, 38, 300.0, f"{HUMAN}/hiPSN_tc72_d41_spikes6sd.npz"),
    (f"{HUMAN}/hiPSN_tc72_d41_tidy.csv", {}, 38, 300.0, f"{HUMAN}/hiPSN_tc72_d41_spikes6sd.npz"),
    ("neuropixels_alf", {}, 289, 120.0, "neuropixels_alf/ibl_ephys_test_120s.npz"),
    ("phy_kilosort/bombcell", {"sampling_rate": 30_000}, 15, 4476.0, "phy_kilosort/bombcell_toy.npz"),
    ("nwb/A2929-200711.nwb", {}, 15, 1200.0, "nwb/A2929-200711_all.npz"),
    (PLATE, {"well": "E5"}, 12, 62.0, "axion_csv/plate1_DIV4_E5.npz"),
    (PLATE, {"well": "C3"}, 13, 62.0, "axion_csv/plate1_DIV4_C3.npz"),
    ("axion_csv/one_well_E5_spike_list.csv", {"duration": 62}, 12, 62.0, "axion_csv/plate1_DIV4_E5.npz"),
    ("matlab/linear-track_spikes.mat", {}, 31, 1969.0, "matlab/linear_track.npz"),
]


@pytest.mark.parametrize(("file", "answers", "n_units", "duration", "twin"), CASES)
def test_file_and_converted_twin_agree(file, answers, n_units, duration, twin, same_spikes):
    recording = read_recording(SHARED / file, **answers)
    assert (recording.n_units, recording.duration) == (n_units, duration)
    expected = read_recording(SHARED / twin)
    assert expected.duration == duration
    same_spikes(recording, expected)
    assert set(answers) <= {*recording.provenance.get("answers", {})}


def test_three_units_load_with_the_end_of_their_epoch():
    recording = read_recording(SHARED / "nwb/A8604-211122.nwb")
    assert recording.n_units == 3
    assert recording.duration == pytest.approx(1088, abs=0.5)
    assert recording.unit_names == ("6", "191", "206")


def test_culture_has_electrode_positions():
    recording = read_recording(SHARED / f"{MOUSE}/TC89_DIV25_A.h5")
    assert recording.positions.shape == (59, 2)
    assert recording.positions.max() == 1600


def test_every_well_of_a_plate_is_offered():
    (question,) = [item for item in open_questions(SHARED / PLATE) if item.key == "well"]
    assert len(question.choices) == 21
    assert question.guess == "B3"


def test_a_missing_sampling_rate_is_asked_for():
    questions = {item.key: item.guess for item in open_questions(SHARED / "phy_kilosort/bombcell")}
    assert questions == {"sampling_rate": 30_000.0, "duration": 4476.0}


def test_late_start_is_asked_for():
    questions = {item.key: item.guess for item in open_questions(SHARED / "matlab/linear-track_spikes.mat")}
    assert questions["offset"] == 4397.0


def test_the_object_array_layout_of_the_authors_is_read_without_unpickling(same_spikes):
    recording = read_recording(SHARED / "object_array_npz/automind_layout_TC89_DIV25_A.npz")
    assert (recording.n_units, recording.duration) == (59, 911.6)
    same_spikes(recording, read_recording(SHARED / "mea_culture_mouse/TC89_DIV25_A.h5"), 1e-4)


@pytest.mark.parametrize("file", ["README.md", "golden/organoid_models.json"])
def test_files_of_other_kinds_are_refused(file):
    with pytest.raises(RecordingError, match=r"no table|can hold spikes"):
        read_recording(SHARED / file)
