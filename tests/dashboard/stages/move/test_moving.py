"""What the Move stage computes and says, with a shipped estimator and a simulated target."""

import asyncio
import dataclasses
import time
from types import SimpleNamespace

import numpy as np
import pytest

from automind_dash.circuit.examples import example_list, example_path
from automind_dash.circuit.parameters import NAMES
from automind_dash.dashboard.stages.move import move_words as words
from automind_dash.dashboard.stages.move.compensation_view import CompensationView, make_up_for
from automind_dash.dashboard.stages.move.condition_view import ConditionView, hold
from automind_dash.dashboard.stages.move.landscape import N_SAMPLES, survey
from automind_dash.dashboard.stages.move.move_view import MoveView
from automind_dash.dashboard.stages.move.path_view import PathView
from automind_dash.dashboard.stages.move.walking import N_POINTS, Reached, Step, find_path
from automind_dash.dashboard.state.examined import Examined
from automind_dash.dashboard.state.run_curves import RunCurves
from automind_dash.dashboard.state.workspace import Workspace
from automind_dash.dashboard.widgets.colours import OUTCOME_WORDS
from automind_dash.errors import UserError
from automind_dash.inference.asking.consistency import Judge
from automind_dash.inference.asking.posterior import sample
from automind_dash.inference.asking.provenance import Added, Draws
from automind_dash.inference.asking.simulated import Simulated
from automind_dash.inference.asking.target import distance_to, make_target
from automind_dash.inference.estimators.estimator import load_estimator
from automind_dash.invariance.scaling import from_unit
from automind_dash.recording import read_recording


@pytest.fixture(scope="module")
def landscape():
    estimator = load_estimator("spectrum")
    recording = read_recording(example_path(example_list()[1]))
    return survey(make_target(recording, estimator.card), estimator)


@pytest.fixture(scope="module")
def theta(landscape):
    return sample(landscape.estimator, landscape.target.vector, 20, seed=3).theta


def test_survey_is_the_posterior_and_repeats(landscape):
    again = survey(landscape.target, landscape.estimator)
    assert landscape.samples.shape == (N_SAMPLES, 28)
    np.testing.assert_array_equal(landscape.samples, again.samples)
    np.testing.assert_allclose(landscape.log_density, landscape.density(landscape.samples))


def test_a_held_range_is_kept_and_a_pinned_value_is_that_value(landscape):
    held = hold(landscape, {"params_Epop.tau_w": (100.0, 3000.0), "params_Epop.C": (200.0, 200.0)})
    assert held.theta[:, NAMES.index("params_Epop.C")] == pytest.approx(200.0)
    tau = held.theta[:, NAMES.index("params_Epop.tau_w")]
    assert ((tau >= 99.9) & (tau <= 3000.1)).all()
    assert "posterior and" in words.condition_answer(held.found)
    assert words.held_words(held.wanted) == "τ_w 100 to 3000 ms, C = 200 pF"


def test_holding_everything_is_refused_in_a_sentence(landscape):
    everything = {name: (value, value) for name, value in zip(NAMES, from_unit(np.full((1, 28), 0.5))[0], strict=True)}
    with pytest.raises(UserError, match="nothing is left to vary"):
        hold(landscape, everything)


def test_a_path_keeps_its_ends_and_is_no_sparser_than_the_line(landscape, theta):
    path = find_path(landscape, theta[0], theta[1], should_stop=lambda: False)
    assert path.points.shape == (N_POINTS, 28)
    np.testing.assert_allclose(from_unit(path.points[[0, -1]], landscape.estimator.card.prior), theta[:2], rtol=1e-5)
    assert path.gain >= -0.5
    assert words.path_answer(path, 0, 1)


def test_a_compensated_circuit_has_the_change_and_the_density(landscape, theta):
    column = NAMES.index("params_Epop.Q_ge")
    value = 4.0 if theta[0, column] < 2.5 else 1.5
    found = make_up_for(landscape, theta[0], column, value)
    after = from_unit(found.point[None], landscape.estimator.card.prior)[0]
    assert after[column] == pytest.approx(value)
    assert found.after >= found.perturbed
    assert found.restored == (found.after >= found.level - 0.05)
    table = words.changes(theta[0], after, column, landscape.estimator.card.prior)
    assert table["Parameter"].iloc[0].endswith("(by hand)")


