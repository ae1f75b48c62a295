"""Mends Bokeh's browser side wherever the explorer is shown: page, notebook, or a layout of one's own."""

from __future__ import annotations

from pathlib import Path

import panel as pn


class BokehMending(pn.custom.JSComponent):
    """Shows nothing; its script, which says what it mends, runs when the browser has it."""

    _esm = (Path(__file__).parent / "bokeh_mending.js").read_text(encoding="utf-8")
