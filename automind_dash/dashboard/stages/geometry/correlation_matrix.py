"""The matrix of rank correlations as a heat map, in an order that puts similar parameters together."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import ColorBar, HoverTool, LinearColorMapper
from bokeh.plotting import figure

from ....circuit.parameters import parameter
from ....invariance.correlation import Correlations
from ...widgets.colours import Palette

SIDE = 600
STEPS = 101


def diverging(palette: Palette) -> list[str]:
    """Return colours from −1 (blue) over the ground to 1 (orange), a pair that colour-blind eyes can tell apart."""
    ends = [_rgb(colour) for colour in (palette.alive, palette.ground, palette.selected)]
    shares = np.linspace(0, 2, STEPS)
    mixed = [np.interp(shares, [0, 1, 2], [end[i] for end in ends]) for i in range(3)]
    return [f"#{int(r):02x}{int(g):02x}{int(b):02x}" for r, g, b in zip(*mixed, strict=True)]


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def correlation_matrix(found: Correlations, palette: Palette) -> Any:
    """Return the heat map; a pair that is not significant after correction is pale and crossed."""
    order = found.order
    names = [found.names[i] for i in order]
    symbols = [parameter(name).symbol for name in names]
    rho, real, p = (values[np.ix_(order, order)] for values in (found.rho, found.significant, found.adjusted))
    k = len(names)
    rows, cols = (grid.ravel() for grid in np.indices((k, k)))
    off = rows != cols
    rows, cols = rows[off], cols[off]
    shown = real[rows, cols]
    meaning = [parameter(name).meaning for name in names]
    data = {
        "x": [symbols[i] for i in cols], "y": [symbols[i] for i in rows], "rho": rho[rows, cols], "p": p[rows, cols],
        "alpha": np.where(shown, 1.0, 0.3), "x_meaning": [meaning[i] for i in cols], "y_meaning": [meaning[i] for i in rows],
        "real": np.where(shown, "significant", "not significant"),
    }  # fmt: skip
    fig = figure(
        height=SIDE, sizing_mode="stretch_width", x_range=symbols, y_range=symbols[::-1], tools="save", toolbar_location="above",
        min_border_left=60, min_border_bottom=60,
    )  # fmt: skip
    most = max(float(np.nanmax(np.abs(data["rho"]), initial=0)), 0.1)  # type: ignore[type-var,arg-type]
    mapper = LinearColorMapper(palette=diverging(palette), low=-most, high=most, nan_color=palette.prior)
    cells = fig.rect(
        x="x", y="y", width=1, height=1, source=data, fill_color={"field": "rho", "transform": mapper}, fill_alpha="alpha",
        line_color=None,
    )  # fmt: skip
    fig.scatter(
        x=np.array(data["x"])[~shown], y=np.array(data["y"])[~shown], marker="x", size=5, line_color=palette.dead, line_alpha=0.5
    )  # fmt: skip
    tips = [
        ("", "@y (@y_meaning)"),
        ("with", "@x (@x_meaning)"),
        ("ρ", "@rho{0.00}"),
        ("p, corrected", "@p{0.0000}, @real"),
    ]
    fig.add_tools(HoverTool(renderers=[cells], tooltips=tips))
    fig.add_layout(ColorBar(color_mapper=mapper, width=10, padding=4), "right")
    fig.xaxis.major_label_orientation = np.pi / 2
    fig.toolbar.logo = None
    fig.grid.visible = False
    fig.axis.major_tick_line_color = None
    return fig
