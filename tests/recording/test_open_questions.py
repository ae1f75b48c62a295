"""What a file leaves open: asked for, guessed with a reason, answered, or refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from automind_dash.errors import RecordingError
from automind_dash.recording import ANSWERS, FORMATS, open_questions, read, read_recording
from automind_dash.recording.files.start import SNIFFED_BYTES


@pytest.fixture
def times_file(tmp_path):
    """Write an .npz of times without a stated duration."""

    def write(times, units=None):
        units = np.arange(len(times)) % 3 if units is None else units
        np.savez(tmp_path / "times.npz", spike_times=np.asarray(times), spike_units=units)
        return tmp_path / "times.npz"

    return write


def guesses(path, **answers):
    return {question.key: question.guess for question in open_questions(path, **answers)}


def test_form_and_reading_use_the_same_guesses(times_file, phy_folder, carmen_file):
    for path in (times_file(np.linspace(4000.5, 4100, 900)), phy_folder, carmen_file):
        used = read_recording(path).provenance["guesses"]
        assert {guess["key"]: guess["guess"] for guess in used} == guesses(path)


def test_answering_everything_leaves_nothing_open(times_file):
    path = times_file(np.linspace(4000.5, 4100, 900))
    answers = guesses(path)
    assert open_questions(path, **answers) == []
    assert read_recording(path, **answers).content_hash == read_recording(path).content_hash


def test_a_late_start_is_an_offset(times_file):
    rng = np.random.default_rng(0)
    path = times_file(np.sort(rng.uniform(4397.2, 4997, 5000)))
    assert guesses(path)["offset"] == 4397
    recording = read_recording(path)
    assert recording.spike_times[0] < 1
    assert recording.duration == 600
    assert read_recording(path, offset=0).spike_times[0] > 4397


def test_silence_before_rare_spikes_is_no_offset(times_file):
    path = times_file([30.0, 80.0, 120.0, 200.0])
    assert guesses(path)["offset"] == 0


def test_an_early_first_spike_raises_no_question(times_file):
    assert "offset" not in guesses(times_file(np.linspace(3.0, 100, 500)))


def test_negative_times_need_an_answer(times_file):
    path = times_file(np.linspace(-2.5, 100, 500))
    with pytest.raises(RecordingError, match=r"before 0; give offset .* offset=-3"):
        read_recording(path)
    (question,) = [item for item in open_questions(path) if item.key == "offset"]
    assert question.required
    assert read_recording(path, offset=question.guess).duration == 103


def test_times_that_make_no_sense_in_seconds_are_guessed_in_smaller_units(times_file):
    seconds = np.sort(np.random.default_rng(1).uniform(0, 600, 9000)) + 1e-4
    for factor, unit in ((1, "s"), (1e6, "us")):
        path = times_file(seconds * factor + 0.1)
        assert guesses(path)["time_unit"] == unit
        assert read_recording(path).duration == pytest.approx(600, abs=1)


def test_unknown_and_unused_answers_are_refused(times_file, carmen_file):
    with pytest.raises(RecordingError, match="no file asks for 'sampling'"):
        read_recording(carmen_file, sampling=3)
    with pytest.raises(RecordingError, match="asks for well"):
        read_recording(carmen_file, well="A1")


@pytest.mark.parametrize("answer", [{"duration": -1}, {"duration": "long"}, {"offset": np.nan}, {"duration": np.inf}])
def test_answers_that_are_no_sensible_numbers_are_refused(carmen_file, answer):
    with pytest.raises(RecordingError, match="must be"):
        read_recording(carmen_file, **answer)


def test_a_duration_that_cuts_spikes_is_refused(carmen_file):
    with pytest.raises(RecordingError, match="longer duration"):
        read_recording(carmen_file, duration=50)


def test_every_question_has_a_known_key_and_a_reason(times_file, phy_folder):
    for path in (times_file(np.linspace(4000.5, 4100, 900)), phy_folder):
        for question in open_questions(path):
            assert question.key in ANSWERS
            assert question.reason
            assert question.text.endswith("?")


def test_the_table_of_formats_names_extensions():
    assert {".nwb", ".zip", ".h5", ".mat", ".csv", ".tsv", ".parquet", ".npz"} <= {
        extension for item in FORMATS for extension in item.extensions
    }


def test_importing_the_package_is_light():
    heavy = ("pandas", "h5py", "pynwb", "scipy", "pyarrow")
    code = f"import sys, automind_dash.recording; sys.exit(any(name in sys.modules for name in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="bytes that were read are counted by Linux only")
@pytest.mark.parametrize("name", ["list.csv", "times.npz"])
def test_one_attempt_reads_a_file_once_beside_its_beginning(tmp_path, name):
    def bytes_read():
        return int(Path("/proc/self/io").read_text().split()[1])

    times = np.sort(np.random.default_rng(0).uniform(0, 900, 60_000)).round(5)
    path = tmp_path / name
    if path.suffix == ".csv":
        path.write_text("time,unit\n" + "".join(f"{time},{i % 20}\n" for i, time in enumerate(times)))
    else:
        np.savez(path, spike_times=times, spike_units=np.arange(len(times)) % 20)
    read(path)  # what the libraries read for themselves comes with the first
    before = bytes_read()
    assert read(path).questions
    assert bytes_read() - before < path.stat().st_size + 10 * SNIFFED_BYTES
