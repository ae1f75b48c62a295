"""Directions in parameter space as bars: which parameters they consist of, and with which sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.layouts import gridplot
from bokeh.models import HoverTool
from bokeh.plotting import figure
from numpy.typing import ArrayLike

from ....circuit.parameters import NAMES, parameter
from ....invariance.local import in_names
from ...widgets.colours import Palette

ENTRIES = 6
"""Parameters shown for a direction; they carry nearly all of it in most directions."""

HEIGHT = 190


def direction_bars(directions: ArrayLike, titles: Sequence[str], palette: Palette) -> Any:
    """Return a row of panels, one for each direction (k, 28): its largest entries in named parameters, all on one axis."""
    rows = np.atleast_2d(np.asarray(directions, dtype=np.float64))
    reach = max(1.05 * float(np.abs(rows).max()), 0.1)
    panels = [_panel(row, title, reach, palette) for row, title in zip(rows, titles, strict=True)]
    return gridplot([panels], toolbar_location="right", sizing_mode="stretch_width", toolbar_options={"logo": None})


def _panel(direction: Any, title: str, reach: float, palette: Palette) -> Any:
    found = in_names(direction, NAMES, ENTRIES)[::-1]
    symbols = [parameter(name).named for name, _ in found]
    entries = [entry for _, entry in found]
    fig = figure(
        height=HEIGHT, sizing_mode="stretch_width", y_range=symbols, x_range=(-reach, reach), title=title, tools="save",
        min_border_left=128, min_border_right=6,
    )  # fmt: skip
    data = {
        "y": symbols, "right": entries, "meaning": [parameter(name).meaning for name, _ in found],
        "fill": [palette.selected if entry > 0 else palette.alive for entry in entries],
    }  # fmt: skip
    bars = fig.hbar(y="y", right="right", height=0.7, fill_color="fill", line_color=None, source=data)
    fig.segment(x0=[0], x1=[0], y0=[symbols[0]], y1=[symbols[-1]], line_color=palette.dead)
    fig.add_tools(HoverTool(renderers=[bars], tooltips=[("", "@y: @meaning"), ("entry", "@right{0.00}")]))
    fig.ygrid.visible = False
    fig.xaxis.ticker.desired_num_ticks = 4
    return fig
