"""Figures of a perturbation experiment: each circuit before and after, responses beside seed noise, and what explains them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import BoxAnnotation, ColumnDataSource, CustomJSTickFormatter, FixedTicker, Range1d, Span
from bokeh.plotting import figure
from numpy.typing import NDArray

from ....circuit.parameters import parameter
from ....inference.asking.perturbed import PerturbedRuns
from ....invariance.response import Measure, changes, levels, mean_change, outcomes, seed_noise
from ...widgets.colours import Palette

HEIGHT = 300
SHOWN_PARAMETERS = 10
"""Parameters in the figure of what explains the responses: the strongest ones, as many as a reader takes in."""

BINS = 25


def outcome_colours(palette: Palette) -> dict[str, str]:
    """Return the colour for what became of a circuit; the table says it in words."""
    return {
        "bursts on": palette.consistent, "begins to burst": palette.excitatory, "stops bursting": palette.inhibitory,
        "active, no bursts": palette.alive, "silent": palette.dead, "saturated": palette.ink, "failed": palette.ink,
    }  # fmt: skip


def histogram(responses: NDArray, noise: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Return (edges, share of circuits, share of reruns) for bins that both share; empty without a response."""
    responses, noise = responses[np.isfinite(responses)], noise[np.isfinite(noise)]
    if not len(responses):
        return np.empty(0), np.empty(0), np.empty(0)
    both = np.concatenate([responses, noise])
    low, high = both.min(), both.max()
    pad = 0.5 if low == high else 0.0
    edges = np.linspace(low - pad, high + pad, BINS + 1)
    ours, theirs = (np.histogram(values, edges)[0] / max(len(values), 1) for values in (responses, noise))
    return edges, ours, theirs


