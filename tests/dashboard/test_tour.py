"""The guided tour: six steps over the page's own controls."""

import asyncio

import numpy as np
import pandas as pd

from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.dashboard.explorer import Explorer
from automind_dash.dashboard.state.stages import STAGES
from automind_dash.dashboard.tour import CHOSEN, STEPS, Tour, most_correlated
from automind_dash.inference.asking.provenance import Draws


def test_six_steps_each_on_a_stage_of_the_page():
    assert len(STEPS) == 6
    assert {step.stage for step in STEPS} <= set(STAGES)
    assert all(bool(step.label) == (step.action is not None) for step in STEPS)


def test_from_an_empty_page_to_the_end():
    explorer = Explorer()
    tour = Tour(explorer)
    assert not tour.card.visible
    tour.start()
    assert tour.back.disabled
    asyncio.run(tour._do(None))
    examined = explorer.workspace.current
    assert examined.recording.name.startswith("synthetic")
    assert tour.do.disabled
    for number, step in enumerate(STEPS):
        tour.go(number)
        assert explorer.workspace.stage == step.stage
        assert f"{number + 1} of 6" in tour.title.object
    examined.take_samples(np.random.default_rng(0).uniform(LOW, HIGH, (30, 28)), np.arange(30.0), Draws())
    tour.go(3)
    asyncio.run(tour._do(None))
    assert sorted(examined.selection) == list(range(30 - CHOSEN, 30))
    tour.go(5)
    asyncio.run(tour._do(None))
    assert explorer.view("Live").controls.play.clicks == 1
    tour.go(6)
    assert not tour.card.visible


def test_it_can_be_skipped():
    tour = Tour(Explorer())
    tour.start()
    tour.skip.clicks += 1
    assert not tour.card.visible


def test_the_parameters_that_go_together_most_are_shown():
    theta = np.random.default_rng(0).uniform(LOW, HIGH, (200, 28))
    share = np.random.default_rng(1).uniform(0, 1, 200)
    for i, way in ((18, share), (20, 1 - share), (3, share**2)):
        theta[:, i] = LOW[i] + way * (HIGH - LOW)[i]
    table = pd.DataFrame(theta, columns=list(NAMES))
    assert set(most_correlated(table)[:2]) < {NAMES[18], NAMES[20], NAMES[3]}
    assert len(set(most_correlated(table))) == 4
