"""Figures of the local geometry: the spectrum of the curvature, and how directions turn with distance."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import BoxAnnotation, HoverTool, Span
from bokeh.plotting import figure

from ....invariance.local import Curvature, Turning
from ...widgets.colours import Palette

HEIGHT = 280


def spectrum_plot(found: Curvature, palette: Palette) -> Any:
    """Return the eigenvalues of the curvature, stiffest first; zero is where the density no longer falls."""
    values = found.eigenvalues
    at = np.arange(1, len(values) + 1)
    fig = figure(
        height=HEIGHT, sizing_mode="stretch_width", tools="save", toolbar_location="above", x_axis_label="direction, stiffest first",
        y_axis_label="curvature (nats per range²)",
    )  # fmt: skip
    fill = [palette.alive if value > 0 else palette.selected for value in values]
    bars = fig.vbar(
        x="x", top="top", width=0.7, fill_color="fill", line_color=None, source={"x": at, "top": values, "fill": fill}
    )
    fig.add_layout(Span(location=0, dimension="width", line_color=palette.dead))
    fig.add_tools(HoverTool(renderers=[bars], tooltips=[("direction", "@x"), ("curvature", "@top{0.0}")]))
    fig.xgrid.visible = False
    fig.toolbar.logo = None
    return fig


def turning_plot(stiff: Turning, sloppy: Turning, band: tuple[float, float, float], palette: Palette) -> Any:
    """Return the angle between the directions of two circuits over their distance, with the angle of random ones."""
    fig = figure(
        height=HEIGHT, sizing_mode="stretch_width", tools="save", toolbar_location="above", y_axis_label="mean angle (°)",
        x_axis_label="distance of two circuits (shares of the prior's ranges)", y_range=(0, 95),
    )  # fmt: skip
    upper = np.triu_indices(len(stiff.angle), 1)
    for one, marker, colour, label in (
        (stiff, "circle", palette.alive, "stiff"),
        (sloppy, "triangle", palette.selected, "sloppy"),
    ):
        fig.scatter(
            x=one.distance[upper], y=np.degrees(one.angle[upper]), marker=marker, size=6, color=colour, alpha=0.75, legend_label=label
        )  # fmt: skip
    middle, low, high = np.degrees(band)
    fig.add_layout(BoxAnnotation(bottom=low, top=high, fill_color=palette.dead, fill_alpha=0.25, line_color=None))
    fig.add_layout(Span(location=middle, dimension="width", line_dash="dashed", line_color=palette.dead))
    fig.legend.update(location="bottom_right", label_text_font_size="11px", orientation="horizontal")
    fig.toolbar.logo = None
    return fig
