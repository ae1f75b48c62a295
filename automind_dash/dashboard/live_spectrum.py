"""The rolling spectrum of the running circuit over the target's, and that of the frozen circuit A."""

from __future__ import annotations

import panel as pn
from bokeh.models import ColumnDataSource, LogTicker
from bokeh.plotting import figure

from .colours import Palette
from .figure_saving import save_menu
from .live_measures import Measures
from .plain_text import plain
from .run_curves import RunCurves

HEIGHT = 210
CAPTION = "Spectrum relative to its geometric mean: solid the running circuit, dotted the recording, dashed A."


class LiveSpectrum:
    """One figure, made once."""

    def __init__(self, palette: Palette) -> None:
        self.ours, self.target, self.other = (ColumnDataSource({"f": [], "p": []}) for _ in range(3))
        self.figure = figure(
            height=HEIGHT, sizing_mode="stretch_width", x_axis_type="log", y_axis_type="log", tools="",
            x_axis_label="frequency (Hz)", y_axis_label="relative power",
        )  # fmt: skip
        self.figure.toolbar_location = None
        self.figure.grid.visible = False
        self.figure.yaxis.ticker = LogTicker(mantissas=[1, 3], desired_num_ticks=3)
        self.lines = [
            self.figure.line(x="f", y="p", source=source, line_width=width, line_dash=dash)
            for source, width, dash in (
                (self.target, 1.6, "dotted"),
                (self.other, 1.4, "dashed"),
                (self.ours, 2.0, "solid"),
            )
        ]
        self.layout = pn.Column(
            pn.pane.Bokeh(self.figure, sizing_mode="stretch_width", margin=0), plain(CAPTION, small=True),
            save_menu(self.figure, "live_spectrum"), sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.recolour(palette)

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme."""
        for line, colour in zip(self.lines, (palette.ink, palette.selected, palette.alive), strict=True):
            line.glyph.line_color = colour

    def show(self, live: Measures, target: RunCurves | None) -> None:
        """Show another moment of the running circuit."""
        self.ours.data = {"f": live.frequencies, "p": live.power}
        if target is not None and len(target.frequencies) != len(self.target.data["f"]):
            self.target.data = {"f": target.frequencies, "p": target.power}

    def show_other(self, frozen: Measures | None) -> None:
        """Show A's spectrum; None takes it away."""
        self.other.data = {"f": [], "p": []} if frozen is None else {"f": frozen.frequencies, "p": frozen.power}
