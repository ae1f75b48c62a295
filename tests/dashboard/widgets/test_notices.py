"""What the user is told of an error leads to where it is kept."""

import logging

import pytest

from automind_dash.dashboard.widgets import notices


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A log in a folder of its own, taken down after the test."""
    monkeypatch.setattr(notices, "user_log_path", lambda *_, **__: tmp_path / "log")
    monkeypatch.setattr(notices, "_log_file", None)
    monkeypatch.setattr(notices.log, "handlers", [])
    yield tmp_path / "log" / "notebook.log"
    for handler in notices.log.handlers:
        handler.close()


def failed():
    try:
        raise ValueError("b not in list")
    except ValueError as error:
        return notices.report(error)


def test_a_log_id_is_found_in_the_file_that_the_notice_names(kept):
    notices.keep_log()
    notices.keep_log()
    message = failed()
    assert message.endswith(f"in {kept}.")
    number = message.partition("Log id ")[2].split()[0]
    (line,) = [line for line in kept.read_text().splitlines() if number in line]
    assert "ValueError: b not in list" in kept.read_text().partition(line)[2]


def test_without_a_log_of_its_own_no_file_is_named(kept, caplog):
    with caplog.at_level(logging.ERROR):
        message = failed()
    assert str(kept) not in message
    assert not kept.exists()


def test_a_folder_that_cannot_be_written_keeps_no_log_and_stops_nothing(kept):
    kept.parent.write_text("a file stands where the folder should")
    notices.keep_log()
    assert " in " not in failed().partition("Log id")[2]
