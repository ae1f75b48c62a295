"""The Live stage: a chosen circuit runs continuously beside the recording, and answers while its knobs are turned."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from ..circuit.live import LiveCircuit
from ..circuit.parameters import NAMES
from ..errors import UserError
from .bench import Bench
from .colours import palette
from .dials import CAPTION, dials_html
from .documents import on_document
from .frozen_strip import FrozenStrip
from .knobs import Knobs
from .live_canvas import LiveCanvas
from .live_measures import dials, measure
from .live_spectrum import LiveSpectrum
from .notices import notify, report
from .pacing import FRAME, FULL
from .plain_text import plain
from .run_curves import target_curves
from .target_state import TargetState
from .workspace import Workspace

STAGE = "Live"
SPEEDS = {
    "0.1×": 0.1,
    "0.25×": 0.25,
    "0.5×": 0.5,
    "1× (real time)": 1.0,
    "2×": 2.0,
    "5×": 5.0,
    "10×": 10.0,
    "as fast as it goes": FULL,
}
WINDOWS = {"2 s": 2.0, "5 s": 5.0, "10 s": 10.0, "30 s": 30.0}
STEP = 0.1
"""s of model time of one step."""

SETTLED = 1.0
"""s after the estimator's warm-up from which on that is left out, as in the simulations that the distance is defined by."""

MEASURE_EVERY = 0.7
"""s between measurements of dials and spectrum."""

PAST = 30.0
"""s of the run that they look back at most: three slow bursts, and what is left of a changed knob's past is soon gone."""

FIRST = "No circuits yet: draw some under Posterior, then run one here and turn its knobs."


