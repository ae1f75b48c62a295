"""Warnings above what they are about: a coloured frame with one line for each."""

from __future__ import annotations

from typing import Any

import panel_material_ui as pmui
import param
from markupsafe import Markup
from panel.viewable import Viewer

from .plain_text import OwnMarkup

LIST = "ul { margin: 0; padding-left: 20px; } li { margin: 2px 0; }"


class WarningList(Viewer):
    """Visible while there are `lines`, which are shown as plain text.

    The text stands in a pane of its own. An alert's own `object` is converted to HTML on its way to the browser; where a browser sends
    that HTML back, it is taken for a new text.
    """

    lines = param.List(default=[], item_type=str, doc="What is warned of; empty hides the frame.")
    title = param.String(default="", constant=True, doc="Stands above the lines.")

    def __init__(self, *, margin: Any = 8, **params: Any) -> None:
        super().__init__(**params)
        self._text = OwnMarkup("", stylesheets=[LIST], styles={"font-size": "14px"}, margin=0)
        self._frame = pmui.Alert(  # noqa: TID251
            self._text, severity="warning", title=self.title, visible=False, sizing_mode="stretch_width", margin=margin
        )
        self.param.watch(lambda _: self._show(), "lines")
        self._show()

    def _show(self) -> None:
        self._text.object = Markup("<ul>{}</ul>").format(Markup("").join(map(Markup("<li>{}</li>").format, self.lines)))
        self._frame.visible = bool(self.lines)

    def __panel__(self) -> Any:
        return self._frame
