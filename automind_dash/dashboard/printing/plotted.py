"""The content of a figure as plain arrays that do not change. It is read from Bokeh, and drawn on paper or written as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, eq=False)
class Layer:
    """One glyph with its data. given: what is drawn (x, y, fill_color …), a scalar or (n,) each; data: the source's columns; names: what
    of `given` is which column; key: its words in the figure's key, each for one of several lines or (None) for all of it.
    """

    kind: str
    given: Mapping[str, Any]
    data: Mapping[str, Any]
    names: Mapping[str, str]
    key: tuple[tuple[str, int | None], ...] = ()


@dataclass(frozen=True, eq=False)
class Axis:
    """One axis. ends: None where they follow the data; ticks: None where they are free; words: what stands at a tick instead of its
    number; factors: names in place of numbers.
    """

    label: str = ""
    visible: bool = True
    log: bool = False
    ends: tuple[float | None, float | None] = (None, None)
    ticks: tuple[float, ...] | None = None
    words: Mapping[float, str] = field(default_factory=dict)
    factors: tuple[str, ...] = ()
    doubling: bool = False  # numbers are exponents of 2: "×4" stands at 2


@dataclass(frozen=True, eq=False)
class Plotted:
    """One figure: axes, layers from the back to the front, lines and boxes over all of it, size on the screen in px."""

    title: str
    x: Axis
    y: Axis
    layers: tuple[Layer, ...]
    spans: tuple[Mapping[str, Any], ...] = ()
    boxes: tuple[Mapping[str, Any], ...] = ()
    scale: Mapping[str, Any] | None = None  # of a bar of colours: palette, low, high
    width: float = 560.0
    height: float = 230.0
    place: tuple[int, int] | None = None  # row and column in a grid
    grid: Any = None  # which one
    together: Any = None  # figures with the same share their x axis
