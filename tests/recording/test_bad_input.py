"""Bad input: each gets one sentence that names the file, says what is wrong and what to do."""

from __future__ import annotations

import gzip
import io
import pickle
import stat
import zipfile

import h5py
import numpy as np
import pandas as pd
import pytest

from automind_dash.errors import RecordingError
from automind_dash.recording import open_questions, read_recording, save_recording, to_nwb
from automind_dash.recording.files import archive


def refused(path, words, **answers):
    """Assert that reading and asking both refuse the path with a sentence that names it."""
    for read in (read_recording, open_questions):
        with pytest.raises(RecordingError, match=words) as caught:
            read(path, **answers)
        assert path.stem in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.nwb", "a.csv", "a.npz", "a.mat", "a"])
def test_empty_file(tmp_path, name):
    (tmp_path / name).touch()
    refused(tmp_path / name, "empty")


def test_missing_file(tmp_path):
    refused(tmp_path / "gone.nwb", "no such file")


def test_folder_without_a_recording(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing here")
    refused(tmp_path, "no recording in it")


@pytest.mark.parametrize("suffix", [".nwb", ".h5", ".mat", ".npz", ".zip", ".parquet"])
def test_text_behind_a_wrong_extension(tmp_path, suffix):
    path = tmp_path / f"letter{suffix}"
    path.write_text("Dear colleague,\nplease find the data attached.\nYours\n")
    refused(path, f"ends in {suffix}")


def test_content_decides_over_the_extension(tmp_path, carmen_file, spikes, same_spikes):
    save_recording(spikes, tmp_path / "s.npz").rename(tmp_path / "s.csv")
    same_spikes(read_recording(tmp_path / "s.csv"), spikes)
    carmen_file.rename(tmp_path / "c.nwb")
    assert read_recording(tmp_path / "c.nwb").n_units == 6
    (tmp_path / "t.nwb").write_text("time_s,unit\n0.5,1\n0.7,2\n")
    assert read_recording(tmp_path / "t.nwb").n_units == 2


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("suffix", [".nwb", ".h5", ".npz", ".mat", ".parquet", ".csv.gz"])
def test_truncated_files(tmp_path, spikes, carmen_file, suffix, share):
    import scipy.io

    path = tmp_path / f"cut{suffix}"
    if suffix == ".nwb":
        to_nwb(spikes, path)
    elif suffix == ".h5":
        path = carmen_file
    elif suffix == ".npz":
        save_recording(spikes, path)
    elif suffix == ".mat":
        scipy.io.savemat(path, {"t": spikes.spike_times, "unit": spikes.spike_units})
    elif suffix == ".parquet":
        pd.DataFrame({"time_s": spikes.spike_times, "unit": spikes.spike_units}).to_parquet(path)
    else:
        rows = "\n".join(f"{t},{u}" for t, u in zip(spikes.spike_times, spikes.spike_units, strict=True))
        path.write_bytes(gzip.compress(f"time_s,unit\n{rows}".encode()))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    refused(path, "damaged|cut off|something else|cannot be read|no recording|none of its variables|no complete")


def test_object_arrays_of_anything_but_numbers_are_refused_with_the_conversion(tmp_path):
    trains = np.empty(2, dtype=object)
    trains[:] = [np.arange(3.0), np.random.default_rng(1)]
    np.savez(tmp_path / "objects.npz", spikes=trains, fs=12_500)
    refused(tmp_path / "objects.npz", r"np\.savez\('converted.npz', spike_times=np\.concatenate\(trains\)")


class Bomb:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_nothing_is_ever_unpickled(tmp_path, phy_folder):
    ran = tmp_path / "ran"
    evil = np.empty(1, dtype=object)
    evil[0] = Bomb(ran)
    np.save(phy_folder / "spike_times.npy", evil, allow_pickle=True)
    refused(phy_folder, "object array")
    np.savez(tmp_path / "evil.npz", spike_times=evil, spike_units=[0], duration_s=1.0)
    refused(tmp_path / "evil.npz", "object array")
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(Bomb(ran)))
    refused(tmp_path / "evil.pkl", "pickle")
    np.save(tmp_path / "evil.npy", evil, allow_pickle=True)
    refused(tmp_path / "evil.npy", "single array")
    assert not ran.exists()


@pytest.mark.parametrize("value", ["nan", "", "inf"])
def test_times_that_are_not_finite(tmp_path, value):
    (tmp_path / "n.csv").write_text(f"time_s,unit\n0.5,1\n{value},2\n1.5,1\n")
    refused(tmp_path / "n.csv", "NaN or infinite")


def test_words_among_the_times(tmp_path):
    rows = "\n".join(f"{i / 10},{i % 3}" for i in range(300))
    (tmp_path / "w.csv").write_text(f"time_s,unit\n{rows}\noops,1\n")
    refused(tmp_path / "w.csv", "'oops' in row 301 of column 'time_s' is no number")


def test_spikes_without_a_unit(tmp_path):
    (tmp_path / "u.csv").write_text("time_s,unit\n0.5,1\n0.7,\n1.5,1\n")
    refused(tmp_path / "u.csv", "no value in column 'unit'")


def test_unsorted_times_are_sorted(tmp_path):
    (tmp_path / "u.csv").write_text("time_s,unit\n2.5,1\n0.7,0\n1.5,1\n")
    assert read_recording(tmp_path / "u.csv").spike_times.tolist() == [0.7, 1.5, 2.5]


