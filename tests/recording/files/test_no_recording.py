"""Files that hold no spikes are told by what they are, with what to do."""

import numpy as np
import pytest

from automind_dash.errors import RecordingError
from automind_dash.recording import read_recording, save_recording


@pytest.mark.parametrize("name", ["a.dat", "a.raw", "a.ap.bin", "a.rhd", "a.ns5", "a.brw", "a.mcd", "a.continuous"])
def test_raw_voltages(tmp_path, name):
    (tmp_path / name).write_bytes(np.random.default_rng(0).integers(-300, 300, 5000).astype("<i2").tobytes())
    with pytest.raises(RecordingError, match=rf"{name}: it looks like raw voltages.*sort it"):
        read_recording(tmp_path / name)


def test_a_text_named_as_raw_data_are_is_read(tmp_path, spikes, same_spikes):
    lines = [f"{time:.5f}\t{unit}" for time, unit in zip(spikes.spike_times, spikes.spike_units, strict=True)]
    (tmp_path / "a.dat").write_text("\n".join(["time_s\tunit", *lines]))
    same_spikes(read_recording(tmp_path / "a.dat"), spikes)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "save the table as CSV"),
        (b"%PDF-1.4\n" + bytes(range(256)), "it is a PDF"),
        (b"\n<!DOCTYPE html><html><body>Sign in, please</body></html>\n" * 3, "web page.*download the file itself"),
    ],
)
def test_documents(tmp_path, content, words):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(RecordingError, match=words):
        read_recording(tmp_path / "a.csv")


@pytest.mark.parametrize("target", [".git/annex/objects/aa/bb/MD5E-s9--1.nwb", "/nowhere/a.nwb"])
def test_links_to_what_is_not_there(tmp_path, target):
    (tmp_path / "a.nwb").symlink_to(target)
    with pytest.raises(
        RecordingError, match=r"a.nwb: it is a link, and what it points to is not there; get its content"
    ):
        read_recording(tmp_path / "a.nwb")


def test_links_to_a_file_are_followed(tmp_path, spikes, same_spikes):
    save_recording(spikes, tmp_path / "b.npz")
    (tmp_path / "a.npz").symlink_to("b.npz")
    same_spikes(read_recording(tmp_path / "a.npz"), spikes)
