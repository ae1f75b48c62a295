"""Brushing across panels: what is boxed in the pair plot, on its diagonal or over the parallel coordinates is one selection everywhere."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.figures import PATIENCE, box_of, drag, painted, show_stage

COUNT = re.compile(r"^\s*(\d+) of 500 circuits selected, drawn by")
TAU_W, B = "params_Epop.tau_w", "params_Epop.b"
AXIS = (18 + 0.4) / 27.8
"""Where τ_w's axis stands over the width of the parallel coordinates."""


def told(page, fits):
    """Wait until plot and table tell of the same number of selected circuits for a second, and of one that fits; return it."""
    before, rests = None, 0  # while the mouse is dragged the number grows
    for _ in range(PATIENCE // 200):
        found = [COUNT.match(text) for text in page.get_by_text(COUNT).all_inner_texts()]
        counts = {int(match.group(1)) for match in found if match}
        rests = rests + 1 if counts == before else 0
        before = counts
        if rests >= 5 and len(counts) == 1 and fits(min(counts)):
            return min(counts)
        page.wait_for_timeout(200)
    pytest.fail(f"The page tells of {counts} selected circuits.")


def extremes(page):
    """Return the smallest and the largest τ_w of the selected circuits, ms."""
    return page.evaluate(
        """name => {
            const models = Bokeh.documents.flatMap(d => [...d._all_models.values()]);
            const {data, selected} = models.find(m => m.type === 'ColumnDataSource' && m.data.number && m.data.state);
            const values = selected.indices.map(i => data[name][i]);
            return [Math.min(...values), Math.max(...values)];
        }""",
        TAU_W,
    )


def test_one_selection_whatever_is_brushed(open_page, screenshot):
    page = open_page()
    show_stage(page, "Posterior")
    page.get_by_role("button", name="Draw circuits").click(timeout=PATIENCE)
    expect(page.get_by_text("0 of 500 circuits selected").first).to_be_visible(timeout=PATIENCE)
    show_stage(page, "Subspace")
    painted(page)

    drag(page, box_of(page, [TAU_W, B]), (0.1, 0.1), (0.7, 0.9))
    in_panel = told(page, lambda n: n > 0)

    drag(page, box_of(page, [TAU_W]), (0.02, 0.3), (0.15, 0.6))
    on_diagonal = told(page, lambda n: n not in (0, in_panel))
    assert 300 < extremes(page)[0] < extremes(page)[1] < 3_100, "the box went from 2 to 15 % of 5 to 20 000 ms"

    page.keyboard.down("Shift")
    drag(page, box_of(page, [TAU_W]), (0.15, 0.3), (0.6, 0.6))
    page.keyboard.up("Shift")
    more = told(page, lambda n: n > on_diagonal)
    assert extremes(page)[0] < 3_000 < extremes(page)[1]
    screenshot(page, "brushed")

    drag(page, box_of(page, ["parallel"]), (AXIS - 0.01, 0.99), (AXIS + 0.01, 0.84))
    told(page, lambda n: n not in (0, more) and extremes(page)[1] < 3_000)  # the lowest 14 % of its axis
    screenshot(page, "brushed-parallel")
