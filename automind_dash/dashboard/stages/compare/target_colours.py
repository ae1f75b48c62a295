"""A colour and a dash for each recording that is laid over others: Okabe & Ito's hues, which colour-blind eyes can tell apart."""

from __future__ import annotations

LIGHT = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#1a1a1a", "#56b4e9", "#8a7f00")
DARK = ("#56b4e9", "#ff8a3c", "#2fc79a", "#e79ac4", "#e69f00", "#f2f2f2", "#4a90d9", "#f0e442")
DASHES = ("solid", "dashed", "dotted", "dashdot", "solid", "dashed", "dotted", "dashdot")
MARKERS = ("circle", "triangle", "square", "diamond", "inverted_triangle", "hex", "plus", "x")

MAX_COMPARED = len(LIGHT)
"""There are no more hues that all eyes can tell apart."""


def target_colours(dark: bool) -> tuple[str, ...]:
    """Return the colours of the first, second, … recording."""
    return DARK if dark else LIGHT
