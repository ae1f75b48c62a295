"""A verb that is stopped says so in one line, and takes its cluster with it."""

import signal

import pytest
from typer.testing import CliRunner

from automind_dash import cluster
from automind_dash.cli import app


@pytest.fixture(autouse=True)
def heeded():
    """Ctrl-C is heeded, as at a terminal: what is begun by a script's & inherits that it is not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_verb_that_is_stopped_says_so_and_ends_its_cluster(tmp_path, monkeypatch, number):
    """Dask wrote pages of tracebacks as the interpreter ended; after SIGTERM its workers did."""
    ended = []
    monkeypatch.setattr(cluster, "close", lambda: ended.append(True))
    monkeypatch.setattr(
        "automind_dash.inference.making.campaign_run.pooled_shards", lambda *_: signal.raise_signal(number)
    )
    before = signal.getsignal(signal.SIGTERM)
    result = CliRunner().invoke(app, ["train", str(tmp_path), "--out", str(tmp_path / "own")])
    assert result.exit_code == 130
    assert result.stderr.splitlines() == ["automind-dash: stopped before it was done."]
    assert ended
    assert signal.getsignal(signal.SIGTERM) is before


def test_sigterm_stops_what_ctrl_c_does_not(tmp_path, monkeypatch):
    """A shell lets what it starts behind & ignore Ctrl-C; SIGTERM has to end it all the same."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        monkeypatch.setattr(cluster, "close", lambda: signal.raise_signal(signal.SIGTERM))  # `timeout` sends two
        monkeypatch.setattr(
            "automind_dash.inference.making.campaign_run.pooled_shards", lambda *_: signal.raise_signal(signal.SIGTERM)
        )
        assert CliRunner().invoke(app, ["train", str(tmp_path), "--out", str(tmp_path / "own")]).exit_code == 130
    finally:
        signal.signal(signal.SIGINT, before)
