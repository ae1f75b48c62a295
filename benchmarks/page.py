"""The page on a free port and a Chromium that shows it, for all benchmarks in the browser."""

from __future__ import annotations

import argparse
import json
import os
import re
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


SHOWN_AGAIN = """
async ([key, text]) => {
  const deep = root => [...root.querySelectorAll("*")].flatMap(e => [e, ...(e.shadowRoot ? deep(e.shadowRoot) : [])]);
  const mark = deep(document).find(e => e.tagName == "BUTTON" && e.textContent.trim().startsWith(text));
  const began = performance.now();
  document.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
  while (!mark.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true})) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return performance.now() - began;
}"""
"""Goes to a stage by its digit and waits until a button of it is seen and painted."""

THEME = """
async () => {
  const deep = root => [...root.querySelectorAll("*")].flatMap(e => [e, ...(e.shadowRoot ? deep(e.shadowRoot) : [])]);
  const button = deep(document).find(e => e.ariaLabel == "Toggle theme");
  const began = performance.now();
  let last = began;
  const observer = new PerformanceObserver(list => {
    for (const task of list.getEntries()) last = Math.max(last, task.startTime + task.duration);
  });
  observer.observe({type: "longtask"});
  button.click();
  await new Promise(done => setTimeout(done, 5000));
  observer.disconnect();
  return last - began;
}"""
"""Changes the theme and returns how long the browser was busy with it, ms."""


def measure(address: str) -> dict[str, float]:
    """Load the page and return times: s of what is loaded, ms of what is shown again."""
    began = time.monotonic()
    with chromium_page(address) as page:
        page.get_by_role("tab", name="Circuits", exact=True).wait_for()
        found = {"bar_s": time.monotonic() - began}
        page.get_by_text(re.compile(r"[1-9]\d* circuits")).first.wait_for()
        found["alive_s"] = time.monotonic() - began
        paint = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
        found["first_paint_s"] = page.evaluate(paint) / 1000
        for stage in ("Posterior", "Subspace", "Features"):
            show_stage(page, stage)
            page.wait_for_timeout(6000)
        found["stage_again_ms"] = page.evaluate(SHOWN_AGAIN, ["2", "Find "])
        page.wait_for_timeout(3000)
        found["theme_ms"] = page.evaluate(THEME)
    return found


def main() -> None:
    """Measure and print; the brush on a quiet page of its own."""
    from .brush import measure as brushed

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object")
    given = parser.parse_args()
    process, address = serve()
    try:
        found = measure(address)
    finally:
        process.terminate()
    process, address = serve("--quiet-arrival")
    try:
        found["brush_10000_ms"] = brushed(address, 8)["median_ms"]
    finally:
        process.terminate()
    load = os.getloadavg()[0]
    lines = [
        f"{name.rpartition('_')[0].replace('_', ' ')}: {value:.3g} {name.rpartition('_')[2]}"
        for name, value in found.items()
    ]
    print(json.dumps(found | {"load": load}) if given.json else "\n".join([*lines, f"load: {load:.1f}"]))


if __name__ == "__main__":
    main()
