"""Change one parameter by hand: the smallest change of the others that restores the dynamics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from ....circuit.parameters import NAMES, PARAMETERS
from ....errors import UserError
from ....inference.asking.circuit_run import analysed_part
from ....invariance.compensation import Compensation, compensate
from ....invariance.scaling import from_unit
from ...figures.run_strip import RunStrip
from ...mending.accessible import NO_SPINNERS
from ...state.run_curves import shown_seconds, target_curves
from ...state.stage_view import StageView
from ...widgets.background import in_daemon_thread
from ...widgets.dense_table import dense_table
from ...widgets.documents import on_document
from ...widgets.figure_saving import save_menu
from ...widgets.notices import report
from ...widgets.number_fields import CountField
from ...widgets.plain_text import plain
from . import move_words as words
from .landscape import Landscape
from .walking import Step, simulate_point

RUNS = ("As it was", "Changed by hand alone", "Compensated")


def make_up_for(landscape: Landscape, theta: np.ndarray, column: int, value: float) -> Compensation:
    """Return what restores the density of a configuration (28,) whose parameter is set to a value in its unit. Raises SubspaceError."""
    u = landscape.unit(theta[None])[0]
    wanted = theta.copy()
    wanted[column] = value
    moved = landscape.unit(wanted[None])[0]
    return compensate(
        landscape.density, u, {column: float(moved[column])}, gradient=landscape.gradient, samples=landscape.samples
    )


class CompensationView(StageView):
    """One circuit, one parameter and one slider. The answer is a sentence, a table, and three runs."""

    stage = "Move"

    def __init__(self, landscape: Callable[[], Awaitable[Landscape | None]], **params: Any) -> None:
        super().__init__(**params)
        self._of = landscape
        self.circuit = CountField(label="Circuit", value=0, start=0, width=120, size="small")
        self.which = pmui.Select(
            label="Change by hand", options={f"{s.label} — {s.meaning}": s.name for s in PARAMETERS}, value="params_Epop.tau_w",
            width=360, size="small",
        )  # fmt: skip
        self.value = pmui.EditableFloatSlider(
            stylesheets=[NO_SPINNERS], label="to", start=0.0, end=1.0, value=0.5, width=330
        )
        self.answer = plain("Choose a circuit and move a parameter.")
        self.answer.styles = {"font-size": "16px"}
        self.table = dense_table(visible=False)
        self.caption = plain(small=True, visible=False)
        self.run = pmui.Button(label="Run all three", variant="contained", on_click=self._run, disabled=True)
        self.keep = pmui.Button(
            label="Add the compensated circuit to the table", variant="outlined", on_click=self._keep, disabled=True
        )
        self.strips = [RunStrip(self.colours) for _ in RUNS]
        self.saving = pn.Column(
            save_menu([strip.figures for strip in self.strips], "compensation", of=self.workspace),
            visible=False,
            margin=0,
        )
        self._layout = pn.Column(
            pn.FlexBox(self.circuit, self.which, self.value, align_items="center"), self.answer, self.table, self.caption,
            pn.Row(self.run, self.keep), *(strip.layout for strip in self.strips), self.saving, sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.found: Compensation | None = None
        self.steps: list[Step] = []
        self._landscape: Landscape | None = None
        self._answered: tuple[int, int, float] | None = None
        self._following = self._waiting = self._busy = False
        self.circuit.param.watch(lambda _: self._offer(), "value")
        self.which.param.watch(lambda _: self._offer(), "value")
        self.value.param.watch(lambda _: self._moved(), "value")  # typed as well as dragged
        self.follow((self._offer, ["estimator", "target", "generation"]), (self._judge, ["tolerance"]))

    def enter(self) -> None:
        """Offer the first selected circuit, unless an answer is shown."""
        examined = self.workspace.current
        if self.found is None and examined is not None and len(examined.configurations):
            self.circuit.value = int(next(iter(examined.selection), examined.configurations.index[0]))
            self._offer()

    @property
    def _column(self) -> int:
        return NAMES.index(self.which.value)

    @property
    def _question(self) -> tuple[int, int, float]:
        """The question: the circuit, the parameter, and its value."""
        return self.circuit.value, self._column, float(self.value.value)

    def _theta(self) -> np.ndarray | None:
        examined = self.workspace.current
        if examined is None or self.circuit.value not in examined.configurations.index:
            return None
        return examined.configurations.loc[self.circuit.value, list(NAMES)].to_numpy(dtype=float)

    def switched(self) -> None:
        self._forget()

    @on_document
    def _forget(self) -> None:
        """Drop what belongs to another recording or circuit."""
        self.found = self._answered = None
        self.run.disabled = self.keep.disabled = True
        self.table.visible = self.caption.visible = False
        self.answer.object = "Choose a circuit and move a parameter."
        for layout in (*(strip.layout for strip in self.strips), self.saving):
            layout.visible = False

    def _offer(self) -> None:
        """Set the slider to what the parameter is in the circuit."""
        theta, spec = self._theta(), PARAMETERS[self._column]
        self._forget()
        if theta is None:
            self.answer.object = "There is no circuit of this number: draw some under Posterior, or choose another."
            return
        self._following = True
        low, high = self.workspace.prior.range_of(spec)
        self.value.param.update(
            label=f"{spec.label} to", start=low, end=high, step=(high - low) / 200, value=float(np.clip(theta[self._column], low, high)),
        )  # fmt: skip
        self._following = False

    def _moved(self) -> None:
        if not self._following:
            pn.state.execute(self._answer)

    async def _answer(self) -> None:
        """Answer the latest change. Later questions are answered afterwards."""
        self._waiting = True
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                self._waiting = False
                examined, question = self.workspace.current, self._question
                if question != self._answered:
                    self._think()
                landscape, theta = await self._of(), self._theta()
                if landscape is None or theta is None:
                    self._forget()
                    continue
                if self.found is not None and question == self._answered and landscape is self._landscape:
                    continue  # sliders tell the same value twice: what runs for it is still wanted
                try:
                    found = await in_daemon_thread(make_up_for, landscape, theta, question[1], question[2])
                except UserError as error:
                    report(error)
                    self._forget()
                    continue
                if self.workspace.current is not examined or question[:2] != self._question[:2]:
                    continue  # another circuit or parameter is asked about by now
                now = self._theta()
                if landscape.target is not examined.target or now is None or not np.array_equal(theta, now):
                    continue  # another analysis, or the number is another circuit's: forgotten already
                self._landscape, self.found, self._answered = landscape, found, question
                self._show(theta)
        finally:
            self._busy = False

    @on_document
    def _think(self) -> None:
        """Disable the run of an answer that is being replaced, and say so if no answer is shown yet."""
        if self.found is None:
            self.answer.object = "Looking for the smallest change of the others …"
        self.run.disabled = self.keep.disabled = True

    @on_document
    def _show(self, theta: np.ndarray) -> None:
        found, landscape = self.found, self._landscape
        if found is None or landscape is None:
            return
        prior = landscape.estimator.card.prior
        after = from_unit(found.point[None], prior)[0]
        self.answer.object = words.compensation_answer(found, self._column)
        self.table.value = words.changes(theta, after, self._column, prior)
        self.table.visible = self.caption.visible = True
        self.caption.object = (
            f"The smallest change, in shares of the prior's ranges, that brings the log-density of circuit {self.circuit.value} back, by "
            f"{landscape.estimator.card.title}. Whether the dynamics come back is seen by running it."
        )
        self.run.disabled = self.keep.disabled = (
            self._question != self._answered
        )  # moved on meanwhile: the next answer counts
        for layout in (*(strip.layout for strip in self.strips), self.saving):
            layout.visible = False

    async def _run(self, *_: Any) -> None:
        """Run the circuit as it was, with the change alone, and compensated."""
        found, landscape, examined = self.found, self._landscape, self.workspace.current
        if found is None or landscape is None or examined is None:
            return
        original = found.point - found.change
        changed = original.copy()
        changed[self._column] = found.point[self._column]
        shown = shown_seconds(landscape.target, landscape.estimator.card.plan.duration)

        def three(*, progress: Callable[[float], None], should_stop: Callable[[], bool]) -> list[Step]:
            steps = []
            for u in (original, changed, found.point):
                steps.append(simulate_point(u, landscape, shown))
                progress(len(steps) / 3)
                if should_stop():
                    break
            return steps

        steps = await self.workspace.work(examined, "Running three circuits", three)
        if steps and self.found is found:
            self.steps = steps
            self._ran()

    def _judge(self) -> None:
        """Judge the three runs again at the present tolerance."""
        if self.saving.visible:
            self._ran()

    @on_document
    def _ran(self) -> None:
        examined = self.workspace.current
        if self._landscape is None or examined is None:
            return
        card = self._landscape.estimator.card
        for strip, step, what in zip(self.strips, self.steps, RUNS, strict=False):
            recording = step.run.recording
            excitatory = None if recording is None else analysed_part(recording, card.plan.warm_up)
            said = words.ran(step.run.outcome, step.distance, examined.judge(card))
            strip.show(
                self.circuit.value,
                f"{what} — {said}", "Dotted: the recording.", excitatory, step.curves,
                target_curves(self._landscape.target, step.curves.shown), step.curves.shown,
            )  # fmt: skip
        self.saving.visible = True

    def _keep(self, _: Any) -> None:
        """Add the compensated circuit to the table, selected."""
        examined, found, landscape = self.workspace.current, self.found, self._landscape
        if examined is None or found is None or landscape is None:
            return
        spec = PARAMETERS[self._column]
        theta = from_unit(found.point[None], landscape.estimator.card.prior)
        origin = f"circuit {self.circuit.value} with {spec.symbol} changed to {theta[0, self._column]:.4g}, compensated"
        examined.add_circuits(theta, landscape.over_theta(np.array([found.after])), origin)

    def recolour(self) -> None:
        for strip in self.strips:
            strip.recolour(self.colours)

    def __panel__(self) -> Any:
        return self._layout
