"""One simulated circuit beside the target: raster, rate and spectrum, its distance in words, and the buttons for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure

from ...recording import Recording
from ..state.marks import NO_MARKS, Mark, Marks
from ..state.run_curves import RunCurves, curve_axis
from ..state.run_words import Rerun
from ..widgets.colours import Palette
from ..widgets.plain_text import plain
from .raster import Raster

SEEDS, REFERENCE = "seeds", "reference"
ACTIONS = {
    Mark.PINNED: ("Pin", "keep it at the top"), Mark.HIDDEN: ("Hide", "take it off the board"),
    Mark.REJECTED: ("Reject", "do not count it as consistent"), SEEDS: ("Other seeds", "rerun it with five other seeds"),
    REFERENCE: ("Reference engine", "rerun it on brian2 with the same seed"),
}  # fmt: skip


class RunStrip:
    """Three figures, text and buttons, made once and used again for other runs. act: called with an action and the circuit's number."""

    def __init__(self, palette: Palette, act: Callable[[str, int], Any] | None = None) -> None:
        self.number = -1
        self._drawn: tuple[Any, ...] = ()  # while results stream in, most strips keep the run that they show
        self.x_range = Range1d(0, 10)
        self.raster = Raster(palette, self.x_range, height=90)
        self.rate, self.target_rate = (ColumnDataSource({"t": [], "r": []}) for _ in range(2))
        self.power, self.target_power = (ColumnDataSource({"f": [], "p": []}) for _ in range(2))
        self.others = ColumnDataSource({"xs": [], "ys": [], "colour": []})
        self.rate_figure = figure(
            height=95, sizing_mode="stretch_width", x_range=self.x_range, tools="xpan,xwheel_zoom,reset", y_axis_label="Hz",
            x_axis_label="time (s)", min_border_left=64,
        )  # fmt: skip
        self.spectrum_figure = figure(
            height=185, width=270, x_axis_type="log", y_axis_type="log", tools="save", x_axis_label="Hz",
            y_axis_label="relative power",
        )  # fmt: skip
        self.spectrum_figure.multi_line(
            xs="xs", ys="ys", line_color="colour", line_alpha=0.6, line_width=0.8, source=self.others
        )
        self.lines = []
        for fig, ours, theirs, x, y in (
            (self.rate_figure, self.rate, self.target_rate, "t", "r"),
            (self.spectrum_figure, self.power, self.target_power, "f", "p"),
        ):
            fig.toolbar_location = None
            fig.grid.visible = False
            fig.yaxis.ticker.desired_num_ticks = 3
            self.lines.append(
                (fig.line(x=x, y=y, source=theirs, line_width=1), fig.line(x=x, y=y, source=ours, line_width=1.6))
            )
        self.title, self.note = plain(margin=(6, 10, 0, 10)), plain(small=True, margin=(0, 10))
        self.buttons = {} if act is None else {action: self._button(action, act) for action in ACTIONS}
        self.layout = pn.Row(
            pn.Column(
                pn.FlexBox(self.title, *self.buttons.values(), align_items="center", margin=0, sizing_mode="stretch_width"),
                self.note, pn.pane.Bokeh(self.raster.figure, sizing_mode="stretch_width", margin=(0, 4)),
                pn.pane.Bokeh(self.rate_figure, sizing_mode="stretch_width", margin=(0, 4)), sizing_mode="stretch_width", margin=0,
            ),
            pn.pane.Bokeh(self.spectrum_figure, width=270, align="end"),
            sizing_mode="stretch_width", visible=False, margin=0,
        )  # fmt: skip
        self.title.sizing_mode = None
        self.recolour(palette)

    def _button(self, action: str, act: Callable[[str, int], Any]) -> pmui.Button:
        label, meaning = ACTIONS[action]

        async def press(_: Any) -> None:
            waiting = act(action, self.number)
            if waiting is not None:
                await waiting

        return pmui.Button(
            label=label, description=f"{label}: {meaning}", variant="text", size="small", margin=(0, 0), on_click=press
        )

    @property
    def figures(self) -> list[Any]:
        """Raster, rate and spectrum."""
        return [self.raster.figure, self.rate_figure, self.spectrum_figure]

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme."""
        self.palette = palette
        self.raster.recolour(palette)
        for theirs, ours in self.lines:
            theirs.glyph.line_color = palette.ink
            theirs.glyph.line_dash = "dotted"
            ours.glyph.line_color = palette.alive

    def show(
        self, number: int, title: str, note: str, recording: Recording | None, curves: RunCurves, target: RunCurves | None,
        shown: float, marks: Marks = NO_MARKS, reruns: tuple[Rerun, ...] = (),
    ) -> None:  # fmt: skip
        """Show a run (its recording after the warm-up) beside the target over the shown stretch, s."""
        self.number = number
        self.title.object, self.note.object = title, note
        self.note.visible = bool(note)
        drawn = (curves, target, self.palette, recording is None, shown, *reruns)
        if len(drawn) != len(self._drawn) or any(
            a is not b and not (isinstance(a, float) and a == b) for a, b in zip(drawn, self._drawn, strict=True)
        ):
            self._drawn = drawn
            self._draw(recording, curves, target, shown, reruns)
        for action, button in self.buttons.items():
            label, meaning = ACTIONS[action]
            undo: dict[str, str] = {Mark.PINNED: "Unpin", Mark.HIDDEN: "Show again", Mark.REJECTED: "Accept again"}
            if action in marks:
                button.param.update(label=undo[action], description=undo[action])
            else:
                button.param.update(label=label, description=f"{label}: {meaning}")
        self.layout.visible = True

    def _draw(
        self, recording: Recording | None, curves: RunCurves, target: RunCurves | None, shown: float, reruns: tuple[Rerun, ...]
    ) -> None:  # fmt: skip
        self.x_range.update(start=0, end=shown)
        self.rate_figure.yaxis.axis_label = curve_axis(shown)
        self.raster.show(recording if recording is not None and recording.n_spikes else None)
        self.rate.data = {"t": curves.times, "r": curves.rate}
        self.power.data = {"f": curves.frequencies, "p": curves.power}
        if target is not None:
            self.target_rate.data = {"t": target.times, "r": target.rate}
            self.target_power.data = {"f": target.frequencies, "p": target.power}
        self.others.data = {
            "xs": [one.frequencies for one in reruns], "ys": [one.power for one in reruns],
            "colour": [self.palette.selected if one.engine == "reference" else self.palette.dead for one in reruns],
        }  # fmt: skip
