"""The share of the spread that each principal component explains, beside the prior's and the shuffled samples'."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import HoverTool
from bokeh.plotting import figure

from ....invariance.components import AgainstReference, Components
from ...widgets.colours import Palette

SHOWN = 12
HEIGHT = 300


def variance_bars(found: AgainstReference, palette: Palette) -> Any:
    """Return bars with 95 % bootstrap bands for the samples; marks, with their own bands, for the prior and the shuffled samples."""
    fig = figure(
        height=HEIGHT, sizing_mode="stretch_width", tools="save", x_axis_label="principal component",
        y_axis_label="share of the variance (%)", toolbar_location="above",
    )  # fmt: skip
    k = min(SHOWN, len(found.samples.share))
    at = np.arange(1, k + 1)
    share = 100 * found.samples.share[:k]
    bars = fig.vbar(
        x=at - 0.2,
        top=share,
        width=0.4,
        fill_color=palette.alive,
        fill_alpha=0.8,
        line_color=None,
        legend_label="circuits",
    )
    _band(fig, at - 0.2, found.samples, k, palette.ink)
    references = (
        (found.shuffled, 0.1, "square", palette.selected, "shuffled"),
        (found.prior, 0.3, "diamond", palette.dead, "prior"),
    )
    for one, shift, marker, colour, label in references:
        _band(fig, at + shift, one, k, colour)
        fig.scatter(
            x=at + shift, y=100 * one.share[:k], marker=marker, size=8, color=colour, legend_label=label
        )  # fmt: skip
    fig.add_tools(HoverTool(renderers=[bars], tooltips=[("component", "@x{0}"), ("share", "@top{0.0} %")]))
    fig.xaxis.ticker = at.tolist()
    fig.y_range.start = 0
    fig.xgrid.visible = False
    fig.legend.update(location="top_right", label_text_font_size="11px")
    fig.toolbar.logo = None
    return fig


def _band(fig: Any, x: Any, one: Components, k: int, colour: str) -> None:
    low, high = 100 * one.share_band[:k].T
    fig.segment(x0=x, x1=x, y0=low, y1=high, line_color=colour, line_width=1.5)
