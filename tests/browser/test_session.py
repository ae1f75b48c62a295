"""A session saved to a file and opened again, a link to a view, and the exports of the table."""

import re
import zipfile

import pandas as pd
from playwright.sync_api import expect

from tests.browser.figures import open_rhythm, show_stage

PATIENCE = 90_000


def saved(page, press, tmp_path, name):
    with page.expect_download(timeout=PATIENCE) as download:
        press()
    path = tmp_path / name
    download.value.save_as(path)
    return path


def test_saving_opening_sharing_and_exporting(open_page, screenshot, tmp_path):
    page = open_page(1280, 900)
    open_rhythm(page)
    show_stage(page, "Posterior")
    page.get_by_role("button", name="Draw circuits").click(timeout=PATIENCE)
    expect(page.get_by_text("0 of 500 circuits selected").first).to_be_visible(timeout=PATIENCE)
    show_stage(page, "Simulate")
    first = page.get_by_role("textbox", name="If none is selected: the first")
    first.fill("2")
    first.press("Enter")
    page.get_by_role("button", name="Simulate 2", exact=True).click(timeout=PATIENCE)
    expect(page.get_by_text(re.compile("Yield .*/2 ")).first).to_be_visible(timeout=4 * PATIENCE)
    found = page.get_by_text(re.compile("Yield .*/2 ")).first.inner_text()

    session = saved(page, page.get_by_role("button", name="Save session").click, tmp_path, "mine.automind")
    assert "session.json" in zipfile.ZipFile(session).namelist()
    table = saved(page, page.get_by_role("button", name=re.compile(r"^Export \(all\)")).click, tmp_path, "all.csv")
    assert len(pd.read_csv(table)) == 500
    page.get_by_role("button", name="Share link").click()
    link = page.get_by_label("Link to this view, on this server")
    expect(link).to_have_value(re.compile(r"\?view=[\w-]{22}$"), timeout=PATIENCE)
    address = link.input_value()

    shared = page.context.browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    shared.goto(address, timeout=PATIENCE)
    expect(shared.get_by_text(found).first).to_be_visible(timeout=PATIENCE)
    screenshot(shared, "shared-view")
    shared.context.close()

    other = page.context.new_page()
    other.goto(address.split("?")[0] + "?session=new")
    expect(other.get_by_text("synthetic bursting culture").first).to_be_visible(timeout=PATIENCE)
    other.locator("input[type=file]").first.set_input_files(session)
    expect(other.get_by_text(found).first).to_be_visible(timeout=PATIENCE)
    # the example that the new page came with gave way to the one in the file
    expect(other.get_by_role("button", name="Remove synthetic bursting culture")).to_have_count(1)

    broken = tmp_path / "broken.automind"
    broken.write_bytes(session.read_bytes()[:5000])
    other.locator("input[type=file]").first.set_input_files(broken)
    expect(other.get_by_text(re.compile("broken.automind cannot be opened")).first).to_be_visible(timeout=PATIENCE)
    expect(other.get_by_text(found).first).to_be_visible()
