"""Another estimator, another window, another recording: what was simulated is shown only with the target that it belongs to."""

import asyncio
import io
import time
from dataclasses import replace

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, LOW
from automind_dash.dashboard.figures.posterior_words import caption, obstacle
from automind_dash.dashboard.files.exports import EXPORTS
from automind_dash.dashboard.files.session_file import read_session, session_bytes
from automind_dash.dashboard.frame.configurations_view import ConfigurationsView
from automind_dash.dashboard.stages.geometry.finders_view import FindersView
from automind_dash.dashboard.stages.geometry.local_geometry import LocalGeometry
from automind_dash.dashboard.stages.posterior import check_view, posterior_view
from automind_dash.dashboard.stages.posterior.check_view import CheckView
from automind_dash.dashboard.stages.posterior.posterior_view import PosteriorView
from automind_dash.dashboard.stages.posterior.spending_view import Asked, take_ensemble
from automind_dash.dashboard.stages.simulate.simulate_view import SimulateView
from automind_dash.dashboard.state import workspace as workspace_module
from automind_dash.dashboard.state.examined import Examined
from automind_dash.dashboard.state.run_curves import RunCurves
from automind_dash.dashboard.state.run_words import Rerun
from automind_dash.errors import SessionError
from automind_dash.features import AnalysisSettings
from automind_dash.inference.asking.plausibility import Plausibility
from automind_dash.inference.asking.posterior import Samples
from automind_dash.inference.asking.provenance import Draws, Provenance
from automind_dash.inference.asking.simulated import Simulated
from tests.dashboard.made_up import bursting, steady, until, workspace
from tests.dashboard.stages.posterior.test_spending import ensemble

N = 12
THETA = np.random.default_rng(0).uniform(LOW, HIGH, (N, 28))


def runs_at(vector, numbers):
    """Runs at a target's features plus 0.05 × their number."""
    return {n: Simulated(THETA[n], 100 + n, "active", vector + 0.05 * n) for n in numbers}


@pytest.fixture
def space():
    """A bursting recording with twelve circuits of the bursts estimator, ten of them simulated."""
    space = workspace()
    asyncio.run(space.add(bursting()))
    examined = space.current
    assert examined.estimator == "bursts"
    vector = examined.target.vector
    examined.take_samples(THETA, np.arange(N, dtype=float), Draws(estimator="bursts", target=tuple(vector), seed=3))
    examined.take_simulations(runs_at(vector, range(10)), space.cards["bursts"])
    assert (examined.configurations["state"] != "").sum() == 10
    return space


def choose(space, name):
    """Choose an estimator as the page does, and wait for it."""

    async def chosen():
        view = PosteriorView(workspace=space)
        view.estimator.value = name
        await until(lambda: space.current.estimator == name and not space.current.wanted)

    asyncio.run(chosen())


def test_an_estimator_and_what_it_is_given_change_together(space):
    examined, seen = space.current, []
    fits = lambda *_: seen.append(len(examined.target.vector) == len(space.cards[examined.estimator].feature_set))  # noqa: E731
    examined.param.watch(fits, ["estimator", "target"])
    choose(space, "spectrum")
    assert seen
    assert all(seen)


def test_of_two_choices_the_last_one_counts_however_long_the_first_takes(space, monkeypatch):
    examined, aim = space.current, Examined.aim

    def slow(self, estimator):
        time.sleep(0.3 if estimator.name == "spectrum" else 0)
        return aim(self, estimator)

    monkeypatch.setattr(Examined, "aim", slow)

    async def both():
        view = PosteriorView(workspace=space)
        view.estimator.value = "spectrum"
        await asyncio.sleep(0.05)
        view.estimator.value = "bursts"
        await asyncio.sleep(0.6)
        assert view.estimator.value == "bursts"

    asyncio.run(both())
    assert examined.estimator == "bursts"
    assert len(examined.target.vector) == len(space.cards["bursts"].feature_set)


def test_nothing_is_drawn_while_the_recording_is_measured_for_another_estimator(space):
    examined = space.current
    assert not obstacle(examined, space.cards)
    examined.wanted = "spectrum"
    assert "spectrum" in obstacle(examined, space.cards)


