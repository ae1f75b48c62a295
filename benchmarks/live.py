"""`python -m benchmarks.live [--json] [--minutes 10]`: the live bench in Chromium, 2000 neurons at real time.

It measures the frames per second that the page paints, the ms from a knob's event to the first painted frame with its
new value (the browser's clock; median and worst), and the MiB by which the server's memory and the page's heap grow
between the first minute and the end. It needs Chromium and playwright.
"""

from __future__ import annotations

import argparse
import json
import time
from statistics import median
from typing import Any

import psutil

from .page import chromium_page, serve, show_stage

KNOB_EVERY = 5.0
"""s between turns of a knob."""

WARM = 60.0
"""s before the first look at memory, while buffers fill and code is compiled."""

TURN = """(slider, share) => {
  slider.value = Number(slider.min) + share * (slider.max - slider.min);
  slider.dispatchEvent(new Event('input', {bubbles: true}));
}"""


def memory_mib(server: psutil.Process, page: Any, devtools: Any) -> tuple[float, float]:
    """Return MiB of the server's process and of the page's heap after a garbage collection in the page."""
    devtools.send("HeapProfiler.collectGarbage")
    heap = devtools.send("Runtime.getHeapUsage")["usedSize"]
    return server.memory_info().rss / 2**20, heap / 2**20


def begin(page: Any) -> Any:
    """Draw circuits for the example, let one run, and return its canvas."""
    page.get_by_role("button", name="Demo", exact=True).click()
    page.get_by_role("button", name="Load the example", exact=True).click()
    page.get_by_text("synthetic bursting culture — ").first.wait_for()
    page.get_by_role("button", name="Skip the tour", exact=True).click()
    show_stage(page, "Posterior")
    page.get_by_role("button", name="Draw circuits").click()
    page.get_by_text("0 of 500 circuits selected").first.wait_for()
    show_stage(page, "Live")
    page.get_by_role("button", name="Run", exact=True).click()
    canvas = page.locator("canvas[data-frames]").first
    canvas.wait_for()
    return canvas


def measure(address: str, pid: int, minutes: float) -> dict[str, float]:
    """Run the bench and return its figures."""
    with chromium_page(address) as page:
        canvas = begin(page)
        devtools, server = page.context.new_cdp_session(page), psutil.Process(pid)

        def frames() -> int:
            return int(canvas.get_attribute("data-frames"))

        page.wait_for_timeout(3000)
        began, first, latencies, before = time.monotonic(), frames(), [], None
        knob = page.locator(".knob input[type=range]").nth(17)  # b
        while (passed := time.monotonic() - began) < 60 * minutes:
            if before is None and passed > min(WARM, 20 * minutes):
                before = memory_mib(server, page, devtools)
            seen = canvas.get_attribute("data-latency")
            knob.evaluate(TURN, 0.2 + 0.6 * (len(latencies) % 7) / 6)
            page.wait_for_timeout(1000 * KNOB_EVERY)
            now = canvas.get_attribute("data-latency")
            if now is not None and now != seen:
                latencies.append(float(now))
        painted, whole = frames() - first, time.monotonic() - began
        after = memory_mib(server, page, devtools)
    assert before is not None
    return {
        "frames_per_s": painted / whole, "knob_to_picture_ms": median(latencies), "knob_to_picture_worst_ms": max(latencies),
        "memory_growth_mib": sum(after) - sum(before), "server_growth_mib": after[0] - before[0],
        "page_growth_mib": after[1] - before[1], "minutes": whole / 60, "knobs_turned": len(latencies),
    }  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object")
    parser.add_argument("--minutes", type=float, default=10.0)
    given = parser.parse_args()
    process, address = serve("--quiet-arrival")
    try:
        found = measure(address, process.pid, given.minutes)
    finally:
        process.terminate()
        process.wait(20)
    if given.json:
        print(json.dumps(found))
    else:
        print(
            f"{found['frames_per_s']:.1f} frames/s; knob to picture {found['knob_to_picture_ms']:.0f} ms "
            f"(worst {found['knob_to_picture_worst_ms']:.0f}); memory {found['memory_growth_mib']:+.1f} MiB "
            f"in {found['minutes']:.0f} min"
        )


if __name__ == "__main__":
    main()
