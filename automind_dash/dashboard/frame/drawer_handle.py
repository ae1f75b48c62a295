"""The upper edge of a drawer. Dragging it, or moving it with the arrow keys, sets the height of the drawer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import param

from ..widgets.quiet_component import QuietComponent
from ..widgets.tokens import filled

_HERE = Path(__file__).parent

LOW, HIGH = 0, 900
"""px; below 60 it is closed."""


class DrawerHandle(QuietComponent):
    """`tall` is the height of the drawer in px, 0 when it is closed. It changes when a drag ends."""

    tall = param.Integer(default=0, bounds=(LOW, HIGH), doc="px.")

    _esm = (_HERE / "drawer_handle.js").read_text(encoding="utf-8")
    _stylesheets = [filled((_HERE / "drawer_handle.css").read_text(encoding="utf-8"))]

    def __init__(self, **params: Any) -> None:
        super().__init__(**({"sizing_mode": "stretch_width", "margin": 0, "height": 8} | params))
