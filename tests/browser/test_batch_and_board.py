"""Batch, compare board and experiment as a person uses them: verify, pause, cancel, mark, rerun, perturb."""

import re

from playwright.sync_api import expect

from tests.browser.figures import open_rhythm, show_stage

PATIENCE = 120_000
"""ms; machines that run this are shared, and the cluster's workers load the engine first."""


def press(page, name, nth=0):
    page.get_by_role("button", name=name).nth(nth).click(timeout=PATIENCE)


def see(page, text):
    expect(page.get_by_text(re.compile(text)).first).to_be_visible(timeout=PATIENCE)


def test_a_batch_its_board_and_an_experiment(open_page, screenshot):
    page = open_page(1280, 900)
    open_rhythm(page)
    show_stage(page, "Posterior")
    press(page, "Draw circuits")
    see(page, "0 of 500 circuits selected")
    show_stage(page, "Simulate")
    press(page, re.compile("Advanced$"))
    duration = page.get_by_role("textbox", name="Duration")
    duration.fill("60")  # s: long enough that 200 take a minute or more
    duration.press("Tab")
    press(page, re.compile("^Verify 200"))
    see(page, r"[3-9] of 200.* a second.* left|\d\d of 200.* a second.* left")
    press(page, re.compile("^Pause$"))
    see(page, "paused; what has begun is finished")
    press(page, re.compile("^Resume$"))
    see(page, r"of 200.* a second")
    see(page, r"Yield \d+/\d+ ")
    press(page, re.compile("^Cancel$"))
    expect(page.get_by_text(re.compile("Simulating 200 circuits")).first).to_be_hidden(timeout=PATIENCE)

    see(page, "Target — synthetic beta rhythm")
    press(page, re.compile("^Pin"))
    see(page, "seed .*, pinned")
    press(page, re.compile("^Other seeds"))
    see(page, r"↻ 5 other seeds: .*\d of 5 consistent")
    press(page, re.compile("^Reject"))
    see(page, "rejected by you")
    screenshot(page, "board")

    show_stage(page, "Experiments")
    press(page, re.compile("Advanced$"))
    most = page.get_by_role("textbox", name="Circuits, at most", exact=True)
    most.fill("2")
    most.press("Tab")
    page.get_by_role("combobox", name=re.compile("^Circuits(?! of)")).click()
    page.get_by_text("the first, as drawn").last.click()
    press(page, re.compile("^Perturb 2"))
    see(page, "Response in")
    screenshot(page, "experiment")
