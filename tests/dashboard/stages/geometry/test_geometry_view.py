"""The Geometry stage without a browser: what is said, what is selected, and that results stay with their recording."""

import asyncio

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.dashboard.figures.posterior_words import origin
from automind_dash.dashboard.stages.geometry import finding, seed_view
from automind_dash.dashboard.stages.geometry.correlation_matrix import correlation_matrix, diverging
from automind_dash.dashboard.stages.geometry.geometry_part import circuits_of
from automind_dash.dashboard.stages.geometry.geometry_view import GeometryView
from automind_dash.dashboard.stages.geometry.geometry_words import correlated, noise, one_piece
from automind_dash.dashboard.widgets.colours import DARK, LIGHT
from automind_dash.inference.asking.provenance import Draws
from automind_dash.inference.asking.simulated import Simulated
from automind_dash.invariance.correlation import correlations
from automind_dash.invariance.modes import Humps, Pieces
from tests.dashboard.made_up import bursting, workspace

N = 80


def drawn(seed, n=N):
    """Circuits of the prior in which g_L rises with C."""
    theta = np.random.default_rng(seed).uniform(LOW, HIGH, (n, 28))
    c, g = NAMES.index("params_Epop.C"), NAMES.index("params_Epop.g_L")
    theta[:, g] = LOW[g] + (theta[:, c] - LOW[c]) / (HIGH - LOW)[c] * (HIGH - LOW)[g]
    return theta


@pytest.fixture
def space():
    space = workspace()
    asyncio.run(space.add(bursting()))
    examined = space.current
    draws = Draws(estimator=examined.estimator, target=tuple(examined.target.vector), oversampling=2)
    examined.take_samples(drawn(0), np.zeros(N), draws)
    return space


@pytest.fixture
def view(space):
    view = GeometryView(workspace=space)
    space.stage = "Geometry"
    return view


def part(view, name):
    view.choice.value = name
    return view.parts[name]


def test_without_circuits_it_says_what_to_do():
    space = workspace()
    asyncio.run(space.add(bursting()))
    view = GeometryView(workspace=space)
    space.stage = "Geometry"
    assert "Posterior" in view.empty.object
    assert view.empty.visible
    assert not view.parts


def test_the_global_answer_and_its_captions(view, space):
    one = part(view, "Global")
    assert not one.body.visible
    asyncio.run(one._run())
    assert one.body.visible
    assert "capacitance C with leak g_L (ρ = 1.0" in one.answer.object
    assert "directions of 28" in one.said["components"].object
    assert all(f"{N} circuits drawn by the estimator" in pane.object for pane in one.captions.values())
    one.plot.source.selected.indices = [2, 4]
    assert space.current.selection == [2, 4]
    space.current.selection = [1]
    assert list(one.plot.source.selected.indices) == [1]
    one.colour.value = "params_Epop.C"
    assert len(set(one.plot.source.data["fill"])) > 10
    space.dark = True
    assert one.matrix.object is not None


def test_results_stay_with_their_recording_and_draws(view, space):
    one = part(view, "Global")
    asyncio.run(one._run())
    first = space.current
    asyncio.run(space.add(bursting("another", seed=5)))
    assert view.empty.visible
    space.current.take_samples(drawn(1), np.zeros(N), Draws(estimator=first.estimator))
    assert one.found is None
    assert not one.body.visible
    space.current = first
    assert one.found is not None
    assert one.body.visible
    first.take_samples(drawn(2), np.zeros(N), first.provenance.draws)
    assert one.found is None


def test_too_few_circuits_are_refused(view, space):
    space.current.take_samples(drawn(0, 10), np.zeros(10), space.current.provenance.draws)
    one = part(view, "Global")
    asyncio.run(one._run())
    assert one.found is None
    assert not one.body.visible
    assert not space.current.busy


def test_local_says_what_is_missing(view, space):
    one = part(view, "Local")
    space.current.selection = [7]
    assert one.circuit.value == 7
    assert not one.run.disabled
    one.circuit.value = 9999
    assert "no circuit 9999" in one.note.object
    assert one.run.disabled
    one.circuit.value = 7
    one.property.value = next(value for value in one.property.options.values() if value)
    assert "Simulate" in one.note.object


