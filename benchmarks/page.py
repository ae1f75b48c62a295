"""The page on a free port and a Chromium that shows it, for all benchmarks in the browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from automind_dash.dashboard.state.stages import ACTS, act_of

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--use-gl=angle",
    "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
]  # fmt: skip


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def serve(*options: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start the page on a free port, with options of `automind-dash serve`, and return its process and address once it answers."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "automind_dash.cli", "serve", "--port", str(port), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://localhost:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/health", timeout=30).close()
            return process, address
        except OSError:
            time.sleep(0.2)
    process.terminate()
    raise RuntimeError("The page did not come up within a minute.")


@contextmanager
def chromium_page(address: str) -> Iterator[Any]:
    """Give a page of 1920 × 1080 that shows the address, with a timeout of two minutes."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"), args=ARGUMENTS
        )
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.set_default_timeout(120_000)
        page.goto(address)
        yield page
        browser.close()


def show_stage(page: Any, name: str) -> None:
    """Go to a stage: to its act, and there to its tab."""
    act = act_of(name)
    page.get_by_role("tab", name=act, exact=True).click()
    if len(ACTS[act]) > 1:
        page.get_by_role("tab", name=name, exact=True).click()
