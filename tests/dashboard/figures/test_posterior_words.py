"""What is said of where circuits come from: drawn, pruned, found or added; in the captions, the report and the card."""

import asyncio
import re
from dataclasses import replace

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.dashboard.figures.card_text import card_text
from automind_dash.dashboard.figures.posterior_words import caption, found, origin
from automind_dash.dashboard.files.report import report_html
from automind_dash.dashboard.frame.configurations_view import ConfigurationsView
from automind_dash.dashboard.stages.geometry.geometry_part import circuits_of
from automind_dash.features import BURST_FEATURES
from automind_dash.inference.asking.provenance import Draws, Search
from automind_dash.inference.estimators.card import Card, SimulationPlan
from automind_dash.inference.estimators.prior import Prior
from tests.dashboard.made_up import bursting, workspace

THETA = LOW + np.random.default_rng(0).random((5, len(NAMES))) * (HIGH - LOW)
SEARCH = Search(
    estimator="bursts", seed=3, oversampling=20, consistent=3, simulated=5, rejected_early=1, drawn=900, hardest_oversampling=80,
    of_the_posterior=(1, 2), drawn_near=(2, 3), model_seconds=50, seconds=4, parents=(-1, -1, 0, 0, 1),
)  # fmt: skip


@pytest.fixture
def space():
    space = workspace()
    asyncio.run(space.add(bursting()))
    return space


def drawn(examined, **more):
    asked = {"estimator": "bursts", "target": tuple(examined.target.vector), "seed": 3, "n": 5, "oversampling": 20}
    examined.take_samples(THETA, np.arange(5.0), Draws(**asked | more))


def told(space):
    """The report's text without its markup."""
    return re.sub(r"<[^>]+>", "", report_html(space.current, space.cards["bursts"]).split("<h2>Methods</h2>")[1])


def test_circuits_that_were_only_added_are_not_said_to_be_drawn(space):
    examined = space.current
    examined.add_circuits(THETA[:1], np.array([np.nan]), "the training circuit nearest to the recording")
    assert not examined.outdated
    assert caption(examined).startswith("No draws of the posterior, so no bars: 1 circuit, added, not drawn")
    assert ConfigurationsView(workspace=space).caption.object == "1 of 1 circuits selected, added, not drawn"
    assert circuits_of(examined, space.cards["bursts"]).source == "1 circuit, added, not drawn"
    assert "1 circuit was added, not drawn." in told(space)
    assert "drawn with seed" not in told(space)


def test_circuits_that_were_added_to_draws_are_counted(space):
    examined = space.current
    drawn(examined)
    assert origin(examined.provenance) == "drawn by bursts"
    examined.add_circuits(THETA[:2], np.full(2, np.nan), "live bench, from circuit 3")
    assert origin(examined.provenance) == "drawn by bursts, except 2 that were added"
    assert not examined.outdated
    assert caption(examined).startswith("5 circuits drawn by bursts (bars; not among them: 2 that were added)")
    assert "5 circuits were drawn with seed 3" in told(space)
    assert "2 circuits were added, not drawn." in told(space)


def test_draws_for_another_question_are_called_so(space):
    examined = space.current
    examined.take_samples(THETA, np.arange(5.0), Draws(estimator="bursts", target=(1.0, 2.0)))
    assert examined.outdated


def test_the_report_says_how_draws_were_pruned(space):
    drawn(space.current)
    assert (
        "5 circuits were drawn with seed 3: the likeliest to match the recording among 20 times as many draws."
        in told(space)
    )
    assert "densest" not in told(space)
    drawn(space.current, oversampling=1)
    assert "5 circuits were drawn with seed 3." in told(space)


def test_the_report_says_how_circuits_were_found(space):
    space.current.take_search(THETA, np.arange(5.0), SEARCH)
    said = told(space)
    assert (
        "5 circuits were drawn and simulated in rounds with seed 3, to find circuits that match; 3 of them do." in said
    )
    assert "Of 20 to 80 times as many draws" in said
    assert "3 of them were drawn near circuits that had matched or come nearest." in said


def test_one_is_told_as_one():
    one = replace(SEARCH, consistent=1, simulated=1, drawn_near=(0, 1))
    assert found(one).startswith("Found 1 consistent circuit (selected) in 1 simulation, 1 of them given up early")
    assert "1 was drawn near circuits" in found(one)


def test_the_card_says_what_pruned_draws_are():
    metrics = {"yield": 0.24, "alive": 0.9, "yield_pruned": 0.58, "n_targets": 50, "oversampling": 20}
    card = Card(
        "bursts", "Bursts", BURST_FEATURES, Prior(), SimulationPlan(duration=10.0), {}, np.full(len(BURST_FEATURES), 0.1), 1.5,
        np.zeros((len(BURST_FEATURES), 101)), metrics=metrics,
    )  # fmt: skip
    assert "24% of its draws are consistent" in card_text(card)
    assert "where only the likeliest of 20 draws is kept, 58% are consistent" in card_text(card)