def test_finders_select_the_pair_and_the_ends(view, space):
    one = part(view, "Finders")
    asyncio.run(one.pair())
    assert "not verified yet" in one.answer.object
    assert len(one.table.value) == finding.SHOWN
    one._select()
    a, b = space.current.selection
    u = (drawn(0) - LOW) / (HIGH - LOW)
    apart = np.linalg.norm(u[:, None] - u, axis=-1)
    assert apart[a, b] == pytest.approx(apart.max())
    asyncio.run(one.ends())
    one._select()
    assert len(space.current.selection) == 6


def test_verified_circuits_are_preferred(space):
    examined = space.current
    table = examined.configurations.copy()
    table.loc[[3, 8, 11], "state"] = "consistent"
    examined.configurations = table
    kept, who = finding.candidates(circuits_of(examined, space.cards[examined.estimator]))
    assert np.flatnonzero(kept).tolist() == [3, 8, 11]
    assert "consistent" in who


def test_a_new_circuit_joins_the_table_once(view, space):
    one, examined = part(view, "Finders"), space.current
    theta = (LOW + HIGH) / 2
    circuits = circuits_of(examined, space.cards[examined.estimator])
    found = finding.Extremes(
        "Found.", "", [4], ["circuit 4", "new circuit"], np.stack([drawn(0)[4], theta]), theta, -3.0
    )
    assert circuits.row(4) == 4
    one._found[examined] = (one.circuits_now(examined), found)
    one.redraw()
    assert one.add.visible
    one._add()
    assert examined.selection == [4, N]
    np.testing.assert_allclose(examined.configurations.loc[N, list(NAMES)].astype(float), theta)
    assert examined.configurations.loc[N, "state"] == ""
    assert origin(examined.provenance).endswith("except 1 that was added")
    one._add()
    assert len(examined.configurations) == N + 1


def noisy(items):
    """Runs that differ by their seed only."""
    for index, item in enumerate(items):
        vector = np.random.default_rng(item["seed"]).normal(size=len(item["feature_set"]))
        yield index, Simulated(item["theta"], item["seed"], "active", vector, {})


def test_seed_against_parameter(view, space, monkeypatch):
    monkeypatch.setattr(seed_view, "runner", lambda *_: noisy)
    one = part(view, "Seed")
    one.k.value = 20
    assert one.run.label == "Simulate 60"
    asyncio.run(one._run())
    assert "20 seeds beside 20 neighbours" in one.answer.object
    assert "hardly more" in one.answer.object
    assert "60 of 60 active" in one.caption.object
    one.circuit.value = 9999
    assert one.run.disabled


def test_words():
    humped = Humps(NAMES, np.ones(28), np.ones(28), np.zeros(28, bool), np.full(28, np.nan))
    whole = Pieces(1, np.zeros(50, int), 1.02, 1.1, 0.6, np.ones(99))
    assert one_piece(whole, humped).startswith("One piece")
    split = Pieces(2, np.repeat([0, 1], [30, 20]), 3.0, 1.1, 0.01, np.ones(99))
    assert "2 groups of 30, 20 circuits" in one_piece(split, humped)
    bent = Humps(NAMES, np.ones(28), np.ones(28), np.arange(28) == 9, np.full(28, np.nan))
    assert one_piece(whole, bent).startswith("Perhaps")
    assert "Too few" in noise(np.array([np.nan]), np.array([np.nan]), ["rate"], 1, 3)
    assert "pairs is correlated" in correlated(correlations(np.random.default_rng(0).normal(size=(12, 28)), NAMES))


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_the_matrix_has_a_neutral_middle(colours):
    ramp = diverging(colours)
    assert ramp[len(ramp) // 2] == colours.ground
    fig = correlation_matrix(correlations(drawn(0), NAMES), colours)
    assert len(fig.x_range.factors) == 28


def test_circuits_of_an_estimator_that_is_not_here_are_told(view, space):
    """A session from elsewhere: buttons that did nothing at all."""
    assert not view.empty.visible
    space.current.take_samples(drawn(0), np.zeros(N), Draws(estimator="of another server"))
    assert view.empty.visible
    assert "of another server, which is not here" in view.empty.object
    assert not view._place.visible
