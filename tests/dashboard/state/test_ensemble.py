"""Which circuits stand for a recording: the confirmed ones where there are enough, or those of the posterior."""

import asyncio
from types import SimpleNamespace

import numpy as np
import pytest

from automind_dash.dashboard.figures.ensemble_choice import EnsembleChoice
from automind_dash.dashboard.stages.compare import compare_words
from automind_dash.dashboard.stages.experiments.experiments_view import ExperimentsView
from automind_dash.dashboard.stages.geometry.finding import candidates
from automind_dash.dashboard.stages.geometry.geometry_part import circuits_of
from automind_dash.dashboard.stages.geometry.seed_measuring import nearest
from automind_dash.dashboard.state.ensemble import ALL, AUTO, CONFIRMED, ENOUGH, ensemble_of, takes_confirmed
from automind_dash.inference.asking.provenance import Draws, Search
from automind_dash.inference.estimators.prior import Prior
from tests.dashboard.made_up import steady, workspace


@pytest.fixture
def space():
    """A recording with 20 draws, and 60 circuits that a search found: 55 of them confirmed, 30 of these drawn near others."""
    found = workspace()
    examined = asyncio.run(found.add(steady()))
    asked = {"estimator": examined.estimator, "target": tuple(examined.target.vector)}
    examined.take_samples(Prior().draw(20, 1), np.zeros(20), Draws(**asked))
    parents = (*[-1] * 25, *[0] * 35)
    search = Search(**asked, simulated=60, parents=parents, drawn_near=(30, 35), of_the_posterior=(25, 25))
    numbers = examined.take_search(Prior().draw(60, 2), np.zeros(60), search)
    table = examined.configurations.copy()
    table.loc[numbers, ["state", "distance"]] = "consistent", 0.5
    table.loc[numbers, ["seeds", "matched"]] = 2, 2
    table.loc[numbers[55:], "matched"] = 1
    examined.configurations = table
    return found


def test_confirmed_circuits_stand_for_a_recording_where_there_are_enough(space):
    examined = space.current
    assert takes_confirmed(AUTO, [examined])
    assert not takes_confirmed(AUTO, [examined], enough=ENOUGH + 6)
    assert not takes_confirmed(AUTO, [examined, SimpleNamespace(configurations=[])]), "all recordings alike"
    assert not takes_confirmed(ALL, [examined])
    assert len(ensemble_of(examined, confirmed=True)) == 55
    assert len(ensemble_of(examined, confirmed=False)) == 20


def test_every_stage_takes_the_one_choice_and_says_which_circuits_it_took(space):
    examined = space.current
    space.stage = "Experiments"
    card, form = space.cards[examined.estimator], ExperimentsView(workspace=space)
    form.form.most.value = 2000
    assert len(form._chosen()) == 55
    assert "to 55 confirmed circuits" in form.note.object
    circuits = circuits_of(examined, card, posterior=True, confirmed=True)
    assert circuits.source.startswith("55 confirmed circuits for the estimator")
    assert "30 of them drawn near others" in circuits.source
    every = circuits_of(examined, card, confirmed=True)
    assert candidates(every)[1] == "the 55 that were confirmed"
    assert set(nearest(every, 0, 100)) == set(range(20, 75)), "its neighbours are of the ensemble, whether it is or not"
    assert compare_words.source([examined], confirmed=True).startswith("55 confirmed circuits of each recording")
    EnsembleChoice(workspace=space).field.value = ALL
    assert form.ensemble.field.value == ALL
    assert len(form._chosen()) == 60
    assert space.view["ensemble"] == ALL


def test_too_few_confirmed_circuits_are_not_compared(space):
    examined = space.current
    examined.configurations = examined.configurations.assign(matched=0)
    said = compare_words.obstacle([examined, examined], [examined.estimator], confirmed=True)
    assert "fewer than 50 confirmed circuits" in said
    space.ensemble, space.stage = CONFIRMED, "Experiments"
    assert "No circuit is confirmed yet" in ExperimentsView(workspace=space).note.object
