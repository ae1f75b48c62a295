"""The strip that is always shown: raster and population rate on one time axis, with the detected bursts."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import panel as pn
import param
from bokeh.models import ColumnDataSource, Range1d, Span
from bokeh.plotting import figure
from panel.viewable import Viewer

from ...features import Bursts, is_bursting, rate_words
from ..figures.raster import Raster
from ..state.following import follow_current
from ..state.stages import STAGES
from ..state.workspace import Workspace
from ..widgets.colours import palette
from ..widgets.documents import on_document
from ..widgets.plain_text import plain

MAX_RATE_POINTS = 4000
"""Three per pixel of a wide strip: more cannot be seen."""


def rate_in_view(rate: np.ndarray, bin_width: float, start: float, stop: float) -> tuple[np.ndarray, np.ndarray]:
    """Return times (s) and rates (Hz) between start and stop, thinned to the minimum and maximum of each pixel's bins."""
    first, last = max(int(start / bin_width), 0), min(int(np.ceil(stop / bin_width)) + 1, len(rate))
    part = rate[first:last]
    step = max(len(part) * 2 // MAX_RATE_POINTS, 1)
    if step == 1:
        return (first + np.arange(len(part)) + 0.5) * bin_width, part
    whole = part[: len(part) // step * step].reshape(-1, step)
    values = np.column_stack([whole.min(1), whole.max(1)]).ravel()
    times = (first + (np.arange(len(whole)) + 0.5) * step) * bin_width
    return np.repeat(times, 2), values


WHOLE, STRIP = (150, 120), (48, 44)
"""px of the raster and of the rate, under Features and beside another stage."""


def bursts_in_words(bursts: Bursts | None) -> str:
    """Return the number of network bursts and the interval between them, or that the recording does not burst."""
    n = 0 if bursts is None else len(bursts)
    if bursts is None or not is_bursting(bursts):
        return "not bursting" + (f" ({n} synchronous event{'s' * (n != 1)})" if n else "")
    interval = f", every {np.mean(bursts.intervals):.3g} s" if len(bursts.intervals) else ""
    return f"{n} network burst{'s' * (n != 1)}{interval}"


def rate_in_words(bursts: Bursts | None) -> str:
    """Return in which bins and with what smoothing the rate is drawn, and the peak rates of the bursts measured."""
    return "not measured" if bursts is None else rate_words(bursts.settings.bin_width, bursts.settings.smoothing)


class TargetView(Viewer):
    """Raster and rate of the current recording. Zooming one zooms the other; the data follow the range in view."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        colours = palette(self.workspace.dark)
        self.x_range = Range1d(0, 1)  # shared by raster and rate
        self.raster = Raster(colours, self.x_range, height=WHOLE[0])
        self.rate_source = ColumnDataSource({"t": [], "r": []})
        self.mark_source = ColumnDataSource({"t": [], "r": [], "on": [], "off": [], "width": []})
        self.rate_figure = self._rate_figure(colours)
        self.caption = plain()
        for name in ("start", "end"):
            self.x_range.on_change(name, self._moved)
        self._layout = pn.Column(
            self.caption,
            pn.pane.Bokeh(self.raster.figure, sizing_mode="stretch_width", margin=0),
            pn.pane.Bokeh(self.rate_figure, sizing_mode="stretch_width", margin=0),
            sizing_mode="stretch_width",
        )
        self._pending = False
        self._duration = 0.0
        self.workspace.param.watch(self._recolour, "dark")
        self.workspace.param.watch(lambda _: self._fit(), "stage")
        self._fit()
        follow_current(self.workspace, partial(self._show, False), (partial(self._show, True), ["analysed"]))

    @on_document
    def _fit(self) -> None:
        """Set the heights of the figures for the stage: large under Features, a strip under the others."""
        whole = self.workspace.stage == STAGES[0]
        self.raster.figure.height, self.rate_figure.height = WHOLE if whole else STRIP
        self.raster.figure.yaxis.ticker.desired_num_ticks, self.rate_figure.yaxis.ticker.desired_num_ticks = (
            (4, 3) if whole else (2, 2)
        )
        self.rate_figure.xaxis.axis_label = "time (s)" if whole else None
        self.rate_figure.yaxis.axis_label = "Hz per unit" if whole else "Hz"

    def _rate_figure(self, colours: Any) -> Any:
        """Return the rate's figure: the line, a band under each burst, a triangle on its peak."""
        fig = figure(
            height=WHOLE[1], sizing_mode="stretch_width", x_range=self.x_range, tools="xpan,xwheel_zoom,xbox_zoom,reset,save",
            active_drag="xpan", active_scroll="xwheel_zoom", x_axis_label="time (s)", y_axis_label="Hz per unit", min_border_left=64,
        )  # fmt: skip
        fig.toolbar.logo = None
        fig.toolbar.autohide = True
        fig.grid.visible = False
        fig.yaxis.ticker.desired_num_ticks = 3
        self.unseen = fig.vstrip(
            x0="start", x1="stop", source=self.raster.gaps, line_alpha=0, hatch_pattern="/", hatch_alpha=0.6
        )
        self.bands = fig.vbar(
            x="t", width="width", top="r", bottom=0, source=self.mark_source, fill_alpha=0.18, line_alpha=0
        )
        self.line = fig.line(x="t", y="r", source=self.rate_source, line_width=1)
        self.peaks = fig.scatter(x="t", y="r", marker="inverted_triangle", size=7, source=self.mark_source)
        self.threshold = Span(location=0, dimension="width", line_dash="dashed", line_width=1, visible=False)
        fig.add_layout(self.threshold)
        self._paint(colours)
        return fig

    def _paint(self, colours: Any) -> None:
        self.line.glyph.line_color = colours.ink
        self.unseen.glyph.fill_color, self.unseen.glyph.hatch_color = colours.grid, colours.dead
        self.bands.glyph.fill_color = colours.selected
        self.peaks.glyph.fill_color = self.peaks.glyph.line_color = colours.selected
        self.threshold.line_color = colours.dead

    @on_document
    def _recolour(self, *_: Any) -> None:
        colours = palette(self.workspace.dark)
        self.raster.recolour(colours)
        self._paint(colours)

    @on_document
    def _show(self, keep_range: bool) -> None:
        examined = self.workspace.current
        analysed = None if examined is None else examined.analysed
        for axis in (self.raster.figure.yaxis, self.rate_figure.yaxis):
            axis.visible = analysed is not None
        if analysed is None:
            self.caption.object = "Drop a recording on the left, or choose an example."
            self.raster.show(None)
            self.threshold.visible = False
            self.rate_source.data = {"t": [], "r": []}
            self.mark_source.data = {key: [] for key in self.mark_source.data}
            return
        part, bursts = analysed.recording, analysed.bursts
        if not keep_range or part.duration != self._duration:
            whole = self.x_range.start <= 0 and self.x_range.end >= 0.999 * self._duration
            looked_at = keep_range and not whole and self.x_range.end <= part.duration
            start, end = (self.x_range.start, self.x_range.end) if looked_at else (0, part.duration)
            self._duration = part.duration
            self.x_range.bounds = None  # the old ones would clamp the new end
            self.x_range.update(start=start, end=end, bounds=(0, part.duration), reset_start=0, reset_end=part.duration)
        self.raster.show(part)
        if bursts is not None:
            self.mark_source.data = {
                "t": bursts.peak_times, "r": bursts.peak_rates, "on": bursts.onsets, "off": bursts.offsets,
                "width": bursts.widths,
            }  # fmt: skip
            self.threshold.visible = bool(np.isfinite(bursts.threshold))
            self.threshold.location = bursts.threshold if np.isfinite(bursts.threshold) else 0
        observed = "" if not part.observed else f" ({part.observed_duration:.4g} s of them observed, the rest hatched)"
        self.caption.object = (
            f"{examined.recording.name} — {part.n_units} units, {part.duration:.4g} s{observed}, {part.mean_rate:.3g} Hz per unit, "
            f"{bursts_in_words(bursts)}; rate {rate_in_words(bursts)}"
        )
        self._refresh_rate()

    def _moved(self, attr: str, old: float, new: float) -> None:
        """Fit the data to the new range, once per burst of range events."""
        if self._pending:
            return
        self._pending = True
        if pn.state.curdoc is not None:
            pn.state.curdoc.add_timeout_callback(self._settle, 60)
        else:
            self._settle()

    def _settle(self) -> None:
        self._pending = False
        self.raster.refresh()
        self._refresh_rate()

    def _refresh_rate(self) -> None:
        examined = self.workspace.current
        if examined is None or examined.analysed is None or examined.analysed.bursts is None:
            return
        bursts = examined.analysed.bursts
        times, rates = rate_in_view(bursts.rate, bursts.settings.bin_width, self.x_range.start, self.x_range.end)
        for start, stop in examined.analysed.recording.gaps:  # the line breaks where nobody looked
            rates = np.where((times > start) & (times < stop), np.nan, rates)
        self.rate_source.data = {"t": times, "r": rates}

    def __panel__(self) -> Any:
        return self._layout
