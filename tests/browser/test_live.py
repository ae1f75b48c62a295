"""The live bench as a person uses it: run a circuit, turn knobs by mouse, by keyboard and by typing, compare A and B."""

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.figures import open_rhythm, show_stage

PATIENCE = 90_000


def press(page, name):
    page.get_by_role("button", name=name).first.click(timeout=PATIENCE)


def frames(canvas):
    return int(canvas.get_attribute("data-frames"))


def test_a_running_circuit_answers(open_page, screenshot):
    page = open_page(1280, 900)
    open_rhythm(page)
    show_stage(page, "Posterior")
    press(page, "Draw circuits")
    expect(page.get_by_text("0 of 500 circuits selected").first).to_be_visible(timeout=PATIENCE)
    show_stage(page, "Live")
    press(page, re.compile("^Run$"))
    canvas = page.locator("canvas[data-frames]").first
    expect(canvas).to_be_visible(timeout=PATIENCE)
    before = frames(canvas)
    page.wait_for_timeout(3000)
    assert frames(canvas) > before + 5
    painted = canvas.evaluate("c => c.getContext('2d').getImageData(60, 0, c.width - 60, 100).data.some(v => v > 0)")
    assert painted
    expect(page.get_by_text(re.compile("× real time")).first).to_be_visible(timeout=PATIENCE)
    expect(page.locator("svg[aria-label^='mean rate']").first).to_be_visible(timeout=PATIENCE)

    knob = (
        page.locator(".knob", has_text="b").filter(has=page.get_by_label("spike-triggered adaptation current, E")).first
    )
    slider, field = knob.locator("input[type=range]"), knob.locator("input[type=number]")
    own = field.input_value()
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(canvas).to_have_attribute("data-latency", re.compile(r"\d"), timeout=PATIENCE)
    assert field.input_value() != own
    slider.dblclick()
    expect(field).to_have_value(own)

    press(page, re.compile("^Freeze as A"))
    expect(page.get_by_text("B has A's parameters")).to_be_visible(timeout=PATIENCE)
    field.fill("90")
    field.press("Enter")
    expect(page.get_by_text(re.compile("B differs from A in b .* → 90.0 pA"))).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text(re.compile("A, frozen at")).first).to_be_visible()
    screenshot(page, "live")
    knob.get_by_role("button", name=re.compile("Take A's")).click()
    expect(page.get_by_text("B has A's parameters")).to_be_visible(timeout=PATIENCE)
    field.fill("120")
    field.press("Enter")
    press(page, re.compile("^Swap A and B"))
    expect(page.get_by_text(re.compile("B differs from A in b 120 pA →|B differs from A in b 120 →"))).to_be_visible(
        timeout=PATIENCE
    )
    expect(field).to_have_value(own)

    page.get_by_label("Search parameters").fill("adaptation time")
    expect(page.locator(".knob:visible")).to_have_count(1)
    press(page, re.compile("^Pause$"))
    page.wait_for_timeout(500)
    stood = frames(canvas)
    page.wait_for_timeout(1000)
    assert frames(canvas) == stood
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save figure").last.click()
        page.get_by_role("button", name="SVG", exact=True).click()
    assert "<svg" in Path(saved.value.path()).read_text()
