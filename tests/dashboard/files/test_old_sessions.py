"""Sessions that earlier versions saved still open, and nothing of them is lost; `write_session.py` wrote the files."""

import asyncio
from pathlib import Path

import pytest

from automind_dash.dashboard.figures.posterior_words import origin
from automind_dash.dashboard.files.session_file import read_session
from automind_dash.dashboard.files.session_file import session_bytes as written
from automind_dash.dashboard.state.marks import Mark
from tests.dashboard.files.write_session import THETA
from tests.dashboard.made_up import workspace

FILES = sorted((Path(__file__).parent / "sessions").glob("*.automind"))


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def opened(request):
    """A page on which the session was opened."""
    space = workspace()
    asyncio.run(space.open_session(read_session(request.param)))
    return space


def test_recordings_circuits_and_choices_are_there(opened):
    first, _, third = opened.recordings
    assert [one.recording.name for one in opened.recordings] == ["searched", "drawn", "untouched"]
    assert (opened.current, opened.stage) == (first, "Subspace")
    assert (first.tolerance, first.selection, first.kept) == (1.5, [0, 3], {"mine": [0, 5]})
    assert [len(one.configurations) for one in opened.recordings] == [7, 8, 0]
    assert (first.configurations.iloc[:, :28].to_numpy() == THETA[:7]).all()
    assert sorted(first.simulations) == list(range(7))
    assert first.simulations[5].rejected_after == 5.0
    assert first.reruns[0][0].distance < 10
    assert list(first.set_aside) == ["spectrum"]
    assert list(first.experiments) == ["1: block"]
    assert not third.simulations


def test_marks_are_sets_now(opened):
    pinned, hidden, rejected = ({mark} for mark in Mark)
    assert opened.current.marks == {0: pinned, 1: hidden, 3: rejected, 4: rejected | hidden, 5: rejected | pinned}


def test_states_are_as_they_were_judged(opened):
    states = opened.current.configurations["state"].tolist()
    assert states == ["consistent", "alive", "silent", "alive", "alive", "alive", "consistent"]


def test_where_each_circuit_came_from_is_known(opened):
    first, second, _ = opened.recordings
    assert origin(first.provenance) == (
        "drawn by bursts, refined with 400 simulations, except 3 that a search drew near others and 1 that was added"
    )
    assert first.provenance.parents(range(7)) == [-1, -1, -1, 0, 0, 3, -1]
    assert first.provenance.are_draws(range(7)).tolist() == [True, True, True, False, False, False, False]
    assert origin(second.provenance) == "drawn by bursts"
    assert second.provenance.are_draws(range(8)).all()


def test_saved_again_it_is_the_same(opened, tmp_path):
    file = tmp_path / "again.automind"
    file.write_bytes(written(opened.recordings, opened.current, opened.stage, {}).getvalue())
    again = read_session(file)
    for ours, theirs in zip(opened.recordings, again.recordings, strict=True):
        assert theirs.provenance == ours.provenance
        assert theirs.marks == ours.marks
