"""Tells the user what the page would tell where there is no page: over an explorer in a notebook's cell."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from .plain_text import plain

MOST = 4
"""Sentences shown at once; the oldest goes first."""


class NoticeBoard(Viewer):
    """The latest sentences, newest first. Each stays until it is closed or newer ones push it out."""

    said = param.List(default=[], doc="(sentence, kind), the newest first.")

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._layout = pn.Column(sizing_mode="stretch_width", margin=0, visible=False)
        self.param.watch(self._show, "said")

    def show(self, message: str, kind: str) -> None:
        """Show a sentence; one that is already shown moves to the top. kind: as in `notify`."""
        rest = [one for one in self.said if one[0] != message]
        self.said = [(message, kind), *rest][:MOST]

    def _show(self, *_: Any) -> None:
        rows = []
        for message, kind in self.said:
            close = pmui.IconButton(
                icon="close",
                size="small",
                description="Close",
                on_click=lambda _, message=message: self._close(message),
            )
            text = plain(f"{'⚠ ' if kind in ('warning', 'error') else ''}{message}")
            rows.append(pn.Row(text, close, sizing_mode="stretch_width", margin=0))
        self._layout.param.update(objects=rows, visible=bool(rows))

    def _close(self, message: str) -> None:
        self.said = [one for one in self.said if one[0] != message]

    def __panel__(self) -> Any:
        return self._layout
