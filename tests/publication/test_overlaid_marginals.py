"""Marginals laid over each other, in print."""

from itertools import pairwise

import numpy as np
import pytest

from automind_dash.circuit.parameters import HIGH, LOW
from automind_dash.inference.estimators.prior import Prior
from automind_dash.publication.overlaid_marginals import overlaid_marginals_figure
from automind_dash.publication.paper import Paper, drawn_on


@pytest.mark.parametrize("width", [85.0, 180.0])
def test_nothing_overlaps_at_the_width_of_a_column(width):
    thetas = [np.random.default_rng(i).uniform(LOW, HIGH, (50, 28)) for i in range(3)]
    lines = [("#0072b2", "solid"), ("#d55e00", "dashed"), ("#009e73", "dotted")]
    paper = Paper(width, 7.0)
    with drawn_on(paper):
        sheet = overlaid_marginals_figure(
            paper, thetas, ["week_3", "week 5 $", "week 7"], lines, Prior(), ["0.12*"] * 28, list(range(28))
        )
        sheet.canvas.draw()
        shown = [axes for axes in sheet.axes if axes.axison]
        assert len(shown) == 28
        boxes = [axes.get_tightbbox() for axes in shown]
    for one, other in pairwise(boxes):
        assert not one.overlaps(other)
    keys = [text.get_window_extent() for text in sheet.texts]
    assert len(keys) == 3
    assert not any(key.overlaps(box) for key in keys for box in boxes)
