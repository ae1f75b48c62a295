"""Dials: half circles whose needle is upright where a feature of the running circuit equals the target's."""

from __future__ import annotations

import math

from markupsafe import Markup

from ...widgets.colours import Palette
from ...widgets.quantities import quantity
from .live_measures import RANGE, Dial

WIDTH, RADIUS = 112, 36
HEIGHT, LINE = 106, 14
NEAR = 0.25
"""Half width of the dial's green part: within a factor of √2."""


def _at(place: float, radius: float) -> tuple[float, float]:
    """Return x and y of a place (−1 to 1) on a half circle."""
    angle = math.pi / 2 * (1 - place)
    return WIDTH / 2 + radius * math.cos(angle), 46 - radius * math.sin(angle)


def _arc(start: float, stop: float, colour: str, width: float) -> Markup:
    (x0, y0), (x1, y1) = _at(start, RADIUS), _at(stop, RADIUS)
    way = f"M{x0:.1f} {y0:.1f} A{RADIUS} {RADIUS} 0 0 1 {x1:.1f} {y1:.1f}"
    return Markup('<path d="{}" fill="none" stroke="{}" stroke-width="{}"/>').format(way, colour, width)


def _needle(place: float, colour: str, dashed: bool = False) -> Markup:
    x, y = _at(place, RADIUS - 3)
    dash = Markup(' stroke-dasharray="3 2"') if dashed else ""
    line = Markup('<line x1="{}" y1="46" x2="{:.1f}" y2="{:.1f}" stroke="{}" stroke-width="2.5"{}/>')
    return line.format(WIDTH / 2, x, y, colour, dash)


def dial_svg(dial: Dial, palette: Palette) -> Markup:
    """Return one dial as SVG. A's needle is dashed, and its value has a line of its own."""
    value, target = (quantity(one, dial.unit).replace("undefined", "–") for one in (dial.value, dial.target))
    bound = "at most" if dial.less_is_better else "target"
    compared = "" if dial.other is None else f"A {quantity(dial.other_value, dial.unit)}"
    said = f"{dial.label}: {value}; {bound} {target}" + (f"; {compared}" if compared else "")
    needles = Markup("") if dial.other is None else _needle(dial.other, palette.selected, dashed=True)
    needles += Markup("") if dial.place is None else _needle(dial.place, palette.ink)
    lines = [(60, "700", value), (60 + LINE, "400", dial.label), (60 + 2 * LINE, "400", f"{bound} {target}")]
    if compared:
        lines.append((60 + 3 * LINE, "400", compared))
    low, high = (-1.0, 0.0) if dial.less_is_better else (-NEAR, NEAR)
    texts = Markup("").join(_text(*line, palette) for line in lines)
    arcs = _arc(-1, 1, palette.prior, 5) + _arc(low, high, palette.consistent, 5)
    return Markup(
        '<svg role="img" aria-label="{0}" width="{1}" height="{2}" font-size="11"><title>{0}</title>{3}{4}{5}</svg>'
    ).format(said, WIDTH, HEIGHT, arcs, needles, texts)


def _text(y: int, weight: str, text: str, palette: Palette) -> Markup:
    colour = palette.selected if text.startswith("A ") else palette.ink
    line = Markup('<text text-anchor="middle" x="{}" y="{}" fill="{}" font-weight="{}">{}</text>')
    return line.format(WIDTH / 2, y, colour, weight, text)


def dials_html(dials: list[Dial], palette: Palette) -> Markup:
    """Return all dials beside each other."""
    body = Markup("").join(dial_svg(dial, palette) for dial in dials)
    return Markup('<div style="display:flex;flex-wrap:wrap;gap:4px 14px">{}</div>').format(body)


CAPTION = (
    f"Upright: as in the recording; the ends: a {RANGE:g}th and {RANGE:g} times it; green: within a factor of √2, or consistent. "
    "Over the last {seconds:.1f} s of the run, excitatory neurons."
)
