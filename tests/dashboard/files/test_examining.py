"""Figure 1 without a page: of a session that was saved, and of a recording."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.dashboard.files.evidence_of import evidence_of
from automind_dash.dashboard.files.examining import reopened
from automind_dash.dashboard.files.figure_files import write_figure
from automind_dash.dashboard.files.session_file import read_session, write_session
from automind_dash.errors import SessionError, UserError
from automind_dash.inference.asking.provenance import Draws
from automind_dash.publication.figure_one import caption_one
from automind_dash.publication.paper import Paper
from tests.dashboard.made_up import bursting, workspace

THETA = LOW + np.random.default_rng(0).random((30, len(NAMES))) * (HIGH - LOW)


@pytest.fixture(scope="module")
def space():
    space = workspace()
    for name in ("first", "second"):
        asyncio.run(space.add(bursting(name)))
        target = tuple(space.current.target.vector)
        space.current.take_samples(THETA, np.zeros(30), Draws(estimator="bursts", seed=3, target=target))
    return space


def test_a_session_gives_the_figure_of_the_recording_that_is_named(space, tmp_path):
    file = tmp_path / "kept.automind"
    write_session(space.recordings, space.recordings[0], "Posterior", {}, file)
    examined = reopened(read_session(file), "second", space.estimators)
    evidence = evidence_of(examined, space.cards["bursts"])
    assert evidence.facts.recording == "second"
    np.testing.assert_allclose(evidence.theta, THETA)
    assert reopened(read_session(file), None, space.estimators).recording.name == "first"
    words = write_figure(evidence, [tmp_path / "one.svg"], Paper(180))
    assert "n = 30 draws of the posterior" in words
    assert (tmp_path / "one.txt").read_text(encoding="utf-8") == f"{words}\n"
    with pytest.raises(SessionError, match="no recording 'third'; it holds 'first', 'second'"):
        reopened(read_session(file), "third", space.estimators)
    with pytest.raises(SessionError, match="AUTOMIND_PRETRAINED"):
        reopened(read_session(file), None, {})


def test_there_is_nothing_to_draw_before_circuits_and_for_another_question(space):
    examined, card = space.recordings[0], space.cards["bursts"]
    examined.take_samples(THETA[:0], np.empty(0), Draws())
    with pytest.raises(SessionError, match="no circuits"):
        evidence_of(examined, card)
    examined.take_samples(THETA, np.zeros(30), Draws(estimator="bursts", target=(0.0,)))
    with pytest.raises(SessionError, match="draw circuits again"):
        evidence_of(examined, card)
    with pytest.raises(SessionError, match="load a recording"):
        evidence_of(None, None)


def test_other_endings_are_refused(space, tmp_path):
    with pytest.raises(UserError, match=r"a\.bmp"):
        write_figure(evidence_of(space.current, space.cards["bursts"]), [Path("a.bmp")], Paper())


def test_the_caption_counts_confirmed_circuits(space):
    examined, card = space.recordings[0], space.cards["bursts"]
    target = tuple(examined.target.vector)
    examined.take_samples(THETA, np.zeros(30), Draws(estimator="bursts", seed=3, target=target))
    judged = {"state": ["consistent"] * 8 + ["alive"] * 12 + [""] * 10, "seeds": [2] * 6 + [1] * 14 + [0] * 10}
    table = examined.configurations.assign(**judged, matched=[2] * 5 + [1] * 3 + [0] * 22, distance=1.0)
    examined.configurations = table
    words = caption_one(evidence_of(examined, card), Paper(180))
    assert "8 of 20 simulated draws match" in words
    assert "5 of the 6 matches that were simulated again matched with every seed, a confirmed yield of 33%." in words
