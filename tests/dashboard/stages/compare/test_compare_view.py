"""The Compare stage: what may be compared, what is said of it, and that nothing outdated stays on the page."""

import asyncio
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from automind_dash.circuit.examples import example_list, example_path
from automind_dash.circuit.parameters import HIGH, LOW, NAMES
from automind_dash.dashboard.figures.marginals import BINS
from automind_dash.dashboard.stages.compare import compare_view, compare_words
from automind_dash.dashboard.stages.compare.compare_captions import captions
from automind_dash.dashboard.stages.compare.compare_view import CompareView
from automind_dash.dashboard.stages.compare.comparing import (
    Compared,
    correlation_table,
    joint_table,
    parameter_table,
    saved_table,
)
from automind_dash.dashboard.stages.compare.overlaid_marginals import OverlaidMarginals
from automind_dash.dashboard.stages.compare.overlaid_pairs import medians_over, overlaid_pairs
from automind_dash.dashboard.stages.compare.target_colours import DARK, LIGHT, MAX_COMPARED, target_colours
from automind_dash.dashboard.state.workspace import Workspace
from automind_dash.dashboard.widgets.colours import palette
from automind_dash.inference.asking.provenance import Draws, Provenance
from automind_dash.inference.estimators.prior import Prior
from automind_dash.invariance.scaling import to_unit
from automind_dash.invariance.side_by_side import compare, joint_matrix
from automind_dash.recording import read_recording

N = 60


@pytest.fixture(scope="module")
def recordings():
    return [read_recording(example_path(example)) for example in example_list()[:2]]


@pytest.fixture
def workspace(recordings):
    """A session with two recordings and no circuits."""
    space = Workspace()
    for recording in recordings:
        asyncio.run(space.add(recording))
    return space


def stand_in(name, theta, **drawn):
    """What the words and tables read of a recording's state."""
    asked = {"estimator": "spectrum", "oversampling": 1, "n": len(theta), "seed": 1, "target": (0.0,), **drawn}
    table = pd.DataFrame(theta, columns=list(NAMES))
    return SimpleNamespace(
        recording=SimpleNamespace(name=name), configurations=table, posterior=table, provenance=Provenance(Draws(**asked)),
        estimator="spectrum", target=SimpleNamespace(vector=np.zeros(1)), simulations={}, set_aside={},
    )  # fmt: skip


def circuits(seed, n=200):
    return LOW + np.random.default_rng(seed).uniform(size=(n, len(NAMES))) * (HIGH - LOW)


@pytest.fixture(scope="module")
def compared():
    """Three priors, the second with b moved up and with g_L falling where the first has it rise with C."""
    thetas = [circuits(seed) for seed in range(3)]
    c, g, b = (NAMES.index(f"params_Epop.{key}") for key in ("C", "g_L", "b"))
    share = (thetas[0][:, c] - LOW[c]) / (HIGH - LOW)[c]
    thetas[0][:, g] = LOW[g] + share * (HIGH - LOW)[g]
    share = (thetas[1][:, c] - LOW[c]) / (HIGH - LOW)[c]
    thetas[1][:, g] = LOW[g] + (1 - share) * (HIGH - LOW)[g]
    thetas[1][:, b] = HIGH[b] - (HIGH[b] - thetas[1][:, b]) / 4
    recordings = tuple(stand_in(f"week {i}", theta) for i, theta in enumerate(thetas))
    units = [to_unit(theta) for theta in thetas]
    found = compare(units[0], units[1], list(NAMES))
    return Compared(
        recordings,
        tuple(t.configurations for t in recordings),
        tuple(thetas),
        (0, 1),
        joint_matrix(units),
        found,
        Prior(),
    )


def test_what_cannot_be_compared_is_refused_with_a_way_out():
    obstacle = partial(compare_words.obstacle, here={"spectrum", "bursts"})
    one, other = stand_in("a", circuits(0)), stand_in("b", circuits(1))
    assert obstacle([one, other]) == ""
    assert "two or more" in obstacle([one])
    assert "b" in (said := obstacle([one, stand_in("b", circuits(1, 3))]))
    assert "Draw for all" in said
    assert "different estimators" in obstacle([one, stand_in("b", circuits(1), estimator="bursts")])
    assert "pruning" in obstacle([one, stand_in("b", circuits(1), oversampling=20)])
    assert "another window" in obstacle([one, stand_in("b", circuits(1), target=(1.0,))])
    gone = [stand_in(name, circuits(0), estimator="of another server") for name in "ab"]
    assert "of another server, which is not here. Press Draw for all" in obstacle(gone)


def test_only_what_differs_is_drawn_again_and_the_loss_is_announced():
    has = stand_in("a", circuits(0))
    assert not compare_words.needs_draw(has, "spectrum", 200, 1)
    assert compare_words.needs_draw(has, "bursts", 200, 1)
    assert compare_words.needs_draw(has, "spectrum", 200, 2)
    has.simulations = {0: None, 1: None}
    assert "2 simulated" in compare_words.will_draw([has], 500)