class ResponsePlots:
    """Three figures, made once; `show` exchanges what they show."""

    def __init__(self, palette: Palette) -> None:
        self.palette = palette
        self.lines = ColumnDataSource({"xs": [], "ys": [], "colour": [], "width": [], "alpha": []})
        self.ends = ColumnDataSource({"x": [], "y": [], "colour": []})
        self.bars = ColumnDataSource({"left": [], "right": [], "top": []})
        self.noise = ColumnDataSource({"left": [], "right": [], "top": []})
        self.explained = ColumnDataSource({"y": [], "rho": [], "fill": []})
        self.logarithmic, self.linear = self._before_after("log"), self._before_after("linear")
        self.responses = self._responses()
        self.parameters = self._parameters()
        self.recolour(palette)

    @property
    def figures(self) -> list[Any]:
        """All three figures, side by side."""
        return [self.logarithmic, self.linear, self.responses, self.parameters]

    def _before_after(self, scale: str) -> Any:
        fig = figure(
            height=HEIGHT, sizing_mode="stretch_width", y_axis_type=scale, x_range=Range1d(-0.15, 1.15), title="Each circuit",
            tools="ywheel_zoom,ypan,reset,save",
        )  # fmt: skip
        fig.xaxis.ticker = FixedTicker(ticks=[0, 1])
        fig.xaxis.major_label_overrides = {0: "before", 1: "after"}
        fig.multi_line(xs="xs", ys="ys", line_color="colour", line_width="width", line_alpha="alpha", source=self.lines)
        fig.scatter(x="x", y="y", size=4, color="colour", source=self.ends)
        return self._plain(fig)

    def _responses(self) -> Any:
        fig = figure(
            height=HEIGHT, sizing_mode="stretch_width", title="Responses (bars) and seed noise (line)",
            y_axis_label="share", tools="save",
        )  # fmt: skip
        fig.y_range.start = 0
        self.bar = fig.quad(left="left", right="right", bottom=0, top="top", source=self.bars, fill_alpha=0.75)
        self.step = fig.quad(
            left="left", right="right", bottom=0, top="top", source=self.noise, fill_alpha=0, line_width=1.5
        )
        self.zero = Span(location=0, dimension="height", line_dash="dashed")
        self.within = BoxAnnotation(fill_alpha=0.15, line_color=None)
        fig.add_layout(self.zero)
        fig.add_layout(self.within)
        return self._plain(fig)

    def _parameters(self) -> Any:
        fig = figure(
            height=HEIGHT, sizing_mode="stretch_width", x_range=Range1d(-1, 1), y_range=[], title="What explains the response",
            x_axis_label="Spearman's rank correlation with the response", tools="save",
        )  # fmt: skip
        self.rho = fig.hbar(y="y", left=0, right="rho", height=0.7, fill_color="fill", source=self.explained)
        self.middle = Span(location=0, dimension="height")
        fig.add_layout(self.middle)
        return self._plain(fig)

    @staticmethod
    def _plain(fig: Any) -> Any:
        fig.toolbar.logo = None
        fig.toolbar.autohide = True
        fig.grid.visible = False
        return fig

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme; call `show` afterwards for the colours of the lines."""
        self.palette = palette
        self.bar.glyph.update(fill_color=palette.alive, line_color=palette.alive)
        self.step.glyph.line_color = palette.ink
        self.zero.line_color = self.middle.line_color = palette.ink
        self.within.fill_color = palette.prior
        self.rho.glyph.line_color = None

    def show(
        self, runs: PerturbedRuns | None, measure: Measure, noise: float, explained: pd.DataFrame, selection: list[int]
    ) -> None:
        """Show an experiment in one measure. noise: half width of the band of no change; explained: of `explained_by`."""
        unit = "" if measure.unit == "1" else f" ({measure.unit})"
        positive = measure.fold
        self.logarithmic.visible, self.linear.visible = positive, not positive
        for fig in (self.logarithmic, self.linear):
            fig.yaxis.axis_label = f"{measure.label}{unit}" if measure.name != "spectrum" else "change of the spectrum"
        self.responses.xaxis.axis_label = f"change of {measure.label}" + (", times" if positive else "")
        self.responses.xaxis.formatter = CustomJSTickFormatter(
            code="return '×' + Number((2 ** tick).toPrecision(2))" if positive else "return Number(tick.toPrecision(3))"
        )
        finite = bool(np.isfinite(noise))
        self.within.update(left=-noise if finite else 0, right=noise if finite else 0, visible=finite)
        if runs is None or not len(runs.numbers):
            for source in (self.lines, self.ends, self.bars, self.noise, self.explained):
                source.data = {key: [] for key in source.data}
            return
        self._show_circuits(runs, measure, selection)
        edges, ours, theirs = histogram(mean_change(changes(runs, measure.name)), seed_noise(runs, measure.name))
        self.bars.data = {"left": edges[:-1], "right": edges[1:], "top": ours}
        self.noise.data = {"left": edges[:-1], "right": edges[1:], "top": theirs}
        self._show_explained(explained)

    def _show_circuits(self, runs: PerturbedRuns, measure: Measure, selection: list[int]) -> None:
        both = levels(runs, measure.name)
        if measure.fold:
            both = np.where(both > 0, both, np.nan)
        became = outcomes(runs)
        colours = outcome_colours(self.palette)
        chosen = np.isin(runs.numbers, selection)
        colour = [self.palette.selected if c else colours[b] for c, b in zip(chosen, became, strict=True)]
        whole: NDArray[np.bool_] = np.asarray(np.isfinite(both).all(axis=1))
        self.lines.data = {
            "xs": [[0, 1]] * int(whole.sum()), "ys": both[whole].tolist(),
            "colour": [c for c, w in zip(colour, whole, strict=True) if w],
            "width": np.where(chosen[whole], 2.5, 1.2), "alpha": np.where(chosen[whole], 1.0, 0.55),
        }  # fmt: skip
        self.ends.data = {
            "x": np.tile([0, 1], len(both)), "y": both.ravel(), "colour": [c for c in colour for _ in range(2)],
        }  # fmt: skip

    def _show_explained(self, explained: pd.DataFrame) -> None:
        shown = explained.head(SHOWN_PARAMETERS)[::-1]
        names = [parameter(name).named for name in shown["name"]]
        self.parameters.y_range.factors = names
        real = shown["adjusted"].to_numpy(dtype=float) <= 0.05
        self.explained.data = {
            "y": names, "rho": shown["rho"].to_numpy(dtype=float),
            "fill": [self.palette.selected if one else self.palette.prior for one in real],
        }  # fmt: skip
