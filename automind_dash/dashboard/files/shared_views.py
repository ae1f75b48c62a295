"""Sessions that a link opens on this server: files with unguessable names in a private folder, where the newest are kept."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
from pathlib import Path

import platformdirs

from ...atomic import write_whole
from ...budgets import budgets
from ...errors import SessionError
from .session_file import SUFFIX

QUERY = "view"
OWNER = ".owner"
"""Ending of the file beside a view that holds a digest of its owner."""

MAX_VIEWS = 200
MAX_BYTES = 2 * 2**30
"""Most bytes of all kept views together; the oldest go first."""

NAME = re.compile(r"[\w-]{22}")


def views_folder() -> Path:
    """Return the folder of the server's shared views, and make it where it is missing; AUTOMIND_VIEWS names another folder."""
    named = os.environ.get("AUTOMIND_VIEWS")
    folder = Path(named).expanduser() if named else platformdirs.user_data_path("automind-dash") / "views"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def keep_view(session: bytes, browser: str = "") -> str:
    """Keep a saved session and return the name that its link uses.

    browser: whose it is, as `Sessions` knows it. Beyond its budget the browser's own oldest view goes, never another's. Raises
    SessionError when the session cannot be kept.
    """
    if len(session) > MAX_BYTES // 4:
        raise SessionError(
            f"The session has {len(session) / 2**20:.0f} MB, too much for a link; save it as a file instead."
        )
    name = secrets.token_urlsafe(16)
    owner = hashlib.sha256(browser.encode()).hexdigest()[:16] if browser else ""
    try:
        folder = views_folder()
        write_whole(folder / f"{name}{SUFFIX}", session)
        if owner:
            write_whole(folder / f"{name}{OWNER}", owner.encode())
        _bound(folder, owner)
    except OSError as error:
        raise SessionError(f"The server cannot keep the view ({error.strerror}); save the session as a file.") from None
    return name


def _bound(folder: Path, owner: str) -> None:
    """Let go of the oldest views: this owner's beyond the budget, then all owners'. Another process may delete the same views meanwhile."""
    kept: list[tuple[float, int, Path]] = []
    for path in folder.glob(f"*{SUFFIX}"):
        with contextlib.suppress(FileNotFoundError):
            told = path.stat()
            kept.append((told.st_mtime, told.st_size, path))
    kept.sort(reverse=True)
    mine = [path for _, _, path in kept if owner and _owner(path) == owner]
    gone, total = set(mine[budgets().views :]), 0
    for place, (_, size, path) in enumerate(one for one in kept if one[2] not in gone):
        total += size
        if place >= MAX_VIEWS or total > MAX_BYTES:
            gone.add(path)
    for path in gone:
        path.unlink(missing_ok=True)
        path.with_suffix(OWNER).unlink(missing_ok=True)


def _owner(view: Path) -> str:
    try:
        return view.with_suffix(OWNER).read_text()
    except OSError:
        return ""


def view_path(name: str) -> Path:
    """Return the file behind a link's name. Raises SessionError for a name that no link has, or whose view is gone."""
    if not NAME.fullmatch(name):
        raise SessionError("The link is cut off or mistyped; copy it again.")
    path = views_folder() / f"{name}{SUFFIX}"
    if not path.is_file():
        raise SessionError("The view of this link is no longer on this server, or was made on another server.")
    return path
