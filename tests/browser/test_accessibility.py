"""axe-core finds nothing serious on any stage, in light and dark, and the keyboard reaches every control (WCAG 2.2 AA)."""

import re
from importlib.resources import files

import pytest
from playwright.sync_api import expect

from automind_dash.dashboard.state.stages import STAGES
from tests.browser.figures import show_stage

PATIENCE = 90_000
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()

SCAN = """
async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  // off by default: what stands on a button is part of its name
  const rules = {"label-content-name-mismatch": {enabled: true}};
  const {violations} = await axe.run(document, {runOnly: tags, rules, resultTypes: ["violations"]});
  return violations.filter(one => ["serious", "critical"].includes(one.impact)).map(one => [
    one.id, one.help, one.nodes.slice(0, 3).map(node => [node.html.slice(0, 200), node.failureSummary]),
  ]);
}
"""

OUT_OF_REACH = """
() => {
  const CONTROLS = "button, a[href], input:not([type=hidden]), select, textarea, [role=button], [role=slider], [role=switch]";
  const MOVED_IN_BY_ARROWS = "[role=tablist], [role=grid], [role=radiogroup], [role=listbox]";
  const found = [];
  const walk = node => {
    for (const element of node.querySelectorAll("*")) {
      if (element.shadowRoot) walk(element.shadowRoot);
      if (!element.matches(CONTROLS) || element.disabled || element.ariaDisabled == "true" || !element.checkVisibility()) continue;
      if (element.closest("[aria-hidden=true]") || element.closest(MOVED_IN_BY_ARROWS)) continue;
      const group = element.closest(".MuiToggleButtonGroup-root");  // tab enters it, arrows move in it
      if (group?.querySelector("button[tabindex='0']")) continue;
      if (element.tabIndex < 0) found.push(element.outerHTML.slice(0, 200));
    }
  };
  walk(document);
  return found;
}
"""


FOCUSED = """
() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at?.textContent?.trim() ?? "";
}
"""

CONTRAST = """
async () => {
  const {violations} = await axe.run(document, {runOnly: {type: "rule", values: ["color-contrast"]}, resultTypes: ["violations"]});
  return violations.map(one => [one.id, one.nodes.slice(0, 3).map(node => [node.html.slice(0, 200), node.failureSummary])]);
}
"""


def settled(page, scan):
    """What a scan finds, and still finds when the page has had time to draw; what only passes by is not held against it."""
    for _ in range(10):
        found = page.evaluate(scan)
        if not found:
            break
        page.wait_for_timeout(2000)
    return found


@pytest.mark.parametrize("stages", [STAGES[:3], STAGES[3:6], STAGES[6:]], ids="-".join)
def test_stages_in_light_and_dark(open_page, stages):
    """A page of its own for every three: stages stay in the page once opened, and axe-core looks at what is hidden, too."""
    page = open_page()
    page.set_default_timeout(PATIENCE)
    expect(page.get_by_text("synthetic bursting culture —").first).to_be_visible(timeout=PATIENCE)
    show_stage(page, "Posterior")
    page.get_by_role("button", name="Draw circuits").click()
    expect(page.get_by_text(re.compile("of 500 circuits selected")).first).to_be_visible(timeout=PATIENCE)
    page.evaluate(AXE)
    found = {}
    for stage in stages:
        show_stage(page, stage)
        page.wait_for_timeout(1000)
        found["light", stage] = settled(page, SCAN)
        found["keyboard", stage] = page.evaluate(OUT_OF_REACH)
    page.get_by_role("button", name="Toggle theme").click()
    for stage in stages:
        show_stage(page, stage)
        page.wait_for_timeout(500)
        found["dark", stage] = settled(page, CONTRAST)
    assert not {where: what for where, what in found.items() if what}


def test_choices_tables_and_buttons_by_keyboard(open_page):
    """A button that works is disabled meanwhile: the next Tab once began at the top of the page."""
    page = open_page()
    page.set_default_timeout(PATIENCE)
    expect(page.get_by_text("synthetic bursting culture —").first).to_be_visible(timeout=PATIENCE)
    choice = page.get_by_role("combobox", name="Show")
    choice.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    page.wait_for_timeout(1000)
    choice.focus()
    for _ in range(30):  # there were hundreds of cells to go through, and focus was nowhere meanwhile
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED).endswith("Save figure"):
            break
    assert page.evaluate(FOCUSED).endswith("Save figure"), "the button that saves the figure below the table"

    show_stage(page, "Posterior")
    draw = page.get_by_role("button", name="Draw circuits")
    draw.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("of 500 circuits selected")).first).to_be_visible(timeout=PATIENCE)
    expect(draw).to_be_enabled()
    page.wait_for_function(f"() => ({FOCUSED})() == 'Draw circuits'")
