"""The compare board without a browser: order, marks, words, reruns, batches."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automind_dash.circuit.parameters import HIGH, LOW
from automind_dash.dashboard.frame.work_view import WorkView, how_far, spoken
from automind_dash.dashboard.stages.simulate import simulate_view
from automind_dash.dashboard.stages.simulate.simulate_view import SimulateView
from automind_dash.dashboard.state.batch import rerun
from automind_dash.dashboard.state.marks import Mark, toggled
from automind_dash.dashboard.state.run_curves import LONGEST_SHOWN, RunCurves, shown_seconds, shown_start, spectrum_band
from automind_dash.inference.asking.provenance import Draws
from automind_dash.inference.asking.simulated import Simulated
from automind_dash.recording import Recording
from tests.dashboard.made_up import bursting, workspace


def made_up_runs(items):
    """Runs at the target's features plus 0.05 × the circuit's place in the batch; the last does not burst."""
    for index, item in enumerate(items):
        vector = np.zeros(4) + 0.05 * index
        if index == len(items) - 1 and len(items) > 5:
            vector[0] = np.nan
        features = dict(zip(item["feature_set"].features, 10**vector, strict=True))
        yield (
            index,
            Simulated(item["theta"], item["seed"], "active", vector, features, bursting(seed=index, duration=25.0)),
        )


@pytest.fixture
def view(monkeypatch):
    monkeypatch.setattr(simulate_view, "runner", lambda *_: made_up_runs)
    space = workspace(spectrum=False)
    asyncio.run(space.add(bursting()))
    examined = space.current
    object.__setattr__(examined.target, "vector", np.zeros(4))
    density = np.arange(8.0)
    examined.take_samples(np.random.default_rng(0).uniform(LOW, HIGH, (8, 28)), density, Draws(estimator="bursts"))
    made = SimulateView(workspace=space)
    space.stage = "Simulate"
    made.count.value = 6
    made.tolerance.value = examined.tolerance = 1.05
    asyncio.run(made._run())
    return made


def test_results_are_shown_nearest_first_with_the_target_on_top(view):
    board = view.board
    assert [strip.number for strip in board.strips] == [0, 1, 2, 3, 4, 5]
    assert board.target_strip.title.object.startswith("Target — bursting")
    assert "does not burst" in board.strips[5].title.object
    assert "target" in board.strips[0].note.object
    assert len(board.ensemble.lines.data["xs"]) == 6
    assert len(board.ensemble.band.data["f"])
    assert "6 of 6 simulated circuits" in board.caption.object
    assert len(board.strips[0].rate.data["t"]) > 100
    assert board.strips[0].x_range.end == board.target_strip.x_range.end


def test_sorted_by_density_pinned_hidden_and_rejected(view):
    board, examined = view.board, view.workspace.current
    board.order.value = "log_density"
    assert [strip.number for strip in board.strips] == [5, 4, 3, 2, 1, 0]
    view._act(Mark.PINNED, 2)
    assert board.strips[0].number == 2
    assert board.strips[0].buttons[Mark.PINNED].label == "Unpin"
    view._act(Mark.HIDDEN, 4)
    assert 4 not in [strip.number for strip in board.strips if strip.layout.visible]
    board.hidden.value = True
    assert 4 in [strip.number for strip in board.strips]
    assert examined.configurations.loc[0, "state"] == "consistent"
    view._act(Mark.REJECTED, 0)
    assert examined.configurations.loc[0, "state"] == "alive"
    assert "rejected by you" in next(strip for strip in board.strips if strip.number == 0).title.object
    view._act(Mark.HIDDEN, 0)
    assert examined.marks[0] == {Mark.REJECTED, Mark.HIDDEN}
    assert examined.configurations.loc[0, "state"] == "alive", "out of sight, it counted as consistent again"
    view._act(Mark.PINNED, 0)
    strip = next(strip for strip in board.strips if strip.number == 0)
    assert strip.buttons[Mark.REJECTED].label == "Accept again"
    assert "pinned, ✗ rejected by you" in strip.title.object
    view._act(Mark.REJECTED, 0)
    assert examined.marks[0] == {Mark.PINNED}
    assert examined.configurations.loc[0, "state"] == "consistent"


def test_other_seeds_and_the_reference_engine_are_told_in_the_strip(view):
    asyncio.run(view._act("seeds", 0))
    strip = view.board.strips[0]
    assert "5 other seeds: distances 0.00 to 2.00, 4 of 5 consistent" in strip.note.object
    assert len(strip.others.data["xs"]) == 5
    asyncio.run(view._act("reference", 0))
    assert "reference engine, seed 1: ▲ active, distance 0.00" in strip.note.object
    assert len(view.workspace.current.reruns[0]) == 6


def test_a_whole_batch_takes_what_has_not_been_simulated(view):
    assert view.verify.label == "Verify 2"
    asyncio.run(view._verify())
    assert (view.workspace.current.configurations["state"] != "").all()
    assert view.verify.disabled


def test_fresh_draws_take_the_marks_and_reruns_with_them(view):
    examined = view.workspace.current
    view._act(Mark.PINNED, 1)
    examined.take_samples(np.tile((LOW + HIGH) / 2, (3, 1)), np.zeros(3), Draws(estimator="bursts"))
    assert (examined.marks, examined.reruns, examined.curves) == ({}, {}, {})
    assert not view.board.body.visible


def test_the_shown_stretch_holds_several_bursts():
    every = lambda interval: SimpleNamespace(features={"burst_interval_mean": interval})  # noqa: E731
    assert shown_seconds(every(10.0), 117.0) == 45.0
    assert shown_seconds(every(100.0), 117.0) == LONGEST_SHOWN
    assert shown_seconds(every(0.5), 117.0) == 10.0
    assert shown_seconds(every(10.0), 20.0) == 20.0
    assert shown_seconds(every(float("nan")), 12.0) == 10.0
    assert shown_seconds(None, 12.0) == 10.0


def test_the_band_holds_what_lies_between():
    grid = np.geomspace(1, 100, 20)
    spectra = [RunCurves(10.0, np.empty(0), np.empty(0), grid, np.full(20, level)) for level in np.linspace(1, 3, 101)]
    frequencies, low, high = spectrum_band(spectra)
    assert (frequencies == grid).all()
    assert 1.0 < low[0] < 1.2 < 2.8 < high[0] < 3.0
    assert not len(spectrum_band(spectra[:1])[0])


def test_a_job_on_the_cluster_says_its_rate_and_can_be_paused(view):
    examined = view.workspace.current
    job = SimpleNamespace(total=200, done=50, rate=2.0, seconds_left=75.0, paused=False)
    job.pause, job.resume = lambda: setattr(job, "paused", True), lambda: setattr(job, "paused", False)
    job.cancel = lambda: setattr(job, "cancelled", True)
    bar = WorkView(workspace=view.workspace)
    examined.steer(job)
    examined.busy, examined.progress = "Simulating 200 circuits", 0.25
    assert how_far(examined) == "Simulating 200 circuits … 50 of 200  ·  2 a second  ·  75 s left"
    assert bar.pause.visible
    bar._pause(None)
    assert job.paused
    assert bar.pause.label == "Resume"
    assert "paused" in bar._text.object
    view.workspace.cancel()
    assert job.cancelled
    assert examined.stop.is_set()
    assert [spoken(s) for s in (0.2, 89, 180, 4800)] == ["1 s", "89 s", "3 min", "1 h 20 min"]


@pytest.mark.parametrize(("asked", "seconds"), [(60.0, 57.0), (None, 10.0), ("nan", 10.0), (1e12, 10.0), (-4.0, 10.0)])
def test_a_rerun_takes_as_long_as_the_run_did(asked, seconds):
    """A circuit run for a minute was rerun for the plan's ten seconds, which is another stretch. What a file says is not trusted."""
    card = workspace().estimators["spectrum"].card
    card = replace(card, plan=replace(card.plan, duration=10.0, warm_up=3.0))
    recording = bursting(provenance={} if asked is None else {"asked_s": asked})
    run = Simulated(LOW, 5, "active", np.zeros(len(card.compared)), {}, recording)
    items = []

    def keep(given):
        items.extend(given)
        yield from ()

    rerun(
        run,
        card,
        SimpleNamespace(n_units=2000),
        "fast",
        keep,
        progress=float,
        should_stop=bool,
    )
    assert {item["plan"].duration for item in items} == {seconds}


