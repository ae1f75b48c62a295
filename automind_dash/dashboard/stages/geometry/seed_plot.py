"""Dots for each feature: a circuit with new seeds beside its neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import Span
from bokeh.plotting import figure

from ...widgets.colours import Palette
from .seed_measuring import SeedFound

ROW = 30
REACH = 12.0
"""In units of a circuit's usual noise; dots beyond are drawn at the edge."""


def height_of(features: int) -> int:
    """Return the figure's height in px."""
    return 90 + ROW * features


def seed_dots(found: SeedFound, palette: Palette) -> Any:
    """Return one row for each feature: this circuit's seeds above, its neighbours' runs below."""
    own, others = found.own, found.neighbours.reshape(-1, len(found.labels))
    with np.errstate(invalid="ignore"):
        centre = np.array([np.nanmean(c) if np.isfinite(c).any() else np.nan for c in own.T])
    names = [
        f"{label}: {_share(share, low, high)}"
        for label, share, low, high in zip(
            found.labels, found.parts.own_share, found.parts.low, found.parts.high, strict=True
        )
    ]
    fig = figure(
        height=height_of(len(names)), sizing_mode="stretch_width", y_range=names[::-1], tools="xwheel_zoom,reset,save",
        toolbar_location="above",
        x_axis_label="difference from this circuit's mean (in units of a circuit's usual noise)",
    )  # fmt: skip
    rows = ((own, 0.17, "circle", palette.selected, f"circuit {found.circuit}, new seeds"),
            (others, -0.17, "triangle", palette.alive, "its neighbours"))  # fmt: skip
    for values, shift, marker, colour, label in rows:
        x = np.clip(values - centre, -REACH, REACH)
        at, which = np.nonzero(np.isfinite(x))
        fig.scatter(
            x=x[at, which], y=[(names[i], shift) for i in which], marker=marker, size=6, color=colour, alpha=0.7, legend_label=label
        )  # fmt: skip
    fig.add_layout(Span(location=0, dimension="height", line_dash="dashed", line_color=palette.dead))
    fig.add_layout(fig.legend[0], "above")
    fig.legend.update(orientation="horizontal", label_text_font_size="11px", border_line_color=None)
    fig.y_range.update(range_padding=0.3, range_padding_units="absolute")  # the first row stays clear of the legend
    fig.toolbar.logo = None
    return fig


def _share(share: float, low: float, high: float) -> str:
    if not np.isfinite(share):
        return "own noise undefined"
    return f"{100 * share:.0f} % own ({100 * low:.0f} to {100 * high:.0f})"
