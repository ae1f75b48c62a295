"""Typing into a number field: what counts, what is put back, and that nothing typed is appended to what stood there."""

from playwright.sync_api import expect

from tests.browser.figures import show_stage

PATIENCE = 90_000


def test_what_is_typed_counts_within_the_range(open_page):
    page = open_page()
    show_stage(page, "Simulate")
    field = page.get_by_role("textbox", name="If none is selected: the first")
    field.click(timeout=PATIENCE)
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(field).to_have_value("3")
    page.keyboard.type("4")  # without leaving the field
    page.keyboard.press("Enter")
    expect(field).to_have_value("34")
    field.fill("99999")
    field.press("Tab")
    expect(field).to_have_value("2000")
    for nothing in ("", "many"):
        field.fill(nothing)
        field.press("Tab")
        expect(field).to_have_value("2000")
    for typed, counts in (("1,234", "1234"), ("0x10", "1234"), ("0,125", "1"), ("2e2", "200"), ("99999", "2000")):
        field.fill(typed)
        field.press("Tab")
        expect(field).to_have_value(counts)
    field.press("ArrowDown")
    expect(field).to_have_value("1999")
    page.get_by_role("button", name="Increase If none is selected: the first").click()
    expect(field).to_have_value("2000")
