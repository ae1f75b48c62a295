"""A served page and a Chromium that watches it: console errors and requests to other hosts fail the test."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.browser.figures import PATIENCE
from tests.browser.known_messages import KNOWN

SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests; skipped where there is none, unless it is required."""
    if CHROMIUM is None:
        if os.environ.get("AUTOMIND_REQUIRE_BROWSER"):
            pytest.fail("Chromium is required but not installed.")
        pytest.skip("Chromium is not installed (apt-get install chromium).")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)  # whatever is waited for comes late on a busy machine
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def server():
    """The page as `automind-dash serve` serves it; gives its address."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    log = SCREENSHOTS / "server.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "automind_dash.cli", "serve", "--port", str(port), "--quiet-arrival"],
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        url = f"http://localhost:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(url, timeout=30).close()
                break
            except OSError:
                if process.poll() is not None:
                    pytest.fail(f"The server ended: {log.read_text()[-2000:]}")
                time.sleep(0.2)
        yield url
        process.terminate()
        process.wait(20)


@pytest.fixture
def open_page(browser, server):
    """Return a function that opens the page at a size; what it logs as an error, or asks of another host, fails the test."""
    contexts, troubles = [], []

    def trouble(text):
        if not any(known in text for known in KNOWN):
            troubles.append(text)

    def open_at(width=1280, height=720):
        context = browser.new_context(viewport={"width": width, "height": height})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: trouble(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: trouble(str(error)))
        page.on(
            "request",
            lambda request: None if request.url.startswith((server, "data:", "blob:")) else trouble(request.url),
        )
        page.goto(server)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert not troubles, troubles


@pytest.fixture
def screenshot():
    """Return a function that keeps a picture for the eye."""

    def keep(page, name):
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png")

    return keep
