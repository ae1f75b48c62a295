"""Text as it is: what users and their files wrote is shown, never rendered, in the page's own font."""

from __future__ import annotations

from typing import Any

import panel as pn

WRAPPED = "pre { font-family: inherit; font-size: inherit; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }"
ONE_LINE = (
    "pre { font-family: inherit; font-size: inherit; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; "
    "margin: 0; }"
)


def plain(text: str = "", *, small: bool = False, one_line: bool = False, **params: Any) -> Any:
    """Return a pane whose `object` is shown as plain text; small: for captions; one_line: cut with … where too long."""
    styles = {"font-size": "12px", "opacity": "0.8"} if small else {"font-size": "14px"}
    params.setdefault("margin", (2, 10, 6, 10))
    if "width" not in params:
        params.setdefault("sizing_mode", "stretch_width")
    return pn.pane.Str(text, styles=styles, stylesheets=[ONE_LINE if one_line else WRAPPED], **params)
