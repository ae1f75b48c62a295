"""The buttons of a study: measure, search, save, cancel; how far it is, recording by recording; and what a search would cost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from ....inference.estimators.card import SimulationPlan
from ...state.study import Study
from ...widgets.download import Download
from ...widgets.number_fields import CountField
from ...widgets.plain_text import heading, plain
from ...widgets.quantities import counted
from .study_words import MEASURING, cost, found

AUTOMATIC = "the one that suits most recordings"


class RunningView:
    """`layout`: what comes first, and progress; `further`: what a study that was measured offers.

    measure, search: called when pressed; save: returns the folder of results as a zip, None where there is none.
    """

    def __init__(
        self, study: Study, measure: Callable[[], Awaitable[None]], search: Callable[[], Awaitable[None]],
        save: Callable[[], Awaitable[bytes | None]],
    ) -> None:  # fmt: skip
        self._study = study
        self._titles: dict[str, str] = {}
        self._plan = SimulationPlan()

        def pressed(action: Callable[[], Awaitable[None]]) -> Callable[[Any], Awaitable[None]]:
            async def press(_: Any) -> None:
                await action()

            return press

        small: dict[str, Any] = {"size": "small", "margin": (6, 6)}
        self.estimator = pmui.Select(label="Estimator", options={AUTOMATIC: ""}, value="", width=250, **small)
        self.measure = pmui.Button(label="Measure all", variant="contained", on_click=pressed(measure), margin=(10, 8))
        self.circuits = CountField(label="Circuits each (N)", value=100, start=1, end=2000, step=10, width=140, **small)
        self.budget = CountField(
            label="Simulations each, at most", value=1000, start=1, end=50_000, step=100, width=180, **small
        )
        self.search = pmui.Button(label="Find circuits", variant="outlined", on_click=pressed(search), margin=(10, 8))
        self.cost = plain(small=True)
        self.save = Download(
            save, filename="study_results.zip", label="Save results (zip)", icon="save", variant="text", margin=(10, 8),
            description="The folder of results that the terminal writes: tables, report, and a file that opens on the page",
        )  # fmt: skip
        self.said = plain(margin=(0, 10))
        self.bar = pmui.LinearProgress(value=0, variant="determinate", width=320, margin=(8, 10))
        self.now = plain(small=True, margin=(0, 10))
        self.stop = pmui.Button(
            label="Cancel", color="error", variant="outlined", on_click=lambda _: self._cancel(), **small
        )
        self.work = pn.FlexBox(
            self.bar, self.now, self.stop, align_items="center", sizing_mode="stretch_width", visible=False
        )
        self.now.sizing_mode = None
        self.asking = pn.FlexBox(self.estimator, self.measure, align_items="center", sizing_mode="stretch_width")
        self.layout = pn.Column(
            self.asking, self.said, self.work, sizing_mode="stretch_width", margin=0, visible=False
        )  # fmt: skip
        self.further = pn.Column(
            heading("Circuits that match, and results to keep"),
            pn.FlexBox(self.circuits, self.budget, self.search, self.save, align_items="center"), self.cost,
            sizing_mode="stretch_width", margin=0, visible=False,
        )  # fmt: skip
        for field in (self.circuits, self.budget):
            field.param.watch(lambda _: self.show(self._titles, self._plan), "value")

    def show(self, titles: dict[str, str], plan: SimulationPlan) -> None:
        """Show what can be done. titles: of the estimators, by name; plan: of the simulations that a search would run."""
        self._titles, self._plan = titles, plan
        study = self._study
        table, results = study.table, study.results
        self.layout.visible = table is not None
        if table is None:
            return
        self.estimator.options = {AUTOMATIC: "", **{title: name for name, title in titles.items()}}
        if results is not None and study.estimator in titles:
            self.estimator.value = study.estimator
        n, done = len(table), len(study.done)
        left = n if results is None else len(results.unfinished)
        self.measure.label = f"Measure {counted(left, 'recording')}" if results is None or left else "Measure again"
        self.measure.visible = results is None or bool(left) or self.estimator.value != study.estimator
        self.measure.disabled = self.search.disabled = self.save.disabled = bool(study.busy) or not titles
        self.further.visible = bool(done)
        self.asking.visible = self.measure.visible
        self.search.label = f"Find {counted(self.circuits.value or 0, 'circuit')} for each"
        self.cost.object = cost(n, self.circuits.value or 0, self.budget.value or 0, plan) if done else ""
        self.save.filename = f"{table.source.rsplit('.', 1)[0]}_results.zip"
        self.said.object = (
            found(results) if results is not None
            else f"Features, verdict and draws of each recording: no simulations, some {MEASURING:g} s for a recording of 15 minutes."
        )  # fmt: skip

    def _cancel(self) -> None:
        """Stop the work; simulations that are half done are waited for."""
        self._study.cancel()
        self.show_progress()

    def show_progress(self) -> None:
        """Show how far the work is, and with which recordings."""
        study = self._study
        stopping = bool(study.busy) and study.stop.is_set()
        self.stop.param.update(disabled=stopping, label="Cancelling …" if stopping else "Cancel")
        self.work.visible = bool(study.busy)
        self.bar.value = round(100 * study.progress)
        running = [one for one in study.moves.values() if one.stage not in ("done", "failed")]
        names = ", ".join(f"{one.name} ({one.stage}{f' {one.share:.0%}' if one.share else ''})" for one in running[:3])
        done = max((one.done for one in study.moves.values()), default=0)
        total = next((one.total for one in study.moves.values()), 0)
        counts = f"{done} of {total} done  ·  {names}" if total else f"{study.progress:.0%}"
        self.now.object = f"{study.busy} … {counts}"
