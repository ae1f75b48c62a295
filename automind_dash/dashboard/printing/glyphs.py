"""Bokeh's glyphs in matplotlib: a function for each draws a layer into axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...publication.lettering import typeset
from ...publication.paper import MAX_VECTORS
from .plotted import Axis, Layer, Plotted
from .printed_colours import PrintedColours

MARKERS = {
    "circle": "o", "triangle": "^", "inverted_triangle": "v", "square": "s", "diamond": "D", "x": "x", "cross": "+", "dash": "_",
    "asterisk": "*", "star": "*", "hex": "h", "plus": "P", "circle_dot": "o", "circle_x": "o", "circle_cross": "o", "square_x": "s",
    "square_dot": "s", "square_cross": "s", "dot": ".", "triangle_dot": "^", "diamond_dot": "D", "y": "1",
}  # fmt: skip
STROKES = {"x", "+", "_", "|", "1"}
"""Marks that are lines: their colour is that of the line."""

ANCHORS = {
    "top": "top",
    "middle": "center",
    "bottom": "bottom",
    "alphabetic": "baseline",
    "hanging": "top",
    "ideographic": "bottom",
}


class Hand:
    """Draws layers of one figure. scale: points for a pixel of the screen."""

    def __init__(self, axes: Any, figure: Plotted, inks: PrintedColours, scale: float) -> None:
        self.axes, self.figure, self.inks, self.scale = axes, figure, inks, scale

    def draw(self, layer: Layer) -> None:
        """Draw a layer. Layers of an unknown kind are left out."""
        how = KINDS.get(layer.kind)
        if how is not None:
            how(self, layer.given)

    def place(self, values: Any, axis: Axis) -> NDArray[np.float64]:
        """(n,) places on an axis: those of names for an axis of names."""
        listed = np.atleast_1d(np.asarray(values, dtype=object))
        if axis.factors:
            known = {name: float(i) for i, name in enumerate(axis.factors)}
            return np.array([_spot(known, value) for value in listed], dtype=np.float64)
        return np.array([np.nan if value is None else value for value in listed], dtype=np.float64)

    def x(self, values: Any) -> NDArray[np.float64]:
        return self.place(values, self.figure.x)

    def y(self, values: Any) -> NDArray[np.float64]:
        return self.place(values, self.figure.y)

    def pen(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return how a single line is drawn."""
        return {
            "color": self.inks.one(_first(given.get("line_color")), _first(given.get("line_alpha"), 1.0)),
            "linewidth": float(_first(given.get("line_width"), 1.0)) * self.scale, "linestyle": dashes(given.get("line_dash")),
        }  # fmt: skip


def _spot(known: Mapping[str, float], value: Any) -> float:
    if (
        isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], int | float)
    ):  # a name and an offset from it
        return known.get(str(value[0]), np.nan) + float(value[1])
    return known.get(str(value), np.nan)


def _first(value: Any, default: Any = None) -> Any:
    """Return the value that all marks share, or the first of many."""
    if value is None:
        return default
    if isinstance(value, str) or np.ndim(value) == 0:
        return value
    return value[0] if len(value) else default


def dashes(given: Any) -> Any:
    """Return a dash of Bokeh's as matplotlib's."""
    named = {
        "dashed": (0, (4, 2.5)),
        "dotted": (0, (1, 1.6)),
        "dotdash": (0, (1, 1.6, 4, 1.6)),
        "dashdot": (0, (4, 1.6, 1, 1.6)),
    }
    if not given or given == "solid":
        return "-"
    return named.get(given, "-") if isinstance(given, str) else (0, tuple(0.7 * float(part) for part in given))


def _each_dash(given: Any, n: int) -> Any:
    """Return the dash of all lines, or of each where a column has them."""
    several = (
        not isinstance(given, str)
        and given is not None
        and len(given) == n
        and not all(np.isreal(part) for part in given)
    )
    return [dashes(one) for one in given] if several else dashes(given)


def _is_one(value: Any) -> bool:
    """Return whether all marks share a value."""
    return value is None or isinstance(value, str) or np.ndim(value) == 0


def _several(values: Mapping[str, Any], *names: str) -> int:
    return max(1 if _is_one(values.get(name)) else len(values[name]) for name in names)


def _line(hand: Hand, given: Mapping[str, Any]) -> None:
    hand.axes.plot(hand.x(given["x"]), hand.y(given["y"]), **hand.pen(given))


def _step(hand: Hand, given: Mapping[str, Any]) -> None:
    where = {"before": "pre", "after": "post", "center": "mid"}[given.get("mode") or "before"]
    hand.axes.step(hand.x(given["x"]), hand.y(given["y"]), where=where, **hand.pen(given))


