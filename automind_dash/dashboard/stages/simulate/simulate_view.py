"""The Simulate stage: rerun chosen circuits in batches, and compare them with the target as they arrive."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import panel as pn
import panel_material_ui as pmui

from ....circuit.parameters import NAMES
from ....inference.asking.simulated import Simulated
from ....inference.asking.verification import run_items
from ....inference.estimators.card import Card
from ...figures.posterior_words import set_aside
from ...figures.run_strip import REFERENCE, SEEDS
from ...help.stage_help import stage_help
from ...state.batch import LONGEST, OTHER_SEEDS, rerun, run_and_report
from ...state.cluster_runs import runner
from ...state.marks import NO_MARKS, Mark, toggled
from ...state.run_curves import RunCurves, shown_seconds
from ...state.stage_view import StageView
from ...widgets.notices import notify
from ...widgets.number_fields import CountField, NumberField
from ...widgets.plain_text import plain
from .compare_board import CompareBoard
from .yield_meter import YieldMeter

BATCH = 200
"""Circuits of a whole batch: enough to know a yield to about five percent."""

AWAITS = (
    "No circuits yet: draw some under Posterior. What will be here: how many of them match the recording, the spectra of all runs beside "
    "the recording's, and each run's raster on the recording's time axis."
)
ADVANCED, ADVANCED_OPEN = "▸ Advanced", "▾ Advanced"
NEXT = "simulate the next circuits that have not been simulated yet, whatever is selected"


class SimulateView(StageView):
    """Controls, yield meter, and the compare board."""

    stage = "Simulate"

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        space = self.workspace
        self.duration = NumberField(label="Duration (s)", value=10.0, start=1.0, end=LONGEST, step=1.0, width=140)
        self.seed = CountField(label="Seed", value=1, start=0, end=2**31 - 1, width=110)
        self.engine = pmui.Select(
            label="Engine", options={"fast (numba)": "fast", "reference (brian2)": "reference"}, value="fast", width=180
        )
        self.count = CountField(label="If none is selected: the first", value=12, start=1, end=2000, width=200)
        self.run = pmui.Button(label="Simulate", variant="contained", on_click=self._run, margin=(10, 8))
        self.verify = pmui.Button(
            label=f"Verify {BATCH}", variant="outlined", on_click=self._verify, margin=(10, 8),
            description=f"Verify {BATCH}: {NEXT}",
        )  # fmt: skip
        self.tolerance = pmui.FloatSlider(
            label="Tolerance (× threshold)", start=0.5, end=3.0, step=0.05, value=1.0, width=240
        )
        self.fold = pmui.Button(label=ADVANCED, variant="text", margin=(10, 0), on_click=lambda _: self._unfold())
        self.advanced = pn.FlexBox(
            self.duration, self.seed, self.engine, self.tolerance, align_items="center", sizing_mode="stretch_width", visible=False,
            margin=0,
        )  # fmt: skip
        self.note = plain(small=True, margin=(0, 10))
        self.meter = YieldMeter(workspace=space)
        self.board = CompareBoard(self._act, workspace=space)
        self._layout = pn.Column(
            pn.FlexBox(
                self.run, self.verify, self.count, self.fold, stage_help("Simulate"), align_items="center", sizing_mode="stretch_width",
                margin=0, gap="0px",
            ),
            self.advanced, self.note, self.meter, self.board, sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.tolerance.param.watch(self._tolerate, "value_throttled")
        for widget in (self.duration, self.count):
            widget.param.watch(lambda *_: self._describe(), "value")
        self.follow(
            (self._describe, ["configurations", "target", "set_aside", "selection", "busy"]),
            (self._plan, ["estimator"]),
        )
        for name in ("duration", "seed", "engine", "count"):
            self.remember(name, getattr(self, name))

    def _unfold(self) -> None:
        """Show the settings that are seldom changed, or fold them again."""
        self.advanced.visible = not self.advanced.visible
        self.fold.label = ADVANCED_OPEN if self.advanced.visible else ADVANCED

    def switched(self) -> None:
        examined = self.workspace.current
        if examined is not None:
            self.tolerance.value = examined.tolerance
            self._plan()
        self._describe()

    def _plan(self, *_: Any) -> None:
        """Offer the duration that the estimator's distance is defined for."""
        card = self._card()
        if card is not None:
            self.duration.value = card.plan.duration
        self._describe()

    def _card(self) -> Card | None:
        examined = self.workspace.current
        return None if examined is None else self.workspace.cards.get(examined.estimator)

    def _chosen(self) -> list[int]:
        """Return the numbers of the circuits that a press of the button would simulate."""
        examined = self.workspace.current
        if examined is None or not len(examined.configurations):
            return []
        return list(examined.selection) or examined.configurations.index[: self.count.value].astype(int).tolist()

    def _next(self) -> list[int]:
        """Return the numbers of the next whole batch: circuits that have not been simulated yet."""
        examined = self.workspace.current
        if examined is None or not len(examined.configurations):
            return []
        table = examined.configurations
        return table.index[table["state"] == ""][:BATCH].astype(int).tolist()

    def _describe(self) -> None:
        chosen, rest, card, examined = self._chosen(), self._next(), self._card(), self.workspace.current
        idle = examined is not None and not examined.busy
        self.run.label, verify = f"Simulate {len(chosen)}", f"Verify {len(rest) or BATCH}"
        self.verify.param.update(label=verify, description=f"{verify}: {NEXT}")
        self.run.disabled, self.verify.disabled = not (chosen and idle), not (rest and idle)
        lines = []
        if not chosen:
            lines.append(AWAITS)
        elif examined is not None and examined.busy:
            lines.append(f"{examined.busy} is running: wait for it, or cancel it above.")
        if card is not None and self.duration.value != card.plan.duration:
            lines.append(
                f"The distance is defined for {card.plan.duration:g} s. Runs of another duration are shown, but their features are "
                "more or less noisy."
            )
        waiting = "" if examined is None else set_aside(examined)
        lines += [waiting] * bool(waiting)
        self.note.object = "\n".join(lines)
        self.note.visible = bool(lines)

    async def _run(self, *_: Any) -> None:
        """Simulate the chosen circuits."""
        await self._simulate(self._chosen())

    async def _verify(self, *_: Any) -> None:
        """Simulate the next whole batch."""
        await self._simulate(self._next())

    async def _simulate(self, numbers: list[int]) -> None:
        """Simulate circuits off the event loop. Results arrive one by one, whether a tab shows them or not."""
        examined, card = self.workspace.current, self._card()
        if examined is None or card is None or not numbers:
            return
        theta = examined.configurations.loc[numbers, list(NAMES)].to_numpy()
        items = run_items(
            theta, [self.seed.value + n for n in numbers], card, examined.target, keep_recording=True, engine=self.engine.value,
            plan=replace(card.plan, duration=float(self.duration.value)),
        )  # fmt: skip
        loop, drawn = asyncio.get_running_loop(), examined.generation

        def take(found: dict[int, Simulated], curves: dict[int, RunCurves]) -> None:
            if examined.generation == drawn:  # else other circuits were drawn meanwhile
                examined.take_simulations(found, card, curves)

        def arrived(found: dict[int, Simulated], curves: dict[int, RunCurves]) -> None:
            loop.call_soon_threadsafe(take, found, curves)

        await self.workspace.work(
            examined, f"Simulating {len(items)} circuits", run_and_report, items, numbers, arrived,
            runner(examined, len(items), "simulate", self.engine.value), card.plan.warm_up,
            shown_seconds(examined.target, card.plan.duration),
        )  # fmt: skip

    def _act(self, action: str, number: int) -> Any:
        """Do what a strip's button asks: mark a circuit, or run it again."""
        if action in (SEEDS, REFERENCE):
            return self._again(number, "reference" if action == REFERENCE else "fast")
        examined, card = self.workspace.current, self._card()
        if examined is not None and card is not None:
            kept = {n: marks for n, marks in examined.marks.items() if n != number}
            marks = toggled(examined.marks.get(number, NO_MARKS), Mark(action))
            examined.marks = kept | {number: marks} if marks else kept
            examined.configurations = examined.judged(examined.configurations, card)
        return None

    async def _again(self, number: int, engine: str) -> None:
        """Run a circuit with other seeds, or with its own on the reference engine, and show it in its strip."""
        examined, card = self.workspace.current, self._card()
        if examined is None or card is None or examined.target is None or number not in examined.simulations:
            return
        what = f"Circuit {number} " + (
            "on the reference engine" if engine == "reference" else f"with {OTHER_SEEDS} other seeds"
        )
        drawn, count = examined.generation, 1 if engine == "reference" else OTHER_SEEDS
        found = await self.workspace.work(
            examined, what, rerun, examined.simulations[number], card, examined.target, engine, runner(examined, count, "rerun", engine)
        )  # fmt: skip
        if found and len(found) < count:
            notify(f"{what}: cancelled; what its strip had before is kept.")
        elif found and examined.generation == drawn and examined.estimator == card.name:
            examined.take_reruns({number: found}, card)
            notify(f"{what}: done, shown in its strip.", "success")

    def _tolerate(self, event: Any) -> None:
        examined, card = self.workspace.current, self._card()
        if examined is None or card is None:
            return
        examined.tolerance = event.new
        if len(examined.configurations):
            examined.configurations = examined.judged(examined.configurations, card)

    def __panel__(self) -> Any:
        return self._layout
