"""Walk from one circuit to another within the subspace, beside the straight line; the circuit runs at every step."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from ....circuit.parameters import NAMES, PARAMETERS
from ....errors import UserError
from ....inference.asking.circuit_run import analysed_part
from ....inference.asking.consistency import is_consistent
from ....invariance.paths import Path
from ....invariance.scaling import from_unit
from ...figures.run_strip import RunStrip
from ...state.cluster_runs import runner
from ...state.run_curves import shown_seconds, target_curves
from ...state.stage_view import StageView
from ...widgets.background import in_daemon_thread
from ...widgets.documents import on_document
from ...widgets.figure_saving import save_menu
from ...widgets.notices import report
from ...widgets.number_fields import CountField
from ...widgets.plain_text import plain
from ...widgets.quantities import number
from . import move_words as words
from .landscape import Landscape
from .path_figure import PathFigure, most_changed
from .walking import N_POINTS, Reached, Step, find_path, simulate_point, verify

CAPTION = (
    "Log-density over shares of the prior, in nats, by {estimator} for {recording}; 20 equally spaced points each. Along the path the "
    "dynamics should stay while the parameters move; the slider runs the circuit at each step. "
    "Dots: simulated points; circle consistent, triangle active, others dead."
)


class PathView(StageView):
    """Two circuit numbers, the path between them, a slider that walks it, and a check of all its points."""

    stage = "Move"

    def __init__(self, landscape: Callable[[], Awaitable[Landscape | None]], **params: Any) -> None:
        super().__init__(**params)
        self._of = landscape
        colours = self.colours
        self.first = CountField(label="From circuit", value=0, start=0, width=140, size="small")
        self.second = CountField(label="to circuit", value=1, start=0, width=140, size="small")
        self.selected = pmui.Button(
            label="Take the selected two",
            variant="text",
            on_click=self._take,
            description="The first two selected circuits",
        )
        self.find = pmui.Button(label="Find the path", variant="contained", on_click=self._find, margin=(10, 8))
        self.check = pmui.Button(
            label=f"Verify {N_POINTS} points of each",
            variant="outlined",
            on_click=self._check,
            disabled=True,
            margin=(10, 8),
        )
        self.answer = plain("Choose two circuits.")
        self.answer.styles = {"font-size": "16px"}
        self.checked = plain("", visible=False)
        self.step = pmui.IntSlider(
            label="Walk",
            start=0,
            end=N_POINTS - 1,
            value=0,
            sizing_mode="stretch_width",
            margin=(4, 30),
            show_value=False,
        )
        self.where = plain(small=True)
        self.figure = PathFigure(colours)
        self.caption = plain(small=True)
        self.strip = RunStrip(colours)
        grow = {"flex": "1 1 360px", "min-width": "0"}
        self.body = pn.Column(
            pn.Row(
                *(pn.Column(pn.pane.Bokeh(fig, sizing_mode="stretch_width"), styles=grow, margin=0) for fig in self.figure.figures),
                sizing_mode="stretch_width", styles={"flex-wrap": "wrap"}, margin=0,
            ),
            save_menu(list(self.figure.figures), "path", of=self.workspace), self.caption, self.checked,
            self.step, self.where, self.strip.layout, save_menu(self.strip.figures, "step", of=self.workspace),
            sizing_mode="stretch_width", visible=False, margin=0,
        )  # fmt: skip
        self._layout = pn.Column(
            pn.FlexBox(self.first, self.second, self.selected, self.find, self.check, align_items="center"), self.answer, self.body,
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.path: Path | None = None
        self._landscape: Landscape | None = None
        self._walking = self._asked = False
        self.steps: dict[int, Step] = {}
        self.reached: tuple[list[Reached], list[Reached]] = ([], [])
        self.step.param.watch(lambda _: pn.state.execute(self._walk), "value")
        self.follow((self._forget, ["target", "estimator", "generation"]), (self._judge, ["tolerance"]))

    def enter(self) -> None:
        """Offer the selected circuits, unless a path is shown."""
        if self.path is None:
            self._take()

    def switched(self) -> None:
        self._forget()

    @on_document
    def _forget(self) -> None:
        """Drop the path of another recording, another analysis, or other circuits."""
        self.path, self.steps, self.reached = None, {}, ([], [])
        self.body.visible, self.check.disabled = False, True
        self.answer.object = "Choose two circuits."

    def _take(self, *_: Any) -> None:
        examined = self.workspace.current
        if examined is None or not len(examined.configurations):
            return
        chosen = [*examined.selection, *examined.configurations.index.tolist()]
        self.first.value, self.second.value = (
            int(chosen[0]),
            int(next((n for n in chosen if n != chosen[0]), chosen[0])),
        )

    async def _find(self, *_: Any) -> None:
        examined = self.workspace.current
        ends = [self.first.value, self.second.value]
        if examined is None or not len(examined.configurations):
            self.answer.object = "No circuits yet: draw some under Posterior."
            return
        if ends[0] == ends[1] or any(n not in examined.configurations.index for n in ends):
            last = int(examined.configurations.index.max())
            self.answer.object = f"Choose two different circuits of the table, numbered 0 to {last}."
            return
        landscape = await self._of()
        if landscape is None:
            return
        theta = examined.configurations.loc[ends, list(NAMES)].to_numpy()
        path = await self.workspace.work(examined, "Finding the path", find_path, landscape, *theta)
        if path is None or self.workspace.current is not examined or landscape.target is not examined.target:
            return
        if not np.array_equal(theta, examined.configurations.reindex(ends)[list(NAMES)]):
            return  # drawn anew meanwhile: the numbers are other circuits
        self._landscape, self.path, self.steps, self.reached = landscape, path, {}, ([], [])
        self.check.disabled = False
        self._show(ends)
        if self.step.value:
            self.step.value = 0
        else:
            await self._walk()

    @on_document
    def _show(self, ends: list[int]) -> None:
        if self.path is None or self._landscape is None:
            return
        self.answer.object = words.path_answer(self.path, *ends)
        self.caption.object = CAPTION.format(
            estimator=self._landscape.estimator.card.title, recording=self.workspace.current.recording.name
        )
        self.checked.visible = False
        self.body.visible = True
        self.figure.show(self.path)

    async def _walk(self) -> None:
        """Run the circuit at the slider's position. If the slider has moved on, run there next, so that dragging queues nothing."""
        self._asked = True
        if self._walking:
            return
        self._walking = True
        try:
            while self._asked and self.path is not None and self._landscape is not None:
                self._asked = False
                path, landscape, at = self.path, self._landscape, self.step.value
                self._stand(at, None)
                if at not in self.steps:
                    shown = shown_seconds(landscape.target, landscape.estimator.card.plan.duration)
                    try:
                        found = await in_daemon_thread(simulate_point, path.points[at], landscape, shown)
                    except UserError as error:
                        report(error)
                        continue
                    if self.path is path:
                        self.steps[at] = found
                if self.path is path and self.step.value == at:
                    self._stand(at, self.steps[at])
        finally:
            self._walking = False

    @on_document
    def _stand(self, at: int, step: Step | None) -> None:
        """Show the position of the walk: its parameters at once, its run when it is ready."""
        path, landscape = self.path, self._landscape
        if path is None or landscape is None:
            return
        self.figure.stand(at / (N_POINTS - 1))
        theta = from_unit(path.points[at][None], landscape.estimator.card.prior)[0]
        said = ", ".join(f"{PARAMETERS[i].symbol} {number(theta[i])}" for i in most_changed(path))
        self.where.object = f"Point {at} of {N_POINTS - 1}: {said}" + ("" if step is not None else " — running …")
        if step is None:
            return
        card = landscape.estimator.card
        shown = step.curves.shown
        said = words.ran(step.run.outcome, step.distance, self.workspace.current.judge(card))
        recording = step.run.recording
        excitatory = None if recording is None else analysed_part(recording, card.plan.warm_up)
        self.strip.show(
            at, f"Point {at} — {said}", "Dotted: the recording.", excitatory, step.curves,
            target_curves(landscape.target, shown), shown,
        )  # fmt: skip

    async def _check(self, *_: Any) -> None:
        examined, path, landscape = self.workspace.current, self.path, self._landscape
        if examined is None or path is None or landscape is None:
            return
        reached = await self.workspace.work(
            examined,
            f"Verifying {2 * N_POINTS} points",
            verify,
            path,
            landscape,
            runner(examined, 2 * N_POINTS, "path"),
        )
        if reached is not None and self.path is path:
            self.reached = reached
            self._checked()

    @on_document
    def _judge(self) -> None:
        """Judge the simulated points again at the present tolerance."""
        at = self.step.value
        if self.path is not None and at in self.steps:
            self._stand(at, self.steps[at])
        self._checked()

    @on_document
    def _checked(self) -> None:
        examined, landscape = self.workspace.current, self._landscape
        if examined is None or landscape is None or not any(self.reached):
            return
        judge = examined.judge(landscape.estimator.card)
        path_states, line_states = (
            judge.states([one.outcome for one in some], [one.distance for one in some]).tolist()
            for some in self.reached
        )
        self.figure.mark(path_states, line_states)
        said = [
            words.verified(what, is_consistent([state for state in states if state]).tolist())
            for what, states in (("Along the path", path_states), ("along the straight line", line_states))
            if any(states)
        ]
        self.checked.object, self.checked.visible = "; ".join(said) + ".", bool(said)

    def recolour(self) -> None:
        colours = self.colours
        self.figure.recolour(colours)
        self.strip.recolour(colours)

    def __panel__(self) -> Any:
        return self._layout