def _multi_line(hand: Hand, given: Mapping[str, Any]) -> None:
    from matplotlib.collections import LineCollection

    lines = [np.column_stack([hand.x(xs), hand.y(ys)]) for xs, ys in zip(given["xs"], given["ys"], strict=True)]
    if lines:
        _add_lines(hand, lines, given, LineCollection)


def _segment(hand: Hand, given: Mapping[str, Any]) -> None:
    from matplotlib.collections import LineCollection

    n = _several(given, "x0", "x1", "y0", "y1")
    ends = [
        np.broadcast_to(place(given[name]), n)
        for name, place in (("x0", hand.x), ("y0", hand.y), ("x1", hand.x), ("y1", hand.y))
    ]
    lines = list(np.column_stack(ends).reshape(n, 2, 2))
    if lines:
        _add_lines(hand, lines, given, LineCollection)


def _add_lines(hand: Hand, lines: list[Any], given: Mapping[str, Any], kind: Any) -> None:
    n = len(lines)
    width = given.get("line_width", 1.0)
    widths = np.broadcast_to(np.asarray(width, dtype=float), n) * hand.scale
    hand.axes.add_collection(kind(
        lines, colors=hand.inks.many(given.get("line_color"), given.get("line_alpha"), n), linewidths=widths,
        linestyles=_each_dash(given.get("line_dash"), n),
        rasterized=sum(map(len, lines)) > 20 * MAX_VECTORS,
    ))  # fmt: skip
    hand.axes.autoscale_view()


def _scatter(hand: Hand, given: Mapping[str, Any]) -> None:
    x, y = hand.x(given["x"]), hand.y(given["y"])
    n = max(len(x), len(y))
    if not n:
        return
    x, y = np.broadcast_to(x, n), np.broadcast_to(y, n)
    marker = given.get("marker", "circle")
    names = np.array([marker] * n if isinstance(marker, str) else list(map(str, marker)))
    size = np.broadcast_to(np.asarray(given.get("size", 4.0), dtype=float), n) * hand.scale
    fill, line = _colours(hand, given, n, "fill"), _colours(hand, given, n, "line")
    width = float(_first(given.get("line_width"), 1.0)) * hand.scale
    upright = abs(float(_first(given.get("angle"), 0.0)) - np.pi / 2) < 0.01
    for name in dict.fromkeys(names.tolist()):
        own = names == name
        sign = MARKERS.get(name, "o")
        sign = "|" if sign == "_" and upright else sign
        colours = {"c": line[own]} if sign in STROKES else {"facecolors": fill[own], "edgecolors": line[own]}
        hand.axes.scatter(
            x[own], y[own], s=size[own] ** 2, marker=sign, linewidths=width, rasterized=int(own.sum()) > MAX_VECTORS, **colours
        )  # fmt: skip


def _colours(hand: Hand, given: Mapping[str, Any], n: int, what: str) -> NDArray[np.float64]:
    """(n, 4) fill or line colours, through the layer's mapper where they are numbers."""
    colours, mapper = given.get(f"{what}_color"), given.get("mapper")
    if mapper is not None and not _is_one(colours) and np.asarray(colours).dtype.kind in "iuf":
        steps, values = hand.inks.ramp(mapper), np.asarray(colours, dtype=float)
        share = (values - mapper["low"]) / max(mapper["high"] - mapper["low"], 1e-12)
        found = steps[np.clip(np.nan_to_num(share) * len(steps), 0, len(steps) - 1).astype(int)]
        found[~np.isfinite(values)] = hand.inks.one(mapper.get("nan"))
        alpha = given.get(f"{what}_alpha")
        found[:, 3] *= 1.0 if alpha is None else np.asarray(alpha, dtype=float)
        return found
    return hand.inks.many(colours, given.get(f"{what}_alpha"), n)


def _boxes(hand: Hand, given: Mapping[str, Any], left: Any, right: Any, bottom: Any, top: Any) -> None:
    from matplotlib.collections import PolyCollection

    sides = np.broadcast_arrays(*(np.atleast_1d(side) for side in (left, right, bottom, top)))
    n = len(sides[0])
    if not n:
        return
    a, b, c, d = sides
    corners = np.stack([np.column_stack(pair) for pair in ((a, c), (b, c), (b, d), (a, d))], axis=1)
    hand.axes.add_collection(PolyCollection(
        list(corners), facecolors=_colours(hand, given, n, "fill"), edgecolors=_colours(hand, given, n, "line"),
        linewidths=float(_first(given.get("line_width"), 1.0)) * hand.scale,
    ))  # fmt: skip
    hand.axes.autoscale_view()


