"""Stages come and go in the browser, before the server has heard of it."""

from tests.browser.figures import PATIENCE, show_stage

SEEN_AT_ONCE = """
([key, text]) => {
  const deep = root => [...root.querySelectorAll("*")].flatMap(e => [e, ...(e.shadowRoot ? deep(e.shadowRoot) : [])]);
  const seen = text => deep(document).some(e => e.tagName == "BUTTON" && e.textContent.trim().startsWith(text)
    && e.checkVisibility({visibilityProperty: true}));
  const before = seen(text);
  document.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
  return [before, seen(text)];
}"""


def test_stages_seen_before_are_there_at_once_and_stages_left_while_made_do_no_harm(open_page):
    """What goes wrong is told to the console, which `open_page` listens to."""
    page = open_page()
    show_stage(page, "Posterior")
    page.get_by_role("button", name="Draw circuits").wait_for(timeout=PATIENCE)
    show_stage(page, "Features")
    page.get_by_role("button", name="Draw circuits").wait_for(state="hidden", timeout=PATIENCE)
    assert page.evaluate(SEEN_AT_ONCE, ["2", "Draw circuits"]) == [False, True]
    assert page.evaluate(SEEN_AT_ONCE, ["1", "Draw circuits"]) == [True, False]
    page.wait_for_timeout(2000)  # the server has followed
    assert page.evaluate(SEEN_AT_ONCE, ["2", "Draw circuits"]) == [False, True]

    page.get_by_role("button", name="Draw circuits").click(timeout=PATIENCE)
    page.get_by_text("0 of 500 circuits selected").first.wait_for(timeout=PATIENCE)
    for wait in (150, 400, 150):
        for key in "2345678901":
            page.keyboard.press(key)
            page.wait_for_timeout(wait)
    show_stage(page, "Posterior")
    page.get_by_role("button", name="Draw circuits").wait_for(timeout=PATIENCE)
