"""The rolling spectrum of the running circuit over the target's, and the spectrum of the frozen circuit A."""

from __future__ import annotations

from typing import Any

import panel as pn
from bokeh.models import ColumnDataSource, LogTicker
from bokeh.plotting import figure

from ....inference.asking.target import Target
from ...state.run_curves import RunCurves, target_curves
from ...widgets.colours import Palette
from ...widgets.figure_saving import OfASession, save_menu
from ...widgets.plain_text import plain
from .live_measures import Measures

HEIGHT = 210
CAPTION = "Spectrum relative to its geometric mean: solid the running circuit, dotted the recording, dashed A."


class LiveSpectrum:
    """One figure, made once."""

    def __init__(self, palette: Palette, of: OfASession | None = None) -> None:
        self.ours, self.target, self.other = (ColumnDataSource(_points(None)) for _ in range(3))
        self._seen: Target | None = None
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
            save_menu(self.figure, "live_spectrum", of=of), sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.recolour(palette)

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme."""
        for line, colour in zip(self.lines, (palette.ink, palette.selected, palette.alive), strict=True):
            line.glyph.line_color = colour

    def show(self, live: Measures | None, target: Target | None) -> None:
        """Show another moment of the running circuit over the recording's spectrum; None removes either."""
        self.ours.data = _points(live)
        if target is not self._seen:  # the recording's spectrum is worked out once
            self._seen = target
            self.target.data = _points(None if target is None else target_curves(target, 1.0))

    def show_other(self, frozen: Measures | None) -> None:
        """Show A's spectrum; None removes it."""
        self.other.data = _points(frozen)


def _points(one: Measures | RunCurves | None) -> dict[str, Any]:
    return {"f": [], "p": []} if one is None else {"f": one.frequencies, "p": one.power}
