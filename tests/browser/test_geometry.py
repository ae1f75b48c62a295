"""The Geometry stage as a person uses it: draw, the global answer, around one circuit, a finder that changes the selection."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.figures import PATIENCE, show_stage


@pytest.mark.parametrize(("width", "height"), [(1280, 720)])
def test_the_shape_of_the_subspace(open_page, screenshot, width, height):
    page = open_page(width, height)
    expect(page.get_by_text("inter-burst interval, mean").first).to_be_visible(timeout=PATIENCE)
    show_stage(page, "Geometry")
    nothing = page.get_by_text("No circuits yet: draw some under Posterior.")
    expect(nothing.filter(visible=True).first).to_be_visible(timeout=PATIENCE)  # Subspace, on the way, says the same
    show_stage(page, "Posterior")
    page.get_by_role("button", name="Draw circuits").click()
    expect(page.get_by_text("0 of 500 circuits selected").first).to_be_visible(timeout=PATIENCE)

    show_stage(page, "Geometry")
    page.get_by_role("button", name="Work out the global geometry").click()
    expect(page.get_by_text(re.compile("^(One piece|Perhaps several|Several pieces)"))).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(re.compile("^Parameters trade off in"))).to_be_visible()
    screenshot(page, "geometry-global")

    page.get_by_role("button", name="Local", exact=True).click()
    page.get_by_role("button", name="Work it out around this circuit").click()
    expect(page.get_by_text(re.compile("Around circuit 0, what the recording fixes most"))).to_be_visible(
        timeout=PATIENCE
    )
    screenshot(page, "geometry-local")

    page.get_by_role("button", name="Finders", exact=True).click()
    page.get_by_role("button", name="Most different pair").click()
    expect(page.get_by_text(re.compile("are the most different"))).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Select these").click()
    show_stage(page, "Subspace")
    expect(page.get_by_text("2 of 500 circuits selected, drawn by")).to_be_visible(timeout=PATIENCE)
