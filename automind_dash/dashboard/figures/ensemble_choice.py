"""The choice of the circuits that stand for a recording, as every stage that asks about all of them shows it."""

from __future__ import annotations

from typing import Any

import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from ..state.ensemble import CHOICES
from ..state.workspace import Workspace


class EnsembleChoice(Viewer):
    """A field for the page's one choice: what is chosen in one stage is chosen in all, and saved with the session."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)
    size = param.Selector(default="small", objects=["small", "medium"], constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.field = pmui.Select(
            label="Circuits of the ensemble",
            options=CHOICES,
            value=self.workspace.ensemble,
            size=self.size,
            width=190,
        )
        self.workspace.remember("ensemble", self.field)
        self.workspace.ensemble = self.field.value
        self.field.param.watch(lambda event: self.workspace.param.update(ensemble=event.new), "value")
        self.workspace.param.watch(lambda event: self.field.param.update(value=event.new), "ensemble")

    def __panel__(self) -> Any:
        return self.field