class LiveView(Viewer):
    """Controls, picture, knobs, dials, spectrum, and the frozen circuit A."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        colours = palette(self.workspace.dark)
        small = {"size": "small"}
        self.circuit = pmui.IntInput(label="Circuit", value=0, start=0, width=110, **small)
        self.seed = pmui.IntInput(label="Seed", value=1, start=0, end=2**31 - 1, width=110, **small)
        self.play = pmui.Button(
            label="Run", icon="play_arrow", variant="contained", on_click=self._play, margin=(10, 6)
        )
        self.step = pmui.Button(
            label="Step",
            variant="outlined",
            on_click=self._step,
            margin=(10, 6),
            description=f"Step: run {STEP:g} s of model time",
        )
        self.restart = pmui.Button(
            label="Restart", variant="outlined", on_click=self._restart, margin=(10, 6),
            description="Restart: begin again with the same seed and the present parameters",
        )  # fmt: skip
        self.speed = pmui.Select(label="Speed", options=SPEEDS, value=1.0, width=170, **small)
        self.window = pmui.Select(label="Shown", options=WINDOWS, value=5.0, width=95, **small)
        self.neuron = pmui.IntInput(label="Neuron", value=0, start=0, end=1999, width=110, **small)
        self.freeze = pmui.Button(
            label="Freeze as A", variant="outlined", on_click=self._freeze, margin=(10, 6),
            description="Freeze as A: keep the present state and go on as B",
        )  # fmt: skip
        self.swap = pmui.Button(
            label="Swap A and B", variant="outlined", on_click=self._swap, margin=(10, 6), visible=False
        )
        self.forget = pmui.Button(
            label="Forget A", variant="text", on_click=self._forget, margin=(10, 6), visible=False
        )
        self.keep = pmui.Button(
            label="Add to the table", variant="text", on_click=self._add, margin=(10, 6),
            description="Add to the table: the circuit with its present parameters joins the circuits of this recording",
        )  # fmt: skip
        self.status = plain(small=True, margin=(0, 10))
        self.difference = plain(visible=False)
        self.empty = plain(FIRST)
        self.canvas = LiveCanvas()
        self.knobs = Knobs(self._turned, width=330, margin=(0, 4))
        self.dials = pn.pane.HTML("", sizing_mode="stretch_width", margin=(4, 10))
        self.caption = plain(small=True)
        self.spectrum = LiveSpectrum(colours)
        self.frozen_strip = FrozenStrip(colours)
        self._arrange()
        self.bench: Bench | None = None
        self._target: TargetState | None = None
        self._unwatch: list[Any] = []
        self._task: asyncio.Task[None] | None = None
        self._running = False
        self._lock = asyncio.Lock()  # of the circuit: one frame, or one exchange of circuits, at a time
        self._measured = 0.0
        self._follow_everything()

    def _arrange(self) -> None:
        controls = pn.FlexBox(
            self.circuit, self.seed, self.play, self.step, self.restart, self.speed, self.freeze, self.keep, self.swap, self.forget,
            align_items="center", sizing_mode="stretch_width", margin=0, gap="0px",
        )  # fmt: skip
        picture = pn.Column(
            self.canvas,
            pn.Row(self.window, self.neuron, self.status, margin=0),
            styles={"flex": "1 1 460px", "min-width": "0"},
            margin=0,
        )
        beside = pn.Column(self.dials, self.caption, styles={"flex": "1 1 420px", "min-width": "0"}, margin=0)
        spectrum = pn.Column(self.spectrum.layout, styles={"flex": "1 1 340px", "min-width": "0"}, margin=0)
        flex = {"sizing_mode": "stretch_width", "align_items": "flex-start", "margin": 0}
        self.body = pn.Column(
            controls, self.difference, pn.FlexBox(picture, self.knobs, **flex), pn.FlexBox(beside, spectrum, **flex),
            self.frozen_strip.layout, sizing_mode="stretch_width", visible=False, margin=0,
        )  # fmt: skip
        self._layout = pn.Column(self.empty, self.body, sizing_mode="stretch_width")

    def _follow_everything(self) -> None:
        space = self.workspace
        self.circuit.param.watch(lambda _: self._choose(), "value")
        self.seed.param.watch(lambda _: self._choose(), "value")
        self.speed.param.watch(lambda _: self._pace(), "value")
        self.window.param.watch(lambda event: setattr(self.canvas, "window", event.new), "value")
        for name in ("speed", "window", "seed"):
            self.workspace.remember(f"live {name}", getattr(self, name))
        self.neuron.param.watch(lambda event: self._watch(event.new), "value")
        space.param.watch(lambda _: self._switch(), "current")
        space.param.watch(lambda _: self._staged(), "stage")
        space.param.watch(lambda _: self._recolour(), "dark")
        if pn.state.curdoc is not None and pn.state.curdoc.session_context is not None:
            pn.state.on_session_destroyed(lambda _: self._stop())
        self._recolour()
        self._switch()

    # which circuit

    def _switch(self) -> None:
        """Follow the current recording; what ran for another one is taken down."""
        for target, watcher in self._unwatch:
            target.param.unwatch(watcher)
        self._stop()
        self.bench, self._target = None, self.workspace.current
        self._unwatch = []
        if self._target is not None:
            target = self._target
            self._unwatch = [
                (target, target.param.watch(lambda _: self._offer(), "configurations")),
                (target, target.param.watch(lambda _: self._take_selected(), "selection")),
            ]
        self._offer()

    def _offer(self) -> None:
        """Put the first circuit on the bench when there are circuits and none stands there."""
        target = self._target
        there = target is not None and len(target.configurations) > 0
        self.empty.visible, self.body.visible = not there, there
        if not there or target is None or self.workspace.stage != STAGE:
            return
        self._bands()
        if self.bench is None:
            first = target.selection[0] if target.selection else self._nearest(target)
            if self.circuit.value == first:
                self._choose()
            else:
                self.circuit.value = first

    @staticmethod
    def _nearest(target: TargetState) -> int:
        """Return the number of the simulated circuit nearest to the target, the first circuit where none was simulated."""
        distance = target.configurations["distance"]
        finite = distance[np.isfinite(distance)]
        return int(finite.idxmin()) if len(finite) else int(target.configurations.index[0])

    def _take_selected(self) -> None:
        """Put a single selected circuit on the bench, unless one is running there."""
        target = self._target
        if target is not None and len(target.selection) == 1 and not self._running and self.workspace.stage == STAGE:
            self.circuit.value = int(target.selection[0])

    def _choose(self) -> None:
        """Put the circuit of that number on the bench; A stays."""
        target, number = self._target, self.circuit.value
        if target is None or not len(target.configurations):
            return
        if number not in target.configurations.index:
            last = int(target.configurations.index.max())
            self.status.object = f"There is no circuit {number}; the table has numbers up to {last}."
            return
        theta = target.configurations.loc[number, list(NAMES)].to_numpy(dtype=float)
        try:
            circuit = LiveCircuit(theta, seed=int(self.seed.value), past=PAST)
        except UserError as error:
            report(error)
            return
        frozen = None if self.bench is None else self.bench.frozen
        self.bench = Bench(circuit)
        self.bench.frozen, self.bench.pace.speed = frozen, self.speed.value
        self.bench.watched = min(self.neuron.value, circuit.n_neurons - 1)
        self.knobs.defaults = [float(x) for x in theta]
        self.knobs.show(theta)
        self.canvas.clear()
        self._show_a()
        self._show_measures()
        self.status.object = f"Circuit {number}, seed {circuit.seed}, {circuit.n_neurons} neurons: press Run."

    def _bands(self) -> None:
        """Mark where the middle 90 % of the circuits lie on every knob's track."""
        target = self._target
        if target is not None and len(target.configurations) > 1:
            low, high = np.quantile(target.configurations[list(NAMES)].to_numpy(dtype=float), [0.05, 0.95], axis=0)
            self.knobs.bands = [[float(a), float(b)] for a, b in zip(low, high, strict=True)]

    # running

    def _play(self, *_: Any) -> None:
        if self._running:
            self._stop()
        elif self.bench is not None:
            self._running = True
            self._start()

    def _start(self) -> None:
        self.play.param.update(label="Pause", icon="pause")
        self.bench.pace.begin()  # type: ignore[union-attr]
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    def _stop(self) -> None:
        self._running = False
        self.play.param.update(label="Run", icon="play_arrow")

    def _staged(self) -> None:
        """Pause while another stage is shown, go on when this one is."""
        if self.workspace.stage == STAGE:
            self._offer()
            if self._running and self.bench is not None:
                self._start()

    def _pace(self) -> None:
        if self.bench is not None:
            self.bench.pace.speed = self.speed.value

    def _watch(self, neuron: int) -> None:
        if self.bench is not None:
            self.bench.watched = min(int(neuron), self.bench.circuit.n_neurons - 1)

    def _turned(self, index: int, value: float, at: float) -> None:
        """Ask for what a knob was turned to."""
        if self.bench is not None:
            self.bench.ask(index, value, at)
            if self.bench.frozen is not None:
                self._say_difference()

    async def _run(self) -> None:
        """Show frame after frame while the stage is shown; every frame waits until the page has painted the one before."""
        try:
            while self._running and self.bench is not None and self.workspace.stage == STAGE:
                began = time.perf_counter()
                bench = self.bench
                duration = bench.pace.due(began)
                if not await self._frame(duration):
                    bench.pace.begin()
                    continue
                if began - self._measured > MEASURE_EVERY:
                    self._measured = began
                    await self._measure()
                await asyncio.sleep(max(FRAME - (time.perf_counter() - began), 0.001))
                bench.pace.passed(duration, time.perf_counter() - began)
        except UserError as error:
            self._stop()
            report(error)

    async def _frame(self, duration: float) -> bool:
        """Compute a frame off the event loop and show it; False when the page did not answer."""
        bench = self.bench
        if bench is None:
            return False
        async with self._lock:
            frame = await asyncio.to_thread(bench.frame, duration)
        if bench is not self.bench:
            return True
        if bench.refused:
            notify(bench.refused, "warning")
            bench.refused = ""
            self.knobs.show(bench.wanted)
        return await self.canvas.show(frame, bench.echo)

    async def _measure(self) -> None:
        """Measure the past, bring dials, spectrum and knobs up to date."""
        bench, target = self.bench, self._target
        if bench is None or target is None or target.analysed is None:
            return
        card = self.workspace.cards.get(target.estimator)
        async with self._lock:
            recording = bench.circuit.recording()
            began = bench.circuit.time - recording.duration
        warm_up = 0.0 if card is None else card.plan.warm_up
        if began < warm_up < bench.circuit.time - SETTLED:
            recording = recording.window(warm_up - began, recording.duration)
        found = await asyncio.to_thread(measure, recording, target.settings.bursts, card, target.target)
        if bench is self.bench:
            bench.measures = found
            self._show_measures()
            speed = f"{bench.pace.actual:.2g}× real time"
            self.status.object = (
                f"Circuit {self.circuit.value}, seed {bench.circuit.seed}, {bench.circuit.n_neurons} neurons, {speed}."
            )

    async def _step(self, *_: Any) -> None:
        """Run a little and stop."""
        self._stop()
        if self.bench is None:
            return
        try:
            await self._frame(STEP)
            await self._measure()
        except UserError as error:
            report(error)

    async def _restart(self, *_: Any) -> None:
        if self.bench is None:
            return
        async with self._lock:
            await asyncio.to_thread(self.bench.restart)
        self.canvas.clear()
        if not self._running:
            await self._step()

    # A and B

    async def _freeze(self, *_: Any) -> None:
        if self.bench is None:
            return
        async with self._lock:
            await asyncio.to_thread(self.bench.freeze)
        self._show_a()

    async def _swap(self, *_: Any) -> None:
        if self.bench is None:
            return
        async with self._lock:
            self.bench.swap()
        self.canvas.clear()
        self.knobs.show(self.bench.wanted)
        self._show_a()
        if not self._running:
            await self._step()

    def _forget(self, *_: Any) -> None:
        if self.bench is not None:
            self.bench.frozen = None
            self._show_a()

    @on_document
    def _show_a(self) -> None:
        """Show the frozen circuit: its strip, its marks on the knobs, its line in the spectrum."""
        frozen = None if self.bench is None else self.bench.frozen
        self.swap.visible = self.forget.visible = self.difference.visible = frozen is not None
        self.knobs.other = [] if frozen is None else [float(x) for x in frozen.circuit.vector]
        self.spectrum.show_other(None if frozen is None else frozen.measures)
        self.frozen_strip.show(frozen, self.window.value)
        self._say_difference()

    def _say_difference(self) -> None:
        changed = [] if self.bench is None else self.bench.differences()
        self.difference.object = (
            "B differs from A in " + ", ".join(changed) + "." if changed else "B has A's parameters; turn a knob."
        )

    @on_document
    def _show_measures(self) -> None:
        bench, target = self.bench, self._target
        if bench is None or target is None or target.analysed is None or bench.measures is None:
            self.dials.object, self.caption.object = "", ""
            return
        card = self.workspace.cards.get(target.estimator)
        threshold = float("nan") if card is None else card.threshold * target.tolerance
        other = None if bench.frozen is None else bench.frozen.measures
        shown = dials(bench.measures, target.analysed.features, other, threshold)
        self.dials.object = dials_html(shown, palette(self.workspace.dark))
        self.caption.object = CAPTION.format(seconds=bench.measures.seconds)
        self.spectrum.show(bench.measures, None if target.target is None else target_curves(target.target, 1.0))

    def _add(self, *_: Any) -> None:
        """Add the circuit with its present parameters to the table."""
        target, bench = self._target, self.bench
        if target is None or bench is None:
            return
        numbers = target.add_circuits(
            bench.wanted[None], np.array([np.nan]), f"live bench, from circuit {self.circuit.value}"
        )
        notify(f"Added as circuit {numbers[0]} and selected.", "success")

    @on_document
    def _recolour(self) -> None:
        colours = palette(self.workspace.dark)
        self.canvas.recolour(colours)
        self.knobs.dark = self.workspace.dark
        self.spectrum.recolour(colours)
        self.frozen_strip.recolour(colours)
        self._show_measures()

    def __panel__(self) -> Any:
        return self._layout
