"""Holds parameters at values or within ranges: what must the others do to keep the dynamics?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from ....circuit.parameters import NAMES, PARAMETERS
from ....errors import UserError
from ....invariance.conditional import Conditional, condition, held_at
from ....invariance.correlation import Correlations, correlations
from ....invariance.scaling import from_unit
from ...figures.marginals import Marginals
from ...state.stage_view import StageView
from ...widgets.background import in_daemon_thread
from ...widgets.dense_table import dense_table
from ...widgets.documents import on_document
from ...widgets.figure_saving import save_menu
from ...widgets.notices import report
from ...widgets.plain_text import plain
from . import move_words as words
from .landscape import Landscape

N_SHOWN = 500
"""Circuits of a conditional posterior, as many as the marginals need."""

EVALUATIONS = 7000
"""Of the density for an answer: within half a second of one core, also with the larger of the flows that come with the page."""

STEPS = 200
FIRST = "Hold a parameter to see what the others must do."
HOW = (
    "Blue: all circuits of the posterior; orange: those under the condition, drawn anew from the estimator, not "
    "filtered; dashed: the prior. Drag both handles together to pin a value."
)


@dataclass(frozen=True, eq=False)
class Held:
    """A conditional posterior with what was asked. theta: (n, 28) in table units; correlations: None where nothing was drawn."""

    wanted: dict[str, tuple[float, float]]
    found: Conditional
    theta: Any
    correlations: Correlations | None


def hold(landscape: Landscape, wanted: dict[str, tuple[float, float]]) -> Held:
    """Draw the conditional posterior; half a second. Raises SubspaceError."""
    prior = landscape.estimator.card.prior
    asked = held_at({name: low if low == high else (low, high) for name, (low, high) in wanted.items()}, prior)
    found = condition(
        landscape.density, landscape.samples, asked, n=N_SHOWN, samples_log_density=landscape.log_density,
        max_evaluations=EVALUATIONS,
    )  # fmt: skip
    drawn = correlations(found.points, list(NAMES)) if len(found.points) > 10 else None
    return Held(wanted, found, from_unit(found.points, prior), drawn)


class ConditionView(StageView):
    """Sliders on one side, the conditional marginals and what changes on the other. Every move of a slider is answered."""

    stage = "Move"

    def __init__(self, landscape: Callable[[], Awaitable[Landscape | None]], **params: Any) -> None:
        super().__init__(**params)
        self._of = landscape
        self.add = pmui.Select(
            label="Hold a parameter", options={"choose …": "", **{f"{s.label} — {s.meaning}": s.name for s in PARAMETERS}}, value="",
            size="small", width=330,
        )  # fmt: skip
        self.sliders: dict[str, Any] = {}
        self._list = pn.FlexBox(margin=0)
        self.answer = plain(FIRST)
        self.answer.styles = {"font-size": "16px"}
        self.caption = plain(small=True)
        self.marginals = Marginals(self.colours)
        self.shifts = dense_table()
        self.changed = dense_table()
        self.shifts_title = plain("Medians that move most", margin=(8, 10, 0, 10))
        self.changed_title = plain("Correlations that change", margin=(8, 10, 0, 10))
        self.keep = pmui.Button(
            label="Add 12 of these circuits to the table", variant="outlined", size="small", on_click=self._keep, disabled=True,
            description="They can then be simulated like any other",
        )  # fmt: skip
        tables = pn.Row(
            pn.Column(self.shifts_title, self.shifts, styles={"flex": "1 1 320px", "min-width": "0"}),
            pn.Column(self.changed_title, self.changed, styles={"flex": "1 1 320px", "min-width": "0"}),
            sizing_mode="stretch_width", styles={"flex-wrap": "wrap"}, margin=0,
        )  # fmt: skip
        self._layout = pn.Column(
            pn.FlexBox(self.add, self._list, align_items="center"), self.answer,
            pn.pane.Bokeh(self.marginals.figure, sizing_mode="stretch_width", height=self.marginals.figure.height),
            save_menu(self.marginals.figure, "condition", self.marginals.table, of=self.workspace, draw=self.marginals.printed),
            self.caption,
            tables, self.keep, sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.held: Held | None = None
        self._landscape: Landscape | None = None
        self._waiting = self._running = False
        self.add.param.watch(self._picked, "value")
        self.follow((self.switched, ["estimator"]), (self._forget, ["target"]))

    @on_document
    def switched(self) -> None:
        """Forget the answer, and let the sliders span the prior of the present estimator."""
        self._forget()
        for name, slider in self.sliders.items():
            low, high = self.workspace.prior.range_of(PARAMETERS[NAMES.index(name)])
            whole = slider.value == (slider.start, slider.end)
            value = (low, high) if whole else tuple(float(np.clip(end, low, high)) for end in slider.value)
            slider.param.update(start=low, end=high, step=(high - low) / STEPS, value=value)

    def _forget(self) -> None:
        """Drop what belongs to another recording. The sliders stay, and ask the same of the next recording."""
        self.held = self._landscape = None
        self.redraw()

    def fill(self) -> None:
        if self._landscape is not None:
            self._show()
            return
        self.keep.disabled = True
        self.answer.object, self.caption.object = FIRST, ""
        self.marginals.show(np.empty((0, len(NAMES))), self.workspace.prior, by_group=True)
        for part in (self.shifts_title, self.shifts, self.changed_title, self.changed):
            part.visible = False

    def enter(self) -> None:
        """Show the current recording's posterior."""
        pn.state.execute(self._refresh)

    def _picked(self, event: Any) -> None:
        if event.new:
            self.put(event.new)
            self.add.value = ""

    def put(self, name: str) -> None:
        """Add a slider over a parameter, unless there is one. It holds nothing until it is moved."""
        if name in self.sliders:
            return
        spec = PARAMETERS[NAMES.index(name)]
        low, high = self.workspace.prior.range_of(spec)
        slider = pmui.RangeSlider(
            label=spec.label, start=low, end=high, value=(low, high), step=(high - low) / STEPS,
            size="small", width=210, format="0.[000]", description=spec.meaning,
        )  # fmt: skip
        slider.param.watch(lambda _: self.enter(), "value_throttled")
        remove = pmui.IconButton(
            icon="close", size="small", description=f"Let {spec.symbol} go", on_click=lambda _: self.drop(name)
        )
        self.sliders[name] = slider
        self._list.append(pn.Row(slider, remove, margin=0))

    def drop(self, name: str) -> None:
        """Let a parameter go."""
        self._list.pop(list(self.sliders).index(name))
        del self.sliders[name]
        self.enter()

    def _wanted(self) -> dict[str, tuple[float, float]]:
        """Return what the sliders hold; one that spans the prior holds nothing."""
        return {
            name: (float(s.value[0]), float(s.value[1]))
            for name, s in self.sliders.items()
            if s.value[0] > s.start or s.value[1] < s.end
        }

    async def _refresh(self) -> None:
        """Answer the latest condition. Later ones are answered afterwards."""
        self._waiting = True
        if self._running:
            return
        self._running = True
        try:
            while self._waiting:
                self._waiting = False
                examined = self.workspace.current
                landscape, wanted = await self._of(), self._wanted()
                if landscape is None:
                    self._forget()
                    continue
                held = None
                if wanted:
                    try:
                        held = await in_daemon_thread(hold, landscape, wanted)
                    except UserError as error:
                        report(error)
                if self.workspace.current is examined:
                    self._landscape, self.held = landscape, held
                    self.redraw()
        finally:
            self._running = False

    def _show(self) -> None:
        landscape, held, examined = self._landscape, self.held, self.workspace.current
        if landscape is None or examined is None:
            return
        prior = landscape.estimator.card.prior
        before = from_unit(landscape.samples, prior)
        self.marginals.show(before, prior, by_group=True)
        some = held is not None and len(held.theta) > 0
        self.keep.disabled = not some or not len(examined.configurations)
        for title, table in ((self.shifts_title, self.shifts), (self.changed_title, self.changed)):
            title.visible = table.visible = bool(some)
        self.caption.object = f"{len(before)} draws of {landscape.estimator.card.title}, not pruned. {HOW}"
        if held is None:
            self.answer.object = FIRST
            return
        self.answer.object = f"{words.held_words(held.wanted)}. {words.condition_answer(held.found)}"
        columns = [NAMES.index(name) for name in held.wanted]
        if some:
            self.marginals.mark(held.theta)
            self.shifts.value = words.shifts(before, held.theta, columns, prior)
        if held.correlations is not None:
            changed = words.changed_correlations(landscape.correlations, held.correlations, columns)
            self.changed.value, self.changed.visible = changed, len(changed) > 0
            self.changed_title.object = (
                "Correlations that change" if len(changed) else "No correlation changes significantly"
            )

    def _keep(self, _: Any) -> None:
        """Add a dozen circuits of the condition to the table, selected."""
        examined, held = self.workspace.current, self.held
        if examined is None or held is None or self._landscape is None or not len(held.theta):
            return
        origin = f"conditional posterior, {words.held_words(held.wanted)}"
        examined.add_circuits(held.theta[:12], self._landscape.over_theta(held.found.log_density[:12]), origin)

    def recolour(self) -> None:
        self.marginals.recolour(self.colours)

    def __panel__(self) -> Any:
        return self._layout
