"""Mends Bokeh's browser side wherever the explorer is shown: on the page, in a notebook, or in a layout of one's own.

Seen with Bokeh 3.9.2 and Panel 1.9.4. tests/browser/test_bokeh_mending.py says when a part can go.
"""

from __future__ import annotations

from pathlib import Path

import panel as pn
import param


class BokehMending(pn.custom.JSComponent):
    """Shows nothing. Its script says what it mends, and runs when the browser has it."""

    own_page = param.Boolean(default=False, doc="Whether all figures in sight are the page's own.")

    _esm = (Path(__file__).parent / "bokeh_mending.js").read_text(encoding="utf-8")