def test_one_unit_is_a_recording(tmp_path):
    (tmp_path / "o.csv").write_text("time_s,unit\n0.5,7\n0.7,7\n")
    recording = read_recording(tmp_path / "o.csv")
    assert (recording.n_units, recording.unit_names) == (1, ("7",))


@pytest.mark.parametrize("text", ["time_s,unit\n", "time_s,unit", "\n\n\n", "time_s\n1\n2\n", "1\n2\n3\n"])
def test_tables_without_spikes_or_units(tmp_path, text):
    (tmp_path / "e.csv").write_text(text)
    refused(tmp_path / "e.csv", "neither units nor spikes|one column|no table")


def test_no_spikes_but_units(tmp_path, carmen_file):
    with h5py.File(carmen_file, "w") as file:
        file["spikes"], file["sCount"], file["recordingtime"] = np.empty(0), np.zeros(4, dtype=int), [0.0, 60.0]
    recording = read_recording(carmen_file)
    assert (recording.n_units, recording.n_spikes, recording.duration) == (4, 0, 60.0)


def test_nothing_at_all(tmp_path):
    np.savez(tmp_path / "n.npz", spike_times=[], spike_units=[], duration_s=5.0)
    refused(tmp_path / "n.npz", "neither units nor spikes")


@pytest.mark.parametrize("name", ["../evil.npy", "/etc/evil.npy", "a/../../evil.npy", "C:\\evil.npy", "..\\evil.npy"])
def test_zip_with_names_that_lead_outside(tmp_path, phy_folder, name):
    path = tmp_path / "inner" / "slip.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as packed:
        for file in phy_folder.iterdir():
            packed.write(file, file.name)
        packed.writestr(name, b"evil")
    refused(path, "leads outside")
    assert not list(tmp_path.rglob("evil.npy"))


def test_zip_with_a_link(tmp_path):
    link = zipfile.ZipInfo("sorting/spike_times.npy")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as packed:
        packed.writestr(link, "/etc/passwd")
    refused(tmp_path / "link.zip", "is a link")


@pytest.mark.parametrize("inside", ["sorting/spike_times.npy", "spike_times.npy"])
def test_zip_that_unpacks_to_gigabytes(tmp_path, inside):
    path = tmp_path / "bomb.zip"
    block = io.BytesIO()
    np.lib.format.write_array_header_1_0(block, {"descr": "<u8", "fortran_order": False, "shape": (5 * 10**8,)})
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        packed.writestr("sorting/params.py", "")
        with packed.open(inside, "w", force_zip64=True) as member:
            member.write(block.getvalue())
            for _ in range(1100):
                member.write(bytes(2**20))
    assert path.stat().st_size < 10**7
    refused(path, "unpacks to 1.1 GB")


def test_zip_whose_header_lies_about_its_size(tmp_path):
    path = tmp_path / "liar.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("sorting/a.csv", "0.5,1\n" * 100_000)
    content = path.read_bytes()
    size = (600_000).to_bytes(4, "little")
    path.write_bytes(content.replace(size, (10).to_bytes(4, "little")))
    refused(path, "cannot be read|damaged")


def test_gzip_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED", 10**6)
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(bytes(5 * 10**6)))
    refused(tmp_path / "bomb.csv.gz", "unpacks to more")


def test_archives_within_archives(tmp_path):
    content = b"time_s,unit\n0.5,1\n"
    for _ in range(5):
        content = gzip.compress(content)
    (tmp_path / "nested.csv.gz").write_bytes(content)
    refused(tmp_path / "nested.csv.gz", "within archives")


def test_too_many_files_in_a_zip(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_MEMBERS", 20)
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as packed:
        for i in range(30):
            packed.writestr(f"f/{i}.txt", "")
    refused(tmp_path / "many.zip", "more than 20 files")


def test_spreadsheet(tmp_path):
    with zipfile.ZipFile(tmp_path / "table.xlsx", "w") as packed:
        packed.writestr("[Content_Types].xml", "<x/>")
    refused(tmp_path / "table.xlsx", "save the table as CSV")


def test_archive_of_arrays_that_declare_too_much(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as packed:
        packed.writestr("spike_times.npy", header.getvalue())
        packed.writestr("spike_units.npy", header.getvalue())
    refused(tmp_path / "huge.npz", "at most")


def test_binary_of_an_unknown_kind(tmp_path):
    (tmp_path / "a.strange").write_bytes(bytes(range(256)) * 50)
    refused(tmp_path / "a.strange", "no recording in a known format")


def test_ten_million_spikes_load(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "large.npz",
        spike_times=np.cumsum(rng.random(10**7, dtype=np.float32), dtype=np.float64) * 7e-4,
        spike_units=rng.integers(0, 500, 10**7, dtype=np.int32),
        duration_s=3600.0,
    )
    recording = read_recording(tmp_path / "large.npz")
    assert (recording.n_spikes, recording.n_units) == (10**7, 500)


def test_the_error_of_a_library_becomes_a_sentence(tmp_path, carmen_file):
    content = bytearray(carmen_file.read_bytes())
    content[100:600] = b"\xff" * 500
    (tmp_path / "broken.h5").write_bytes(content)
    refused(tmp_path / "broken.h5", "damaged|cannot be read")
