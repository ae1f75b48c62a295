"""Ranges on the diagonal of a pair plot: dragged open over a histogram, moved and resized by hand, closed by a double click.

All of them together are one condition; circuits inside all are selected in the browser, without a round trip.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from bokeh.events import DoubleTap, SelectionGeometry
from bokeh.models import BoxAnnotation, ColumnDataSource, CustomJS

from ...widgets.colours import Palette


@cache
def _script() -> str:
    return (Path(__file__).parent / "range_boxes.js").read_text()


class RangeBoxes:
    """One box a quantity, hidden until its range is dragged open."""

    def __init__(self, source: ColumnDataSource) -> None:
        self.boxes: dict[str, BoxAnnotation] = {}
        self._choose = CustomJS(args={"source": source, "boxes": {}}, code=_script())

    def add(self, figure: Any, name: str) -> None:
        """Let a figure whose x axis is this quantity have a range."""
        box = BoxAnnotation(
            left=0, right=0, visible=False, editable=True, resizable="x", movable="x", fill_alpha=0.14, line_width=1.5, level="overlay",
        )  # fmt: skip
        figure.add_layout(box)
        self.boxes[name] = box
        self._choose.args = {**self._choose.args, "boxes": dict(self.boxes)}
        figure.js_on_event(SelectionGeometry, self._choose)
        figure.js_on_event(DoubleTap, self._choose)
        for end in ("left", "right"):
            box.js_on_change(end, self._choose)

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme."""
        for box in self.boxes.values():
            box.update(fill_color=palette.selected, line_color=palette.selected)
