"""The frozen circuit A: the raster and rate that the bench showed when it was frozen."""

from __future__ import annotations

import panel as pn
from bokeh.models import ColumnDataSource, LinearColorMapper, Range1d
from bokeh.plotting import figure

from ...figures.raster import Raster
from ...state.run_curves import curve_axis, rate_curve
from ...widgets.colours import Palette
from ...widgets.figure_saving import OfASession, save_menu
from ...widgets.plain_text import plain
from .bench import Frozen


class FrozenStrip:
    """Two figures, made once; hidden where nothing is frozen."""

    def __init__(self, palette: Palette, of: OfASession | None = None) -> None:
        self.title = plain()
        self.x_range = Range1d(0, 5)
        self.kinds = LinearColorMapper(palette=[palette.excitatory, palette.inhibitory], low=0, high=1)
        self.raster = Raster(palette, self.x_range, height=150)
        self.raster.figure.yaxis.axis_label = "neuron"
        self.rate = ColumnDataSource({"t": [], "r": []})
        self.figure = figure(
            height=100, sizing_mode="stretch_width", x_range=self.x_range, tools="", y_axis_label="Hz", x_axis_label="time (s)",
            min_border_left=64,
        )  # fmt: skip
        self.figure.toolbar_location = None
        self.figure.grid.visible = False
        self.figure.yaxis.ticker.desired_num_ticks = 3
        self.line = self.figure.line(x="t", y="r", source=self.rate, line_width=1.5)
        figures = [self.raster.figure, self.figure]
        self.layout = pn.Column(
            self.title, *(pn.pane.Bokeh(fig, sizing_mode="stretch_width", margin=(0, 4)) for fig in figures),
            save_menu(figures, "frozen_circuit", of=of), sizing_mode="stretch_width", visible=False, margin=0,
        )  # fmt: skip
        self.recolour(palette)

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme."""
        self.raster.recolour(palette)
        self.kinds.palette = [palette.excitatory, palette.inhibitory]
        self.raster.marks.glyph.line_color = {"field": "u", "transform": self.kinds}
        self.line.glyph.line_color = palette.excitatory

    def show(self, frozen: Frozen | None, seconds: float) -> None:
        """Show A's last seconds; None hides the strip."""
        self.layout.visible = frozen is not None
        if frozen is None:
            return
        everyone = frozen.circuit.recording(ordered=True)
        excitatory = frozen.circuit.recording()
        start = max(everyone.duration - seconds, 0.0)
        shown = everyone.duration - start
        self.title.object = (
            f"A, frozen at {frozen.circuit.time:.2f} s: its last {shown:.1f} s, inhibitory neurons on top; "
            "rate of the excitatory."
        )
        # two equal halves, since whatever lies above the second has the second's colour, too
        self.kinds.high = 2 * excitatory.n_units
        self.x_range.update(start=0, end=max(shown, 0.01))
        self.raster.show(everyone.window(start, everyone.duration))
        self.figure.yaxis.axis_label = curve_axis(shown)
        times, rate = rate_curve(excitatory.window(start, excitatory.duration), shown)
        self.rate.data = {"t": times, "r": rate}
