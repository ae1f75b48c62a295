"""The whole main job as a person does it, on a real recording: load, features, draw, brush, simulate, see distances."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.figures import PATIENCE, all_laid_out, box_of, drag, painted, show_stage
from tests.shared_data import SHARED

CULTURE = SHARED / "mea_culture_mouse/TC89_DIV25_A.h5"


@pytest.mark.skipif(not CULTURE.exists(), reason="the real recordings (../shared/data) are not here")
def test_a_recording_becomes_consistent_circuits(open_page, screenshot):
    page = open_page()
    expect(page.get_by_text("synthetic bursting culture").first).to_be_visible(timeout=PATIENCE)
    page.locator("input[type=file]").first.set_input_files(CULTURE)
    expect(page.get_by_text(re.compile("TC89_DIV25_A — 59 units, 911.6 s"))).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("inter-burst interval, mean").first).to_be_visible(timeout=PATIENCE)
    screenshot(page, "features")

    show_stage(page, "Posterior")
    page.get_by_role("button", name="Advanced").click(timeout=PATIENCE)
    expect(page.get_by_role("combobox", name="Estimator")).to_have_text("Network bursts", timeout=PATIENCE)
    page.get_by_role("button", name="Draw circuits").click()
    expect(page.get_by_text("0 of 500 circuits selected").first).to_be_visible(timeout=PATIENCE)
    screenshot(page, "posterior")

    show_stage(page, "Subspace")
    expect(page.get_by_text("Drag a box in any panel")).to_be_visible(timeout=PATIENCE)
    painted(page)
    drag(page, box_of(page, ["params_Epop.tau_w", "params_Epop.b"]), (0.02, 0.05), (0.8, 0.8))
    expect(page.get_by_text(re.compile(r"[1-9]\d* of 500 circuits selected, drawn by")).first).to_be_visible(
        timeout=PATIENCE
    )
    screenshot(page, "subspace")

    tick_four(page)
    show_stage(page, "Simulate")
    button = page.get_by_role("button", name="Simulate 4")
    expect(button).to_be_enabled(timeout=PATIENCE)
    button.click()
    expect(page.get_by_text(re.compile(r"Yield \d/4 "))).to_be_visible(timeout=4 * PATIENCE)
    all_laid_out(page)
    screenshot(page, "simulate")
    show_stage(page, "Subspace")
    all_laid_out(page)


def tick_four(page):
    """Select four circuits through the one selection that every view shares."""
    page.evaluate(
        """() => {
            const documents = Bokeh.documents.flatMap(d => [...d._all_models.values()]);
            const source = documents.find(m => m.type === 'ColumnDataSource' && m.data.number && m.data.state);
            source.selected.indices = [0, 1, 2, 3];
        }"""
    )


def test_light_and_dark(open_page, screenshot):
    page = open_page(1920, 1080)
    expect(page.get_by_text("synthetic bursting culture").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("inter-burst interval, mean").first).to_be_visible(timeout=PATIENCE)
    screenshot(page, "light-1920")
    page.get_by_label("Toggle theme").click()
    page.wait_for_timeout(1500)
    screenshot(page, "dark-1920")


def test_a_bad_file_is_one_sentence_and_what_was_there_stays(open_page, tmp_path):
    page = open_page()
    expect(page.get_by_text("synthetic bursting culture").first).to_be_visible(timeout=PATIENCE)
    bad = tmp_path / "broken.nwb"
    bad.write_bytes(b"not an HDF5 file at all")
    page.locator("input[type=file]").first.set_input_files(bad)
    expect(page.get_by_text("broken.nwb").first).to_be_visible(timeout=PATIENCE)
    for name, length in (("damaged", 5000), ("again", 6000)):
        session = tmp_path / f"{name}.automind"
        session.write_bytes(b"PK\x03\x04" + bytes(length))
        page.locator("input[type=file]").first.set_input_files(session)
        expect(page.get_by_text(re.compile(f"{name}.automind cannot be opened")).first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(re.compile("synthetic bursting culture — 60 units"))).to_be_visible()