def test_runs_of_another_estimator_are_set_aside_and_come_back(space):
    view, examined = SimulateView(workspace=space), space.current
    space.stage = "Simulate"
    assert "/10" in view.meter.text.object
    before = examined.configurations.copy()
    choose(space, "spectrum")
    assert not examined.simulations
    assert (examined.configurations["state"] == "").all()
    assert "No circuit has been simulated" in view.meter.text.object
    assert not view.board.body.visible
    assert "10 simulated circuits" in view.note.object
    assert "bursts" in view.note.object
    assert "10 simulated circuits" in caption(examined)
    examined.take_simulations(runs_at(examined.target.vector, [0, 11]), space.cards["spectrum"])
    assert "2 of 2 simulated circuits" in view.board.caption.object
    choose(space, "bursts")
    assert sorted(examined.simulations) == list(range(10))
    columns = ["state", "distance", "seed"]
    assert examined.configurations[columns].equals(before[columns])
    assert view.board.body.visible


def test_the_predictive_check_shows_only_runs_of_its_estimator(space, monkeypatch):
    near = lambda estimator, vector: Plausibility(1.0, 2.0, 0.5, False, THETA[0], vector, ())  # noqa: E731
    monkeypatch.setattr(check_view, "plausibility", near)
    monkeypatch.setattr(check_view, "misspecification", lambda *_: 0.5)
    said = []
    monkeypatch.setattr(check_view, "report", said.append)
    space.stage = "Posterior"
    view = CheckView(workspace=space)
    asyncio.run(view.refresh())
    assert "features of 10 simulated draws" in view.caption.object
    choose(space, "spectrum")
    asyncio.run(view.refresh())
    assert "simulate 8 draws or more" in view.caption.object
    assert (
        view.figure.xaxis[0].major_label_overrides[0] == "0.5 Hz"
    )  # with "power at" before it labels run into each other
    assert not said


def test_a_check_that_comes_too_late_is_not_shown(space, monkeypatch):
    monkeypatch.setattr(check_view, "misspecification", lambda *_: 0.5)
    space.stage = "Simulate"  # else it is asked anew
    view = CheckView(workspace=space)

    def meanwhile(estimator, vector):
        asyncio.run(space.aim(space.current, "spectrum"))
        return Plausibility(1.0, 2.0, 0.5, False, THETA[0], vector, ())

    monkeypatch.setattr(check_view, "plausibility", meanwhile)
    asyncio.run(view.refresh())
    assert view.caption.object == ""


def test_runs_that_come_after_the_estimator_changed_wait_for_it(space):
    examined, late = space.current, runs_at(space.current.target.vector, [10])
    asyncio.run(space.aim(examined, "spectrum"))
    examined.take_simulations(late, space.cards["bursts"], {10: RunCurves(7.0)})
    assert not examined.simulations
    assert (examined.configurations["state"] == "").all()
    asyncio.run(space.aim(examined, "bursts"))
    assert sorted(examined.simulations) == list(range(11))
    assert examined.curves[10].shown == 7.0
    assert examined.configurations.loc[10, "state"] != ""


def test_what_was_found_for_another_estimator_is_taken_with_its_runs_set_aside(space):
    examined, aimed, card = space.current, space.current.target, space.cards["bursts"]
    found = ensemble(examined, card)
    asyncio.run(space.aim(examined, "spectrum"))
    take_ensemble(
        examined,
        aimed,
        card,
        found,
        Asked(examined.seed, examined.oversampling, examined.tolerance, 100, 1000, examined.digest),
    )
    assert len(examined.configurations) == 3
    assert examined.selection == [0]
    assert not examined.simulations
    asyncio.run(space.aim(examined, "bursts"))
    assert examined.configurations["state"].tolist() == ["consistent", "alive", "silent"]


def test_another_window_judges_runs_and_reruns_anew(space):
    examined, card = space.current, space.cards["bursts"]
    vector = examined.target.vector
    again = Rerun(9, "fast", "active", card.distance(vector, vector)[0], np.empty(0), np.empty(0), vector)
    examined.reruns = {0: [again]}
    assert examined.configurations.loc[0, "distance"] == 0
    asyncio.run(space.reanalyse(examined, AnalysisSettings(stop=11.0)))
    assert not np.array_equal(examined.target.vector, vector)
    apart = card.distance(np.array([examined.simulations[n].vector for n in range(10)]), examined.target.vector)
    np.testing.assert_allclose(examined.configurations["distance"][:10], apart)
    consistent = examined.configurations["state"][:10] == "consistent"
    assert consistent.tolist() == (apart <= card.threshold).tolist()
    assert examined.reruns[0][0].distance == pytest.approx(apart[0])


