"""Saving what is on the screen: a figure as SVG or PNG, made in the browser from the live figure, and its data as CSV."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui
from bokeh.models import ColumnDataSource, CustomJS, GridPlot, Plot
from panel.viewable import Viewer

SCRIPT = (Path(__file__).parent / "figure_saving.js").read_text()


def plots_in(figures: Any) -> list[Plot]:
    """Return the figures in a figure, a grid, or a (nested) list of them; None is nothing."""
    if figures is None:
        return []
    if isinstance(figures, Plot):
        return [figures]
    if isinstance(figures, GridPlot):
        return [child for child, *_ in figures.children if isinstance(child, Plot)]
    children = figures if isinstance(figures, Iterable) else getattr(figures, "children", [])
    return [plot for child in children for plot in plots_in(child)]


def data_of(plots: Sequence[Plot]) -> pd.DataFrame:
    """Return what figures show, from their glyphs' own data: a block of rows for each glyph, with the figure's title or axes beside it.

    A line of several points, and an image, is written point by point as JSON in its cell.
    """
    blocks, seen = [], set()
    for number, plot in enumerate(plots, 1):
        axes = [axis.axis_label for axis in (*plot.below, *plot.left) if getattr(axis, "axis_label", None)]
        name = getattr(plot.title, "text", "") or " / ".join(map(str, axes)) or f"figure {number}"
        for renderer in plot.renderers:
            source = getattr(renderer, "data_source", None)
            if not isinstance(source, ColumnDataSource) or source.id in seen or "image" in source.data:
                continue
            seen.add(source.id)
            columns = {key: [_cell(value) for value in values] for key, values in source.data.items()}
            if columns and len({len(values) for values in columns.values()}) == 1:
                block = pd.DataFrame(columns)
                block.insert(0, "figure", name)
                block.insert(1, "glyph", type(renderer.glyph).__name__)
                blocks.append(block)
    return pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame()


def _cell(value: Any) -> Any:
    return json.dumps(np.asarray(value).tolist()) if isinstance(value, list | tuple | np.ndarray) else value


class SaveMenu(Viewer):
    """A row of three buttons: SVG, PNG, CSV. Assign `figures` when the view makes new ones."""

    def __init__(self, figures: Any, name: str, table: Callable[[], pd.DataFrame] | None = None) -> None:
        super().__init__()
        self._table = table or (lambda: data_of(self.figures))
        self._holder = CustomJS(args={"figures": plots_in(figures)}, code="")
        self.pictures = [self._picture(kind, name) for kind in ("svg", "png")]
        self.data = pmui.FileDownload(
            callback=self._csv, filename=f"{name}.csv", label="CSV", icon="table_chart", variant="text", size="small", margin=0,
            description="Save the figure's data as comma-separated values",
        )  # fmt: skip
        self._layout = pn.Row(*self.pictures, self.data, margin=(0, 4), sizing_mode=None)

    @property
    def figures(self) -> list[Plot]:
        """The figures that are saved."""
        return list(self._holder.args["figures"])

    @figures.setter
    def figures(self, figures: Any) -> None:
        self._holder.args = {"figures": plots_in(figures)}

    def _picture(self, kind: str, name: str) -> Any:
        meaning = {"svg": "a drawing that scales", "png": "an image"}[kind]
        button = pmui.Button(
            label=kind.upper(), icon="image" if kind == "png" else "polyline", variant="text", size="small", margin=0,
            description=f"Save the figure as {meaning}",
        )  # fmt: skip
        button.js_on_click(args={"holder": self._holder}, code=f"const kind = {kind!r}, name = {name!r};\n{SCRIPT}")
        return button

    def _csv(self) -> BytesIO:
        return BytesIO(self._table().to_csv().encode())

    def __panel__(self) -> Any:
        return self._layout


def save_menu(figures: Any, name: str, table: Callable[[], pd.DataFrame] | None = None) -> SaveMenu:
    """Return a small control that saves figures as they are seen, and their data.

    figures: a Bokeh figure, a grid, or a list of either (None or empty: assign `.figures` later, under the document's lock); name: of
    the files, without ending; table: called when the data are asked for; what the
    glyphs hold when not given.
    """
    return SaveMenu(figures, name, table)
