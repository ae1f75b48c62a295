"""What the views show of an estimator whose prior is not the published one: its ranges, everywhere."""

import dataclasses

import numpy as np
import pytest

from automind_dash.circuit.parameters import NAMES, PARAMETERS
from automind_dash.dashboard.figures.marginals import Marginals
from automind_dash.dashboard.figures.quantity_axes import prior_density, span
from automind_dash.dashboard.stages.compare.overlaid_marginals import OverlaidMarginals
from automind_dash.dashboard.stages.compare.overlaid_pairs import medians_over, overlaid_pairs
from automind_dash.dashboard.stages.compare.target_colours import LIGHT
from automind_dash.dashboard.stages.live.knobs import Knobs
from automind_dash.dashboard.stages.move import move_words as words
from automind_dash.dashboard.stages.move.condition_view import ConditionView
from automind_dash.dashboard.stages.subspace.parallel_plot import ParallelPlot
from automind_dash.dashboard.state.examined import Examined
from automind_dash.dashboard.state.workspace import Workspace
from automind_dash.dashboard.widgets.colours import palette
from automind_dash.features import SPECTRUM_FEATURES
from automind_dash.inference.estimators.prior import Prior
from tests.dashboard.made_up import estimator, steady

B, TAU = 17, 18


@pytest.fixture
def own():
    """A prior that is narrower in b, down to 0 instead of below it, and twice as wide in the parameter after it."""
    low, high = Prior().low.copy(), Prior().high.copy()
    low[B], high[B], high[TAU] = 0.0, 100.0, 2 * high[TAU]
    return Prior(low, high)


def test_marginals_are_relative_to_its_ranges(own):
    """Draws of a narrower prior were said to be narrowed by the recording, those of a wider one stood in the last bins."""
    marginals = Marginals(palette(False))
    marginals.show(own.draw(5000, 1), own, by_group=True)
    assert marginals.gains.max() < 0.01
    assert marginals.cells.data["end"][B] == "100 pA"
    table = marginals.table()
    of_b = table[table["parameter"] == NAMES[B]]
    assert (of_b["from"].min(), of_b["to"].max()) == (0.0, 100.0)
    assert of_b["density"].mean() == pytest.approx(1.0)


def test_recordings_beside_each_other_are_shown_over_its_ranges(own):
    thetas, everywhere = [own.draw(4000, seed) for seed in (1, 2)], np.zeros(len(NAMES))
    figure = OverlaidMarginals(palette(False))
    figure.show(thetas, ["one", "two"], LIGHT, everywhere, everywhere > 0, own)
    assert figure.cells.data["low"][B] == "0"
    tops = figure.lines.data["ys"][TAU] - figure.cells.data["bottom"][TAU]
    assert tops.min() > 0.6 * tops.max(), "draws of the prior are uniform over it"
    panels = overlaid_pairs(thetas, [NAMES[B], NAMES[TAU]], own, LIGHT, palette(False))
    ranges = [(panel[0].x_range.start, panel[0].x_range.end) for panel in panels.children]
    assert ranges[0] == own.range_of(PARAMETERS[B])
    (median,) = medians_over(thetas, ["one", "two"], [TAU], own, LIGHT, palette(False)).children
    assert median[0].x_range.end == own.high[TAU]


def test_axes_span_its_ranges_and_what_lies_beyond_them(own):
    theta = own.draw(100, 1)
    assert span(NAMES[B], theta[:, B], own, 2000) == (0.0, 100.0)
    assert span(NAMES[B], np.array([-5.0, 50.0]), own, 2000) == (-5.0, 100.0)
    ends = span("composite.tau_m", np.empty(0), own, 2000)
    np.testing.assert_allclose(prior_density("composite.tau_m", ends, own, 2000).mean(), 1, atol=0.02)


def test_parallel_coordinates_are_shares_of_its_ranges(own):
    brushed = []
    plot = ParallelPlot(palette(False), lambda positions, adds: brushed.append(positions.tolist()))
    plot.show(own.from_logit(np.zeros((1, len(NAMES)))), own)
    np.testing.assert_allclose(plot.all.data["ys"][0], 0.5, atol=1e-6)
    plot.gesture.data = {"x": [16.6, 17.4, 17.4, 16.6], "y": [0.4, 0.4, 0.6, 0.6], "adds": [False] * 4}
    assert brushed == [[0]]


def test_changes_are_told_in_shares_of_its_ranges(own):
    before = own.draw(1, 1)
    after = before.copy()
    after[0, TAU] += 0.25 * (own.high[TAU] - own.low[TAU])
    assert words.changes(before[0], after[0], TAU, own)["Share of prior"].tolist() == ["+0.250"]
    assert words.shifts(before, after, [], own)["Shift (share of prior)"].tolist() == ["+0.25"]


def test_sliders_span_its_ranges_once_it_is_asked(own):
    """Those that were there kept the ranges of the estimator before: values that the new one cannot be asked for."""
    space = Workspace()
    card = dataclasses.replace(estimator(SPECTRUM_FEATURES, "own").card, prior=own)
    shipped = estimator(SPECTRUM_FEATURES, "shipped")
    space.estimators = {"shipped": shipped, "own": dataclasses.replace(shipped, card=card)}
    space.current = Examined(steady())
    space.current.estimator = "shipped"

    async def nowhere():
        return None

    view = ConditionView(nowhere, workspace=space)
    for name in (NAMES[B], NAMES[TAU]):
        view.put(name)
    held, whole = view.sliders[NAMES[B]], view.sliders[NAMES[TAU]]
    held.value = (10.0, held.end)
    space.current.estimator = "own"
    assert (held.start, held.end, held.value) == (0.0, 100.0, (10.0, 100.0))
    assert whole.value == own.range_of(PARAMETERS[TAU])
    assert NAMES[TAU] not in view._wanted()


def test_knobs_span_its_ranges(own):
    knobs = Knobs(lambda *told: None)
    knobs.fit(own)
    assert (knobs.rows[B]["low"], knobs.rows[B]["high"]) == own.range_of(PARAMETERS[B])
