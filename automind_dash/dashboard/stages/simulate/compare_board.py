"""The compare board: the target and its runs as small multiples and overlaid. Runs can be sorted, pinned, hidden or rejected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param

from ....inference.asking.circuit_run import after_warm_up
from ....inference.estimators.card import Card
from ...figures.ensemble_figures import MAX_LINES, EnsembleFigures
from ...figures.run_strip import RunStrip
from ...state.examined import Examined
from ...state.marks import NO_MARKS, Mark, Marks
from ...state.run_curves import (
    RunCurves,
    curves_of,
    shown_part,
    shown_seconds,
    shown_start,
    target_curves,
)
from ...state.run_words import notes, title
from ...state.stage_view import StageView
from ...widgets.figure_saving import save_menu
from ...widgets.plain_text import plain

STRIPS = 6
"""Runs shown at once, as many as a tall screen holds."""

ORDERS = {"distance to the target": "distance", "posterior density": "log_density", "number": "number"}


def ordered(table: pd.DataFrame, by: str, marks: dict[int, Marks], with_hidden: bool) -> list[int]:
    """Return the numbers of simulated circuits: pinned ones first, then by the chosen order, without hidden ones."""
    done = table[table["state"] != ""] if len(table) else table
    if by in done.columns:
        done = done.sort_values(by, ascending=by == "distance", kind="stable")
    numbers = [int(n) for n in done.index if with_hidden or Mark.HIDDEN not in marks.get(int(n), NO_MARKS)]
    return sorted(numbers, key=lambda n: Mark.PINNED not in marks.get(n, NO_MARKS))


class CompareBoard(StageView):
    """Figures of all runs, then a strip for the target and one for each run. act: called with an action and a circuit's number."""

    stage = "Simulate"
    act = param.Callable(constant=True)

    def __init__(self, act: Callable[[str, int], Any], **params: Any) -> None:
        super().__init__(act=act, **params)
        colours = self.colours
        self.order = pmui.Select(label="Sort by", options=ORDERS, value="distance", width=200, size="small")
        self.hidden = pmui.Switch(label="Show hidden", value=False, visible=False)
        self.caption = plain(small=True)
        self.ensemble = EnsembleFigures(colours)
        self.target_strip = RunStrip(colours)
        self.strips = [RunStrip(colours, act) for _ in range(STRIPS)]
        self.page = pmui.Pagination(count=1, value=0, visible=False)
        grow = {"flex": "1 1 360px", "min-width": "0"}
        self.body = pn.Column(
            pn.Row(
                pn.Column(pn.pane.Bokeh(self.ensemble.spectra, sizing_mode="stretch_width"), styles=grow, margin=0),
                pn.Column(pn.pane.Bokeh(self.ensemble.features, sizing_mode="stretch_width"), styles=grow, margin=0),
                sizing_mode="stretch_width", styles={"flex-wrap": "wrap"}, margin=0,
            ),
            self.caption, save_menu([self.ensemble.spectra, self.ensemble.features], "runs", of=self.workspace),
            pn.Row(self.order, self.hidden, margin=0),
            self.target_strip.layout, *(strip.layout for strip in self.strips), self.page,
            sizing_mode="stretch_width", visible=False, margin=0,
        )  # fmt: skip
        self._target_curve: tuple[Any, RunCurves] | None = None
        for widget in (self.order, self.hidden, self.page):
            widget.param.watch(lambda _: self.redraw(), "value")
        self.workspace.remember("runs order", self.order)
        self.workspace.remember("runs hidden", self.hidden)
        self.follow((self.redraw, ["configurations", "reruns", "target", "set_aside"]))

    def _target_curves(self, examined: Examined, shown: float) -> RunCurves:
        """Return the target's curves, worked out once for a target and a stretch."""
        if self._target_curve is None or self._target_curve[0] != (examined.target, shown):
            self._target_curve = ((examined.target, shown), target_curves(examined.target, shown))
        return self._target_curve[1]

    def fill(self) -> None:
        """Show the runs of the current recording."""
        examined = self.workspace.current
        card = None if examined is None else self.workspace.cards.get(examined.estimator)
        if examined is None or card is None or examined.target is None:
            self.body.visible = False
            return
        table = examined.configurations
        numbers = [
            n for n in ordered(table, self.order.value, examined.marks, self.hidden.value) if n in examined.simulations
        ]
        simulated = [n for n in examined.simulations if n in table.index]
        n_hidden = sum(Mark.HIDDEN in examined.marks.get(n, NO_MARKS) for n in simulated)
        self.hidden.visible, self.hidden.label = bool(n_hidden), f"Show {n_hidden} hidden"
        self.body.visible = bool(simulated)
        if not simulated:
            return
        shown = shown_seconds(examined.target, card.plan.duration)
        ours = self._target_curves(examined, shown)
        for number in simulated:
            if number not in examined.curves:
                examined.curves[number] = curves_of(examined.simulations[number], card.plan.warm_up, shown)
        nearest = ordered(table, "distance", {}, True)
        runs = {n: examined.simulations[n] for n in nearest if n in numbers}
        states = {n: str(table.loc[n, "state"]) for n in runs}
        self.ensemble.show(runs, states, examined.curves, card, examined.target, ours)
        self._show_strips(examined, card, numbers, ours, shown)
        self.caption.object = self._words(examined, card, len(runs), len(simulated), shown)

    def _words(self, examined: Examined, card: Card, n_shown: int, n: int, shown: float) -> str:
        """Return the caption of all figures of the board."""
        lines = "" if n_shown <= MAX_LINES else f" (the nearest {MAX_LINES} as lines)"
        return (
            f"{n_shown} of {n} simulated circuits of {card.name}{lines}; band: 5 to 95 % of them; thick: the target; colours "
            f"as in the meter. Features in units of a circuit's own SD over seeds, clipped at ±10; grey: ±2. Consistent up to a "
            f"distance of {examined.judge(card).bound:.2f}. Below: {shown:.0f} s of each; solid: the run, dotted: the target; "
            "spectra relative to their geometric mean."
        )

    def _show_strips(self, examined: Examined, card: Card, numbers: list[int], ours: RunCurves, shown: float) -> None:
        self.page.count = max(-(-len(numbers) // STRIPS), 1)
        self.page.visible = len(numbers) > STRIPS
        first = min(int(self.page.value or 0), self.page.count - 1) * STRIPS
        here = numbers[first : first + STRIPS]
        seen = examined.target
        start = seen.start + shown_start(seen.recording, shown)
        name = f"Target — {examined.recording.name}, from {start:.0f} s on, of {seen.start:.0f} to {seen.stop:.0f} s"
        self.target_strip.show(-1, name, "", shown_part(seen, shown), ours, None, shown)
        for strip, number in zip(self.strips, here, strict=False):
            self._show_strip(strip, number, examined, card, ours, shown)
        for strip in self.strips[len(here) :]:
            strip.layout.visible = False

    def _show_strip(
        self, strip: RunStrip, number: int, examined: Examined, card: Card, ours: RunCurves, shown: float
    ) -> None:
        run, row = examined.simulations[number], examined.configurations.loc[number]
        if examined.curves[number].shown != shown and run.recording is not None:
            examined.curves[number] = curves_of(run, card.plan.warm_up, shown)
        marks, reruns = examined.marks.get(number, NO_MARKS), examined.reruns.get(number, [])
        recording = None if run.recording is None else after_warm_up(run.recording, card.plan.warm_up)
        strip.show(
            number, title(number, run, str(row["state"]), float(row["distance"]), card, marks),
            notes(run, card, examined.target, reruns, examined.judge(card)), recording, examined.curves[number],
            ours, shown, marks, tuple(one for one in reruns if len(one.frequencies)),
        )  # fmt: skip

    def recolour(self) -> None:
        colours = self.colours
        self.ensemble.recolour(colours)
        for strip in (self.target_strip, *self.strips):
            strip.recolour(colours)
        self.redraw()

    def __panel__(self) -> Any:
        return self.body
