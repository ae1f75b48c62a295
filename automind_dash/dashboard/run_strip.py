"""One simulated circuit beside the target: raster, rate and spectrum, with its distance in words."""

from __future__ import annotations

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure

from ..circuit.domain import oddities
from ..circuit.parameters import as_configuration
from ..features import population_rate, smooth, spectrum
from ..inference.simulated import Simulated
from ..inference.target import Target
from ..recording import Recording
from .colours import OUTCOME_WORDS, Palette
from .plain_text import plain
from .raster import Raster

SHOWN_SECONDS = 10.0
"""s of a run that its raster and rate show."""

RATE_BIN, RATE_SMOOTHING = 0.005, 0.01
"""s; fine enough to see a burst's shape, coarse enough for 2000 points."""


def rate_curve(recording: Recording, duration: float) -> tuple[np.ndarray, np.ndarray]:
    """Return times (s) and the smoothed population rate (Hz) of the first stretch of a recording."""
    part = recording.window(0, min(duration, recording.duration))
    rate, centres = population_rate(part, RATE_BIN)
    return centres, smooth(rate, RATE_BIN, RATE_SMOOTHING)


def spectrum_curve(recording: Recording) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies and the power relative to its geometric mean, thinned for a log axis; empty where there is none."""
    if recording.n_spikes < 2 or recording.duration < 2:
        return np.empty(0), np.empty(0)
    frequencies, power = spectrum(recording)
    power = np.maximum(power, power[power > 0].min() if (power > 0).any() else 1.0)
    kept = np.unique(np.geomspace(1, len(frequencies), 160).astype(int) - 1)
    return frequencies[kept], (power / np.exp(np.mean(np.log(power))))[kept]


class RunStrip:
    """Three figures and two lines of text, made once and shown again for other runs."""

    def __init__(self, palette: Palette) -> None:
        self.x_range = Range1d(0, SHOWN_SECONDS)
        self.raster = Raster(palette, self.x_range, height=110)
        self.rate, self.target_rate = (ColumnDataSource({"t": [], "r": []}) for _ in range(2))
        self.power, self.target_power = (ColumnDataSource({"f": [], "p": []}) for _ in range(2))
        self.rate_figure = figure(
            height=90,
            sizing_mode="stretch_width",
            x_range=self.x_range,
            tools="xpan,xwheel_zoom,reset",
            y_axis_label="Hz",
            min_border_left=64,
        )
        self.spectrum_figure = figure(
            height=200,
            width=280,
            x_axis_type="log",
            y_axis_type="log",
            tools="save",
            x_axis_label="Hz",
            y_axis_label="relative power",
        )
        self.lines = []
        for fig, ours, theirs, x, y in (
            (self.rate_figure, self.rate, self.target_rate, "t", "r"),
            (self.spectrum_figure, self.power, self.target_power, "f", "p"),
        ):
            fig.toolbar_location = None
            fig.grid.visible = False
            self.lines.append(
                (fig.line(x=x, y=y, source=theirs, line_width=1), fig.line(x=x, y=y, source=ours, line_width=1.6))
            )
        self.title = plain()
        self.note = plain(small=True)
        self.layout = pn.Row(
            pn.Column(
                self.title, self.note, pn.pane.Bokeh(self.raster.figure, sizing_mode="stretch_width"),
                pn.pane.Bokeh(self.rate_figure, sizing_mode="stretch_width"), sizing_mode="stretch_width",
            ),
            pn.pane.Bokeh(self.spectrum_figure, width=280),
            sizing_mode="stretch_width", visible=False,
        )  # fmt: skip
        self.recolour(palette)

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme."""
        self.raster.recolour(palette)
        for theirs, ours in self.lines:
            theirs.glyph.line_color = palette.ink
            theirs.glyph.line_dash = "dotted"
            ours.glyph.line_color = palette.alive

    def show(
        self, number: int, run: Simulated, state: str, distance: float, target: Target | None, warm_up: float
    ) -> None:
        """Show a run, from the end of its warm-up (s) on, beside the target."""
        far = f", distance {distance:.2f}" if np.isfinite(distance) else ""
        self.title.object = f"Circuit {number} — {OUTCOME_WORDS.get(state, state)}{far} (seed {run.seed})"
        notes = [run.error] * bool(run.error) + [f"⚠ {line}" for line in oddities(as_configuration(run.theta))]
        self.note.object = "\n".join(notes)
        recording = run.recording
        if recording is not None and recording.duration > warm_up + 1:
            recording = recording.window(warm_up, recording.duration)
        nothing = np.empty(0)
        if recording is not None and recording.n_spikes:
            self.raster.show(recording)
            excitatory = recording.population("excitatory")
            self.rate.data = dict(zip("tr", rate_curve(excitatory, SHOWN_SECONDS), strict=True))
            self.power.data = dict(zip("fp", spectrum_curve(excitatory), strict=True))
        else:
            self.raster.show(None)
            self.rate.data, self.power.data = {"t": nothing, "r": nothing}, {"f": nothing, "p": nothing}
        if target is not None:
            self.target_rate.data = dict(zip("tr", rate_curve(target.recording, SHOWN_SECONDS), strict=True))
            self.target_power.data = dict(zip("fp", spectrum_curve(target.recording), strict=True))
        self.layout.visible = True
