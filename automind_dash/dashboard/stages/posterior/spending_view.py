"""Spends simulations on one recording: refines its posterior, and finds circuits that match."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from ....inference.asking.consistency import CONSISTENT
from ....inference.asking.plausibility import nearest_circuit
from ....inference.asking.simulated import Simulated
from ....inference.asking.target import distance_to
from ....inference.asking.verification import run_in_process, run_items
from ....inference.estimators.card import Card
from ....inference.spending.ensembles import fit
from ....inference.spending.refinement import MINIMUM_SIMULATIONS, refine
from ...figures import posterior_words as words
from ...state.batch import SearchRuns
from ...state.cluster_runs import Rounds
from ...state.examined import Examined
from ...state.following import follow_current
from ...state.run_curves import curves_of, shown_seconds
from ...state.run_words import why_far
from ...state.workspace import Workspace
from ...widgets.notices import notify
from ...widgets.number_fields import CountField
from ...widgets.plain_text import plain
from ...widgets.quantities import counted
from .searching import Asked, take_ensemble

MOST_CONFIRMED = 20
"""Seeds that the page confirms a match with, at most; the library takes more."""

HELP = (
    "Find draws, simulates and learns until so many circuits match; runs that cannot match any more are given up early. A circuit may "
    "match by the luck of its seed, so each match is confirmed: simulated again with other seeds (under Advanced; 0 confirms none). "
    "What is simulated is added to the table; the posterior's draws, their marginals and their yield stay as they are.\n"
    "Refine (under Advanced) simulates draws of this posterior, learns from them where circuits match, and prunes by that from then on; "
    "the estimator stays as it is."
)


class SpendingView(Viewer):
    """Buttons and numbers, which the stage arranges, and what came of them. `find` is the page's main button."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.simulations = CountField(
            label="Simulations to refine with",
            value=400,
            start=MINIMUM_SIMULATIONS,
            end=20_000,
            step=100,
            size="small",
            width=190,
        )
        self.refine = pmui.Button(label="Refine", variant="outlined", on_click=self._refine, margin=(10, 8))
        self.want = CountField(
            label="Consistent circuits", value=100, start=1, end=2000, step=10, size="small", width=150
        )
        self.budget = CountField(
            label="Simulations at most", value=1000, start=1, end=50_000, step=100, size="small", width=160
        )
        self.confirm = CountField(
            label="Confirm with more seeds", value=1, start=0, end=MOST_CONFIRMED, step=1, size="small", width=170
        )
        self.find = pmui.Button(
            label="Find 100 circuits that match", variant="contained", on_click=self._find, margin=(6, 8)
        )
        self.nearest = pmui.Button(
            label="Nearest simulated circuit", variant="text", size="small", on_click=self._nearest, margin=(4, 8),
            description="Run the training circuit whose features lie nearest to this recording's, and add it to the table",
        )  # fmt: skip
        self.said = plain(small=True, visible=False)
        self.advanced = pn.FlexBox(
            self.want, self.budget, self.confirm, self.simulations, self.refine, self.nearest, align_items="center", gap="0px", margin=0,
            sizing_mode="stretch_width",
        )  # fmt: skip
        self._layout = pn.Column(self.said, sizing_mode="stretch_width", margin=0)
        self.want.param.watch(lambda *_: self._describe(), "value")
        self.workspace.remember("confirm matches", self.confirm)
        watched = ["target", "estimator", "wanted", "busy", "refinement", "provenance"]
        follow_current(self.workspace, self._describe, (self._describe, watched))

    def _describe(self) -> None:
        """Say what a press would do, or the result of the last one."""
        examined = self.workspace.current
        obstacle = words.obstacle(examined, self.workspace.cards)
        self.find.label = f"Find {counted(self.want.value or 0, 'circuit')} that match"
        for button in (self.refine, self.find, self.nearest):
            button.disabled = bool(obstacle)
        lines = []
        refined = None if examined is None else examined.refined
        if refined is not None:
            lines.append(f"Refined: {refined.sentence}")
            if not refined.pays:
                lines.append("Refining did not help here. Circuits are drawn from the posterior as before.")
        if examined is not None:
            lines += [words.found(search) for search in examined.provenance.searches[-1:]]
        self.said.object, self.said.visible = "\n".join(lines), bool(lines)

    def _asked(self) -> tuple[Examined, Card] | None:
        examined = self.workspace.current
        if examined is None or words.obstacle(examined, self.workspace.cards):
            return None
        return examined, self.workspace.cards[examined.estimator]

    async def _refine(self, *_: Any) -> None:
        """Refine the posterior of the recording off the event loop."""
        asked = self._asked()
        if asked is None:
            return
        examined = asked[0]
        found = await self.workspace.work(
            examined, f"Refining with {self.simulations.value} simulations", refine, examined.target,
            self.workspace.estimator_of(examined), simulations=self.simulations.value, oversampling=max(examined.oversampling, 2),
            seed=examined.seed, tolerance=examined.tolerance, run_many=Rounds(examined, "refine"),
        )  # fmt: skip
        if found is not None:
            examined.refinement = found
            advice = "Draw circuits for the refined ones." if found.pays else "It did not help here."
            notify(f"{found.sentence} {advice}", "success" if found.pays else "info", 0)

    async def _find(self, *_: Any) -> None:
        """Find circuits that match off the event loop, and show all that were simulated, those that match every time selected."""
        asked = self._asked()
        if asked is None:
            return
        examined, card = asked
        aimed, want, budget, confirm = examined.target, self.want.value, self.budget.value, self.confirm.value
        how = Asked.of(examined, want, budget, confirm)
        rounds = Rounds(examined, "find")
        judge = examined.judge(card)

        def matches(run: Simulated) -> bool:
            return judge.state_of(run, distance_to(aimed, run.outcome, run.vector, card)) == CONSISTENT

        runs = SearchRuns(rounds, card.plan.warm_up, shown_seconds(aimed, card.plan.duration), matches, confirm)
        rounds.told = partial(runs.so_far, want, budget)
        found = await self.workspace.work(
            examined, self.find.label, fit, aimed, self.workspace.estimator_of(examined), want=want, budget=budget,
            oversampling=how.oversampling, seed=how.seed, tolerance=how.tolerance, run_many=runs,
            fields={"keep_recording": True}, confirm=confirm, run_again=runs.again,
        )  # fmt: skip
        if found is not None and found.simulated:
            curves = {number: runs.curves[run] for number, run in enumerate(found.runs)}
            whole = replace(found, runs=runs.rejoined(found.runs))
            cancelled = examined.stop.is_set()
            take_ensemble(examined, aimed, card, whole, how, curves, cancelled=cancelled)
            if cancelled:
                notify(words.cancelled(found.tally), "info", 0)
            elif found.lost:
                notify(f"{found.lost} The {found.simulated} circuits simulated before are in the table.", "error", 0)

    async def _nearest(self, *_: Any) -> None:
        """Run the training circuit nearest to the recording."""
        asked = self._asked()
        if asked is None:
            return
        examined, card = asked
        theta = nearest_circuit(self.workspace.estimator_of(examined), examined.target.vector)
        if theta is None:
            notify("This estimator ships no simulations to look among.", "warning")
            return
        number = examined.add_circuits(
            theta[None], np.array([np.nan]), "the training circuit nearest to the recording"
        )[0]
        aimed = examined.target
        items = run_items(theta[None], [examined.seed], card, aimed, keep_recording=True)
        runs = await self.workspace.work(examined, "The nearest simulated circuit", _run_all, items)
        if runs:
            curves = curves_of(runs[0], card.plan.warm_up, shown_seconds(aimed, card.plan.duration))
            examined.take_simulations({number: runs[0]}, card, {number: curves})
            distance = card.distance(runs[0].vector, aimed.vector)[0]
            far = f"{distance:.2g} away; consistent is up to {examined.judge(card).bound:.2g}"
            if not np.isfinite(distance):
                far = why_far(runs[0], card) if runs[0].outcome == "active" else runs[0].outcome
            notify(f"Circuit {number}: {far}. Simulate shows it.", "info", 0)

    def __panel__(self) -> Any:
        return self._layout


def _run_all(
    items: list[dict[str, Any]], *, progress: Callable[[float], None], should_stop: Callable[[], bool]
) -> list[Any]:
    """Run a few items here."""
    return [run for _, run in run_in_process(items, should_stop=should_stop)]
