"""The Live stage without a browser: which circuit stands on the bench, what knobs, A and B and the table do."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, INDEX, LOW, NAMES
from automind_dash.dashboard.stages.live.live_canvas import LiveCanvas
from automind_dash.dashboard.stages.live.live_view import LiveView
from automind_dash.dashboard.state.run_curves import target_curves
from automind_dash.features import AnalysisSettings
from automind_dash.inference.asking.provenance import Draws
from tests.dashboard.made_up import bursting, steady, workspace

B = INDEX["params_Epop.b"]


@pytest.fixture
def view(monkeypatch):
    monkeypatch.setattr(LiveCanvas, "PATIENCE", 0.01)
    space = workspace()
    asyncio.run(space.add(bursting()))
    theta = LOW + np.random.default_rng(0).random((6, len(NAMES))) * (HIGH - LOW)
    space.current.take_samples(theta, np.zeros(6), Draws(estimator="bursts"))
    space.stage = "Live"
    view = LiveView(workspace=space)
    view.controls.seed.value = 2
    return view


def test_a_circuit_stands_on_the_bench_and_a_selected_one_takes_its_place(view):
    examined = view.workspace.current
    assert view.body.visible
    assert np.allclose(view.bench.circuit.vector, examined.configurations.loc[0, list(NAMES)].to_numpy(float))
    assert view.bench.circuit.seed == 2
    examined.selection = [3]
    assert view.controls.circuit.value == 3
    assert np.allclose(view.knobs.values, view.bench.circuit.vector)
    low, high = view.knobs.bands[B]
    assert low < high


def test_a_number_that_is_not_in_the_table_changes_nothing(view):
    before = view.bench
    view.controls.circuit.value = 10_000
    assert view.bench is before
    assert "no circuit 10000" in view.controls.status.object


def test_a_knob_acts_on_the_next_frame_and_is_echoed(view):
    async def turn():
        await view._step()
        view.knobs._handle_msg({"index": B, "value": 77.0, "at": 12.5})
        await view._step()

    asyncio.run(turn())
    assert view.bench.circuit.vector[B] == 77
    assert view.bench.echo == 12.5
    assert view.bench.measures is not None


@pytest.mark.parametrize(
    "message", [None, {}, {"index": 99, "value": 1.0}, {"index": B, "value": float("nan")}, {"index": B, "value": "x"}]
)
def test_messages_that_no_page_sends_are_left_alone(view, message):
    view.knobs._handle_msg(message)
    view.canvas._handle_msg(message)
    assert np.array_equal(view.bench.wanted, view.bench.circuit.vector)


def test_a_value_without_meaning_is_refused_with_a_notice_and_the_knob_goes_back(view, monkeypatch):
    said = []
    monkeypatch.setattr("automind_dash.dashboard.stages.live.live_view.notify", lambda text, *_: said.append(text))
    before = view.bench.circuit.vector.copy()
    view.knobs._handle_msg({"index": INDEX["params_Epop.C"], "value": -5.0, "at": 1.0})
    asyncio.run(view._step())
    assert np.array_equal(view.bench.circuit.vector, before)
    assert view.knobs.values == pytest.approx(before.tolist())
    assert "params_Epop.C" in said[0]


def test_a_and_b(view):
    async def compare():
        await view._step()
        await view._freeze()
        view.knobs._handle_msg({"index": B, "value": 55.0, "at": 1.0})
        await view._step()

    asyncio.run(compare())
    a, b = view.bench.frozen.circuit, view.bench.circuit
    assert view.controls.between.visible
    assert view.readings.frozen_strip.layout.visible
    assert "B differs from A in b" in view.controls.difference.object
    assert a.time == pytest.approx(0.1)
    assert b.time == pytest.approx(0.2)
    asyncio.run(view._swap())
    assert view.bench.circuit is a
    assert view.bench.frozen.circuit is b
    assert view.knobs.other[B] == 55
    view._forget()
    assert not view.readings.frozen_strip.layout.visible
    assert view.knobs.other == []


def test_restart_begins_again_with_the_parameters_in_force(view):
    async def again():
        view.knobs._handle_msg({"index": B, "value": 55.0, "at": 1.0})
        for _ in range(3):
            await view._step()
        await view._restart()

    asyncio.run(again())
    assert view.bench.circuit.time == pytest.approx(0.1)  # and one step, to show something
    assert view.bench.circuit.vector[B] == 55


def test_what_was_turned_joins_the_table(view):
    examined = view.workspace.current
    n = len(examined.configurations)
    view.knobs._handle_msg({"index": B, "value": 55.0, "at": 1.0})
    view._add()
    assert len(examined.configurations) == n + 1
    assert examined.configurations["params_Epop.b"].iloc[-1] == 55
    assert examined.selection == [n]
    assert "live bench" in examined.provenance.added[0].origin


def test_what_joins_the_table_leaves_the_bench_as_it_is(view):
    asyncio.run(view._step())
    bench, time = view.bench, view.bench.circuit.time
    view._add()
    assert view.bench is bench
    assert view.bench.circuit.time == time


def test_the_bench_is_called_what_it_was_begun_with(view):
    """It was called by whatever number stood in the field, also one that was refused, or of draws that came later."""
    examined = view.workspace.current
    view.controls.circuit.value = 3
    view.controls.circuit.value = 999
    asyncio.run(view._step())
    assert view.controls.status.object.startswith("Circuit 3, seed 2")
    asyncio.run(view._freeze())
    theta = examined.configurations[list(NAMES)].to_numpy(float)
    examined.take_samples(theta[::-1], np.zeros(len(theta)), Draws(estimator="bursts", seed=2))
    assert view.controls.status.object.startswith("Circuit 3 of earlier draws")
    asyncio.run(view._swap())
    view._add()
    assert examined.provenance.added[0].origin == "live bench, from circuit 3 of earlier draws"
    view.controls.circuit.value = 3
    assert np.allclose(view.bench.circuit.vector, theta[::-1][3])
    assert view.bench.name == "circuit 3"


def test_leaving_the_stage_pauses_and_another_recording_takes_the_circuit_down(view):
    async def leave():
        view._play()
        await asyncio.sleep(0.3)
        assert view.run.running
        view.workspace.stage = "Features"
        await asyncio.wait_for(view.run.task, 5)

    asyncio.run(leave())
    assert view.run.running  # goes on when the stage is shown again
    view.workspace.current = None
    assert view.bench is None
    assert not view.run.running
    assert not view.body.visible


def test_a_page_that_paints_nothing_costs_nothing_and_goes_on_when_it_paints(view):
    async def hidden():
        view._play()
        while view.canvas.number < 2:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        stood = view.canvas.number
        view.canvas._handle_msg({"painted": stood})
        while view.canvas.number == stood:
            await asyncio.sleep(0.01)
        view.run.stop()
        await asyncio.wait_for(view.run.task, 5)
        return stood

    assert asyncio.run(hidden()) == 2


def test_another_recording_takes_a_with_it(view):
    asyncio.run(view._step())
    asyncio.run(view._freeze())
    view.workspace.current = None
    assert not view.controls.between.visible
    assert view.knobs.other == []


def test_run_pressed_before_the_engine_is_there_runs_once_it_is(view):
    async def press_early():
        view.run.bench = None
        view._play()
        assert not view.run.running
        view._choose()
        for _ in range(400):
            if view.run.running:
                break
            await asyncio.sleep(0.05)
        started = view.run.running
        view.run.stop()
        return started

    assert asyncio.run(press_early())


def shows_the_recording(view):
    line = view.readings.spectrum.target.data
    ours = target_curves(view.workspace.current.target, 1.0)
    return np.array_equal(line["f"], ours.frequencies) and np.array_equal(line["p"], ours.power)


def test_the_dotted_spectrum_is_that_of_the_recording_that_is_looked_at(view):
    asyncio.run(view._step())
    assert shows_the_recording(view)
    asyncio.run(view.workspace.add(steady()))
    assert len(view.readings.spectrum.target.data["f"]) == len(view.readings.spectrum.ours.data["f"]) == 0
    view.workspace.current.take_samples((LOW + HIGH)[None] / 2, np.zeros(1), Draws(estimator="spectrum"))
    asyncio.run(view._step())
    assert shows_the_recording(view)


def test_the_dotted_spectrum_follows_another_window(view):
    asyncio.run(view._step())
    asyncio.run(view.workspace.reanalyse(view.workspace.current, AnalysisSettings(stop=12.0)))
    assert shows_the_recording(view)


def test_a_circuit_runs_in_a_network_of_the_size_that_its_estimator_was_trained_on(view):
    """2000 neurons, whatever it was: of a smaller network that matched another circuit was shown."""
    space = view.workspace
    asked = space.estimators["bursts"]
    card = replace(asked.card, plan=replace(asked.card.plan, n_neurons=300))
    space.estimators = {**space.estimators, "bursts": replace(asked, card=card)}
    space.current.selection = [1]
    assert view.bench.circuit.n_neurons == 300
