"""Small multiples of a study's recordings: a raster and a rate in each cell, all in one figure, and a click chooses one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from bokeh.events import Tap
from bokeh.models import ColumnDataSource, HoverTool, LinearColorMapper, Range1d
from bokeh.plotting import figure
from numpy.typing import NDArray

from ....study.measuring import EXCERPT
from ....study.results import RECORDING, StudyResults
from ...figures.raster import ramp
from ...widgets.colours import Palette
from .arrangement import Placed, short

CELL, HEADROOM = 104, 8
"""px of a line of cells, and of the room above the first."""

TIME_BINS, UNIT_BINS = 180, 40
"""Pixels of a raster: as many as a cell has on a laptop's page."""

RATE_BIN = 0.05

MOST = 240
"""Recordings that are shown."""

GAP = 0.06
RASTER, RATE, LABEL = (0.36, 0.84), (0.04, 0.33), 0.86
"""Bottom and top of the parts of a cell whose height is 1."""


def picture(spikes: pd.DataFrame, n_units: int) -> NDArray[np.uint8]:
    """(units, TIME_BINS) how dense the raster is, 0 to 255; the root keeps single spikes visible beside bursts."""
    down = int(min(max(n_units, 1), UNIT_BINS))
    counts, _, _ = np.histogram2d(
        spikes["unit"], spikes["time"], bins=(down, TIME_BINS), range=((0, max(n_units, 1)), (0, EXCERPT))
    )
    top = float(np.quantile(counts[counts > 0], 0.95)) if (counts > 0).any() else 1.0
    return (255 * np.sqrt(np.minimum(counts / max(top, 1.0), 1.0))).astype(np.uint8)


def rate_of(spikes: pd.DataFrame, n_units: float) -> NDArray[np.float64]:
    """(TIME_BINS,) the largest population rate within each pixel's time, Hz per unit."""
    bins = round(EXCERPT / RATE_BIN)
    counts = np.histogram(spikes["time"], bins, (0, EXCERPT))[0] / (RATE_BIN * max(n_units, 1.0))
    edges = np.linspace(0, bins, TIME_BINS + 1).astype(int)
    return np.maximum.reduceat(counts, edges[:-1])


def keys_of(results: StudyResults) -> dict[int, str]:
    """Return under which key each recording's results are kept: equal keys mean equal spikes and draws."""
    return {int(str(row)): str(key) for row, key in results.recordings["key"].items() if key}


