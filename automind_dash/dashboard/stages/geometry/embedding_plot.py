"""The flat map of the subspace: a scatter in which a box selects circuits everywhere."""

from __future__ import annotations

import numpy as np
from bokeh.models import BoxSelectTool, ColumnDataSource, HoverTool
from bokeh.plotting import figure
from numpy.typing import NDArray

from ...widgets.colours import Palette

HEIGHT = 440


class EmbeddingPlot:
    """One figure and its source; the source's selection holds rows."""

    def __init__(self, coordinates: NDArray[np.float64], numbers: NDArray[np.int64], palette: Palette) -> None:
        self.numbers = numbers
        self.source = ColumnDataSource({
            "x": coordinates[:, 0], "y": coordinates[:, 1], "number": numbers, "fill": [palette.alive] * len(numbers),
        })  # fmt: skip
        fig = self.figure = figure(
            height=HEIGHT, sizing_mode="stretch_width", match_aspect=True, output_backend="webgl", toolbar_location="above",
            tools="pan,wheel_zoom,lasso_select,tap,reset,save", x_axis_label="map, first axis (shares of the prior's ranges)",
            y_axis_label="map, second axis",
        )  # fmt: skip
        dots = fig.scatter(
            x="x", y="y", size=6, fill_color="fill", line_color=None, fill_alpha=0.85, source=self.source,
            nonselection_fill_alpha=0.25, selection_line_color=palette.ink, selection_line_width=1.5,
        )  # fmt: skip
        box = BoxSelectTool()
        fig.add_tools(box, HoverTool(renderers=[dots], tooltips=[("circuit", "@number")]))
        fig.toolbar.active_drag, fig.toolbar.logo = box, None

    def colour(self, fill: list[str]) -> None:
        """Colour the circuits."""
        self.source.patch({"fill": [(slice(len(fill)), fill)]})

    def mark(self, selection: list[int]) -> None:
        """Show which circuits are selected."""
        rows = np.flatnonzero(np.isin(self.numbers, selection)).tolist()
        if rows != list(self.source.selected.indices):
            self.source.selected.indices = rows