def test_the_estimator_cannot_be_changed_while_something_runs(space, monkeypatch):
    said = []
    monkeypatch.setattr(posterior_view, "notify", lambda text, *_: said.append(text))
    view, examined = PosteriorView(workspace=space), space.current
    examined.busy = "Simulating 12 circuits"
    assert view.estimator.disabled
    view.estimator.value = "spectrum"  # what a browser sent before it knew
    assert "Simulating 12 circuits" in said[0]
    assert (view.estimator.value, examined.wanted, examined.estimator) == ("bursts", "", "bursts")
    examined.busy = ""
    assert not view.estimator.disabled


def test_two_changes_of_the_recording_in_one_turn_settle():
    space = workspace()
    asyncio.run(space.add(bursting()))
    asyncio.run(space.add(steady()))
    one, other = space.recordings
    assert (one.estimator, other.estimator) == ("bursts", "spectrum")

    async def back_and_forth():
        view, asked = PosteriorView(workspace=space), []
        for examined in (one, other):
            examined.param.watch(lambda event: asked.append(event.new), ["estimator", "target"])
        space.current = one
        space.current = other
        await asyncio.sleep(0.3)
        assert not asked
        assert view.estimator.value == "spectrum"

    asyncio.run(back_and_forth())
    assert (one.estimator, other.estimator) == ("bursts", "spectrum")


def test_the_estimator_that_is_shown_is_said_again_when_a_recording_is_followed(space):
    view, said = PosteriorView(workspace=space), []
    view.estimator.param.watch(lambda event: said.append(event.new), "value", onlychanged=False)
    space.param.trigger("current")
    assert set(said) == {"bursts"}


def test_geometry_takes_runs_with_the_estimator_that_they_were_made_for(space):
    examined = space.current
    choose(space, "spectrum")
    card = space.cards["spectrum"]
    examined.take_simulations(runs_at(examined.target.vector, range(10)), card)
    assert (examined.configurations["state"] == "consistent").sum() >= 2
    space.stage = "Geometry"
    finders, local = FindersView(workspace=space), LocalGeometry(workspace=space)
    asyncio.run(finders.pair())
    assert "their dynamics differ by" in finders.found.sentence
    local.describe()
    band = card.feature_set.features[7]
    local.property.value = band
    assert np.isfinite(local._values(band)).sum() == 10


@pytest.mark.parametrize("label", ["ArviZ (NetCDF)", "report (HTML)"])
def test_circuits_of_another_estimator_are_not_exported_with_this_target(space, label):
    choose(space, "spectrum")
    with pytest.raises(SessionError, match="drawn by the estimator bursts"):
        EXPORTS[label].make(space.current, space.cards["bursts"], [0, 1])


def test_a_report_says_that_circuits_were_drawn_for_another_window(space):
    view = ConfigurationsView(workspace=space)
    view.format.value = "report (HTML)"
    assert "drawn for another estimator, window or detection" not in view._file().decode()
    asyncio.run(space.reanalyse(space.current, AnalysisSettings(stop=11.0)))
    assert "drawn for another estimator, window or detection" in view._file().decode()


def test_runs_set_aside_are_saved_and_fresh_draws_drop_them(space, tmp_path):
    examined = space.current
    choose(space, "spectrum")
    path = tmp_path / "mine.automind"
    path.write_bytes(session_bytes([examined], examined, "Simulate", {}).getvalue())
    other = workspace()
    asyncio.run(other.open_session(read_session(path)))
    assert not other.current.simulations
    choose(other, "bursts")
    assert sorted(other.current.simulations) == list(range(10))
    assert (other.current.configurations["state"] != "").sum() == 10
    examined.take_samples(THETA, np.zeros(N), Draws(estimator="spectrum"))
    choose(space, "bursts")
    assert not examined.simulations