def test_the_answer_names_what_was_put_in(compared):
    together, parameters, correlations, geometry = compare_words.answer(compared.found, "week 0", "week 1")
    assert "different" in together
    assert "b (higher by 3" in parameters
    assert "1 flips sign: C–g_L" in correlations
    assert "resampled" in geometry
    assert "stiff" not in geometry  # no densities were given


def test_tables_hold_what_differs(compared):
    table = parameter_table(compared)
    assert table["Parameter"][0] == "b"
    assert table["Differs"][0] == "yes"
    assert table["Second"][0] > table["First"][0]
    flips = correlation_table(compared)
    assert flips["Pair"][0] == "C – g_L"
    assert flips["Flips sign"][0] == "yes"
    joint = joint_table(compared)
    assert joint.shape == (3, 4)
    assert joint["1"][1].endswith("*")
    assert joint["1"][0] == "–"
    assert list(saved_table(compared, "parameters").columns[3:5]) == ["1 week 0", "2 week 1"]
    saved = saved_table(compared, "circuits")
    assert saved["recording"].value_counts().to_dict() == {"week 0": 200, "week 1": 200, "week 2": 200}


def test_captions_say_how_many_and_from_where(compared):
    for name, said in captions(compared, 6).items():
        assert "200 circuits of each recording, drawn by spectrum" in said, name


def test_figures_hold_every_recording(compared):
    figure = OverlaidMarginals(palette(False))
    marginals = compared.found.marginals
    figure.show(compared.thetas, compared.names, LIGHT, marginals.distance, marginals.differs, compared.prior)
    assert len(figure.lines.data["xs"]) == 3 * len(NAMES)
    assert all(len(line) == 2 * BINS for line in figure.lines.data["xs"])
    assert figure.cells.data["left"][NAMES.index("params_Epop.b")] == 0  # the most different comes first
    assert list(figure.keys.data["name"]) == compared.names
    grid = overlaid_pairs(compared.thetas, [NAMES[0], NAMES[1]], compared.prior, LIGHT, palette(False))
    assert len(grid.children) == 3
    assert (
        len(medians_over(compared.thetas, compared.names, [0, 1, 2], compared.prior, LIGHT, palette(False)).children)
        == 3
    )


def test_colours_are_told_apart():
    assert len(set(LIGHT)) == len(set(DARK)) == MAX_COMPARED
    assert target_colours(True) == DARK


def test_drawing_for_all_compares_and_what_is_outdated_goes(workspace, monkeypatch):
    asked = []

    def without_trees(recordings, tables, vectors, estimator, pair, known, **_):
        thetas = tuple(table[list(NAMES)].to_numpy() for table in tables)
        units = [to_unit(theta) for theta in thetas]
        asked.append(known)
        found = compare(*(units[i] for i in pair), list(NAMES))
        return Compared(tuple(recordings), tuple(tables), thetas, pair, known or joint_matrix(units), found, Prior())

    monkeypatch.setattr(compare_view, "compare_targets", without_trees)
    view = CompareView(workspace=workspace)
    workspace.stage = "Compare"
    assert view.chosen.value == workspace.recordings
    assert view.run.disabled
    assert not view.body.visible
    view.n.value = N
    view.estimator.value = "spectrum"
    asyncio.run(view._draw_all())
    assert {t.estimator for t in workspace.recordings} == {"spectrum"}
    assert {t.provenance.draws.oversampling for t in workspace.recordings} == {1}
    assert view.body.visible
    assert view.draw.disabled
    assert len(view.results.table.value) == len(NAMES)
    assert len(view.results.paired.value) == 3
    assert view.results.csv("circuits").read().count("\n") == 2 * N + 1
    asyncio.run(view._compare())
    assert asked[0] is None
    assert asked[1] is not None  # the matrix of all pairs is measured once
    first = workspace.recordings[0]
    first.take_samples(circuits(5, N), np.zeros(N), first.provenance.draws)
    assert not view.body.visible
    assert "Press Compare" in view.why_not.object
    workspace.remove(first)
    assert view.run.disabled


def test_a_recordings_name_in_a_heading_is_no_html(compared):
    view = CompareView(workspace=Workspace(stage="Compare"))
    named = (stand_in("<i>week</i>", compared.thetas[0]), stand_in("C & g", compared.thetas[1]), compared.recordings[2])
    view.compared = replace(compared, recordings=named)
    view.redraw()
    for table in (view.results.table, view.results.flips):
        titles = {column.field: column.title for column in table.get_root().columns}
        assert titles["First"] == "&lt;i&gt;week&lt;/i&gt;"
        assert titles["Second"] == "C &amp; g"


def test_circuits_that_change_meanwhile_discard_the_result(workspace, monkeypatch):
    for examined in workspace.recordings:
        examined.estimator = "spectrum"
        asyncio.run(workspace.aim(examined))
        draws = Draws(estimator="spectrum", target=tuple(examined.target.vector), n=N, seed=1)
        examined.take_samples(circuits(1, N), np.zeros(N), draws)

    def change(recordings, tables, *_, **__):
        return Compared(tuple(recordings), tuple(tables), tuple(circuits(9, N) for _ in recordings), (0, 1), None, None)

    monkeypatch.setattr(compare_view, "compare_targets", change)
    view = CompareView(workspace=workspace)
    asyncio.run(view._compare())
    assert view.compared is None
