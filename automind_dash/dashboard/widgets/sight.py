"""Scrolls the page to a place from the server."""

from __future__ import annotations

from pathlib import Path

import panel as pn
import param


class Sight(pn.custom.JSComponent):
    """Shows nothing; `bring` scrolls the page to what follows it, unless that is already well in sight."""

    asked = param.Integer(default=0, doc="How often it was asked for.")

    _esm = (Path(__file__).parent / "sight.js").read_text(encoding="utf-8")

    def bring(self) -> None:
        """Scroll to what follows and stay there while it grows, until the user scrolls."""
        self.asked += 1
