"""The Geometry stage: the shape of the subspace, as a whole, around one circuit, at its extremes, and beside seed noise."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from ...state.following import follow_current
from ...state.workspace import Workspace
from ...widgets.documents import on_document
from ...widgets.plain_text import plain
from .geometry_part import STAGE, GeometryPart

PARTS = {
    "Global": ("global_geometry", "GlobalGeometry"),
    "Local": ("local_geometry", "LocalGeometry"),
    "Finders": ("finders_view", "FindersView"),
    "Seed": ("seed_view", "SeedView"),
}

NONE = "No circuits yet: draw some under Posterior."
NOT_HERE = "These circuits were drawn by the estimator {}, which is not here, nor are their prior and density. Draw circuits anew."


class GeometryView(Viewer):
    """A choice of four parts over the current recording's circuits; each is made when it is first chosen."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.choice = pmui.RadioButtonGroup(
            label="Geometry", options=list(PARTS), value="Global", size="small", margin=(8, 10)
        )
        self.empty = plain(NONE)
        self.parts: dict[str, GeometryPart] = {}
        self._frames: dict[str, pn.Column] = {}
        self._place = pn.Column(sizing_mode="stretch_width", margin=0)
        self._layout = pn.Column(self.choice, self.empty, self._place, sizing_mode="stretch_width")
        space = self.workspace
        self.choice.param.watch(lambda _: self._show(), "value")
        space.remember("geometry", self.choice)
        space.param.watch(lambda _: self._show(), ["stage", "dark"])
        watched = ["configurations", "provenance", "selection", "simulations", "busy"]
        follow_current(space, self._show, (self._show, watched))

    def part(self, name: str) -> GeometryPart:
        """Return a part, made when it is first asked for."""
        if name not in self.parts:
            module, kind = PARTS[name]
            self.parts[name] = getattr(import_module(f".{module}", __package__), kind)(workspace=self.workspace)
            self._frames[name] = pn.Column(self.parts[name], sizing_mode="stretch_width", margin=0)
            self._place.append(self._frames[name])
        return self.parts[name]

    @on_document
    def _show(self) -> None:
        """Show the chosen part, when there are circuits to speak of."""
        if self.workspace.stage != STAGE:
            return
        examined = self.workspace.current
        there = examined is not None and len(examined.configurations) > 0
        self.empty.object = NONE
        if examined is not None and there:
            drew = examined.provenance.get("estimator", examined.estimator)
            there = drew in self.workspace.cards
            self.empty.object = NONE if there else NOT_HERE.format(drew)
        self.empty.visible, self._place.visible = not there, there
        if not there:
            return
        part = self.part(self.choice.value)
        for name, frame in self._frames.items():
            frame.visible = name == self.choice.value
        part.show()

    def __panel__(self) -> Any:
        return self._layout
