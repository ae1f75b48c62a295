"""What the page tells the user: one sentence at a time, wherever it arises."""

from __future__ import annotations

import logging
import uuid
from html import escape
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any
from weakref import WeakSet

import panel as pn
from panel_material_ui.notifications import NotificationArea
from platformdirs import user_log_path

from ...errors import UserError

log = logging.getLogger(__name__)

boards: WeakSet[Any] = WeakSet()
"""The notice boards of a notebook's explorers. They show sentences where there is no page to show them."""

LOG_BYTES = 1_000_000
"""Size at which the notebooks' log begins anew; one old log is kept."""

_log_file: Path | None = None
"""The file that keeps errors which no terminal shows."""


def keep_log() -> None:
    """Write errors to a file in the user's log folder, since a notebook's kernel shows no log. A second call changes nothing."""
    global _log_file
    if _log_file is not None:
        return
    file = user_log_path("automind-dash", appauthor=False) / "notebook.log"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(file, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
    except OSError as error:
        log.warning("No log is kept: %s", error)
        return
    handler.setLevel(logging.ERROR)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log.addHandler(handler)
    _log_file = file


def notify(message: str, kind: str = "info", duration: int = 6000) -> None:
    """Show a sentence; one that is already shown is shown anew, not twice.

    kind: "info", "success", "warning" or "error"; duration: ms, 0 keeps it until it is closed.
    """
    area = pn.state.notifications
    if area is not None:
        # sentences name files and recordings; Panel's own area takes HTML, the page's takes text
        text = message if isinstance(area, NotificationArea) else escape(message, quote=False)
        for shown in [one for one in area.notifications if one.message == text]:
            shown.destroy()
        getattr(area, kind)(text, duration=duration)
        return
    log.info("%s: %s", kind, message)
    for board in list(boards):
        board.show(message, kind)


def report(error: BaseException) -> str:
    """Show an error and return its sentence: a UserError's own, or for anything else one with the id under which it is logged."""
    if isinstance(error, UserError):
        message = str(error)
        log.info("refused: %s", message)
    else:
        number = uuid.uuid4().hex[:8]
        where = "" if _log_file is None else f" in {_log_file}"
        message = (
            f"Something went wrong here ({type(error).__name__}); your data are untouched. Log id {number}{where}."
        )
        log.error("%s", number, exc_info=error)
    notify(message, "error", 0)
    return message