def test_a_target_is_shown_from_where_it_is_active():
    """Of a well that is silent for 23 s, of which 10 were shown, nothing was seen beside the runs."""
    late = Recording.from_spikes(np.linspace(23, 60, 2000), np.zeros(2000, int), duration=60, n_units=1, name="late")
    assert shown_start(late, 10.0) >= 23.0
    ends = Recording.from_spikes(np.linspace(52, 60, 2000), np.zeros(2000, int), duration=60, n_units=1, name="ends")
    assert shown_start(ends, 10.0) == 50.0, "all of it, not what a stretch that just reaches it shows"
    even = Recording.from_spikes(np.linspace(0, 60, 2000), np.zeros(2000, int), duration=60, n_units=1, name="even")
    assert shown_start(even, 10.0) == shown_start(even, 60.0) == shown_start(even, 90.0) == 0.0


@given(st.lists(st.sampled_from(list(Mark)), max_size=12))
def test_a_circuit_is_pinned_or_hidden_and_a_rejection_stays_with_either(presses):
    marks = frozenset()
    for mark in presses:
        before, marks = marks, toggled(marks, mark)
        assert (mark in marks) != (mark in before)
        assert not {Mark.PINNED, Mark.HIDDEN} <= marks
        if mark is not Mark.REJECTED:
            assert (Mark.REJECTED in marks) == (Mark.REJECTED in before)
