"""Range sliders over any quantity of a circuit. All of them together are one condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui
from numpy.typing import NDArray

from ....invariance.selection import Everything, Range, Selection
from ...figures.quantity_axes import LABELS, OPTIONS, QUANTITIES

NONE = "for …"

STEPS = 200
"""Of a slider over its range: what can be set by mouse on 240 px."""


class RangeSliders:
    """A menu that adds sliders and a list of them. `changed` is called when one was moved or taken away."""

    def __init__(self, changed: Callable[[], None], span: Callable[[str], tuple[float, float]]) -> None:
        self._changed, self._span = changed, span
        self.sliders: dict[str, Any] = {}
        self.add = pmui.Select(
            label="Add a range slider",
            options={NONE: "", **OPTIONS},
            value="",
            size="small",
            sizing_mode="stretch_width",
        )
        self.add.param.watch(self._picked, "value")
        self._list = pn.Column(sizing_mode="stretch_width", margin=0)
        self.layout = pn.Column(self.add, self._list, sizing_mode="stretch_width", margin=0)

    def _picked(self, event: Any) -> None:
        if event.new:
            self.put(event.new)
            self.add.value = ""

    def put(self, name: str) -> None:
        """Add a slider over a quantity, over all of its range, unless there is one."""
        if name in self.sliders:
            return
        low, high = self._span(name)
        slider = pmui.RangeSlider(
            label=LABELS[name], start=low, end=high, value=(low, high), step=(high - low) / STEPS, size="small",
            sizing_mode="stretch_width", format="0.[000]", description=QUANTITIES[name].meaning,
        )  # fmt: skip
        slider.param.watch(lambda _: self._changed(), "value_throttled")
        remove = pmui.IconButton(
            icon="close",
            size="small",
            description=f"Remove the slider over {LABELS[name]}",
            on_click=lambda _: self.drop(name),
        )
        self.sliders[name] = slider
        self._list.append(pn.Row(slider, remove, sizing_mode="stretch_width", margin=0))

    def drop(self, name: str) -> None:
        """Remove a slider. The circuits that it excluded come back."""
        position = list(self.sliders).index(name)
        self._list.pop(position)
        narrowed = self._bounds(name) != (None, None)
        del self.sliders[name]
        if narrowed:
            self._changed()

    def clear(self) -> None:
        """Remove all sliders without calling `changed`."""
        self.sliders = {}
        self._list.clear()

    def _bounds(self, name: str) -> tuple[float | None, float | None]:
        """Return a slider's range; an end that was not moved is no bound, so that tails beyond the axis stay in."""
        slider = self.sliders[name]
        low, high = slider.value
        return (None if low <= slider.start else low), (None if high >= slider.end else high)

    @property
    def condition(self) -> Selection:
        """The condition as an expression."""
        found: Selection = Everything()
        for name in self.sliders:
            bounds = self._bounds(name)
            if bounds != (None, None):
                found = found & Range(name, *bounds)
        return found

    def inside(self, table: pd.DataFrame) -> NDArray[np.bool_]:
        """(n,) which rows of a table of quantities lie inside all ranges."""
        return self.condition.mask(table)