def test_runs_of_an_estimator_that_is_not_here_are_kept_but_not_shown(space, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(workspace_module, "notify", lambda text, *_: said.append(text))
    path = tmp_path / "mine.automind"
    path.write_bytes(session_bytes([space.current], space.current, "Simulate", {}).getvalue())
    other = workspace(bursts=False)
    asyncio.run(other.open_session(read_session(path)))
    examined, view = other.current, SimulateView(workspace=other)
    assert examined.estimator == "spectrum"
    assert not examined.simulations
    assert "No circuit has been simulated" in (view.meter.redraw() or view.meter.text.object)
    view.board.redraw()
    path.write_bytes(session_bytes([examined], examined, "Simulate", {}).getvalue())
    third = workspace()
    asyncio.run(third.open_session(read_session(path)))
    choose(third, "bursts")
    assert len(third.current.simulations) == 10


def test_runs_that_do_not_fit_their_estimator_are_told_and_left_out(space, tmp_path, monkeypatch):
    said, examined = [], space.current
    monkeypatch.setattr(workspace_module, "notify", lambda text, *_: said.append(text))
    examined.provenance = Provenance(replace(examined.provenance.draws, estimator="spectrum"))
    examined.simulations = {0: Simulated(THETA[0], 1, "active", np.zeros(7))}
    path = tmp_path / "mine.automind"
    path.write_bytes(session_bytes([examined], examined, "Simulate", {}).getvalue())
    other = workspace()
    asyncio.run(other.open_session(read_session(path)))
    assert not other.current.simulations
    assert "1 simulated circuit" in said[0]


def draw(space, monkeypatch, stopped):
    """Press Draw circuits, and cancel it or not; the sampler is made up."""
    examined, said = space.current, []

    def sample(estimator, vector, n, *, progress, should_stop, **_):
        if stopped:
            space.cancel()
        return Samples(THETA[:3], np.zeros(3), Draws(estimator=estimator.name, target=tuple(vector)))

    monkeypatch.setattr(posterior_view, "draw", sample)
    monkeypatch.setattr(posterior_view, "notify", lambda text, *_: said.append(text))
    asyncio.run(PosteriorView(workspace=space)._draw())
    return examined, said


def test_drawing_that_is_cancelled_leaves_the_circuits_that_there_were(space, monkeypatch):
    examined, said = draw(space, monkeypatch, stopped=True)
    assert len(examined.configurations) == N
    assert len(examined.simulations) == 10
    assert "cancelled" in said[0]


def test_drawing_that_ends_replaces_them(space, monkeypatch):
    examined, said = draw(space, monkeypatch, stopped=False)
    assert len(examined.configurations) == 3
    assert not examined.simulations
    assert not said


def test_simulate_shows_nothing_of_a_recording_that_is_gone(space):
    view = SimulateView(workspace=space)
    space.stage = "Simulate"
    assert view.board.body.visible
    space.current = Examined(steady("without estimator"))
    assert "No circuit has been simulated" in view.meter.text.object
    assert not view.board.body.visible
    space.current = space.recordings[0]
    assert view.board.body.visible
    space.remove(space.recordings[0])
    assert "No circuit has been simulated" in view.meter.text.object
    assert not view.board.body.visible


def test_exported_runs_are_those_of_the_estimator_that_is_asked(space):
    import h5py

    view = ConfigurationsView(workspace=space)
    view.format.value = "ArviZ (NetCDF)"
    with h5py.File(io.BytesIO(view._file())) as file:
        assert file["posterior_predictive/features"].shape == (1, 10, 4)


def test_without_a_defined_target_the_meter_claims_nothing_of_the_runs(space):
    view, examined = SimulateView(workspace=space), space.current
    space.stage = "Simulate"
    undefined = replace(examined.target, vector=np.full_like(examined.target.vector, np.nan))
    examined.take_aim("bursts", undefined, space.cards["bursts"])
    assert "not bursting" not in view.meter.text.object
    assert "10 circuits simulated" in view.meter.text.object
    assert "lacks features" in view.meter.text.object
    examined.take_aim("bursts", None, space.cards["bursts"])
    assert "not bursting" not in view.meter.text.object
    assert not view.meter.source.data["right"].any()


def test_curves_of_runs_set_aside_are_worked_out_when_a_session_is_opened(space, tmp_path):
    examined = space.current
    run = replace(examined.simulations[0], recording=bursting(duration=20.0))
    examined.take_simulations({0: run}, space.cards["bursts"])
    choose(space, "spectrum")
    path = tmp_path / "mine.automind"
    path.write_bytes(session_bytes([examined], examined, "Simulate", {}).getvalue())
    other = workspace()
    asyncio.run(other.open_session(read_session(path)))
    assert len(other.current.set_aside["bursts"].curves[0].rate)
