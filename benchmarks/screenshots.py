"""Pictures of every stage in four sizes and both themes: `python -m benchmarks.screenshots [--recording FILE] [--out docs/screens]`.

One page is served and comes alive; then its window takes every size. The pictures are WebP, the large ones at half their width: some
megabytes in all. `docs/page.webp`, which the README shows, is the subspace at 1280 × 720.
"""

from __future__ import annotations

import argparse
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from automind_dash.dashboard.state.stages import STAGES, act_of

from .page import chromium_page, serve

SIZES = ((1024, 768), (1280, 720), (1920, 1080), (3840, 2160))
THEMES = ("light", "dark")
WIDEST = 1280
"""px of a picture."""


def picture(page: Any, file: Path) -> int:
    """Write what is seen and return how many bytes it takes."""
    seen = Image.open(BytesIO(page.screenshot())).convert("RGB")
    if seen.width > WIDEST:
        seen = seen.resize((WIDEST, seen.height * WIDEST // seen.width), Image.Resampling.LANCZOS)
    file.parent.mkdir(parents=True, exist_ok=True)
    seen.save(file, "WEBP", quality=50, method=6)
    return file.stat().st_size


def alive(page: Any, recording: Path | None) -> None:
    """Wait until the recording that is looked at has its circuits and their simulations."""
    page.get_by_role("tab", name="Circuits", exact=True).wait_for()
    if recording is not None:
        page.wait_for_timeout(5000)
        page.locator("input[type=file]").first.set_input_files(recording)
        page.get_by_text(recording.name.partition(".")[0]).first.wait_for()
    for _ in range(120):
        if page.get_by_text("4 simulated").count():
            return
        page.wait_for_timeout(2000)


def take_all(out: Path, recording: Path | None, rest: int, address: str) -> int:
    """Take the pictures and return their bytes. rest: ms that a stage gets to draw."""
    total = 0
    with chromium_page(address) as page:
        alive(page, recording)
        for stage in STAGES:  # each is made when it is first shown
            _go(page, stage, 5 * rest)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                for stage in STAGES:
                    _go(page, stage, rest)
                    total += picture(page, out / f"{theme}-{width}" / f"{stage.lower()}.webp")
                    if (stage, width, theme) == ("Subspace", 1280, "light"):
                        total += picture(page, out.parent / "page.webp")
                page.get_by_role("button", name="Toggle theme").click()
                page.wait_for_timeout(rest)
    return total


def _go(page: Any, stage: str, rest: int) -> None:
    page.mouse.move(4, 4)
    page.keyboard.press(str((STAGES.index(stage) + 1) % 10))
    page.get_by_role("tab", name=act_of(stage), selected=True).wait_for()
    page.locator("nav[aria-busy=false]").wait_for()
    page.wait_for_timeout(rest)


def main() -> None:
    """Take all pictures and say how many megabytes they are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/screens"))
    parser.add_argument("--recording", type=Path, help="another than the example")
    parser.add_argument("--rest", type=int, default=2500, help="ms that a stage gets to draw")
    given = parser.parse_args()
    process, address = serve()
    try:
        total = take_all(given.out, given.recording, given.rest, address)
    finally:
        process.terminate()
    print(f"{len(SIZES) * len(THEMES) * len(STAGES)} pictures, {total / 1e6:.1f} MB, in {given.out}")


if __name__ == "__main__":
    main()
