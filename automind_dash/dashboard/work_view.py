"""A thin bar that says what is running, how far it is, and stops it."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from .workspace import Workspace


class WorkView(Viewer):
    """Visible only while something runs for the current recording."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._text = pn.pane.Str("", margin=(10, 8, 0, 12), width=360)
        self._bar = pmui.LinearProgress(value=0, variant="determinate", sizing_mode="stretch_width", margin=(18, 8))
        self._stop = pmui.Button(
            label="Cancel", variant="outlined", color="warning", on_click=lambda _: self.workspace.cancel()
        )
        self._layout = pn.Row(self._text, self._bar, self._stop, sizing_mode="stretch_width", visible=False)
        self._watched: tuple[Any, Any] | None = None
        self.workspace.param.watch(self._switch, "current")
        self._switch()

    def _switch(self, *_: Any) -> None:
        if self._watched is not None:
            self._watched[0].param.unwatch(self._watched[1])
        target = self.workspace.current
        self._watched = None if target is None else (target, target.param.watch(self._show, ["busy", "progress"]))
        self._show()

    def _show(self, *_: Any) -> None:
        target = self.workspace.current
        self._layout.visible = bool(target is not None and target.busy)
        if target is not None:
            self._text.object = f"{target.busy} … {target.progress:.0%}"
            self._bar.value = round(100 * target.progress)

    def __panel__(self) -> Any:
        return self._layout
