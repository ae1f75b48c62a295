"""Dials: half circles whose needle stands upright where a running circuit's feature is the target's."""

from __future__ import annotations

import math
from html import escape

from ...widgets.colours import Palette
from ...widgets.quantities import quantity
from .live_measures import RANGE, Dial

WIDTH, RADIUS = 112, 36
HEIGHT, LINE = 92, 14
NEAR = 0.25
"""Half width of the dial's green part: within a factor of √2."""


def _at(place: float, radius: float) -> tuple[float, float]:
    """Return x and y of a place (−1 to 1) on a half circle."""
    angle = math.pi / 2 * (1 - place)
    return WIDTH / 2 + radius * math.cos(angle), 46 - radius * math.sin(angle)


def _arc(start: float, stop: float, colour: str, width: float) -> str:
    (x0, y0), (x1, y1) = _at(start, RADIUS), _at(stop, RADIUS)
    return f'<path d="M{x0:.1f} {y0:.1f} A{RADIUS} {RADIUS} 0 0 1 {x1:.1f} {y1:.1f}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def _needle(place: float, colour: str, dashed: bool = False) -> str:
    x, y = _at(place, RADIUS - 3)
    dash = ' stroke-dasharray="3 2"' if dashed else ""
    return f'<line x1="{WIDTH / 2}" y1="46" x2="{x:.1f}" y2="{y:.1f}" stroke="{colour}" stroke-width="2.5"{dash}/>'


def dial_svg(dial: Dial, palette: Palette) -> str:
    """Return one dial as SVG; A's needle is dashed, its value on a line of its own."""
    value, target = quantity(dial.value, dial.unit), quantity(dial.target, dial.unit)
    bound = "at most" if dial.less_is_better else "target"
    compared = "" if dial.other is None else f"A {quantity(dial.other_value, dial.unit)}"
    said = escape(f"{dial.label}: {value}; {bound} {target}" + (f"; {compared}" if compared else ""), quote=True)
    needles = "" if dial.other is None else _needle(dial.other, palette.selected, dashed=True)
    needles += "" if dial.place is None else _needle(dial.place, palette.ink)
    lines = [(60, "700", value), (60 + LINE, "400", dial.label), (60 + 2 * LINE, "400", f"{bound} {target}")]
    if compared:
        lines.append((60 + 3 * LINE, "400", compared))
    height = HEIGHT + (LINE if compared else 0)
    green = (-1, 0) if dial.less_is_better else (-NEAR, NEAR)
    texts = "".join(_text(*line, palette) for line in lines)
    return (
        f'<svg role="img" aria-label="{said}" width="{WIDTH}" height="{height}" font-size="11"><title>{said}</title>'
        f"{_arc(-1, 1, palette.prior, 5)}{_arc(*green, palette.consistent, 5)}{needles}{texts}</svg>"
    )


def _text(y: int, weight: str, text: str, palette: Palette) -> str:
    colour = palette.selected if text.startswith("A ") else palette.ink
    return f'<text text-anchor="middle" x="{WIDTH / 2}" y="{y}" fill="{colour}" font-weight="{weight}">{escape(text)}</text>'


def dials_html(dials: list[Dial], palette: Palette) -> str:
    """Return all dials beside each other."""
    body = "".join(dial_svg(dial, palette) for dial in dials)
    return f'<div style="display:flex;flex-wrap:wrap;gap:4px 14px">{body}</div>'


CAPTION = (
    f"Upright: as in the recording; the ends: a {RANGE:g}th and {RANGE:g} times it; green: within a factor of √2, or consistent. "
    "Over the last {seconds:.1f} s of the run, excitatory neurons."
)
