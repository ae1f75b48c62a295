"""Figures as one table: a row for each point, and columns with the names and units of the axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .plotted import Layer, Plotted

MAX_PIXELS = 200_000
"""Of an image that is written point by point."""

OF_X = {"x": "", "x0": " (start)", "x1": " (end)", "left": " (from)", "right": " (to)", "xs": ""}
OF_Y = {"y": "", "y0": " (start)", "y1": " (end)", "y2": " (end)", "bottom": " (from)", "top": " (to)", "ys": ""}
AREA = {"y1": " (from)", "y2": " (to)"}
LOOKS = ("colour", "color", "fill", "alpha", "width", "marker", "size", "base", "picked", "angle")
"""Columns that describe the look of a point and are no data."""


def table_of(figures: Sequence[Plotted]) -> pd.DataFrame:
    """Return what figures show: a block of rows for each glyph, with the figure's title or axes, and what kind of mark it is, beside it."""
    blocks = []
    for number, one in enumerate(figures, 1):
        name = one.title or " against ".join(filter(None, [one.y.label, one.x.label])) or f"figure {number}"
        for layer in one.layers:
            block = _block(layer, one)
            if len(block):
                block.insert(0, "figure", name)
                block.insert(
                    1, "mark", " / ".join(text for text, _ in layer.key if text) or WORDS.get(layer.kind, layer.kind)
                )
                blocks.append(block)
    return pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame()


WORDS = {
    "Line": "line", "Step": "step", "MultiLine": "lines", "Segment": "segment", "Scatter": "point", "Quad": "bar", "HBar": "bar",
    "VBar": "bar", "VArea": "band", "Patch": "area", "Image": "image", "Rect": "cell",
}  # fmt: skip


def _block(layer: Layer, figure: Plotted) -> pd.DataFrame:
    if layer.kind == "Text":
        return pd.DataFrame()
    if layer.kind == "MultiLine":
        return _lines(layer, figure)
    if layer.kind == "Image":
        return _image(layer, figure)
    columns = {}
    for name in dict.fromkeys((*OF_X, *OF_Y)):  # x first
        values = layer.given.get(name)
        if name in layer.names and values is not None and np.ndim(values) == 1:
            column = _column(name, layer, figure)
            if column:
                columns[column] = np.asarray(values)
    drawn = set(layer.names.values())
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1:
        return pd.DataFrame()
    n = lengths.pop()
    for name, values in layer.data.items():
        if (
            name not in drawn
            and not any(name.startswith(look) for look in LOOKS)
            and np.ndim(values) == 1
            and len(values) == n
        ):
            columns.setdefault(name, np.asarray(values))
    return pd.DataFrame(columns)


def _column(name: str, layer: Layer, figure: Plotted) -> str:
    """Return what a glyph's property is called in the table: its axis' label with the unit; empty for what is no place."""
    ends = {**OF_Y, **AREA} if layer.kind == "VArea" else OF_Y
    if name in OF_X:
        return (figure.x.label or "x") + OF_X[name]
    if name in ends:
        return (figure.y.label or "y") + ends[name]
    return ""


def _lines(layer: Layer, figure: Plotted) -> pd.DataFrame:
    xs, ys = layer.given["xs"], layer.given["ys"]
    sizes = [len(one) for one in xs]
    if not sum(sizes):
        return pd.DataFrame()
    return pd.DataFrame({
        "line": np.repeat(np.arange(len(sizes)), sizes), figure.x.label or "x": _joined(xs), figure.y.label or "y": _joined(ys),
    })  # fmt: skip


def _joined(parts: Sequence[Any]) -> Any:
    return np.concatenate([np.asarray(part) for part in parts])


def _image(layer: Layer, figure: Plotted) -> pd.DataFrame:
    blocks = []
    for i, image in enumerate(layer.given["image"]):
        values = np.asarray(image)
        if values.ndim != 2 or values.size > MAX_PIXELS:
            continue
        x, y, w, h = (
            float(layer.given[side] if np.ndim(layer.given[side]) == 0 else layer.given[side][i])
            for side in ("x", "y", "dw", "dh")
        )
        rows, columns = values.shape
        across, down = np.meshgrid(x + (np.arange(columns) + 0.5) * w / columns, y + (np.arange(rows) + 0.5) * h / rows)
        blocks.append(pd.DataFrame({
            figure.x.label or "x": across.ravel(), figure.y.label or "y": down.ravel(), "value": values.ravel()
        }))  # fmt: skip
    return pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame()
