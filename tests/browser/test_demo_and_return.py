"""The guided tour as an audience sees it; its tab is closed while circuits run, and found again with what ran meanwhile."""

import re
import time

from playwright.sync_api import expect

from tests.browser.known_messages import KNOWN

PATIENCE = 90_000
"""ms; machines that run this are shared, and the first draw waits for torch."""

CLOSING = 10
"""s after which even a server with both cores taken has heard that a tab was closed."""


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click(timeout=PATIENCE)


def brought_up(page, button):
    """Wait until the stage stands right below the tour's card, also on a small screen. button: at the top of the stage."""
    deadline = time.time() + PATIENCE / 1000
    while page.get_by_role("button", name=button).bounding_box()["y"] > 0.5 * page.viewport_size["height"]:
        assert time.time() < deadline, f"{button} is still far down"
        page.wait_for_timeout(200)
    expect(page.get_by_role("button", name="Next", exact=True)).to_be_in_viewport()


def test_the_tour_and_coming_back_to_it(open_page, screenshot):
    page = open_page()
    press(page, "Demo")
    press(page, "Load the example")
    expect(page.get_by_text(re.compile("synthetic bursting culture — ")).first).to_be_visible(timeout=PATIENCE)
    press(page, "Next")
    press(page, "Next")
    press(page, "Draw 500 circuits")
    expect(page.get_by_text("0 of 500 circuits selected").first).to_be_visible(timeout=PATIENCE)
    brought_up(page, "Draw circuits")
    screenshot(page, "tour")
    press(page, "Next")
    press(page, "Select 4 circuits")
    expect(page.get_by_text("4 of 500 circuits selected").first).to_be_visible(timeout=PATIENCE)
    press(page, "Next")
    expect(page.get_by_role("button", name="Simulate 4")).to_be_enabled(timeout=PATIENCE)
    press(page, "Run them")
    expect(page.get_by_text(re.compile("Simulating 4 circuits")).first).to_be_visible(timeout=PATIENCE)
    context, address = page.context, page.url
    assert "session=" in address
    page.close()
    errors = []
    # a busy server hears of the closing after the next page load, which then rightly begins a session of its own
    time.sleep(CLOSING)

    again = context.new_page()
    again.on("pageerror", lambda error: errors.append(str(error)))
    again.goto(address.split("?")[0])
    expect(again.get_by_text("4 of 500 circuits selected").first).to_be_visible(timeout=PATIENCE)
    expect(again.get_by_text(re.compile(r"Yield \d+/4 ")).first).to_be_visible(timeout=2 * PATIENCE)
    expect(again.get_by_text(re.compile("come back within 60 minutes"))).to_be_visible()
    screenshot(again, "come-back")
    assert not [error for error in errors if not any(known in error for known in KNOWN)]


REDRAWS = """
() => {
  const table = Bokeh.Models.get("panel.models.tabulator.DataTabulator").prototype.default_view.prototype;
  const redraw = table.redraw;
  window.redraws = [];
  table.redraw = function (...how) { if (this.el.checkVisibility()) window.redraws.push(this.model.id); return redraw.apply(this, how); };
}
"""


def test_a_page_at_rest_rests_and_a_change_of_theme_draws_a_table_anew_once(open_page):
    """A table that waited for stylesheets asked for them without a pause, for ever, with all of a processor. With a change of theme it
    was drawn anew for every one of them, and they came twice: twelve times, seconds in which the page was deaf.
    """
    page = open_page()
    expect(page.get_by_text("synthetic bursting culture —").first).to_be_visible(timeout=PATIENCE)
    page.wait_for_timeout(5000)
    page.set_viewport_size({"width": 1200, "height": 700})
    page.wait_for_timeout(3000)
    client = page.context.new_cdp_session(page)
    client.send("Performance.enable")

    def worked():
        return {one["name"]: one["value"] for one in client.send("Performance.getMetrics")["metrics"]}["TaskDuration"]

    before = worked()
    page.wait_for_timeout(4000)
    assert worked() - before < 2, "s of work in four seconds without anything to do"

    page.evaluate(REDRAWS)
    page.get_by_role("button", name="Toggle theme").click()
    page.wait_for_timeout(6000)
    redraws = page.evaluate("window.redraws")
    assert 0 < len(redraws) <= 4, "redraws of the one table in sight"
