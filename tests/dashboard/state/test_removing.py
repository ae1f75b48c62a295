"""What is taken away or replaced comes back: a removed recording, circuits before fresh draws; names can be changed."""

import asyncio

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, LOW
from automind_dash.inference.asking.provenance import Draws
from tests.dashboard.made_up import bursting, steady, workspace


def circuits(seed, n=30):
    return LOW + np.random.default_rng(seed).random((n, 28)) * (HIGH - LOW)


@pytest.fixture
def space():
    space = workspace()
    for recording in (bursting("first"), steady("second")):
        asyncio.run(space.add(recording))
    return space


def test_a_recording_that_was_removed_comes_back_where_it_was(space):
    first, second = space.recordings
    space.remove(first)
    assert space.recordings == [second]
    space.bring_back()
    assert space.recordings == [first, second]
    assert space.current is first
    space.bring_back()
    assert len(space.recordings) == 2


def test_a_recording_gets_another_name_but_not_that_of_another(space):
    first, _ = space.recordings
    content = first.recording.content_hash
    space.rename(first, "  DIV 12,   well B3 ")
    assert first.recording.name == first.analysed.recording.name == "DIV 12, well B3"
    assert first.recording.content_hash == content
    space.rename(first, "second")
    space.rename(first, "  ")
    assert first.recording.name == "DIV 12, well B3"


def test_circuits_that_were_worked_with_come_back_after_fresh_draws(space):
    examined = space.current
    examined.take_samples(circuits(0), np.zeros(30), Draws(seed=1))
    examined.selection = [3, 4]
    examined.kept = {"mine": [3]}
    old = examined.configurations
    examined.take_samples(circuits(1), np.zeros(30), Draws(seed=2))
    assert examined.selection == []
    generation = examined.generation
    examined.bring_back()
    assert examined.configurations.equals(old)
    assert (examined.selection, examined.kept, examined.provenance.draws.seed) == ([3, 4], {"mine": [3]}, 1)
    assert examined.generation > generation
    examined.bring_back()  # and forth
    assert examined.provenance.draws.seed == 2


def test_circuits_that_nobody_worked_with_are_not_kept(space):
    examined = space.current
    examined.take_samples(circuits(0), np.zeros(30), Draws())
    examined.take_samples(circuits(1), np.zeros(30), Draws())
    assert examined.before is None
