"""Every text of users on every stage is text: hostile names in every field of a shared view, in Chromium."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from automind_dash.dashboard.state.stages import STAGES
from tests.browser.figures import show_stage
from tests.browser.hostile_view import evil

PATIENCE = 90_000
ROOT = Path(__file__).parents[2]


FOUND = """() => {
  const found = [...(window.struck ?? [])];
  const walk = (root) => {
    for (const element of root.querySelectorAll("*")) {
      if (element.matches(".struck, img[src=x]")) found.push(element.outerHTML);
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  return found;
}"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A server whose estimator has a hostile title and limits, and the address of a hostile shared view on it."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copytree(ROOT / "pretrained" / "bursts", folder / "pretrained" / "bursts")
    subprocess.run([sys.executable, "-m", "tests.browser.hostile_view", str(folder)], check=True, cwd=ROOT)
    path = folder / "pretrained" / "bursts" / "card.json"
    card = json.loads(path.read_text())
    card.update(title=evil("title"), limits=evil("limits"))
    path.write_text(json.dumps(card))
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    given = {"AUTOMIND_PRETRAINED": str(folder / "pretrained"), "AUTOMIND_VIEWS": str(folder / "views")}
    process = subprocess.Popen(
        [sys.executable, "-m", "automind_dash.cli", "serve", "--port", str(port)], env=os.environ | given
    )
    for _ in range(300):
        try:
            socket.create_connection(("localhost", port)).close()
            break
        except OSError:
            assert process.poll() is None
            time.sleep(0.2)
    yield f"http://localhost:{port}", folder
    process.terminate()
    process.wait(60)


def test_no_text_of_users_becomes_html(browser, hostile):
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    page.goto(f"{hostile[0]}/?view={'v' * 22}", timeout=PATIENCE)
    expect(page.get_by_text("class=struck").first).to_be_visible(timeout=PATIENCE)
    for stage in STAGES:
        show_stage(page, stage)
        page.wait_for_timeout(2500)
        assert not page.evaluate(FOUND), stage
        for label in page.get_by_role("combobox").all():
            if label.is_visible() and label.is_enabled():
                label.click()
                page.wait_for_timeout(100)
                page.keyboard.press("Escape")
        for spot in page.locator("canvas").all()[:4]:  # hovered: tooltips
            if spot.is_visible():
                spot.hover(force=True)
                page.wait_for_timeout(100)
        assert not page.evaluate(FOUND), f"{stage}: menus and tooltips"
    named = page.context.new_page()
    named.goto(f"{hostile[0]}/?session=new", timeout=PATIENCE)
    expect(named.get_by_text("synthetic").first).to_be_visible(timeout=PATIENCE)
    named.locator("input[type=file]").first.set_input_files(
        {"name": evil("upload").replace("/", "") + ".npz", "mimeType": "application/zip", "buffer": b"PK nothing"}
    )
    expect(named.get_by_text("class").first).to_be_visible(timeout=PATIENCE)
    assert not named.evaluate(FOUND)
    page.context.close()


def test_the_report_is_text_too(browser, hostile):
    page = browser.new_context().new_page()
    page.goto((hostile[1] / "report.html").as_uri())
    expect(page.get_by_text("class=struck").first).to_be_visible(timeout=PATIENCE)
    page.wait_for_timeout(1500)
    assert not page.evaluate(FOUND)
    page.context.close()
