"""Files that swell, hang or crash a library are one sentence, soon; what can be read comes back as `read` gives it."""

import os

import h5py
import numpy as np
import pytest

from automind_dash.errors import RecordingError, SessionError
from automind_dash.recording import Recording, read, save_recording
from automind_dash.recording.bounded import read_bounded, rehearse, warm_readers
from automind_dash.recording.files.hdf5 import open_hdf5, refuse_links


@pytest.fixture(scope="module", autouse=True)
def warm(tmp_path_factory):
    warm_readers()
    path = save_recording(
        Recording.from_spikes([0.5], [0], duration=1.0, n_units=1), tmp_path_factory.mktemp("w") / "one.npz"
    )
    read_bounded(path)


def nested(path, depth):
    with h5py.File(path, "w") as out:
        group = out
        for _ in range(depth):
            group = group.create_group("g" * 50)
    return path


def test_the_same_recording_comes_back(tmp_path):
    rng = np.random.default_rng(0)
    made = Recording.from_spikes(
        rng.uniform(0, 20, 500), rng.integers(0, 5, 500), duration=20.0, n_units=5, name="µ <b>", unit_groups=("good",) * 5,
        positions=rng.random((5, 2)),
    )  # fmt: skip
    path = save_recording(made, tmp_path / "one.npz")
    here, there = read(path), read_bounded(path)
    assert there.recording.content_hash == here.recording.content_hash
    assert there.recording.name == made.name
    assert np.array_equal(there.recording.positions, made.positions)
    assert there.questions == here.questions


def test_questions_come_back(tmp_path):
    path = tmp_path / "spikes.csv"
    path.write_text("time,unit\n0.5,1\n2.5,2\n3.5,1\n")
    assert read_bounded(path).questions == read(path).questions


def test_a_refusal_is_the_readers_own_sentence(tmp_path):
    path = tmp_path / "bad.npz"
    path.write_bytes(b"PK nothing")
    with pytest.raises(RecordingError) as here:
        read(path)
    with pytest.raises(RecordingError) as there:
        read_bounded(path)
    assert str(there.value) == str(here.value)


def test_an_empty_data_set_that_declares_much_is_refused(tmp_path):
    path = tmp_path / "huge.h5"
    with h5py.File(path, "w") as out:
        out.create_dataset("spikes/times", shape=(10**8,), dtype="f8", chunks=(10**6,))
        out.create_dataset("spikes/units", shape=(10**8,), dtype="i4", chunks=(10**6,))
    with pytest.raises(RecordingError, match=r"MB, more than|huge"):
        read_bounded(path)


def test_an_archive_of_zeros_is_refused(tmp_path):
    path = tmp_path / "zeros.npz"
    np.savez_compressed(path, spike_times=np.zeros(8_000_000), spike_units=np.zeros(8_000_000, np.int32))
    with pytest.raises(RecordingError, match=r"zeros\.npz: it unpacks to 92 MB"):
        read_bounded(path)


def test_a_reader_that_hangs_is_ended(tmp_path, monkeypatch):
    from automind_dash.recording import bounded

    path = tmp_path / "many.csv"
    path.write_text("time,unit\n" + "".join(f"{i / 10},{i % 7}\n" for i in range(200_000)))
    monkeypatch.setattr(bounded, "limits_for", lambda _: bounded.Limits(2**30, 0.01))
    with pytest.raises(RecordingError, match=r"takes over 0\.0 s"):
        read_bounded(path)


def test_nested_groups_are_refused_without_walking_names_from_the_root(tmp_path):
    path = nested(tmp_path / "deep.h5", 300)
    with open_hdf5(path, "deep.h5") as handle, pytest.raises(RecordingError, match="nested more than"):
        refuse_links(handle, "deep.h5")


def test_matlab_zeros_are_refused_before_they_are_unpacked(tmp_path):
    from scipy.io import savemat

    path = tmp_path / "zeros.mat"
    savemat(path, {"spikes": np.zeros(12_000_000)}, do_compression=True)
    assert path.stat().st_size < 200_000
    with pytest.raises(RecordingError, match="unpacks to more than"):
        read_bounded(path)


def swells(path):
    """A reader of something else than recordings."""
    return np.ones(path.stat().st_size * 10**9)


def refuses(path):
    raise SessionError(f"{path.name}: no.")


def ends(path):
    os.abort()


@pytest.mark.parametrize(
    ("reader", "words"), [("swells", "takes over"), ("refuses", "^one: no.$"), ("ends", "damaged")]
)
def test_what_is_no_recording_is_rehearsed(tmp_path, reader, words):
    path = tmp_path / "one"
    path.write_text("x")
    told = []
    with pytest.raises(SessionError, match=words):
        rehearse(f"{__name__}:{reader}", path, SessionError, told=told.append)
    assert 0 < told[0].peak < 500 * 2**20


def said_of(path, told=None):
    """Return the sentence that a file gives, empty where it is read."""
    try:
        read_bounded(path, told=told)
    except RecordingError as error:
        return str(error)
    return ""


def test_a_table_of_a_hundred_thousand_columns_is_read_or_refused_within_its_limits(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_text(",".join(f"u{i}" for i in range(100_000)) + "\n" + ",".join("1.5" for _ in range(100_000)) + "\n")
    told = []
    assert "\n" not in said_of(path, told.append)
    assert told[0].status in (0, 3)  # neither over its time nor out of memory
    assert told[0].peak < 500 * 2**20


@pytest.mark.parametrize("unit", ["²", "9" * 5000, "①"])
def test_units_of_odd_digits_are_names_or_a_sentence(tmp_path, unit):
    path = tmp_path / "odd.csv"
    path.write_text(f"time_s,unit\n0.5,{unit}\n1.5,{unit}\n2.5,3\n")
    words = said_of(path)
    assert "\n" not in words
    assert "Error" not in words
