"""What the page tells the user: one sentence at a time, from wherever it arises."""

from __future__ import annotations

import logging
import uuid
from html import escape
from typing import Any
from weakref import WeakSet

import panel as pn
from panel_material_ui.notifications import NotificationArea

from ...errors import UserError

log = logging.getLogger(__name__)

boards: WeakSet[Any] = WeakSet()
"""Where sentences are shown that have no page's area: the notice boards of a notebook's explorers."""


def notify(message: str, kind: str = "info", duration: int = 6000) -> None:
    """Show a sentence; one that is shown already comes anew, not twice.

    kind: "info", "success", "warning" or "error"; duration: ms, 0 keeps it until it is closed.
    """
    area = pn.state.notifications
    if area is not None:
        # sentences name files and recordings: Panel's own area takes HTML, the page's takes text
        text = message if isinstance(area, NotificationArea) else escape(message, quote=False)
        for shown in [one for one in area.notifications if one.message == text]:
            shown.destroy()
        getattr(area, kind)(text, duration=duration)
        return
    log.info("%s: %s", kind, message)
    for board in list(boards):
        board.show(message, kind)


def report(error: BaseException) -> str:
    """Show an error and return the sentence: a UserError as it is, anything else with an id under which it is logged."""
    if isinstance(error, UserError):
        message = str(error)
        log.info("refused: %s", message)
    else:
        number = uuid.uuid4().hex[:8]
        message = f"Something went wrong here ({type(error).__name__}); your data are untouched. Log id {number}."
        log.error("%s", number, exc_info=error)
    notify(message, "error", 0)
    return message
