"""The Live stage: a chosen circuit runs continuously beside the recording, and responds while the user turns its knobs."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import panel as pn

from ....circuit.live import LiveCircuit, engine_loaded, load_engine
from ....circuit.parameters import NAMES
from ....errors import UserError
from ....inference.estimators.card import Card
from ...state.examined import Examined
from ...state.stage_view import StageView, drawing
from ...widgets.notices import notify, report
from ...widgets.plain_text import plain
from .bench import Bench
from .knobs import Knobs
from .live_canvas import LiveCanvas
from .live_controls import LiveControls
from .live_readings import FLEX, LiveReadings, grown, measured
from .live_run import LiveRun, Watcher

PAST = 30.0
"""s of the run that dials and spectrum look back at most: three slow bursts, yet the past before a turned knob is soon gone."""

FIRST = (
    "No circuits yet: draw some under Posterior. What will be here: one circuit that runs in real time, with its raster, its rate and one "
    "neuron's potential, and a slider for each of its 28 parameters."
)


class LiveView(StageView):
    """Controls, picture, knobs, dials, spectrum, and the frozen circuit A."""

    stage = "Live"

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.controls = LiveControls()
        self.empty = plain(FIRST)
        self.canvas = LiveCanvas()
        self.knobs = Knobs(self._turned, width=390, margin=(0, 4))
        self.readings = LiveReadings(self.colours, self.workspace)
        self.run = LiveRun(
            self.canvas, Watcher(lambda: self.is_shown, self.controls.running, self._refused, self._measure)
        )
        self._examined: Examined | None = None
        self._loading: asyncio.Task[None] | None = None
        self._adding = False
        self._arrange()
        self._follow_everything()

    def _arrange(self) -> None:
        controls, strip = self.controls, self.readings.frozen_strip
        self.body = pn.Column(
            controls.bar,
            pn.FlexBox(grown(330, self.canvas, controls.below, controls.between, strip.layout), self.knobs, **FLEX), self.readings.layout,
            sizing_mode="stretch_width", visible=False, margin=0,
        )  # fmt: skip
        self._layout = pn.Column(self.empty, self.body, sizing_mode="stretch_width")

    def _follow_everything(self) -> None:
        controls = self.controls
        for button, act in (
            (controls.play, self._play), (controls.step, self._step), (controls.restart, self._restart), (controls.freeze, self._freeze),
            (controls.swap, self._swap), (controls.forget, self._forget), (controls.keep, self._add),
        ):  # fmt: skip
            button.on_click(act)
        controls.circuit.param.watch(lambda _: self._choose(), "value")
        controls.seed.param.watch(lambda _: self._choose(), "value")
        controls.speed.param.watch(lambda _: self._set_up(), "value")
        controls.neuron.param.watch(lambda _: self._set_up(), "value")
        controls.window.param.watch(lambda event: setattr(self.canvas, "window", event.new), "value")
        for name in ("speed", "window", "seed"):
            self.remember(name, getattr(controls, name))
        if pn.state.curdoc is not None and pn.state.curdoc.session_context is not None:
            pn.state.on_session_destroyed(lambda _: self.run.stop())
        self.recolour()
        self.follow(
            (self._offer, ["configurations"]), (self._take_selected, ["selection"]), (self._show_measures, ["target"]),
            (self._drawn_anew, ["generation"]),
        )  # fmt: skip

    @property
    def bench(self) -> Bench | None:
        """The circuit that runs, or could run."""
        return self.run.bench

    def _card(self) -> Card | None:
        return None if self._examined is None else self.workspace.cards.get(self._examined.estimator)

    # which circuit

    def switched(self) -> None:
        """Follow the current recording; a circuit that ran for another one is taken down."""
        self.run.stop()
        self.run.bench, self._examined, self._eager = None, self.workspace.current, False
        self._offer()
        self.redraw()

    def fill(self) -> None:
        self._show_a()
        self._show_measures()

    def _offer(self) -> None:
        """Put the first circuit on the bench when there are circuits and the bench is empty."""
        examined = self._examined
        there = examined is not None and len(examined.configurations) > 0
        self.empty.visible, self.body.visible = not there, there
        if not there or examined is None or not self.is_shown:
            return
        self._bands()
        if self.bench is None:
            first = examined.selection[0] if examined.selection else _nearest(examined)
            if self.controls.circuit.value == first:
                self._choose()
            else:
                self.controls.circuit.value = first

    def _take_selected(self) -> None:
        """Put a single selected circuit on the bench, unless one is running there."""
        examined = self._examined
        if examined is None or len(examined.selection) != 1 or self.run.running or self._adding or not self.is_shown:
            return
        number = int(examined.selection[0])
        if self.controls.circuit.value != number:
            self.controls.circuit.value = number
        elif self.bench is not None and self.bench.name != f"circuit {number}":
            self._choose()

    def _drawn_anew(self) -> None:
        """Let what is on the bench go on under another name."""
        if self.bench is not None:
            self.bench.drawn_anew()
            self.controls.status.object = self.bench.said()

    def _choose(self) -> None:
        """Put the circuit with that number on the bench; A stays."""
        examined, number, status = self._examined, self.controls.circuit.value, self.controls.status
        if examined is None or not len(examined.configurations):
            return
        if number not in examined.configurations.index:
            last = int(examined.configurations.index.max())
            status.object = f"There is no circuit {number}; the table has numbers up to {last}."
            return
        theta = examined.configurations.loc[number, list(NAMES)].to_numpy(dtype=float)
        self.knobs.defaults = [float(x) for x in theta]
        self.knobs.show(theta)
        if not self._engine_ready():
            return
        try:
            circuit = LiveCircuit(
                theta, seed=int(self.controls.seed.value), n_neurons=self.workspace.n_neurons, past=PAST
            )
        except UserError as error:
            report(error)
            return
        frozen = None if self.bench is None else self.bench.frozen
        bench = self.run.bench = Bench(circuit, f"circuit {number}")
        bench.frozen = frozen
        self._set_up()
        self.canvas.clear()
        self._show_a()
        self._show_measures()
        status.object = f"Circuit {number}, seed {circuit.seed}, {circuit.n_neurons} neurons: press Run."
        if self._eager:
            self._eager = False
            self.run.start()

    def _engine_ready(self) -> bool:
        """Tell whether the engine is loaded; otherwise load it off the event loop, and choose the circuit then."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # in a script nobody waits
            return True
        if engine_loaded():
            return True

        async def load() -> None:
            await asyncio.to_thread(load_engine)
            self._choose()

        if self._loading is None or self._loading.done():
            self.controls.status.object = "Loading the engine …"
            self._loading = loop.create_task(load())
        return False

    def _bands(self) -> None:
        """Mark on every knob's track where the middle 90 % of the circuits lie."""
        examined = self._examined
        self.knobs.fit(self.workspace.prior)
        if examined is not None and len(examined.configurations) > 1:
            low, high = np.quantile(examined.configurations[list(NAMES)].to_numpy(dtype=float), [0.05, 0.95], axis=0)
            self.knobs.bands = [[float(a), float(b)] for a, b in zip(low, high, strict=True)]

    # running

    def _set_up(self) -> None:
        """Hand the speed and the watched neuron to the bench."""
        if self.bench is not None:
            self.bench.pace.speed = self.controls.speed.value
            self.bench.watched = min(int(self.controls.neuron.value), self.bench.circuit.n_neurons - 1)

    def _play(self, *_: Any) -> None:
        if self.run.running:
            self.run.stop()
        elif self.bench is None:  # the engine is still loading: run as soon as there is a circuit
            self._eager = True
        else:
            self.run.start()

    def entered(self) -> None:
        """Go on with what runs; it pauses while another stage is shown."""
        self._offer()
        if self.run.running:
            self.run.start()

    def _turned(self, index: int, value: float, at: float) -> None:
        """Ask for the value that a knob was turned to."""
        if self.bench is not None:
            self.bench.ask(index, value, at)
            if self.bench.frozen is not None:
                self._say_difference()

    def _refused(self, bench: Bench) -> None:
        """Say why a change was refused, and turn the knob back."""
        notify(bench.refused, "warning")
        self.knobs.show(bench.wanted)

    async def _measure(self) -> None:
        """Measure the past, bring dials and spectrum up to date, and say what runs and how fast."""
        bench, examined = self.bench, self._examined
        if bench is None or examined is None or examined.analysed is None:
            return
        found = await measured(bench, examined, self._card(), self.run.lock)
        if bench is self.bench:
            bench.measures = found
            self._show_measures()
            self.controls.status.object = bench.said()

    async def _step(self, *_: Any) -> None:
        await self.run.step()

    async def _restart(self, *_: Any) -> None:
        if self.bench is None:
            return
        async with self.run.lock:
            await asyncio.to_thread(self.bench.restart)
        self.canvas.clear()
        if not self.run.running:
            await self.run.step()

    # A and B

    async def _freeze(self, *_: Any) -> None:
        if self.bench is None:
            return
        async with self.run.lock:
            await asyncio.to_thread(self.bench.freeze)
        self._show_a()

    async def _swap(self, *_: Any) -> None:
        if self.bench is None:
            return
        async with self.run.lock:
            self.bench.swap()
        self.canvas.clear()
        self.knobs.show(self.bench.wanted)
        self._show_a()
        if not self.run.running:
            await self.run.step()

    def _forget(self, *_: Any) -> None:
        if self.bench is not None:
            self.bench.frozen = None
            self._show_a()

    @drawing
    def _show_a(self) -> None:
        """Show the frozen circuit: its strip, its marks on the knobs, its line in the spectrum."""
        frozen = None if self.bench is None else self.bench.frozen
        self.controls.between.visible = frozen is not None
        self.knobs.other = [] if frozen is None else [float(x) for x in frozen.circuit.vector]
        self.readings.show_frozen(self.bench, self.controls.window.value)
        self._say_difference()

    def _say_difference(self) -> None:
        changed = [] if self.bench is None else self.bench.differences()
        self.controls.difference.object = (
            "B differs from A in " + ", ".join(changed) + "." if changed else "B has A's parameters; turn a knob."
        )

    @drawing
    def _show_measures(self) -> None:
        self.readings.show(self.bench, self._examined, self._card())

    def _add(self, *_: Any) -> None:
        """Add the circuit with its present parameters to the table."""
        examined, bench = self._examined, self.bench
        if examined is None or bench is None:
            return
        self._adding = True  # the bench goes on unchanged, though the new row is selected
        try:
            numbers = examined.add_circuits(bench.wanted[None], np.array([np.nan]), f"live bench, from {bench.name}")
        finally:
            self._adding = False
        notify(f"Added as circuit {numbers[0]} and selected.", "success")

    def recolour(self) -> None:
        colours = self.colours
        self.canvas.recolour(colours)
        self.knobs.dark = self.workspace.dark
        self.readings.recolour(colours)
        self._show_measures()

    def __panel__(self) -> Any:
        return self._layout


def _nearest(examined: Examined) -> int:
    """Return the number of the simulated circuit nearest to the target; of the first circuit where none was simulated."""
    distance = examined.configurations["distance"]
    finite = distance[np.isfinite(distance)]
    return int(finite.idxmin()) if len(finite) else int(examined.configurations.index[0])