def _quad(hand: Hand, given: Mapping[str, Any]) -> None:
    _boxes(hand, given, hand.x(given["left"]), hand.x(given["right"]), hand.y(given["bottom"]), hand.y(given["top"]))


def _rect(hand: Hand, given: Mapping[str, Any]) -> None:
    x, y = hand.x(given["x"]), hand.y(given["y"])
    w, h = (np.asarray(given[side], dtype=float) / 2 for side in ("width", "height"))
    _boxes(hand, given, x - w, x + w, y - h, y + h)


def _hbar(hand: Hand, given: Mapping[str, Any]) -> None:
    y, half = hand.y(given["y"]), np.asarray(given.get("height", 1.0), dtype=float) / 2
    _boxes(hand, given, hand.x(given["left"]), hand.x(given["right"]), y - half, y + half)


def _vbar(hand: Hand, given: Mapping[str, Any]) -> None:
    x, half = hand.x(given["x"]), np.asarray(given.get("width", 1.0), dtype=float) / 2
    _boxes(hand, given, x - half, x + half, hand.y(given["bottom"]), hand.y(given["top"]))


def _varea(hand: Hand, given: Mapping[str, Any]) -> None:
    colour = hand.inks.one(_first(given.get("fill_color")), _first(given.get("fill_alpha"), 1.0))
    hand.axes.fill_between(hand.x(given["x"]), hand.y(given["y1"]), hand.y(given["y2"]), color=colour, linewidth=0)


def _patch(hand: Hand, given: Mapping[str, Any]) -> None:
    hand.axes.fill(
        hand.x(given["x"]), hand.y(given["y"]), facecolor=hand.inks.one(_first(given.get("fill_color")), _first(given.get("fill_alpha"))),
        edgecolor=hand.pen(given)["color"], linewidth=hand.pen(given)["linewidth"],
    )  # fmt: skip


def _text(hand: Hand, given: Mapping[str, Any]) -> None:
    words = [given["text"]] if isinstance(given["text"], str) else list(given["text"])
    x, y = (np.broadcast_to(place, len(words)) for place in (hand.x(given["x"]), hand.y(given["y"])))
    size = float(str(_first(given.get("text_font_size"), "12px")).rstrip("px tem")) * hand.scale
    aside = float(_first(given.get("x_offset"), 0)), -float(_first(given.get("y_offset"), 0))
    for a, b, word in zip(x, y, words, strict=True):
        hand.axes.annotate(
            typeset(str(word)), (a, b), (aside[0] * hand.scale, aside[1] * hand.scale), textcoords="offset points", fontsize=size,
            color=hand.inks.one(_first(given.get("text_color"))), ha=given.get("text_align") or "left",
            va=ANCHORS.get(given.get("text_baseline") or "bottom", "baseline"),
            rotation=np.degrees(float(_first(given.get("angle"), 0.0))), annotation_clip=False,
        )  # fmt: skip


def _image(hand: Hand, given: Mapping[str, Any]) -> None:
    steps = hand.inks.ramp(given["mapper"]) if given.get("mapper") else np.linspace(1, 0, 64)[:, None] * np.ones(4)
    low, high = (given["mapper"]["low"], given["mapper"]["high"]) if given.get("mapper") else (0.0, 1.0)
    for i, image in enumerate(given["image"]):
        values = np.asarray(image, dtype=float)
        low_, high_ = (values.min() if low is None else low), (values.max() if high is None else high)
        share = np.nan_to_num((values - low_) / max(high_ - low_, 1e-12))
        pixels = steps[np.clip(share * len(steps), 0, len(steps) - 1).astype(int)]
        x, y, w, h = (
            float(given[side] if np.ndim(given[side]) == 0 else given[side][i]) for side in ("x", "y", "dw", "dh")
        )
        hand.axes.imshow(
            pixels, extent=(x, x + w, y, y + h), origin="lower", aspect="auto", interpolation="antialiased", zorder=0.5
        )


KINDS: dict[str, Callable[[Hand, Mapping[str, Any]], None]] = {
    "Line": _line, "Step": _step, "MultiLine": _multi_line, "Segment": _segment, "Scatter": _scatter, "Quad": _quad, "Rect": _rect,
    "HBar": _hbar, "VBar": _vbar, "VArea": _varea, "Patch": _patch, "Text": _text, "Image": _image,
}  # fmt: skip