def test_nothing_runs_for_an_answer_that_is_being_replaced(landscape, theta):
    """A run of the answer before was thrown away without a word when the new one came."""

    def unit_of(slider):
        return (slider.value - slider.start) / (slider.end - slider.start)

    async def main() -> None:
        space, state, ready = Workspace(), Examined(landscape.target.recording), asyncio.Event()
        state.target = landscape.target
        state.take_samples(theta, np.zeros(len(theta)), Draws(seed=3))
        space.current = state

        async def wait_for_landscape():
            await ready.wait()
            return landscape

        view = CompensationView(wait_for_landscape, workspace=space)
        view.enter()
        ready.set()
        await view._answer()
        assert not view.run.disabled
        ready.clear()
        view._following = True  # the slider's own watcher needs a session
        view.value.value = 0.5 * (view.value.start + view.value.end) + 0.1
        answering = asyncio.create_task(view._answer())
        await asyncio.sleep(0.05)
        assert view.run.disabled
        assert view.keep.disabled
        ready.set()
        await answering
        assert not view.run.disabled
        assert view.found.point[view._column] == pytest.approx(unit_of(view.value))

    asyncio.run(main())


def two_recordings(landscape, theta):
    """A workspace with two recordings that have the same circuits; the first is current."""
    space = Workspace(stage="Move")
    space.recordings = [Examined(landscape.target.recording) for _ in range(2)]
    for state in space.recordings:
        state.estimator, state.target = "spectrum", landscape.target
        state.take_samples(theta, np.zeros(len(theta)), Draws(seed=3))
    space.estimators = {"spectrum": landscape.estimator}
    space.current = space.recordings[0]
    return space


def test_a_condition_is_forgotten_with_its_recording(landscape, theta):
    """Held for one recording, it stayed under another that was busy, and its circuits went into the other's table."""
    space = two_recordings(landscape, theta)

    async def of_the_first():
        return landscape if space.current is space.recordings[0] else None

    async def main() -> None:
        view = ConditionView(of_the_first, workspace=space)
        view.put(NAMES[17])
        view.sliders[NAMES[17]].value = (20.0, 60.0)
        await view._refresh()
        assert not view.keep.disabled
        space.current = space.recordings[1]
        await view._refresh()
        assert view.keep.disabled
        view._keep(None)
        assert len(space.recordings[1].configurations) == len(theta)

    asyncio.run(main())


def test_an_answer_on_its_way_is_not_given_to_another_recording(landscape, theta):
    space = two_recordings(landscape, theta)

    async def of_any():
        return landscape

    async def main() -> None:
        view = CompensationView(of_any, workspace=space)
        view.enter()
        answering = asyncio.create_task(view._answer())
        await asyncio.sleep(0)
        space.current = space.recordings[1]
        await answering
        assert view.found is None
        assert view.keep.disabled

    asyncio.run(main())


def test_answers_are_forgotten_when_the_recording_is_measured_anew_and_when_its_circuits_are_drawn_anew(
    landscape, theta
):
    """Circuits of the window before could be added, and numbers of the draws before stood for other circuits."""
    space = two_recordings(landscape, theta)
    state = space.current

    async def of_any():
        return landscape

    async def main() -> None:
        condition, path, compensation = (
            kind(of_any, workspace=space) for kind in (ConditionView, PathView, CompensationView)
        )
        condition.put(NAMES[17])
        condition.sliders[NAMES[17]].value = (20.0, 60.0)
        compensation.enter()

        async def answered():
            await condition._refresh()
            await compensation._answer()
            path.path, path.body.visible = object(), True
            assert not condition.keep.disabled
            assert not compensation.keep.disabled

        await answered()
        state.take_samples(theta[::-1], np.zeros(len(theta)), Draws(seed=4))
        assert compensation.found is None
        assert compensation.keep.disabled
        assert path.path is None
        assert not path.body.visible
        assert not condition.keep.disabled, "it is of the posterior, whichever circuits were drawn"
        await answered()
        state.target = dataclasses.replace(landscape.target)
        assert condition.held is None
        assert condition.keep.disabled
        assert compensation.found is None
        assert path.path is None

    asyncio.run(main())


