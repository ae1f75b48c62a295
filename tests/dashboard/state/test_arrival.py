"""A recording that is looked at comes alive by itself, and gives way to whatever the user asks for."""

import asyncio
import threading

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, LOW
from automind_dash.dashboard.state import arrival, known_draws
from automind_dash.dashboard.state.arrival import EXAMPLES, Arrival
from automind_dash.inference.asking.posterior import Samples
from automind_dash.inference.asking.provenance import Draws
from automind_dash.inference.asking.simulated import Simulated
from tests.dashboard.made_up import bursting, steady, until, workspace


def drawn(estimator, target, n, *, seed, oversampling, progress, should_stop):
    theta = LOW + np.random.default_rng(seed).random((n, 28)) * (HIGH - LOW)
    return Samples(theta, np.zeros(n), Draws(estimator=estimator.name, target=tuple(target.tolist()), seed=seed, n=n))


@pytest.fixture
def quick(monkeypatch):
    """Draws and simulations at once; gives the seeds of what was simulated and an event without which nothing ends."""
    seeds, go = [], threading.Event()
    go.set()

    def simulated(item):
        seeds.append(item["seed"])
        while not go.wait(0.01):
            if item["should_stop"]():
                raise arrival.UserError("stopped")
        return Simulated(item["theta"], item["seed"], "silent", np.full(len(item["feature_set"]), np.nan))

    async def free():
        return True

    monkeypatch.setattr(known_draws, "sample", drawn)
    known_draws.forget()
    monkeypatch.setattr(arrival, "simulate_item", simulated)
    monkeypatch.setattr(arrival, "are_free", free)
    monkeypatch.setattr(arrival, "give_way", lambda: None)
    monkeypatch.setattr(arrival, "SETTLED", 0.0)
    return seeds, go


def alive(story):
    async def tell():
        space = workspace()
        Arrival(space)
        await space.add(bursting())
        await story(space)
        space.stop_all()

    asyncio.run(tell())


def test_circuits_are_drawn_and_the_first_of_them_simulated(quick):
    async def story(space):
        examined = space.current
        await until(lambda: len(examined.simulations) == EXAMPLES)
        assert len(examined.configurations) == examined.n_samples
        assert sorted(examined.simulations) == list(range(EXAMPLES))
        assert sorted(quick[0]) == [1, 2, 3, 4]  # as under Simulate
        assert examined.untouched

    alive(story)


def test_another_recording_and_another_window_come_alive_too(quick):
    async def story(space):
        first = space.current
        await until(lambda: len(first.simulations) == EXAMPLES)
        await space.add(steady())
        await until(lambda: len(space.current.configurations) > 0)
        assert space.current is not first
        space.current = first
        before = first.generation
        await space.reanalyse(first, arrival_window(first.settings))
        await until(lambda: first.generation > before and not first.outdated)

    alive(story)


def arrival_window(settings):
    from dataclasses import replace

    return replace(settings, stop=18.0)


def test_what_the_user_worked_with_is_not_drawn_anew(quick):
    async def story(space):
        examined = space.current
        await until(lambda: len(examined.simulations) == EXAMPLES)
        examined.kept = {"mine": [3]}
        before = examined.generation
        await space.reanalyse(examined, arrival_window(examined.settings))
        await asyncio.sleep(0.1)
        assert examined.outdated
        assert examined.generation == before

    alive(story)


def test_work_that_the_user_asks_for_stops_what_runs_unasked(quick):
    async def story(space):
        examined, (seeds, go) = space.current, quick
        go.clear()
        await until(lambda: len(seeds) > 0)
        began = len(seeds)
        await space.work(examined, "Something", lambda progress, should_stop: None)
        go.set()
        await until(lambda: len(examined.simulations) == EXAMPLES)  # taken up again afterwards
        assert len(seeds) >= began + EXAMPLES

    alive(story)


def test_what_is_brushed_is_simulated(quick):
    async def story(space):
        examined = space.current
        await until(lambda: len(examined.simulations) == EXAMPLES)
        examined.selection = [100, 90, 80, 70, 60, 50]
        await until(lambda: len(examined.simulations) == 2 * EXAMPLES)
        assert {100, 90, 80, 70} <= set(examined.simulations)

    alive(story)


def test_without_a_target_that_can_be_compared_nothing_happens(quick):
    async def story(space):
        examined = space.current
        await until(lambda: len(examined.simulations) == EXAMPLES)
        quick[0].clear()
        await space.aim(examined, "")
        await asyncio.sleep(0.1)
        assert not quick[0]

    alive(story)
