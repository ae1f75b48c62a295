"""Simulations spent where they pay: refining the posterior of the recording, and finding circuits that are known to match."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from ....inference.asking.consistency import Judge, numbers_of
from ....inference.asking.plausibility import nearest_circuit
from ....inference.asking.target import Target
from ....inference.asking.verification import run_in_process, run_items
from ....inference.estimators.card import Card
from ....inference.spending.ensembles import Ensemble, fit
from ....inference.spending.refinement import MINIMUM_SIMULATIONS, refine
from ....version import __version__
from ...figures import posterior_words as words
from ...state.batch import SearchRuns
from ...state.cluster_runs import Rounds
from ...state.examined import Examined
from ...state.following import follow_current
from ...state.run_curves import RunCurves, curves_of, shown_seconds
from ...state.run_words import why_far
from ...state.workspace import Workspace
from ...widgets.notices import notify
from ...widgets.number_fields import CountField
from ...widgets.plain_text import plain

NOT_REFINED = (
    "Refine simulates draws of this posterior, learns from them where circuits match, and prunes by that from then on; the estimator "
    "stays as it is. Find draws, simulates and learns until so many circuits match; runs that cannot match any more are given up early. "
    "What is found takes the place of the circuits in the table."
)


class SpendingView(Viewer):
    """Two numbers, three buttons and what came of them."""

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
        self.find = pmui.Button(label="Find 100 consistent", variant="outlined", on_click=self._find, margin=(10, 8))
        self.nearest = pmui.Button(
            label="Nearest simulated circuit", variant="text", size="small", on_click=self._nearest, margin=(4, 8),
            description="Run the training circuit whose features lie nearest to this recording's, and add it to the table",
        )  # fmt: skip
        self.said = plain(NOT_REFINED, small=True)
        self._layout = pn.Column(
            pn.FlexBox(
                self.simulations, self.refine, self.want, self.budget, self.find, align_items="center", gap="0px", margin=0,
                sizing_mode="stretch_width",
            ),
            pn.Row(self.said, self.nearest, sizing_mode="stretch_width", margin=0),
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.want.param.watch(lambda *_: self._describe(), "value")
        watched = ["target", "estimator", "wanted", "busy", "refinement", "provenance"]
        follow_current(self.workspace, self._describe, (self._describe, watched))

    def _describe(self) -> None:
        """Say what a press would do, or what came of the last one."""
        examined = self.workspace.current
        obstacle = words.obstacle(examined, bool(self.workspace.estimators))
        self.find.label = f"Find {self.want.value or 0} consistent"
        for button in (self.refine, self.find, self.nearest):
            button.disabled = bool(obstacle)
        lines = []
        refined = None if examined is None else examined.refined
        if refined is not None:
            lines.append(f"Refined: {refined.sentence}")
            if not refined.pays:
                lines.append("It did not pay here: circuits are drawn from the posterior as it was.")
        found = {} if examined is None else examined.provenance.get("verified", {})
        if found:
            lines.append(words.found(found))
        self.said.object = "\n".join(lines) or NOT_REFINED

    def _asked(self) -> tuple[Examined, Card] | None:
        examined = self.workspace.current
        if examined is None or words.obstacle(examined, bool(self.workspace.estimators)):
            return None
        return examined, self.workspace.cards[examined.estimator]

    async def _refine(self, *_: Any) -> None:
        """Refine the posterior of the recording off the event loop."""
        asked = self._asked()
        if asked is None:
            return
        examined, _ = asked
        found = await self.workspace.work(
            examined, f"Refining with {self.simulations.value} simulations", refine, examined.target,
            self.workspace.estimator_of(examined), simulations=self.simulations.value, oversampling=max(examined.oversampling, 2),
            seed=examined.seed, tolerance=examined.tolerance, run_many=Rounds(examined, "refine"),
        )  # fmt: skip
        if found is not None:
            examined.refinement = found
            advice = "Draw circuits for the refined ones." if found.pays else "It did not pay."
            notify(f"{found.sentence} {advice}", "success" if found.pays else "info", 0)

    async def _find(self, *_: Any) -> None:
        """Find consistent circuits off the event loop, and show all that were simulated, the consistent ones selected."""
        asked = self._asked()
        if asked is None:
            return
        examined, card = asked
        aimed, want, budget = examined.target, self.want.value, self.budget.value
        how = Asked(examined.seed, examined.oversampling, examined.tolerance, want, budget, examined.digest)
        runs = SearchRuns(Rounds(examined, "find"), card.plan.warm_up, shown_seconds(aimed, card.plan.duration))
        found = await self.workspace.work(
            examined, self.find.label, fit, aimed, self.workspace.estimator_of(examined), want=want, budget=budget,
            oversampling=how.oversampling, seed=how.seed, tolerance=how.tolerance, run_many=runs,
            fields={"keep_recording": True},
        )  # fmt: skip
        if found is not None and found.simulated:
            curves = {number: runs.curves[run] for number, run in enumerate(found.runs)}
            whole = replace(found, runs=runs.rejoined(found.runs))
            if examined.stop.is_set() and len(examined.configurations):
                notify(add_matches(examined, card, whole, how, curves), "info", 0)
                return
            take_ensemble(examined, aimed, card, whole, how, curves)
            if found.lost:
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


@dataclass(frozen=True)
class Asked:
    """With what a search was begun: the fields can be changed while it runs."""

    seed: int
    oversampling: int
    tolerance: float
    want: int
    budget: int
    digest: str


def matches(found: Ensemble, judge: Judge) -> list[int]:
    """Return the numbers of the consistent runs of a search."""
    return numbers_of(judge.state_of(run, distance) for run, distance in zip(found.runs, found.distances, strict=True))


def add_matches(
    examined: Examined, card: Card, found: Ensemble, how: Asked, curves: Mapping[int, RunCurves] | None = None
) -> str:
    """Add what a cancelled search had found to the circuits that there are, and return what is to be said of it."""
    matched = matches(found, Judge.of(card, how.tolerance))
    if not matched:
        return f"Cancelled: none of {found.simulated} simulated circuits was consistent; the circuits that there were stay."
    theta, log_density = np.array([found.runs[i].theta for i in matched]), np.array(found.log_density)[matched]
    with param.parameterized.batch_call_watchers(examined):
        numbers = examined.add_circuits(
            theta, log_density, f"found by a search with seed {how.seed} that was cancelled"
        )
        runs = {number: found.runs[i] for number, i in zip(numbers, matched, strict=True)}
        drawn = {number: curves[i] for number, i in zip(numbers, matched, strict=True) if i in curves} if curves else {}
        examined.take_simulations(runs, card, drawn)
    return (
        f"Cancelled: {len(matched)} of {found.simulated} simulated circuits were consistent. They are added to the table and selected; "
        "what there was stays."
    )


def take_ensemble(
    examined: Examined,
    aimed: Target,
    card: Card,
    found: Ensemble,
    how: Asked,
    curves: Mapping[int, RunCurves] | None = None,
) -> None:
    """Put all circuits that were simulated for an ensemble into the table, with what became of them, and select the consistent ones.

    curves: what is drawn of them, by their numbers.
    """
    provenance = {
        "estimator": card.name, "digest": how.digest, "n_neurons": card.plan.n_neurons, "version": __version__,
        "target": aimed.vector.tolist(), "seed": how.seed, "oversampling": how.oversampling, "n": found.simulated, "verified": {
            "want": how.want, "budget": how.budget, "tolerance": how.tolerance,
            "consistent": found.consistent, "simulated": found.simulated, "rejected_early": found.rejected_early, "drawn": found.drawn,
            "hardest_oversampling": found.oversampling, "of_the_posterior": [found.fresh.consistent, found.fresh.n],
            "drawn_near": [found.near.consistent, found.near.n], "step": found.step,
            "model_seconds": round(found.model_seconds), "seconds": round(found.seconds), "parents": list(found.parents),
        },
    }  # fmt: skip
    runs = dict(enumerate(found.runs))
    with param.parameterized.batch_call_watchers(examined):
        examined.take_samples(np.array([run.theta for run in found.runs]), np.array(found.log_density), provenance)
        examined.take_simulations(runs, card, curves)
        examined.selection = matches(found, Judge.of(card, how.tolerance))