def test_move_opens_when_a_new_recording_has_been_measured(landscape):
    space = Workspace()
    view = MoveView(workspace=space)
    space.stage = "Move"
    state = Examined(landscape.target.recording)
    space.recordings = [state]
    space.current = state
    assert view.empty.visible
    state.param.update(estimator="spectrum", target=landscape.target)
    assert not view.empty.visible
    assert view._place.visible


def test_all_who_ask_for_a_posterior_wait_for_the_same_and_a_cancelled_one_is_not_kept(landscape, theta, monkeypatch):
    asked, told = [], []

    def drawn(*_, progress, should_stop):
        asked.append(1)
        while len(asked) > 1 and not should_stop():
            time.sleep(0.01)
        return landscape

    async def main() -> None:
        space = two_recordings(landscape, theta)
        view = MoveView(workspace=space)
        first, second = await asyncio.gather(view.landscape(), view.landscape())
        assert first is second is landscape
        assert asked == [1]
        view._landscape = None
        asking = asyncio.create_task(view.landscape())
        while len(asked) < 2:
            await asyncio.sleep(0.01)
        space.cancel()
        assert await asking is None
        assert view._landscape is None
        assert not told

    monkeypatch.setattr("automind_dash.dashboard.stages.move.move_view.survey", drawn)
    monkeypatch.setattr("automind_dash.dashboard.state.workspace.notify", lambda *said: told.append(said))
    asyncio.run(main())


def test_dead_runs_are_told_from_distant_ones(landscape):
    card, target = landscape.estimator.card, landscape.target
    nothing = np.full(len(card.compared), np.nan)
    assert distance_to(target, "silent", nothing, card) == float("inf")
    assert words.ran("silent", float("inf"), Judge.of(card)) == OUTCOME_WORDS["silent"]
    assert distance_to(target, "active", target.vector, card) == 0.0
    assert words.ran("active", 0.0, Judge.of(card)).startswith(OUTCOME_WORDS["consistent"])


def test_move_follows_the_tolerance_slider(landscape, theta):
    """A point half again as far as the threshold is consistent at a tolerance of 2, and was called alive at any."""
    card = landscape.estimator.card
    space = two_recordings(landscape, theta)

    async def of_any():
        return landscape

    view, marked = PathView(of_any, workspace=space), []
    run = Simulated(theta[0], 1, "active", landscape.target.vector)
    view._landscape = landscape
    view.path = find_path(landscape, theta[0], theta[1], should_stop=lambda: False)
    view.steps = {view.step.value: Step(run, 1.5 * card.threshold, RunCurves(10.0))}
    view.figure = SimpleNamespace(mark=lambda *states: marked.append(states), stand=lambda *_: None)
    view.reached = ([Reached("active", 1.5 * card.threshold)], [Reached("silent")])
    for tolerance, state in ((2.0, "consistent"), (1.0, "alive")):
        space.current.tolerance = tolerance
        assert marked[-1] == ([state], ["silent"])
        said = view.strip.title.object
        assert OUTCOME_WORDS[state] in said
        assert f"consistent up to {tolerance * card.threshold:.2f}" in said


def test_added_circuits_are_selected_and_leave_the_rest(landscape, theta):
    state = Examined(landscape.target.recording)
    state.take_samples(theta, np.zeros(len(theta)), Draws(seed=3))
    drawn = state.generation
    numbers = state.add_circuits(theta[:3] * 1.01, np.ones(3), "by hand")
    assert numbers == state.selection == [20, 21, 22]
    assert state.generation == drawn, "simulations that are running still belong to these draws"
    assert state.provenance.added == (Added((20, 22), "by hand"),)
    np.testing.assert_array_equal(state.configurations.loc[:19, list(NAMES)].to_numpy(), theta)
