"""A raster that stays fluid at any size: dots while few spikes are in view, a density image when there are many."""

from __future__ import annotations

import numpy as np
from bokeh.models import ColumnDataSource, LinearColorMapper, Range1d
from bokeh.plotting import figure
from numpy.typing import NDArray

from ...recording import Recording
from ..widgets.colours import Palette

MAX_DOTS = 20_000
"""Dots that a browser without a graphics card can still pan at 30 frames a second."""

IMAGE_WIDTH, IMAGE_HEIGHT = 1200, 240
"""Pixels of the density image, as many as the strip has on a wide screen."""


def density(
    recording: Recording, start: float, stop: float, width: int = IMAGE_WIDTH, height: int = IMAGE_HEIGHT
) -> NDArray[np.float32]:
    """Return spike counts (height', width) of the stretch from start to stop (s); their sum is the number of spikes in the stretch.

    height' is at most `height`: units share rows only where there are more units than rows.
    """
    rows = max(min(height, recording.n_units), 1)
    first, last = np.searchsorted(recording.spike_times, [start, stop])
    times, units = recording.spike_times[first:last], recording.spike_units[first:last]
    column = np.minimum(((times - start) * (width / max(stop - start, 1e-12))).astype(np.int64), width - 1)
    row = units.astype(np.int64) * rows // max(recording.n_units, 1)
    return np.bincount(row * width + column, minlength=rows * width).reshape(rows, width).astype(np.float32)


class Raster:
    """One Bokeh figure whose data follow the range in view. It is made once; `show` exchanges what it shows."""

    def __init__(self, palette: Palette, x_range: Range1d | None = None, height: int = 190, title: str = "") -> None:
        self.recording: Recording | None = None
        self.x_range = x_range or Range1d(0, 1)
        self.dots = ColumnDataSource({"t": [], "u": []})
        self.image = ColumnDataSource({"image": [], "x": [], "y": [], "dw": [], "dh": []})
        self.mapper = LinearColorMapper(palette=ramp(palette), low=0, high=1)
        self.figure = figure(
            height=height, sizing_mode="stretch_width", x_range=self.x_range, y_range=Range1d(-0.5, 1), title=title or None,
            tools="xpan,xwheel_zoom,xbox_zoom,reset,save", active_drag="xpan", active_scroll="xwheel_zoom",
            y_axis_label="unit", output_backend="canvas", min_border_left=64,
        )  # fmt: skip
        self.figure.toolbar.logo = None
        self.figure.toolbar.autohide = True
        self.figure.xaxis.visible = False
        self.figure.xaxis.axis_label = "time (s)"  # for print
        self.figure.grid.visible = False
        self.figure.yaxis.ticker.desired_num_ticks = 4
        self.gaps = ColumnDataSource({"start": [], "stop": []})
        self.unseen = self.figure.vstrip(
            x0="start", x1="stop", source=self.gaps, fill_color=palette.grid, line_alpha=0, hatch_pattern="/", hatch_color=palette.dead,
            hatch_alpha=0.6,
        )  # fmt: skip
        self.figure.image(image="image", x="x", y="y", dw="dw", dh="dh", color_mapper=self.mapper, source=self.image)
        self.marks = self.figure.scatter(
            marker="dash",
            x="t",
            y="u",
            angle=np.pi / 2,
            size=4,
            line_color=palette.ink,
            line_width=1.1,
            source=self.dots,
        )

    def show(self, recording: Recording | None) -> None:
        """Show another recording over its whole length; stretches in which no unit was observed are hatched."""
        self.recording = recording
        gaps = np.empty((0, 2)) if recording is None else recording.gaps
        self.gaps.data = {"start": gaps[:, 0], "stop": gaps[:, 1]}
        if recording is not None:
            self.figure.y_range.update(start=-0.5, end=max(recording.n_units - 0.5, 0.5))
        self.refresh()

    def refresh(self) -> None:
        """Fit the data to the range in view; call this when the range has changed."""
        recording = self.recording
        if recording is None or not recording.n_spikes:
            self.dots.data, self.image.data = {"t": [], "u": []}, {key: [] for key in self.image.data}
            return
        start, stop = max(float(self.x_range.start), 0.0), min(float(self.x_range.end), recording.duration)
        first, last = np.searchsorted(recording.spike_times, [start, stop])
        if last - first <= MAX_DOTS:
            self.dots.data = {"t": recording.spike_times[first:last], "u": recording.spike_units[first:last]}
            self.image.data = {key: [] for key in self.image.data}
            return
        counts = density(recording, start, stop)
        # a square root keeps single spikes visible beside bursts
        self.image.data = {
            "image": [np.sqrt(counts)], "x": [start], "y": [-0.5], "dw": [stop - start], "dh": [recording.n_units],
        }  # fmt: skip
        self.mapper.high = float(np.sqrt(np.quantile(counts[counts > 0], 0.98))) if (counts > 0).any() else 1.0
        self.dots.data = {"t": [], "u": []}

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme."""
        self.mapper.palette = ramp(palette)
        self.marks.glyph.line_color = palette.ink
        self.unseen.glyph.fill_color, self.unseen.glyph.hatch_color = palette.grid, palette.dead


def ramp(palette: Palette) -> list[str]:
    """Return 64 steps from the page's ground to the target's ink."""
    low, high = (np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in (palette.ground, palette.ink))
    steps = low + (high - low) * np.linspace(0, 1, 64)[:, None] ** 0.7
    return ["#{:02x}{:02x}{:02x}".format(*row) for row in steps.astype(int)]
