"""The yield in words: how many are consistent, and in what consistent circuits are off all the same."""

import asyncio

import numpy as np

from automind_dash.circuit.parameters import HIGH, LOW
from automind_dash.dashboard.stages.simulate.yield_meter import YieldMeter, one_by_one
from automind_dash.dashboard.state.marks import Mark
from automind_dash.inference.asking.provenance import Draws, Search
from automind_dash.inference.asking.simulated import Simulated
from tests.dashboard.made_up import bursting, workspace

N = 10
THETA = np.random.default_rng(0).uniform(LOW, HIGH, (N, 28))


def meter_of(offset):
    """The meter over ten consistent circuits, whose first feature is off by so many SDs of a circuit, the others by next to nothing."""
    space = workspace(stage="Simulate")
    asyncio.run(space.add(bursting()))
    examined, card = space.current, space.cards["bursts"]
    examined.take_samples(THETA, np.zeros(N), Draws(estimator="bursts", seed=1))
    noise = np.random.default_rng(1).standard_normal((N, 4)) * 0.1
    noise[:, 0] += offset
    runs = {i: Simulated(THETA[i], i, "active", examined.target.vector + noise[i] * card.noise_scale) for i in range(N)}
    examined.take_simulations(runs, card)
    view = YieldMeter(workspace=space)
    view.redraw()
    return view.text.object


def test_a_feature_in_which_all_consistent_circuits_are_off_is_named_at_the_yield():
    said = meter_of(offset=1.5)
    assert said.startswith("Yield 10/10")
    assert "in 1 of 4: inter-burst interval, mean" in said


def test_where_they_lie_around_the_recording_nothing_is_added():
    assert meter_of(offset=0.0).count("\n") == 0


def test_many_features_are_counted_and_few_named():
    said = one_by_one([f"psd_{i}" for i in range(1, 11)], np.full((20, 10), 2.0))
    assert "in 10 of 10: power at 1 Hz" in said
    assert "power at 5 Hz" not in said
    assert one_by_one(["psd_1"], np.full((3, 1), 2.0)) == ""


def test_the_yield_is_of_draws_and_a_rejected_circuit_is_none():
    space = workspace(stage="Simulate")
    asyncio.run(space.add(bursting()))
    examined, card = space.current, space.cards["bursts"]
    found = Search(estimator="bursts", seed=1, simulated=5, parents=(-1, -1, -1, 0, 0), drawn_near=(2, 2))
    examined.take_search(THETA[:5], np.zeros(5), found)
    added = examined.add_circuits(THETA[5:6], np.zeros(1), "by hand")
    numbers = [*range(5), *added]
    examined.take_simulations({i: Simulated(THETA[i], i, "active", examined.target.vector) for i in numbers}, card)
    view = YieldMeter(workspace=space)
    view.redraw()
    assert view.text.object.startswith("Yield 3/3")
    assert "Besides, 2 of 2 that a search found and 1 of 1 that were added are consistent." in view.text.object
    examined.marks = {0: frozenset({Mark.REJECTED})}
    examined.configurations = examined.judged(examined.configurations, card)
    view.redraw()
    assert view.text.object.startswith("Yield 2/3")
    assert (examined.configurations["state"] == "consistent").sum() == 5
