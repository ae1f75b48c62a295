"""Rerun chosen circuits and compare them with the target, one by one as they arrive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from ..circuit.parameters import NAMES
from ..inference.simulated import Simulated
from ..inference.verification import RunMany, run_in_process, run_items, run_on_cluster
from .colours import palette
from .documents import on_document
from .plain_text import plain
from .run_strip import RunStrip
from .workspace import Workspace
from .yield_meter import YieldMeter

STRIPS = 6
"""Runs shown at once: what a tall screen holds."""

FEW = 2
"""Up to so many circuits run in this process: sooner there than a cluster starts."""

BATCH_SECONDS = 0.3
"""s between updates of the page while results arrive."""


def run_and_report(
    items: list[dict[str, Any]], numbers: list[int], arrived: Callable[[dict[int, Simulated]], None], run_many: RunMany, *,
    progress: Callable[[float], None], should_stop: Callable[[], bool],
) -> int:  # fmt: skip
    """Simulate items, hand results on in small batches, and return how many there were."""
    batch: dict[int, Simulated] = {}
    done, last = 0, time.monotonic()
    results = run_many(items)
    for index, run in results:
        batch[numbers[index]] = run
        done += 1
        progress(done / len(items))
        if time.monotonic() - last > BATCH_SECONDS:
            arrived(batch)
            batch, last = {}, time.monotonic()
        if should_stop():
            break
    close = getattr(results, "close", None)
    if close is not None:
        close()
    if batch:
        arrived(batch)
    return done


class SimulateView(Viewer):
    """Controls, yield meter, and strips of the runs nearest to the target."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        space = self.workspace
        self.duration = pmui.FloatInput(label="Duration (s)", value=10.0, start=1.0, end=600.0, step=1.0, width=140)
        self.seed = pmui.IntInput(label="Seed", value=1, start=0, width=110)
        self.engine = pmui.Select(
            label="Engine", options={"fast (numba)": "fast", "reference (brian2)": "reference"}, value="fast", width=190
        )
        self.count = pmui.IntInput(label="If none is selected: the first", value=12, start=1, end=2000, width=200)
        self.run = pmui.Button(label="Simulate", variant="contained", on_click=self._run, margin=(14, 8))
        self.tolerance = pmui.FloatSlider(
            label="Tolerance (× threshold)", start=0.5, end=3.0, step=0.05, value=1.0, width=240
        )
        self.note = plain(small=True)
        self.meter = YieldMeter(workspace=space)
        self.caption = plain(small=True)
        self.strips = [RunStrip(palette(space.dark)) for _ in range(STRIPS)]
        self.page = pmui.Pagination(count=1, value=0, visible=False)
        self._layout = pn.Column(
            pn.FlexBox(self.duration, self.seed, self.engine, self.count, self.run, self.tolerance, align_items="center"),
            self.note, self.meter, self.caption, *(strip.layout for strip in self.strips), self.page,
            sizing_mode="stretch_width",
        )  # fmt: skip
        self._watched: tuple[Any, list[Any]] | None = None
        self.tolerance.param.watch(self._tolerate, "value_throttled")
        self.duration.param.watch(lambda *_: self._describe(), "value")
        self.page.param.watch(lambda *_: self._show(), "value")
        space.param.watch(self._switch, "current")
        space.param.watch(lambda *_: self._show(), "stage")
        space.param.watch(self._recolour, "dark")
        self._switch()

    def _switch(self, *_: Any) -> None:
        if self._watched is not None:
            target, watchers = self._watched
            for watcher in watchers:
                target.param.unwatch(watcher)
        target = self.workspace.current
        self._watched = None
        if target is not None:
            self._watched = (
                target,
                [
                    target.param.watch(lambda *_: self._show(), "configurations"),
                    target.param.watch(lambda *_: self._describe(), ["selection", "busy"]),
                    target.param.watch(self._plan, "estimator"),
                ],
            )
            self.tolerance.value = target.tolerance
            self._plan()
        self._show()

    def _plan(self, *_: Any) -> None:
        """Offer the duration that the estimator's distance is defined for."""
        card = self._card()
        if card is not None:
            self.duration.value = card.plan.duration
        self._describe()

    def _card(self) -> Any:
        target = self.workspace.current
        return None if target is None else self.workspace.cards.get(target.estimator)

    def _chosen(self) -> list[int]:
        """Return the numbers of the circuits that a press of the button simulates."""
        target = self.workspace.current
        if target is None or not len(target.configurations):
            return []
        return list(target.selection) or target.configurations.index[: self.count.value].astype(int).tolist()

    def _describe(self) -> None:
        chosen, card, target = self._chosen(), self._card(), self.workspace.current
        self.run.label = f"Simulate {len(chosen)}"
        self.run.disabled = not chosen or target is None or bool(target.busy)
        lines = []
        if not chosen:
            lines.append("No circuits yet: draw some under Posterior.")
        if card is not None and self.duration.value != card.plan.duration:
            lines.append(
                f"The distance is defined for {card.plan.duration:g} s: runs of another duration are shown, but noisier or less so."
            )
        self.note.object = "\n".join(lines)

    async def _run(self, *_: Any) -> None:
        """Simulate the chosen circuits off the event loop; results arrive while it goes on."""
        target, card, numbers = self.workspace.current, self._card(), self._chosen()
        if target is None or card is None or not numbers:
            return
        theta = target.configurations.loc[numbers, list(NAMES)].to_numpy()
        items = run_items(
            theta, [self.seed.value + n for n in numbers], card, target.target, keep_recording=True, engine=self.engine.value,
            plan=replace(card.plan, duration=float(self.duration.value)),
        )  # fmt: skip
        loop = asyncio.get_running_loop()
        doc = pn.state.curdoc

        def arrived(found: dict[int, Simulated]) -> None:
            take = lambda: target.take_simulations(found, card)  # noqa: E731
            if doc is None or doc.session_context is None:
                loop.call_soon_threadsafe(take)
            else:
                doc.add_next_tick_callback(take)

        run_many: RunMany = run_in_process if len(items) <= FEW or self.engine.value == "reference" else run_on_cluster
        await self.workspace.work(
            target, f"Simulating {len(items)} circuits", run_and_report, items, numbers, arrived, run_many
        )

    def _tolerate(self, event: Any) -> None:
        target, card = self.workspace.current, self._card()
        if target is None or card is None:
            return
        target.tolerance = event.new
        if len(target.configurations):
            target.configurations = target.judged(target.configurations, card)

    @on_document
    def _show(self) -> None:
        """Show the meter and the runs, nearest first."""
        self._describe()
        target, card = self.workspace.current, self._card()
        if self.workspace.stage != "Simulate" or target is None or card is None:
            return
        self.meter.show()
        table = target.configurations
        done = table[table["state"] != ""].sort_values("distance", kind="stable") if len(table) else table
        numbers = [int(n) for n in done.index if n in target.simulations]
        self.page.count = max(-(-len(numbers) // STRIPS), 1)
        self.page.visible = len(numbers) > STRIPS
        first = min(int(self.page.value or 0), self.page.count - 1) * STRIPS
        here = numbers[first : first + STRIPS]
        for strip, number in zip(self.strips, here, strict=False):
            strip.show(
                number,
                target.simulations[number],
                table.loc[number, "state"],
                float(table.loc[number, "distance"]),
                target.target,
                card.plan.warm_up,
            )
        for strip in self.strips[len(here) :]:
            strip.layout.visible = False
        threshold = target.tolerance * card.threshold
        self.caption.object = (
            f"{len(numbers)} simulated circuits of {card.name}, nearest first; consistent up to a distance of {threshold:.2f}. "
            "Solid: the run, dotted: the target; spectra relative to their mean."
            if numbers
            else ""
        )

    @on_document
    def _recolour(self, *_: Any) -> None:
        for strip in self.strips:
            strip.recolour(palette(self.workspace.dark))
        if self.workspace.stage == "Simulate":
            self.meter.show()

    def __panel__(self) -> Any:
        return self._layout
