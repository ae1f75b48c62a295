"""The colours and shapes of circuits in a scatter plot, and the key to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from bokeh.palettes import Viridis256
from markupsafe import Markup, escape
from numpy.typing import NDArray

from ..widgets.colours import OUTCOME_WORDS, Palette
from ..widgets.quantities import number

STATES = ("", "consistent", "alive", "silent", "saturated", "failed")
MARKERS = dict(zip(STATES, ("circle", "circle", "triangle", "circle_dot", "square", "x"), strict=True))
"""A shape for each state, so that colour is never the only sign."""

PALE = "66"
"""Opacity (hex) of circuits that have not been simulated: nobody knows yet whether they are alive."""

EDGES = (0.02, 0.98)
"""Quantiles between which a colour scale runs; over the full range one outlier would leave a single colour for all others."""


BETWEEN = Markup(" &ensp; ")
"""Separates the entries of a key, which is one line."""


def state_colour(state: str, palette: Palette) -> str:
    """Return the colour of a state."""
    known = {"consistent": palette.consistent, "alive": palette.alive, "": palette.alive + PALE}
    return known.get(state, palette.dead)


def by_state(states: Sequence[str], palette: Palette) -> tuple[list[str], Markup]:
    """Return a colour for each circuit, and the key with the count of each state (HTML of our own words and numbers)."""
    colour = {state: state_colour(state, palette) for state in STATES}
    names, counts = np.unique(np.asarray(states, dtype=str), return_counts=True)
    count = dict(zip(names.tolist(), counts.tolist(), strict=True))
    words = {**OUTCOME_WORDS, "": "● not simulated"}
    parts = [
        Markup('<span style="color:{}">{}</span>{} {}').format(
            colour[state], words[state][0], words[state][1:], count[state]
        )
        for state in STATES
        if count.get(state)
    ]
    return [colour.get(state, palette.dead) for state in states], BETWEEN.join(parts)


def by_value(values: NDArray[np.float64], label: str, palette: Palette) -> tuple[list[str], Markup]:
    """Return a colour for each value (n,), viridis from low to high and the grey of dead circuits where undefined, and the key."""
    defined = values[np.isfinite(values)]
    if not len(defined):
        return [palette.dead] * len(values), escape(f"{label}: undefined for all circuits")
    low, high = np.quantile(defined, EDGES)
    share = np.nan_to_num((values - low) / max(high - low, 1e-12), nan=0.0, posinf=1.0, neginf=0.0)
    ramp = np.array([*Viridis256, palette.dead])
    colours = ramp[np.where(np.isfinite(values), np.clip(share * 255, 0, 255).astype(int), 256)].tolist()
    steps = ", ".join(Viridis256[i] for i in range(0, 256, 51))
    missing = len(values) - len(defined)
    grey = (
        Markup(' &ensp; <span style="color:{}">●</span> undefined {}').format(palette.dead, missing) if missing else ""
    )
    return colours, Markup(
        "{}<div style='height:10px;background:linear-gradient(to right, {})'></div>"
        "<div style='display:flex;justify-content:space-between'><span>≤ {}</span><span>≥ {}</span></div>{}"
    ).format(label, steps, number(low), number(high), grey)


HUES = (
    "#d55e00",
    "#0072b2",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#8c6d31",
    "#7b4ea3",
    "#b2182b",
    "#4d9221",
    "#f0e442",
    "#666666",
)
"""One colour for each selection that can be kept, Okabe–Ito colours first."""


def by_membership(kept: Mapping[str, Sequence[int]], index: pd.Index, palette: Palette) -> tuple[list[str], Markup]:
    """Return a colour for each circuit by its kept selection, the last of several, and the key with names and sizes."""
    colours = np.full(len(index), palette.dead + PALE, dtype=object)
    parts = []
    for hue, (name, numbers) in zip(HUES, kept.items(), strict=False):
        colours[index.isin(list(numbers))] = hue
        parts.append(Markup('<span style="color:{}">●</span> {} {}').format(hue, name, len(numbers)))
    return colours.tolist(), BETWEEN.join(parts) or escape(
        "No selection is kept yet: select circuits, then keep them below."
    )
