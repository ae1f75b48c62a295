"""Uploads: safe names, what belongs together, bounds, and that nothing is left behind."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automind_dash.dashboard.frame.sidebar import upload_area, uploads
from automind_dash.dashboard.frame.sidebar.upload_area import UploadArea
from automind_dash.dashboard.frame.sidebar.uploads import MAX_NAME, UploadFolder, grouped, safe_name
from automind_dash.errors import RecordingError


@given(st.text(max_size=300))
def test_any_name_becomes_one_plain_file_name(name):
    safe = safe_name(name)
    assert safe not in ("", ".", "..")
    assert not set(safe) & set("/\\<>\"'`$\0\n")
    assert len(safe) <= MAX_NAME


def test_names_keep_what_identifies_the_format():
    assert safe_name("../../etc/week 12 (Zürich).nwb") == "week 12 (Zürich).nwb"
    assert safe_name("C:\\data\\a.csv.gz") == "a.csv.gz"
    assert safe_name("x" * 500 + ".csv.gz").endswith("x.csv.gz")


def uploaded(*names):
    return [(name, Path("somewhere") / str(i) / safe_name(name)) for i, name in enumerate(names)]


def test_the_two_arrays_of_an_alf_recording_are_one_and_other_files_are_their_own():
    groups = grouped(uploaded("spikes.clusters.npy", "week.nwb", "spikes.times.npy", "other.csv"))
    assert sorted(len(group.uploads) for group in groups) == [1, 1, 2]
    assert [group.missing for group in groups] == ["", "", ""]
    assert [group.name for group in groups if len(group.uploads) == 2] == ["ALF recording"]


@pytest.mark.parametrize("prefix", ["", "_ibl_", "probe00."])
def test_alf_names_may_carry_a_namespace(prefix):
    (group,) = grouped(uploaded(f"{prefix}spikes.times.npy", f"{prefix}spikes.clusters.1a2b.npy"))
    assert not group.missing


def test_a_dropped_phy_folder_is_one_recording_named_after_it():
    names = ["spike_times.npy", "spike_clusters.npy", "params.py", "cluster_group.tsv", "templates.npy", "phy.log"]
    (group,) = grouped(uploaded(*(f"/week 3/{name}" for name in names)))
    assert (len(group.uploads), group.name, group.missing) == (6, "week 3", "")


def test_two_dropped_folders_are_two_recordings():
    names = ("spike_times.npy", "spike_clusters.npy")
    groups = grouped(uploaded(*(f"/{folder}/{name}" for folder in ("a", "b") for name in names)))
    assert [group.name for group in groups] == ["a", "b"]


def test_a_part_of_a_recording_waits_and_says_for_what():
    (group,) = grouped(uploaded("spike_times.npy"))
    assert "spike_clusters.npy" in group.missing
    (group,) = grouped(uploaded("spikes.times.npy"))
    assert "spikes.clusters.npy" in group.missing


def event(name, data, chunk=1, chunks=1):
    return SimpleNamespace(
        event_name="upload_event",
        data={"name": name, "data": data, "chunk": chunk, "total_chunks": chunks, "type": "text/csv"},
    )


@pytest.fixture
def folder():
    place = UploadFolder()
    yield place
    place.clear()


def test_chunks_are_written_as_they_came_and_only_whole_files_count_as_arrived(folder):
    area = UploadArea(folder)
    area._process_event(event("a.csv", b"1,2\r\n", 1, 2))
    area._process_event(event("b.csv", b"x", 1, 1))
    assert [name for name, _ in area.arrived] == ["b.csv"]
    assert area.underway
    area._process_event(event("a.csv", b"3,4\n", 2, 2))
    assert not area.underway
    assert dict(area.arrived)["a.csv"].read_bytes() == b"1,2\r\n3,4\n"


def test_a_file_that_outgrows_the_bound_is_refused_whatever_the_browser_said(folder, monkeypatch):
    told = []
    monkeypatch.setattr(upload_area, "MAX_FILE_BYTES", 10)
    monkeypatch.setattr(upload_area, "report", told.append)
    area = UploadArea(folder)
    for chunk in (1, 2, 3):
        area._process_event(event("big.csv", b"123456", chunk, 3))
    assert area.arrived == []
    assert not area.underway
    assert len(told) == 1
    assert "big.csv" in str(told[0])
    area._process_event(event("small.csv", b"1", 1, 1))
    assert [name for name, _ in area.arrived] == ["small.csv"]


def test_a_session_holds_so_much_and_no_more(folder, monkeypatch):
    folder.place("a").write_bytes(b"12345")
    monkeypatch.setattr(uploads, "MAX_SESSION_BYTES", 8)
    folder.check_room(3)
    with pytest.raises(RecordingError, match="drop fewer"):
        folder.check_room(4)


def test_files_of_one_name_do_not_meet_and_all_are_deleted(folder):
    first, second = folder.place("a.csv"), folder.place("a.csv")
    first.write_text("1")
    second.write_text("2")
    assert first.read_text() == "1"
    folder.discard(first)
    assert not first.exists()
    assert second.exists()
    folder.clear()
    assert not second.exists()


def test_discard_leaves_files_elsewhere_alone(folder, tmp_path):
    folder.place("a.csv")
    mine = tmp_path / "mine.csv"
    mine.write_text("1")
    folder.discard(mine)
    assert mine.exists()
