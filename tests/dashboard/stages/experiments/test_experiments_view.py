"""The Experiments stage without a browser."""

import asyncio

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.dashboard.stages.experiments import example_experiment, experiments_view
from automind_dash.dashboard.stages.experiments.experiment_form import ONE
from automind_dash.dashboard.stages.experiments.experiments_view import (
    MAX_EXPERIMENTS,
    STAND_IN,
    ExperimentsView,
    number_of,
    with_experiment,
)
from automind_dash.dashboard.state.examined import EXAMPLE
from automind_dash.inference.asking.perturbed import response_features
from automind_dash.inference.asking.provenance import Draws
from automind_dash.inference.asking.simulated import Simulated
from tests.dashboard.made_up import bursting, workspace


def made_up_runs(items):
    """Runs whose rate is 2 Hz, and halves where inhibition is blocked; every fifth circuit then falls silent."""
    for index, item in enumerate(items):
        blocked, nothing = item["theta"][21] == 0, np.full(len(item["feature_set"]), np.nan)
        if blocked and (index // 4) % 5 == 4:
            yield index, Simulated(item["theta"], item["seed"], "silent", nothing)
            continue
        rate = (1.0 if blocked else 2.0) * (1 + 0.01 * (item["seed"] % 7))
        features = dict.fromkeys(item["feature_set"].features, 1.0) | {"mean_rate": rate}
        yield (
            index,
            Simulated(
                item["theta"], item["seed"], "active", item["feature_set"].transform(list(features.values())), features
            ),
        )


@pytest.fixture
def space(monkeypatch):
    monkeypatch.setattr(experiments_view, "runner", lambda *_: made_up_runs)
    space = workspace()
    asyncio.run(space.add(bursting()))
    space.current.take_samples(
        np.random.default_rng(0).uniform(LOW, HIGH, (20, 28)), np.zeros(20), Draws(estimator="bursts")
    )
    return space


def test_empty_states_say_what_to_do(space):
    view = ExperimentsView(workspace=space)
    space.stage = "Experiments"
    assert "Simulate" in view.note.object
    assert view.form.run.disabled
    view.form.which.value = "selected"
    assert "selected" in view.note.object
    space.current.selection = [1, 2]
    assert view.form.run.label == "Perturb 2"
    assert not view.form.run.disabled
    assert not view.body.visible


def test_simulated_circuits_stand_in_until_one_is_known_to_match(space):
    view, examined = ExperimentsView(workspace=space), space.current
    space.stage = "Experiments"
    card = space.cards[examined.estimator]
    far = np.full(len(examined.target.vector), 50.0)
    theta = examined.configurations[list(NAMES)].to_numpy()
    examined.take_simulations({n: Simulated(theta[n], n, "active", far) for n in (3, 5)}, card)
    assert view.form.run.label == "Perturb 2"
    assert view.note.object.startswith(STAND_IN)
    asyncio.run(view._run())
    assert view.shown.value.endswith("2 simulated circuits")
    near = {4: Simulated(theta[4], 4, "active", examined.target.vector)}
    examined.take_simulations(near, card)
    assert view.form.run.label == "Perturb 1"
    assert STAND_IN not in view.note.object


def test_an_experiment_is_answered_in_a_sentence_and_kept(space):
    view = ExperimentsView(workspace=space)
    space.stage = "Experiments"
    view.form.which.value = "first"
    assert "20 circuits: 80 runs" in view.note.object
    assert "Beyond the prior" in view.note.object
    asyncio.run(view._run())
    view.measure.value = "mean_rate"
    assert view.verdict.object.startswith("Yes: these circuits answer alike: 16 of 20 show less")
    assert "4 fell silent" in view.verdict.object
    assert "20 circuits of bursts" in view.caption.object
    assert len(view.table.value) == 20
    assert len(view.plots.lines.data["xs"]) == 16
    space.current.selection = [0]
    assert max(view.plots.lines.data["width"]) > min(view.plots.lines.data["width"])
    view.measure.value = "spectrum"
    assert "spectrum" in view.verdict.object
    again = ExperimentsView(workspace=space)
    assert again.shown.value == view.shown.value
    assert again.body.visible


def test_results_of_circuits_that_are_gone_are_dropped(space):
    view = ExperimentsView(workspace=space)
    space.stage, view.form.which.value = "Experiments", "first"
    examined = space.current

    async def draw_meanwhile():
        run = asyncio.ensure_future(view._run())
        await asyncio.sleep(0)
        examined.take_samples(np.tile((LOW + HIGH) / 2, (3, 1)), np.zeros(3), Draws(estimator="bursts"))
        await run

    asyncio.run(draw_meanwhile())
    assert examined.experiments == {}


def test_a_parameter_beyond_its_domain_is_refused_with_the_reason(space):
    view = ExperimentsView(workspace=space)
    space.stage, view.form.which.value, view.form.preset.value = "Experiments", "first", ONE
    assert view.form.parameter.visible
    view.form.parameter.value, view.form.how.value, view.form.strength.value = "params_Epop.C", "set", -1.0
    assert "membrane capacitance" in view.note.object
    assert view.form.run.disabled


def test_what_is_measured_does_not_depend_on_the_estimator(space):
    measured = {response_features(card).features for card in space.cards.values()}
    assert len(measured) == 1


def test_the_oldest_experiment_goes_only_when_there_is_no_room():
    """Of an experiment that arrived in parts the second part took another experiment away."""
    kept = {str(i): i for i in range(MAX_EXPERIMENTS - 1)}
    for part in range(3):
        kept = with_experiment(kept, "new", part)
    assert list(kept) == [*map(str, range(MAX_EXPERIMENTS - 1)), "new"]
    assert next(iter(with_experiment(kept, "newer", 0))) == "1"


def test_a_label_without_a_number_counts_as_none():
    labels = ["12: block inhibition", "no number", "9" * 5000 + ": long", "²: odd", ""]
    assert [number_of(label) for label in labels] == [12, 0, 0, 0, 0]


def test_an_example_is_shown_unasked_and_is_not_the_users_work(space, monkeypatch):
    async def free() -> bool:
        return True

    monkeypatch.setattr(example_experiment, "are_free", free)
    monkeypatch.setattr(example_experiment, "_quietly", lambda items, stop: made_up_runs(items))
    view, examined = ExperimentsView(workspace=space), space.current
    theta = examined.configurations[list(NAMES)].to_numpy()
    near = {n: Simulated(theta[n], n, "active", examined.target.vector) for n in (3, 5)}

    async def visit() -> None:
        space.arrival = Arrived()
        space.stage = "Experiments"
        examined.take_simulations(near, space.cards[examined.estimator])
        while view.example._task is None or not view.example._task.done():
            await asyncio.sleep(0.01)
        await asyncio.sleep(0)

    asyncio.run(visit())
    assert view.shown.value.startswith(EXAMPLE)
    assert view.body.visible
    assert not view.awaits.visible
    assert view.finding.object.startswith("Bursts after the change in 2 of 2 circuits; medians: mean rate ×0.5")
    assert view.measure.value == "burst_interval_mean"
    assert examined.untouched
    assert view._printed(None).startswith("Block inhibition (Q_EI × 0, Q_II × 0) in 2 circuits")


class Arrived:
    """Stands for what draws and simulates unasked."""

    def stop(self) -> None:
        """Nothing runs."""


def test_a_running_job_is_named_where_the_button_waits_for_it(space):
    view, examined = ExperimentsView(workspace=space), space.current
    view.form.which.value = "first"
    space.stage = "Experiments"
    examined.busy = "Find 100 circuits that match"
    assert view.form.run.disabled
    assert "Find 100 circuits that match is running" in view.note.object
