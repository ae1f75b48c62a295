"""How far apart the subspaces of a study's recordings are: a matrix, with what two halves of one recording differ by on its diagonal, and a
map."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool, LinearColorMapper, Range1d
from bokeh.plotting import figure

from ....study.geometry import Distances
from ...figures.raster import ramp
from ...widgets.colours import Palette
from ...widgets.plain_text import plain
from .arrangement import Placed, marks_of, short

MOST = 60
"""Recordings that are shown: more leave no room for their names."""

LINE, AROUND = 13, 150
"""px of a recording's line in the matrix, and of the names below it."""

SMALLEST, LARGEST = 300, 900
"""px of the matrix's height."""

CELLS = ("x", "y", "energy", "angle", "first", "second", "own", "mark")


class SubspaceDistances:
    """`layout`: two figures side by side, whose data are exchanged, and what they say."""

    def __init__(self, palette: Palette) -> None:
        self.cells = ColumnDataSource({name: [] for name in CELLS})
        self.dots = ColumnDataSource({name: [] for name in ("x", "y", "colour", "marker", "where", "halves")})
        self.lines = ColumnDataSource({"xs": [], "ys": []})
        self.mapper = LinearColorMapper(palette=ramp(palette), low=0, high=1)
        self.matrix, self._near = self._made_matrix()
        self.map, self._path = self._made_map()
        self.figures = [self.matrix, self.map]
        self.said = plain()
        self.caption = plain(small=True)
        self.layout = pn.Column(
            self.said,
            pn.FlexBox(
                _beside(self.matrix, "3 1 420px"), _beside(self.map, "2 1 320px"), align_items="flex-start", sizing_mode="stretch_width"
            ),
            self.caption, sizing_mode="stretch_width", margin=0, visible=False,
        )  # fmt: skip
        self.recolour(palette)

    def _made_matrix(self) -> tuple[Any, Any]:
        fig = figure(
            height=SMALLEST, sizing_mode="stretch_width", tools="save", toolbar_location=None, title="energy distance, ranges of the prior",
            x_range=Range1d(-0.5, 0.5), y_range=Range1d(0.5, -0.5), outline_line_color=None,
        )  # fmt: skip
        fig.title.text_font_size = "12px"
        fig.grid.visible = False
        fig.xaxis.major_label_orientation = np.pi / 2
        fig.axis.major_label_text_font_size = "10px"
        fig.axis.major_tick_line_color = None
        fig.axis.axis_line_color = None
        cells = fig.rect(
            x="x", y="y", width=1, height=1, line_color=None, source=self.cells, fill_color={"field": "energy", "transform": self.mapper}
        )  # fmt: skip
        near = fig.text(
            x="x",
            y="y",
            text="mark",
            text_align="center",
            text_baseline="middle",
            text_font_size="9px",
            source=self.cells,
        )
        told = [
            ("", "@first"),
            ("", "@second"),
            ("distance", "@energy{0.000}"),
            ("directions", "@angle"),
            ("halves", "@own"),
        ]
        fig.add_tools(HoverTool(renderers=[cells], tooltips=told))
        return fig, near

    def _made_map(self) -> tuple[Any, Any]:
        fig = figure(
            height=SMALLEST, sizing_mode="stretch_width", tools="save", toolbar_location=None, match_aspect=True,
            title="map of these distances", min_border_left=46,
        )  # fmt: skip
        fig.title.text_font_size = "12px"
        fig.xaxis.ticker.desired_num_ticks = fig.yaxis.ticker.desired_num_ticks = 4
        path = fig.multi_line(xs="xs", ys="ys", source=self.lines, line_width=1, line_alpha=0.7)
        dots = fig.scatter(
            x="x", y="y", fill_color="colour", line_color="colour", marker="marker", size=8, source=self.dots
        )
        fig.add_tools(HoverTool(renderers=[dots], tooltips=[("", "@where"), ("between its halves", "@halves")]))
        return fig, path

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme; the conditions' own come with `show`."""
        self.mapper.palette = ramp(palette)
        self._near.glyph.text_color = palette.selected
        self._path.glyph.line_color = palette.dead

    def show(self, distances: Distances | None, places: list[Placed], colours: dict[str, str]) -> None:
        """Show the distances between recordings, in the order of their places."""
        at = {} if distances is None else {recording: i for i, recording in enumerate(distances.recordings)}
        known = [place for place in places if place.recording in at]
        shown = known[:MOST]
        self.layout.visible = len(shown) > 1
        if distances is None or len(shown) < 2:
            return
        order = [at[place.recording] for place in shown]
        names = [" · ".join(filter(None, [place.replicate, place.said, place.condition])) for place in shown]
        own = distances.own_energy[order]
        self._show_matrix(
            distances, order, names, [f"{short(p.replicate, 12)} {p.said.rpartition(' ')[2]}" for p in shown]
        )
        marks = marks_of(list(dict.fromkeys(place.replicate for place in shown)))
        x, y = distances.map[order].T
        self.dots.data = {
            "x": x, "y": y, "colour": [colours.get(place.condition, "#888888") for place in shown],
            "marker": [marks[place.replicate] for place in shown], "where": names, "halves": [_told(value) for value in own],
        }  # fmt: skip
        groups = [[i for i, place in enumerate(shown) if place.replicate == name] for name in marks]
        ordered = any(np.isfinite(place.at) for place in shown)
        self.lines.data = {
            "xs": [x[group] for group in groups] if ordered else [], "ys": [y[group] for group in groups] if ordered else [],
        }  # fmt: skip
        rest = f" The first {MOST} of {len(known)} recordings." if len(known) > MOST else ""
        self.said.object = distances.sentence()
        self.caption.object = (
            "The more a cell stands out from the page, the farther apart. The diagonal is what the two halves of one recording differ by, "
            "which chance and drift within it make; a dot marks pairs that differ no more than the halves of either. The map shows the "
            "distances as far as two dimensions can: "
            f"marks and lines are replicates in their order, colours are conditions.{rest}"
        )

    def _show_matrix(self, distances: Distances, order: list[int], names: list[str], labels: list[str]) -> None:
        n, own = len(order), distances.own_energy[order]
        energy, angle, beyond = (
            table[np.ix_(order, order)].copy() for table in (distances.energy, distances.angle, distances.beyond())
        )
        np.fill_diagonal(energy, own)
        np.fill_diagonal(angle, distances.own_angle[order])
        rows, columns = (grid.ravel() for grid in np.mgrid[:n, :n])
        halves = [_told(value) for value in own]
        near = (beyond == 0) & np.isfinite(own)[:, None] & np.isfinite(own) & ~np.eye(n, dtype=bool)
        directions = [f"{one:.0f}° apart" if np.isfinite(one) else "–" for one in np.degrees(angle.ravel())]
        pairs = list(zip(rows.tolist(), columns.tolist(), strict=True))
        self.cells.data = {
            "x": columns, "y": rows, "energy": energy.ravel(), "angle": directions, "first": [names[i] for i, _ in pairs],
            "second": [names[j] if i != j else "its own halves" for i, j in pairs],
            "own": [f"{halves[i]}, {halves[j]}" for i, j in pairs], "mark": np.where(near.ravel(), "•", ""),
        }  # fmt: skip
        self.mapper.update(low=0.0, high=float(np.nanmax(energy, initial=0.0)) or 1.0)
        self.matrix.x_range.update(start=-0.5, end=n - 0.5)
        self.matrix.y_range.update(start=n - 0.5, end=-0.5)
        shown = {float(i): label.strip().replace("$$", "$") for i, label in enumerate(labels)}
        for axis in (self.matrix.xaxis, self.matrix.yaxis):
            axis.ticker = FixedTicker(ticks=[*shown])
            axis.major_label_overrides = shown
        self.matrix.height = int(np.clip(LINE * n + AROUND, SMALLEST, LARGEST))
        self.map.height = min(self.matrix.height, 420)


def _beside(figure_: Any, flex: str) -> Any:
    """Return a figure that shares a row with another where there is room."""
    pane = pn.pane.Bokeh(figure_, sizing_mode="stretch_width")
    return pn.Column(pane, styles={"flex": flex, "min-width": "0"}, margin=0)


def _told(value: float) -> str:
    return f"{value:.2g}" if np.isfinite(value) else "–"
