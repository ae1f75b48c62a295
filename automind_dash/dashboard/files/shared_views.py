"""Sessions that a link opens on this server: files under unguessable names in a private folder, the newest kept."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

import platformdirs

from ...errors import SessionError
from .session_file import SUFFIX

QUERY = "view"
MAX_VIEWS = 200
MAX_BYTES = 2 * 2**30
"""Of all kept views together: the oldest go first."""

NAME = re.compile(r"[\w-]{22}")


def views_folder() -> Path:
    """Return the folder of the server's shared views, made where it lacks; AUTOMIND_VIEWS names another one."""
    named = os.environ.get("AUTOMIND_VIEWS")
    folder = Path(named).expanduser() if named else platformdirs.user_data_path("automind-dash") / "views"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def keep_view(session: bytes) -> str:
    """Keep a saved session and return the name that a link gives for it. Raises SessionError when it cannot be kept."""
    if len(session) > MAX_BYTES // 4:
        raise SessionError(
            f"The session has {len(session) / 2**20:.0f} MB, too much for a link; save it as a file instead."
        )
    name = secrets.token_urlsafe(16)
    try:
        folder = views_folder()
        (folder / f"{name}{SUFFIX}").write_bytes(session)
        _bound(folder)
    except OSError as error:
        raise SessionError(f"The server cannot keep the view ({error.strerror}); save the session as a file.") from None
    return name


def _bound(folder: Path) -> None:
    kept = sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.stat().st_mtime, reverse=True)
    total = 0
    for place, path in enumerate(kept):
        total += path.stat().st_size
        if place >= MAX_VIEWS or total > MAX_BYTES:
            path.unlink(missing_ok=True)


def view_path(name: str) -> Path:
    """Return the file of a link's name. Raises SessionError for a name that no link has, or whose view is gone."""
    if not NAME.fullmatch(name):
        raise SessionError("The link is cut off or mistyped; copy it again.")
    path = views_folder() / f"{name}{SUFFIX}"
    if not path.is_file():
        raise SessionError("The view of this link is no longer on this server, or was made on another one.")
    return path
