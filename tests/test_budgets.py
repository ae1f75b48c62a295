"""Each thing that a server may spend has an end, and whoever reaches it is told which option moves it, and no path of the server."""

import re
import weakref

import pytest

from automind_dash.budgets import Budgets, refusal, set_budgets
from automind_dash.dashboard.frame.sidebar import uploads
from automind_dash.dashboard.frame.sidebar.uploads import UploadFolder
from automind_dash.errors import RecordingError, SessionError


@pytest.fixture(autouse=True)
def as_before():
    yield
    set_budgets(Budgets())


def test_what_is_free_is_given():
    assert refusal(sessions=1, opening=1) == ""


@pytest.mark.parametrize(
    ("given", "option"),
    [
        (Budgets(sessions=3), "--max-sessions"),
        (Budgets(opening=3), "--max-opening"),
        (Budgets(memory=0.001), "--max-memory"),
    ],
)
def test_a_limit_that_is_reached_is_a_sentence_with_its_option(given, option):
    set_budgets(given)
    words = refusal(sessions=3, opening=3 if option == "--max-opening" else 0)
    assert f"({option})." in words
    assert "\n" not in words


def test_uploads_of_all_sessions_together_end_somewhere(monkeypatch):
    monkeypatch.setattr(uploads, "_FOLDERS", weakref.WeakSet())  # those of other tests may not be gone yet
    set_budgets(Budgets(uploads=1000 / 2**30))
    first, second = UploadFolder(), UploadFolder()
    first.place("a.csv").write_bytes(bytes(700))
    second.check_room(300)
    with pytest.raises(RecordingError, match=r"\(--max-uploads\)") as told:
        second.check_room(301)
    assert "/" not in str(told.value)
    first.clear()
    second.check_room(301)


def test_views_that_cannot_be_kept_name_no_path(tmp_path, monkeypatch):
    from automind_dash.dashboard.files.shared_views import keep_view, view_path

    monkeypatch.setenv("AUTOMIND_VIEWS", str(tmp_path / "views"))
    (tmp_path / "views").write_text("a file where a folder should be")
    with pytest.raises(SessionError) as told:
        keep_view(b"session", "a" * 64)
    assert str(tmp_path) not in str(told.value)
    (tmp_path / "views").unlink()
    with pytest.raises(SessionError) as told:
        view_path("v" * 22)
    assert str(tmp_path) not in str(told.value)


HARM = {
    "cut.npz": b"PK\x03\x04 nothing", "cut.h5": b"\x89HDF\r\n\x1a\n nothing", "cut.mat": b"MATLAB 5.0 MAT-file nothing",
    "cut.csv": b"\x00\x01\x02", "cut.npy": b"\x93NUMPY\x01\x00", "cut.parquet": b"PAR1 nothing", "cut.zip": b"PK\x05\x06",
    "cut.gz": b"\x1f\x8b", "cut.json": b"{", "cut.nwb": b"\x89HDF\r\n\x1a\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HARM)
def test_what_cannot_be_read_is_told_without_where_it_lay(tmp_path, name):
    from automind_dash.recording.bounded import read_bounded

    path = tmp_path / "session-of-somebody" / name
    path.parent.mkdir()
    path.write_bytes(HARM[name])
    with pytest.raises(RecordingError) as told:
        read_bounded(path)
    assert not re.search(r"session-of-somebody|/tmp|automind-\w+/", str(told.value)), str(told.value)


def test_a_session_that_cannot_be_opened_is_told_without_where_it_lay(tmp_path):
    from automind_dash.dashboard.files.session_file import open_session

    path = tmp_path / "session-of-somebody.automind"
    path.write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(SessionError) as told:
        open_session(path)
    assert str(tmp_path) not in str(told.value)
