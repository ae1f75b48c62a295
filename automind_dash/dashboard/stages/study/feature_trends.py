"""A study's features against its order: a line for each replicate, colours for conditions, and what the mixed model says below."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
from bokeh.models import ColumnDataSource, HoverTool
from bokeh.plotting import figure
from numpy.typing import NDArray

from ....features import FEATURES
from ....study.effects import FEATURE, TESTED, Effects
from ....study.telling.sentences import of_effect
from ...widgets.colours import Palette
from ...widgets.plain_text import plain
from .arrangement import Placed, marks_of

HEIGHT = 168

TOGETHER = 2
"""Figures that are made at once, before the page may answer."""


class FeatureTrends:
    """`layout`: a figure for each tested feature, made once, when there is first something to show. made: called with the
    figures whenever they are all drawn."""

    def __init__(self, palette: Palette, made: Callable[[list[Any]], Any]) -> None:
        self.lines = {name: ColumnDataSource({"xs": [], "ys": []}) for name in TESTED}
        self.dots = {
            name: ColumnDataSource({key: [] for key in ("x", "y", "colour", "marker", "where")}) for name in TESTED
        }
        self.said = {name: plain(small=True, margin=(0, 10, 8, 10)) for name in TESTED}
        self._quiet: list[Any] = []
        self._palette, self._made = palette, made
        self.figures: dict[str, Any] = {}
        self.layout = pn.FlexBox(sizing_mode="stretch_width", align_items="flex-start")

    def _figure(self, name: str) -> Any:
        spec = FEATURES[name]
        fig = figure(
            height=HEIGHT, sizing_mode="stretch_width", tools="save", toolbar_location=None, title=spec.label,
            y_axis_type="log" if spec.transform == "log10" else "linear", y_axis_label=None if spec.unit == "1" else spec.unit,
            min_border_left=52,
        )  # fmt: skip
        fig.title.text_font_size = "12px"
        fig.xaxis.ticker.desired_num_ticks, fig.yaxis.ticker.desired_num_ticks = 5, 4
        fig.axis.minor_tick_line_color = None
        fig.xgrid.visible = False
        self._quiet.append(fig.multi_line(xs="xs", ys="ys", source=self.lines[name], line_width=1.2, line_alpha=0.7))
        self._quiet[-1].glyph.line_color = self._palette.dead
        dots = fig.scatter(
            x="x", y="y", fill_color="colour", line_color="colour", marker="marker", size=7, source=self.dots[name]
        )
        fig.add_tools(HoverTool(renderers=[dots], tooltips=[("", "@where"), (spec.label, "@y{0.000}")]))
        return fig

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme; the conditions' own come with `show`."""
        self._palette = palette
        for line in self._quiet:
            line.glyph.line_color = palette.dead

    def show(
        self, places: list[Placed], features: pd.DataFrame, colours: dict[str, str], axis: str, effects: Effects | None, replicate: str
    ) -> Iterator[None]:  # fmt: skip
        """Show the features of recordings, a few figures before each yield. features: one row for each recording, one column for each
        feature; axis: the order's name.
        """
        known = [place for place in places if place.recording in features.index]
        marks = marks_of(list(dict.fromkeys(place.replicate for place in places)))
        ordered = any(np.isfinite(place.at) for place in known)
        x = np.array([place.at if ordered else i + 1.0 for i, place in enumerate(known)])
        for first in range(0, len(TESTED), TOGETHER):
            names = TESTED[first : first + TOGETHER]
            new = [name for name in names if name not in self.figures]
            self.figures |= {name: self._figure(name) for name in new}
            for name in names:
                there = name in features
                self.figures[name].visible = self.said[name].visible = there
                if there:
                    y = features.loc[[place.recording for place in known], name].to_numpy(dtype=np.float64)
                    self._put(name, known, x, y, marks, colours)
                    self.figures[name].xaxis.axis_label = axis
                    self.said[name].object = sentences_on(name, effects, replicate)
            if new:  # with their data, without which an axis of logarithms cannot be laid out
                self.layout.extend([self._cell(name) for name in new])
            yield
        self._made(list(self.figures.values()))

    def _cell(self, name: str) -> Any:
        grow = {"flex": "1 1 250px", "min-width": "0"}
        return pn.Column(
            pn.pane.Bokeh(self.figures[name], sizing_mode="stretch_width"), self.said[name], styles=grow, margin=0
        )

    def _put(
        self, name: str, known: list[Placed], x: NDArray[np.float64], y: NDArray[np.float64], marks: dict[str, str], colours: dict[str, str]
    ) -> None:  # fmt: skip
        """Exchange the data of one figure."""
        if FEATURES[name].transform == "log10":
            y = np.where(y > 0, y, np.nan)
        good = np.isfinite(x) & np.isfinite(y)
        groups = [np.array([place.replicate == one for place in known], dtype=bool) & good for one in marks]
        ordered = any(np.isfinite(place.at) for place in known)
        self.lines[name].data = {
            "xs": [x[group] for group in groups] if ordered else [],
            "ys": [y[group] for group in groups] if ordered else [],
        }
        seen = [place for place, ok in zip(known, good, strict=True) if ok]
        self.dots[name].data = {
            "x": x[good], "y": y[good], "colour": [colours.get(place.condition, "#888888") for place in seen],
            "marker": [marks[place.replicate] for place in seen],
            "where": [" · ".join(filter(None, [place.replicate, place.said, place.condition])) for place in seen],
        }  # fmt: skip


def sentences_on(name: str, effects: Effects | None, replicate: str) -> str:
    """Return what the mixed model says of a feature, one line for each effect."""
    if effects is None:
        return ""
    rows = effects.table[(effects.table["quantity"] == name) & (effects.table["kind"] == FEATURE)]
    said = [of_effect(row, replicate).removeprefix(f"{row['label']}").lstrip(": ") for _, row in rows.iterrows()]
    return "\n".join(one[:1].upper() + one[1:] for one in said)
