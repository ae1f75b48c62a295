"""The Move stage: hold parameters, walk from circuit to circuit, make up for a change — all within the subspace."""

from __future__ import annotations

import asyncio
from typing import Any

import panel as pn
import panel_material_ui as pmui

from ...help.stage_help import stage_help
from ...state.examined import Examined
from ...state.stage_view import StageView
from ...widgets.documents import on_document
from ...widgets.plain_text import plain
from .compensation_view import CompensationView
from .condition_view import ConditionView
from .landscape import Landscape, survey
from .path_view import PathView

WAYS = {"Hold parameters": ConditionView, "Walk a path": PathView, "Compensate": CompensationView}


class MoveView(StageView):
    """Three ways to move, each made when it is first chosen. All share one landscape, which is drawn again for another target."""

    stage = "Move"

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.way = pmui.RadioButtonGroup(
            options=list(WAYS), value=next(iter(WAYS)), size="small", width=460, margin=(6, 10)
        )
        self.empty = plain("Choose a recording and an estimator first: there is no posterior to move in yet.")
        self.views: dict[str, Any] = {}
        self._frames: dict[str, pn.Column] = {}
        self._place = pn.Column(sizing_mode="stretch_width", margin=0)
        self._layout = pn.Column(
            pn.Row(self.way, stage_help("Move"), margin=0),
            self.empty,
            self._place,
            sizing_mode="stretch_width",
            margin=0,
        )
        self._landscape: Landscape | None = None
        self._surveys: dict[tuple[int, str], asyncio.Task[Landscape | None]] = {}
        self.way.param.watch(lambda _: self._choose(), "value")
        self.remember("", self.way)
        self._choose()
        self.follow((self.redraw, ["target"]))

    @on_document
    def _choose(self) -> None:
        name = self.way.value
        if name not in self.views:
            self.views[name] = WAYS[name](self.landscape, workspace=self.workspace)
            self._frames[name] = pn.Column(self.views[name], sizing_mode="stretch_width", margin=0)
            self._place.append(self._frames[name])
        for other, frame in self._frames.items():
            frame.visible = other == name
        self.redraw()

    def entered(self) -> None:
        """Offer what is selected now."""
        self.redraw()

    def fill(self) -> None:
        examined = self.workspace.current
        ready = examined is not None and examined.target is not None and bool(examined.estimator)
        self.empty.visible, self._place.visible = not ready, ready
        if ready:
            self.views[self.way.value].enter()

    async def landscape(self) -> Landscape | None:
        """Return the landscape of the current target, drawn when it is first needed. Returns None after a notice, or if another
        target has become current.
        """
        examined = self.workspace.current
        if examined is None or examined.target is None:
            return None
        known = self._landscape
        if known is not None and known.target is examined.target and known.estimator.card.name == examined.estimator:
            return known
        key = (id(examined.target), examined.estimator)
        if key not in self._surveys:  # else it is being drawn already: all who ask wait for the same
            self._surveys[key] = asyncio.create_task(self._survey(examined))
            self._surveys[key].add_done_callback(lambda _: self._surveys.pop(key, None))
        found = await self._surveys[key]
        return found if self.workspace.current is examined else None

    async def _survey(self, examined: Examined) -> Landscape | None:
        estimator = self.workspace.estimator_of(examined)
        found = await self.workspace.work(examined, "Drawing the posterior", survey, examined.target, estimator)
        if found is None or examined.stop.is_set():  # cancelled: fewer draws than answers are made of
            return None
        if self.workspace.current is examined:
            self._landscape = found
        return found

    def __panel__(self) -> Any:
        return self._layout
