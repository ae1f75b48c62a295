"""Posteriors of a study's recordings as ridges, one below the other in their order, for a few parameters and composites."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from bokeh.layouts import row
from bokeh.models import FixedTicker, HoverTool, Range1d
from bokeh.plotting import figure
from numpy.typing import NDArray

from ....invariance.composites import quantity
from ...widgets.colours import Palette
from .arrangement import Placed, short

BINS = 40
RIDGE, HEAD = 15, 62
"""px of a recording's line, and of title and axis."""

OVERLAP = 2.2
"""Heights of a line that the highest ridge takes."""

MOST_RIDGES, MOST_QUANTITIES = 60, 6


def ridges(
    places: list[Placed], tables: dict[int, pd.DataFrame], quantities: list[str], colours: dict[str, str], palette: Palette
) -> Iterator[Any]:  # fmt: skip
    """Give the figure of each quantity, one after the other. tables: recording → its draws' quantities as columns."""
    shown = [place for place in places if place.recording in tables][:MOST_RIDGES]
    for i, name in enumerate(quantities[:MOST_QUANTITIES] if shown else []):
        yield _figure(name, shown, tables, colours, palette, labelled=i == 0)


def beside(figures: list[Any]) -> tuple[Any, int]:
    """Return ridges in a row, and its height in px; None for none."""
    height = figures[0].height if figures else 0
    return row(*figures, sizing_mode="stretch_width", height=height) if figures else None, height


def _figure(
    name: str, shown: list[Placed], tables: dict[int, pd.DataFrame], colours: dict[str, str], palette: Palette, *, labelled: bool
) -> Any:  # fmt: skip
    values = {place.recording: _finite(tables[place.recording][name]) for place in shown}
    every = np.concatenate(list(values.values()))
    low, high = (float(np.quantile(every, q)) for q in (0.005, 0.98)) if len(every) else (0.0, 1.0)
    edges = np.linspace(low, high if high > low else low + 1.0, BINS + 1)
    middles = np.concatenate([[edges[0]], (edges[1:] + edges[:-1]) / 2, [edges[-1]]])
    spec = quantity(name)
    fig = figure(
        height=HEAD + RIDGE * (len(shown) + 1), sizing_mode="stretch_width", tools="save", toolbar_location=None, title=spec.label,
        x_range=Range1d(edges[0], edges[-1]), y_range=Range1d(-len(shown), OVERLAP), min_border_left=8,
    )  # fmt: skip
    fig.title.text_font_size = "12px"
    fig.grid.visible = False
    fig.outline_line_color = None
    fig.xaxis.ticker.desired_num_ticks = 4
    fig.xaxis.minor_tick_line_color = None
    fig.yaxis.visible = False
    bottoms = -np.arange(1.0, len(shown) + 1)
    heights = [_height(values[place.recording], edges) for place in shown]
    source = {
        "xs": [middles] * len(shown),
        "ys": [bottom + OVERLAP * curve for bottom, curve in zip(bottoms, heights, strict=True)],
        "colour": [colours.get(place.condition, "#888888") for place in shown],
        "where": [" · ".join(filter(None, [place.replicate, place.said, place.condition])) for place in shown],
        "median": [f"{np.median(values[place.recording]):.3g}" if len(values[place.recording]) else "–" for place in shown],
    }  # fmt: skip
    drawn = fig.patches(
        xs="xs", ys="ys", fill_color="colour", line_color=palette.ground, line_width=0.8, fill_alpha=0.8, source=source
    )
    fig.add_tools(HoverTool(renderers=[drawn], tooltips=[("", "@where"), (f"median {spec.unit}", "@median")]))
    if labelled:
        labels = [f"{short(place.replicate, 12)} {place.said.rpartition(' ')[2]}".strip() for place in shown]
        fig.yaxis.visible = True
        fig.yaxis.ticker = FixedTicker(ticks=(bottoms + 0.3).tolist())
        fig.yaxis.major_label_overrides = {
            at: label.replace("$$", "$") for at, label in zip((bottoms + 0.3).tolist(), labels, strict=True)
        }
        fig.yaxis.major_label_text_font_size = "10px"
        fig.yaxis.major_tick_line_color = None
        fig.yaxis.axis_line_color = None
    return fig


def _finite(values: pd.Series) -> NDArray[np.float64]:
    given = values.to_numpy(dtype=np.float64)
    return given[np.isfinite(given)]


def _height(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """(BINS + 2,) a smoothed histogram that begins and ends at 0, at most 1."""
    counts = np.histogram(values, edges)[0].astype(float)
    smooth = np.convolve(counts, [0.25, 0.5, 0.25], mode="same")
    return np.concatenate([[0.0], smooth / max(smooth.max(), 1.0), [0.0]])
