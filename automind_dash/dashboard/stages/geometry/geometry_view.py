"""The Geometry stage: the shape of the subspace as a whole, around one circuit, at its extremes, and beside seed noise."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import panel as pn
import panel_material_ui as pmui

from ...figures.ensemble_choice import EnsembleChoice
from ...help.stage_help import stage_help
from ...state.ensemble import takes_confirmed
from ...state.stage_view import StageView
from ...widgets.plain_text import plain
from .geometry_part import GeometryPart, confirmed_words

PARTS = {
    "Global": ("global_geometry", "GlobalGeometry"),
    "Local": ("local_geometry", "LocalGeometry"),
    "Finders": ("finders_view", "FindersView"),
    "Seed": ("seed_view", "SeedView"),
}

NONE = "No circuits yet: draw some under Posterior."
NOT_HERE = "These circuits were drawn by the estimator {}, which is not here, nor are their prior and density. Draw circuits anew."


class GeometryView(StageView):
    """A choice of four parts over the current recording's circuits; each is made when it is first chosen."""

    stage = "Geometry"

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.choice = pmui.RadioButtonGroup(
            label="Geometry", options=list(PARTS), value="Global", size="small", margin=(8, 10)
        )
        self.empty = plain(NONE)
        self.parts: dict[str, GeometryPart] = {}
        self._frames: dict[str, pn.Column] = {}
        self._place = pn.Column(sizing_mode="stretch_width", margin=0)
        self.ensemble = EnsembleChoice(workspace=self.workspace)
        self.said = plain(small=True, visible=False)
        top = pn.FlexBox(self.choice, self.ensemble, stage_help("Geometry"), self.said, align_items="center", margin=0)
        self._layout = pn.Column(top, self.empty, self._place, sizing_mode="stretch_width")
        self.choice.param.watch(lambda _: self.redraw(), "value")
        self.remember("", self.choice)
        watched = ["configurations", "generation", "selection", "simulations", "busy", "target", "estimator"]
        self.workspace.param.watch(lambda _: self.redraw(), "ensemble")
        self.follow((self.redraw, watched))

    def part(self, name: str) -> GeometryPart:
        """Return a part, made when it is first asked for."""
        if name not in self.parts:
            module, kind = PARTS[name]
            self.parts[name] = getattr(import_module(f".{module}", __package__), kind)(workspace=self.workspace)
            self._frames[name] = pn.Column(self.parts[name], sizing_mode="stretch_width", margin=0)
            self._place.append(self._frames[name])
        return self.parts[name]

    def fill(self) -> None:
        """Show the chosen part when there are circuits."""
        examined = self.workspace.current
        there = examined is not None and len(examined.configurations) > 0
        self.empty.object = NONE
        if examined is not None and there:
            drew = examined.drew
            there = drew in self.workspace.cards
            self.empty.object = NONE if there else NOT_HERE.format(drew)
        self.empty.visible, self._place.visible = not there, there
        if not there:
            return
        assert examined is not None
        self.said.object = confirmed_words(examined) if takes_confirmed(self.workspace.ensemble, [examined]) else ""
        self.said.visible = bool(self.said.object)
        part = self.part(self.choice.value)
        for name, frame in self._frames.items():
            frame.visible = name == self.choice.value
        part.redraw()

    def __panel__(self) -> Any:
        return self._layout
