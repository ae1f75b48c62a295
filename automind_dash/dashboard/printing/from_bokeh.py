"""Reads Bokeh figures as plain arrays, at one moment, under the document's lock, within a millisecond and without copies."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from bokeh.core.property.dataspec import DataSpec
from bokeh.models import (
    BoxAnnotation,
    ColorBar,
    ColumnDataSource,
    FactorRange,
    FixedTicker,
    GridPlot,
    Legend,
    LogScale,
    Plot,
    Span,
)
from bokeh.models.renderers import GlyphRenderer

from .plotted import Axis, Layer, Plotted

STYLES = (
    "line_color", "line_width", "line_alpha", "line_dash", "fill_color", "fill_alpha", "size", "marker", "text_color", "text_font_size",
    "text_align", "text_baseline", "text_alpha", "x_offset", "y_offset", "angle", "mode", "hatch_color",
)  # fmt: skip

OUTLINE = ("line_color", "line_width", "line_alpha", "line_dash")


def plots_in(figures: Any) -> list[Plot]:
    """Return the figures in a figure, a grid, or a (nested) list of them. None holds no figure."""
    return [plot for plot, *_ in _placed(figures)]


def _placed(figures: Any) -> list[tuple[Plot, tuple[int, int] | None, Any]]:
    """Return figures, with grid, row and column for those in a grid."""
    if figures is None:
        return []
    if isinstance(figures, Plot):
        return [(figures, None, None)]
    if isinstance(figures, GridPlot):
        return [
            (child, (int(row), int(column)), figures.id) for child, row, column, *_ in figures.children if isinstance(child, Plot)
        ]  # fmt: skip
    children = figures if isinstance(figures, Iterable) else getattr(figures, "children", [])
    return [one for child in children for one in _placed(child)]


def plotted(figures: Any) -> list[Plotted]:
    """Return the present content of figures. Hidden figures are left out."""
    return [_read(plot, place, grid) for plot, place, grid in _placed(figures) if plot.visible]


def _read(plot: Any, place: tuple[int, int] | None, grid: Any) -> Plotted:
    annotations = [one for side in (plot.center, plot.left, plot.right, plot.above, plot.below) for one in side]
    keys = _keys(annotations)
    bars = [one for one in annotations if isinstance(one, ColorBar)]
    return Plotted(
        title=str(getattr(plot.title, "text", "") or ""), x=_axis(plot, "x"), y=_axis(plot, "y"),
        layers=tuple(
            _layer(one, tuple(keys.get(one.id, ()))) for one in plot.renderers
            if isinstance(one, GlyphRenderer) and one.visible and isinstance(one.data_source, ColumnDataSource)
        ),
        spans=tuple(_plain(one, ("location", "dimension", *OUTLINE)) for one in annotations if isinstance(one, Span) and one.visible),
        boxes=tuple(
            _plain(one, ("left", "right", "top", "bottom", "fill_color", "fill_alpha"))
            for one in annotations if isinstance(one, BoxAnnotation) and one.visible
        ),
        scale=_scale(bars[0].color_mapper) if bars else None,
        width=float(plot.width or plot.inner_width or 560), height=float(plot.height or 230), place=place, together=plot.x_range.id,
        grid=grid,
    )  # fmt: skip


def _keys(annotations: Iterable[Any]) -> dict[str, list[tuple[str, int | None]]]:
    """Return the legends' words for renderers, by the ids of the renderers."""
    found: dict[str, list[tuple[str, int | None]]] = {}
    for legend in annotations:
        if isinstance(legend, Legend) and legend.visible:
            for item in legend.items:
                text = getattr(item.label, "value", item.label)
                for renderer in item.renderers[:1]:
                    found.setdefault(renderer.id, []).append((str(text or ""), item.index))
    return found


def _axis(plot: Any, which: str) -> Axis:
    own = list(plot.xaxis if which == "x" else plot.yaxis)
    axis, span, scale = own[0] if own else None, getattr(plot, f"{which}_range"), getattr(plot, f"{which}_scale")
    if isinstance(span, FactorRange):
        return Axis(
            str(getattr(axis, "axis_label", None) or ""),
            axis is not None and axis.visible,
            factors=tuple(map(str, span.factors)),
        )
    ticker = getattr(axis, "ticker", None)
    ends = tuple(None if value is None or value != value else float(value) for value in (span.start, span.end))
    return Axis(
        label=str(getattr(axis, "axis_label", None) or ""), visible=axis is not None and axis.visible, log=isinstance(scale, LogScale),
        ends=(ends[0], ends[1]), ticks=tuple(map(float, ticker.ticks)) if isinstance(ticker, FixedTicker) else None,
        words={float(key): str(text) for key, text in getattr(axis, "major_label_overrides", {}).items()},
        doubling="2 ** tick" in getattr(getattr(axis, "formatter", None), "code", ""),
    )  # fmt: skip


def _layer(renderer: Any, key: tuple[tuple[str, int | None], ...]) -> Layer:
    glyph, data = renderer.glyph, renderer.data_source.data
    given, names = {}, {}
    for name in glyph.properties():
        descriptor = glyph.lookup(name)
        if isinstance(descriptor.property, DataSpec):
            spec = descriptor.get_value(glyph)  # a Field or a Value
            if getattr(spec, "field", None) in data:
                given[name], names[name] = data[spec.field], spec.field
                if hasattr(spec.transform, "palette"):
                    given["mapper"] = _scale(spec.transform)
            elif hasattr(spec, "value"):
                given[name] = spec.value
        elif name in STYLES:
            given[name] = getattr(glyph, name)
    if getattr(glyph, "color_mapper", None) is not None:
        given["mapper"] = _scale(glyph.color_mapper)
    return Layer(type(glyph).__name__, given, dict(data), names, key)


def _scale(mapper: Any) -> dict[str, Any]:
    return {
        "palette": list(mapper.palette),
        "low": mapper.low,
        "high": mapper.high,
        "nan": getattr(mapper, "nan_color", None),
    }


def _plain(model: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return properties of an annotation, where they are numbers or words."""
    found = {}
    for name in names:
        value = getattr(model, name)
        value = getattr(value, "value", value)
        found[name] = value if isinstance(value, int | float | str | list | tuple | np.generic) else None
    return found
