"""The stages without a browser: draw, select, simulate, judge."""

import asyncio

import numpy as np
import pytest

from automind_dash.circuit.examples import example_list, example_path
from automind_dash.circuit.parameters import NAMES
from automind_dash.dashboard.figures.marginals import BINS, histograms, information_gain
from automind_dash.dashboard.figures.raster import density
from automind_dash.dashboard.figures.yield_words import sentence
from automind_dash.dashboard.frame.configurations_view import ConfigurationsView
from automind_dash.dashboard.frame.target_view import TargetView, rate_in_view
from automind_dash.dashboard.stages.posterior.posterior_view import PosteriorView
from automind_dash.dashboard.stages.simulate.simulate_view import SimulateView
from automind_dash.dashboard.stages.subspace.subspace_view import SubspaceView
from automind_dash.dashboard.state.workspace import Workspace
from automind_dash.inference.asking.yields import yields
from automind_dash.inference.estimators.prior import Prior
from automind_dash.recording import read_recording


@pytest.fixture
def workspace():
    """A session that looks at the rhythmic example, which the spectrum estimator is asked about."""
    space = Workspace()
    asyncio.run(space.add(read_recording(example_path(example_list()[1]))))
    assert space.current.estimator == "spectrum"
    return space


def draw(space, n=30):
    view = PosteriorView(workspace=space)
    view.n.value, view.oversampling.value, space.stage = n, 2, "Posterior"
    asyncio.run(view._draw())
    return view


def test_drawing_fills_the_table_and_can_be_repeated(workspace):
    view = draw(workspace)
    examined = workspace.current
    assert len(examined.configurations) == 30
    assert Prior().contains(examined.configurations[list(NAMES)].to_numpy()).all()
    assert examined.provenance.draws.seed == 1
    assert examined.busy == ""
    first = examined.configurations.copy()
    asyncio.run(view._draw())
    np.testing.assert_array_equal(first[list(NAMES)], examined.configurations[list(NAMES)])


def test_one_selection_in_every_view(workspace):
    draw(workspace)
    table, subspace = ConfigurationsView(workspace=workspace), SubspaceView(workspace=workspace)
    workspace.stage = "Subspace"
    subspace.source.selected.indices = [3, 5]
    assert workspace.current.selection == [3, 5]
    assert sorted(table.table.selection) == [3, 5]
    table.table.selection = [1]
    assert workspace.current.selection == [1]
    assert list(subspace.source.selected.indices) == [1]
    table._invert()
    assert len(workspace.current.selection) == 29


def test_a_window_that_shrinks_behind_another_stage_has_its_pair_plot_fitted(workspace):
    draw(workspace)
    subspace = SubspaceView(workspace=workspace)
    workspace.screen, workspace.stage = 1080, "Subspace"
    tall = subspace.plot.height
    workspace.stage = "Posterior"
    workspace.screen = 720
    workspace.stage = "Subspace"
    assert subspace.plot.height < tall
    assert subspace.place.column.height == subspace.plot.height


def test_simulating_gives_states_distances_and_a_yield(workspace):
    draw(workspace)
    examined = workspace.current
    view = SimulateView(workspace=workspace)
    workspace.stage = "Simulate"
    examined.selection = [0, 1]
    assert view.run.label == "Simulate 2"
    asyncio.run(view._run())
    done = examined.configurations[examined.configurations["state"] != ""]
    assert done.index.tolist() == [0, 1]
    assert set(done["state"]) <= {"consistent", "alive", "silent", "saturated", "failed"}
    assert examined.simulations[0].seed == 1
    card = workspace.cards["spectrum"]
    counts = yields(examined.configurations, examined.provenance).draws
    assert counts.n == 2
    assert "/2" in sentence(counts)
    view._tolerate(type("Event", (), {"new": 10.0})())
    alive = examined.configurations["state"].isin(["consistent", "alive"]) & np.isfinite(
        examined.configurations["distance"]
    )
    assert (
        examined.configurations.loc[alive & (examined.configurations["distance"] < 10 * card.threshold), "state"]
        == "consistent"
    ).all()


def test_each_recording_keeps_its_own(workspace):
    draw(workspace)
    first = workspace.current
    asyncio.run(workspace.add(read_recording(example_path(example_list()[0]))))
    view = ConfigurationsView(workspace=workspace)
    assert workspace.current.estimator == "bursts"
    assert not len(workspace.current.configurations)
    workspace.current = first
    assert len(view.table.value) == 30


def test_a_session_does_not_disturb_another(workspace):
    other = Workspace()
    draw(workspace)
    assert other.current is None
    assert not other.recordings


def test_density_image_holds_every_spike():
    recording = read_recording(example_path(example_list()[0]))
    assert density(recording, 0, recording.duration).sum() == recording.n_spikes
    first, last = np.searchsorted(recording.spike_times, [20.0, 40.0])
    assert density(recording, 20.0, 40.0, width=333).sum() == last - first


def test_rate_in_view_keeps_the_peaks():
    rate = np.random.default_rng(0).random(500_000)
    rate[123_456] = 50.0
    times, values = rate_in_view(rate, 0.001, 0, 500)
    assert values.max() == 50
    assert len(values) < 10_000
    assert abs(times[np.argmax(values)] - 123.456) < 0.3


def test_zooming_fits_the_data_to_the_range(workspace):
    view = TargetView(workspace=workspace)
    whole = len(view.raster.dots.data["t"])
    view.x_range.update(start=10, end=11)
    view._settle()
    assert 0 < len(view.raster.dots.data["t"]) < whole


def test_information_gain_of_the_prior_is_nothing_and_of_a_point_is_all():
    theta = Prior().draw(5000, 0)
    assert information_gain(theta, Prior()).max() < 0.01
    theta[:, 3] = theta[0, 3]
    assert information_gain(theta, Prior())[3] == pytest.approx(np.log2(BINS), abs=0.01)
    np.testing.assert_allclose(histograms(theta, Prior()).mean(axis=1), 1)
