"""What accessible.js adds to the libraries' widgets, in one page without a server: first that they still lack it, then that it is there.

When a test fails that says a library "still" does something, that part of accessible.js can go.
"""

from importlib.resources import files
from pathlib import Path

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import pytest

from automind_dash.dashboard.mending import accessible

from .static_page import open_static

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
SCRIPT = Path(accessible.__file__).with_suffix(".js").read_text(encoding="utf-8")

LACKING = {
    "button-name": "the arrows of a slider's field",
    "label": "a slider's field",
    "label-content-name-mismatch": "a button with a tooltip, which takes the place of its name",
    "aria-required-children": "the parts of a table",
}
"""axe-core's rules, and what breaks them."""

SCAN = """
async () => {
  const {violations} = await axe.run(document, {rules: {"label-content-name-mismatch": {enabled: true}}, resultTypes: ["violations"]});
  return violations.map(one => one.id);
}
"""
DEEP = """
  const all = (root, found = []) => {
    for (const element of root.querySelectorAll("*")) {
      found.push(element);
      if (element.shadowRoot) all(element.shadowRoot, found);
    }
    return found;
  };
"""


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    """A page of widgets as they come, then with accessible.js once a test asks for it."""
    shown = pn.Column(
        pmui.Button(label="Verify 200", description="Simulate the next circuits"),
        pmui.EditableFloatSlider(label="Prominence", start=0, end=1, value=0.5),
        pmui.Select(label="Order", options=["first", "second"], value="first"),
        pn.widgets.Tabulator(pd.DataFrame({"circuit": [1, 2]}), pagination="local", page_size=1),
    )
    page = open_static(browser, shown, tmp_path_factory.mktemp("page"))
    page.get_by_role("button", name="Next Page").wait_for()
    page.get_by_role("combobox").wait_for()
    page.add_script_tag(content=AXE)
    page.add_script_tag(content=SCRIPT.replace("export function render", "function make_accessible"))
    yield page
    page.close()


@pytest.fixture(scope="module")
def found(page):
    """What a page lacks as the libraries make it; from then on it is accessible."""
    combobox = page.get_by_role("combobox")
    combobox.focus()
    page.keyboard.press("Enter")
    before = {
        "rules": page.evaluate(SCAN),
        "opened": combobox.get_attribute("aria-expanded"),
        "focus kept": focus_kept(page),
    }
    page.evaluate("() => make_accessible()")
    page.wait_for_timeout(500)  # changes are looked at together, after a moment
    return before


def focus_kept(page):
    """Whether a button that was disabled for a moment has the keyboard again."""
    return page.evaluate(f"""async () => {{
      {DEEP}
      const button = all(document).find(element => element.matches("button.MuiButton-root"));
      button.focus();
      button.disabled = true;
      await new Promise(done => setTimeout(done, 200));
      button.disabled = false;
      await new Promise(done => setTimeout(done, 200));
      return button.getRootNode().activeElement == button;
    }}""")


@pytest.mark.parametrize("rule", LACKING)
def test_names_and_roles_that_the_widgets_still_leave_out_are_added(page, found, rule):
    assert rule in found["rules"], f"{LACKING[rule]}: nothing is missing any more"
    assert rule not in page.evaluate(SCAN)


def test_a_choice_that_still_opens_by_mouse_only_opens_by_keyboard(page, found):
    assert found["opened"] == "false"
    page.get_by_role("combobox").focus()
    page.keyboard.press("Enter")
    page.get_by_role("option", name="second").wait_for()
    page.keyboard.press("Escape")


def test_the_keyboard_that_is_still_lost_at_a_disabled_button_stays_there(page, found):
    assert not found["focus kept"]
    assert focus_kept(page)
