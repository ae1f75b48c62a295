"""Spectra of the selected circuits that have been simulated, over the target's. The spectra of the others are faint."""

from __future__ import annotations

import panel as pn
from bokeh.models import ColumnDataSource, LogTicker
from bokeh.plotting import figure

from ...figures.colouring import state_colour
from ...state.run_curves import RunCurves
from ...widgets.colours import Palette
from ...widgets.figure_saving import OfASession, save_menu
from ...widgets.plain_text import plain

HEIGHT = 140

MAX_FAINT = 100
"""Others drawn behind the selected: enough to show where the rest lies."""

MAX_SELECTED = 100


class SelectedSpectra:
    """One figure made once; `show` swaps its lines."""

    def __init__(self, palette: Palette, of: OfASession | None = None) -> None:
        self.others, self.chosen = (ColumnDataSource({"xs": [], "ys": [], "colour": []}) for _ in range(2))
        self.target = ColumnDataSource({"f": [], "p": []})
        self.figure = figure(
            height=HEIGHT, sizing_mode="stretch_width", x_axis_type="log", y_axis_type="log", tools="box_zoom,wheel_zoom,reset",
            x_axis_label="frequency (Hz)", y_axis_label="relative power", min_border_left=44,
        )  # fmt: skip
        self.figure.toolbar.logo = None
        self.figure.toolbar.autohide = True
        self.figure.grid.visible = False
        self.figure.yaxis.ticker = LogTicker(mantissas=[1, 3], desired_num_ticks=3)
        self.figure.multi_line(
            xs="xs", ys="ys", line_color="colour", line_alpha=0.15, line_width=0.7, source=self.others
        )
        self.figure.multi_line(
            xs="xs", ys="ys", line_color="colour", line_alpha=0.8, line_width=1.2, source=self.chosen
        )
        self.ink = self.figure.line(x="f", y="p", source=self.target, line_width=2, line_dash="dotted")
        self.note = plain(small=True, one_line=True, margin=(2, 8, 0, 8))
        self.saving = save_menu(self.figure, "selected_spectra", of=of)
        self.layout = pn.Column(
            self.note, pn.pane.Bokeh(self.figure, sizing_mode="stretch_width", margin=0),
            sizing_mode="stretch_width", visible=False, margin=0,
        )  # fmt: skip
        self.recolour(palette)

    def resize(self, height: int) -> None:
        """Give the figure so many px."""
        self.figure.height = max(height, HEIGHT)

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme; call `show` after it."""
        self.palette = palette
        self.ink.glyph.line_color = palette.ink

    def show(
        self, selection: list[int], curves: dict[int, RunCurves], states: dict[int, str], target: RunCurves | None
    ) -> None:
        """Show the circuits with a spectrum. curves, states: by circuit number; target: None where there is none."""
        drawn = {number: one for number, one in curves.items() if number in states and len(one.frequencies)}
        picked = [number for number in selection if number in drawn]
        rest = [number for number in drawn if number not in set(picked)]
        self.layout.visible = bool(drawn)
        for source, numbers in ((self.others, rest[:MAX_FAINT]), (self.chosen, picked[:MAX_SELECTED])):
            source.data = {
                "xs": [drawn[n].frequencies for n in numbers], "ys": [drawn[n].power for n in numbers],
                "colour": [state_colour(states[n], self.palette) for n in numbers],
            }  # fmt: skip
        self.target.data = {"f": [], "p": []} if target is None else {"f": target.frequencies, "p": target.power}
        most = f", {MAX_SELECTED} of the selected" if len(picked) > MAX_SELECTED else ""
        self.note.object = f"Spectra in their state's colour{most}; faint: the others; dotted: the recording."
