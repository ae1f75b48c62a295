"""Moving in the subspace as a person does: hold a parameter, walk a path between two circuits, make up for a change."""

import re

from playwright.sync_api import expect

from tests.browser.figures import PATIENCE, show_stage


def press(page, name):
    page.get_by_role("button", name=name).first.click(timeout=PATIENCE)


def seen(page, pattern):
    expect(page.get_by_text(re.compile(pattern)).first).to_be_visible(timeout=PATIENCE)


def slide(page, name, key, times=1):
    handle = page.get_by_role("slider", name=re.compile(name)).last
    handle.focus()
    for _ in range(times):
        page.keyboard.press(key)


def test_hold_walk_and_compensate(open_page, screenshot):
    page = open_page()
    seen(page, "synthetic bursting culture")
    show_stage(page, "Posterior")
    press(page, "Draw circuits")
    seen(page, "0 of 500 circuits selected")
    show_stage(page, "Move")

    seen(page, "4000 draws of Network bursts, not pruned")
    page.get_by_role("combobox", name="Hold a parameter").click()
    page.get_by_text(re.compile("adaptation time constant")).last.click(timeout=PATIENCE)
    slide(page, "τ_w", "PageDown", 15)
    seen(page, r"τ_w 5\.00 to \d+ ms\. The dynamics allow it: the condition holds \d+ % of the posterior")
    seen(page, "Medians that move most")
    screenshot(page, "hold")
    press(page, "Add 12 of these circuits")
    seen(page, "12 of 512 circuits selected")

    press(page, "Walk a path")
    press(page, "Find the path")
    seen(page, "The (path|straight line from circuit)")
    seen(page, "Point 0 — ")
    slide(page, "Walk", "ArrowRight", 10)
    seen(page, "Point 10 — ")
    screenshot(page, "path")

    press(page, "Compensate")
    slide(page, "τ_w .* to", "End")
    seen(page, "(Changing τ_w alone costs|Nothing to make up for)")
    press(page, "Run all three")
    seen(page, "Compensated — ")
    screenshot(page, "compensate")
