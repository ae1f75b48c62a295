"""`python -m benchmarks.brush [--json]`: the time from releasing the mouse to the redrawn pair plot, with 10 000 circuits, in Chromium.

Needs Chromium and the test extras (playwright). Boxes are dragged. The browser's clock runs from pointerup to the
second animation frame after the selection changed, when all panels and the diagonal are painted.
"""

from __future__ import annotations

import argparse
import json
import re
from statistics import median

from .page import chromium_page, serve, show_stage

CIRCUITS = 10_000

PANELS = """() => {
  const views = [...Bokeh.index];
  for (let i = 0; i < views.length; i++) views.push(...(views[i].children ? views[i].children() : []));
  const panels = views.filter(v => v.model.type === 'Figure' && v.model.tags.length === 2);
  panels[0].el.scrollIntoView({block: 'start'});
  return panels.map(v => {
    const box = v.el.getBoundingClientRect(), frame = v.frame.bbox;
    return [box.left + frame.left, box.top + frame.top, frame.width, frame.height];
  }).filter(([left, top, width, height]) => top > 60 && top + height < innerHeight && width > 20);
}"""

CLOCK = """() => {
  const models = Bokeh.documents.flatMap(d => [...d._all_models.values()]);
  const source = models.find(m => m.type === 'ColumnDataSource' && m.data.number && m.data.state);
  window.taken = [];
  window.addEventListener('pointerup', () => { window.released = performance.now(); }, true);
  source.selected.properties.indices.change.connect(() => requestAnimationFrame(() => requestAnimationFrame(
    () => window.taken.push(performance.now() - window.released))));
  return source.data.number.length;
}"""


def measure(address: str, drags: int) -> dict[str, float]:
    """Drag boxes in the panels of four parameters and return the times, ms."""
    with chromium_page(address) as page:
        page.get_by_text("synthetic bursting culture").first.wait_for()
        show_stage(page, "Posterior")
        page.get_by_role("button", name="▸ Advanced").click()
        for label, value in (("Circuits to keep", CIRCUITS), ("Oversampling", 1)):
            field = page.get_by_role("textbox", name=label)
            field.fill(str(value))
            field.press("Enter")
        page.get_by_role("button", name="Draw circuits").click()
        page.get_by_text(re.compile(f"0 of {CIRCUITS} circuits selected")).first.wait_for()
        show_stage(page, "Subspace")
        page.get_by_text("Drag a box in any panel").wait_for()
        page.wait_for_timeout(5000)
        circuits = page.evaluate(CLOCK)
        panels = page.evaluate(PANELS)
        for k in range(drags):
            left, top, width, height = panels[k % len(panels)]
            a, b = 0.1 + 0.05 * (k % 5), 0.5 + 0.05 * (k % 7)
            page.mouse.move(left + a * width, top + a * height)
            page.mouse.down()
            page.mouse.move(left + b * width, top + b * height, steps=6)
            page.mouse.up()
            page.wait_for_timeout(2500)
        taken = page.evaluate("() => window.taken")
    return {"circuits": circuits, "drags": len(taken), "median_ms": median(taken), "worst_ms": max(taken)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object")
    parser.add_argument("--drags", type=int, default=20)
    given = parser.parse_args()
    process, address = serve("--quiet-arrival")
    try:
        found = measure(address, given.drags)
    finally:
        process.terminate()
        process.wait(20)
    if given.json:
        print(json.dumps(found))
    else:
        print(f"{found['circuits']} circuits: brush to redraw {found['median_ms']:.0f} ms (median of {found['drags']}), "
              f"{found['worst_ms']:.0f} ms at worst")  # fmt: skip


if __name__ == "__main__":
    main()