class RecordingsGrid:
    """One figure, whose data are exchanged. chosen: called with the recording whose cell is clicked."""

    def __init__(self, palette: Palette, chosen: Callable[[int], Any]) -> None:
        self._chosen, self._places = chosen, list[Placed]()
        self._cells: dict[str, tuple[NDArray[np.uint8], NDArray[np.float64]]] = {}
        self.figure = figure(
            height=CELL + HEADROOM, sizing_mode="stretch_width", x_range=Range1d(0, 1), y_range=Range1d(-1, 0), tools="save",
            toolbar_location=None, min_border=4, outline_line_color=None,
        )  # fmt: skip
        self.figure.axis.visible = False
        self.figure.grid.visible = False
        self.cells = ColumnDataSource({name: [] for name in FIELDS})
        self.images = ColumnDataSource({name: [] for name in ("image", "x", "y", "dw", "dh")})
        self.rates = ColumnDataSource({"xs": [], "ys": [], "colour": []})
        self.lines = ColumnDataSource({"x": [], "y": [], "name": []})
        self.current = ColumnDataSource({"left": [], "right": [], "bottom": [], "top": []})
        self.mapper = LinearColorMapper(palette=ramp(palette), low=0, high=255)
        fig = self.figure
        self._cover = fig.quad(
            left="left", right="right", top="top", bottom="bottom", source=self.cells, fill_alpha=0.03, line_width=1
        )
        fig.image(image="image", x="x", y="y", dw="dw", dh="dh", color_mapper=self.mapper, source=self.images)
        fig.multi_line(xs="xs", ys="ys", line_color="colour", line_width=1, source=self.rates)
        small: dict[str, Any] = {"source": self.cells, "text_font_size": "11px", "text_baseline": "bottom"}
        self._texts = [
            fig.text(x="left", y="label", text="said", x_offset=3, **small),
            fig.text(x="right", y="label", text="peak", x_offset=-3, text_align="right", **small),
            fig.text(x="x", y="y", text="name", source=self.lines, text_font_size="12px", text_baseline="bottom", text_font_style="bold"),
        ]  # fmt: skip
        self._frame = fig.quad(
            left="left", right="right", top="top", bottom="bottom", source=self.current, fill_alpha=0, line_width=2.5
        )
        fig.add_tools(HoverTool(renderers=[self._cover], tooltips=TOOLTIP, attachment="above"))
        fig.on_event(Tap, self._tapped)
        self.recolour(palette)

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme; the conditions' own come with `show`."""
        self.mapper.palette = ramp(palette)
        self._cover.glyph.update(line_color=palette.grid, fill_color=palette.dead)
        self._frame.glyph.line_color = palette.selected
        for text in self._texts:
            text.glyph.text_color = palette.ink

    def prepare(self, results: StudyResults) -> None:
        """Work out raster and rate of each recording, in any thread; those that are known are left as they are."""
        keys, units = keys_of(results), results.recordings["n_units"].to_dict()
        for row, spikes in results.excerpts.groupby(RECORDING) if len(results.excerpts) else ():
            if (key := keys.get(int(str(row)), "")) not in self._cells:
                n = int(np.clip(np.nan_to_num(units[row], nan=1), 1, 1_000_000))
                self._cells[key] = picture(spikes, n), rate_of(spikes, n)
        for key in self._cells.keys() - set(keys.values()):
            del self._cells[key]

    def show(
        self, places: list[Placed], results: StudyResults | None, colours: dict[str, str], about: dict[int, str]
    ) -> str:  # fmt: skip
        """Show recordings in their places and return the caption. about: recording → what is said of it (name, verdict, failure)."""
        self._places = shown = places[:MOST]
        tall = 1.0 + (0.18 if any(place.replicate for place in shown) else 0.0)
        across = max((place.column for place in shown), default=0) + 1
        down = max((place.line for place in shown), default=0) + 1
        left = np.array([place.column for place in shown], dtype=float) + GAP / 2
        bottom = -tall * (np.array([place.line for place in shown], dtype=float) + 1)
        keys = {} if results is None else keys_of(results)
        cells = {i: self._cells.get(keys.get(place.recording, "")) for i, place in enumerate(shown)}
        seen = {i: cell for i, cell in cells.items() if cell is not None}
        curves = {i: curve for i, (_, curve) in seen.items()}
        top = max((float(curve.max()) for curve in curves.values()), default=1.0) or 1.0
        wide = 1 - GAP
        t = np.linspace(0, wide, TIME_BINS)
        self.cells.data = {
            "left": left, "right": left + wide, "bottom": bottom + 0.02, "top": bottom + 0.98, "label": bottom + LABEL - 0.01,
            "said": [short(place.said, 14) for place in shown],
            "peak": [f"{curves[i].max():.0f} Hz" if i in curves else "" for i in range(len(shown))],
            "about": [about.get(place.recording, "") for place in shown],
            "where": [" · ".join(filter(None, [place.replicate, place.said, place.condition])) for place in shown],
        }  # fmt: skip
        self.images.data = {
            "image": [image for image, _ in seen.values()],
            "x": [left[i] for i in seen], "y": [bottom[i] + RASTER[0] for i in seen],
            "dw": [wide] * len(seen), "dh": [RASTER[1] - RASTER[0]] * len(seen),
        }  # fmt: skip
        self.rates.data = {
            "xs": [left[i] + t for i in curves],
            "ys": [bottom[i] + RATE[0] + (RATE[1] - RATE[0]) * np.sqrt(curve / top) for i, curve in curves.items()],
            "colour": [colours.get(shown[i].condition, "#888888") for i in curves],
        }
        names = {place.line: place.replicate for place in shown if place.replicate}
        self.lines.data = {
            "x": [GAP / 2] * len(names), "y": [-tall * (line + 1) + 0.99 for line in names],
            "name": [short(name, 60) for name in names.values()],
        }  # fmt: skip
        self.figure.x_range.update(start=0, end=max(across, 4))
        self.figure.y_range.update(start=-tall * down, end=0)
        self.figure.height = round(CELL * tall * down) + HEADROOM
        rest = f" The first {MOST} of {len(places)} recordings." if len(places) > MOST else ""
        return (
            f"{EXCERPT:g} s of each recording, the stretch that the estimator is asked about: raster, and population rate by its square "
            f"root on one scale, with its peak in Hz per unit; colours are conditions.{rest} Click one to look at it."
        )

    def mark(self, recording: int | None) -> None:
        """Frame the recording that the page looks at; None for none of these."""
        at = next((i for i, place in enumerate(self._places) if place.recording == recording), None)
        self.current.data = {
            name: [] if at is None else [self.cells.data[name][at]] for name in ("left", "right", "bottom", "top")
        }

    def at(self, x: float, y: float) -> int | None:
        """Return the recording whose cell is at a place of the figure; None for none."""
        data = self.cells.data
        inside = (data["left"] <= x) & (x <= data["right"]) & (data["bottom"] <= y) & (y <= data["top"])
        found = np.flatnonzero(inside) if len(self._places) else np.empty(0, dtype=int)
        return self._places[int(found[0])].recording if len(found) else None

    def _tapped(self, event: Any) -> Any:
        recording = None if event.x is None else self.at(event.x, event.y)
        return None if recording is None else self._chosen(recording)


FIELDS = ("left", "right", "bottom", "top", "label", "said", "peak", "about", "where")
TOOLTIP = [("", "@where"), ("", "@about")]
