"""Sessions that outlive their tab: whoever comes back in time finds recordings, circuits and what has run meanwhile.

A browser is known by the digest of an unguessable cookie, which `gate.py` gives it. Its sessions are known by small numbers in the
address. A reload, or the address from the history, goes on with its own session. The bare address goes on with the browser's latest
session that no tab shows. Where there is none it begins anew, and so does a link to a shared view.
A link that is passed on opens nothing, since the cookie stays behind. A session is moved, never shared: the tab that had it is told so,
and left empty.
"""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import panel as pn
from bokeh.models import CustomJS
from panel.io.state import set_curdoc

from .files.shared_views import QUERY as VIEW
from .state.workspace import Workspace
from .widgets.notices import notify

COOKIE, QUERY, NEW = "automind_browser", "session", "new"
NUMBER = re.compile(r"[0-9]{1,9}")

MAX_SESSIONS = 30
"""Sessions kept at once, besides those that a tab shows. Each holds up to 0.7 GB of simulated spikes, most hold tens of megabytes."""

LOADING = 60.0
"""s that a page may take to load before it counts as closed."""

MOVED = "This session went on in another tab; this one is empty now."


@dataclass(eq=False)
class Kept:
    """One session. browser: whose it is; number: its own; document: where it is shown; seen: whether its page was ever shown."""

    browser: str
    number: int
    workspace: Workspace
    document: Any
    seen: bool = False
    since: float = field(default_factory=time.monotonic)

    @property
    def shown(self) -> bool:
        """Whether a tab shows the session now, or is about to."""
        context = getattr(self.document, "session_context", None)
        session = getattr(context, "session", None)
        connected = session is not None and session.connection_count > 0
        return connected or (not self.seen and time.monotonic() - self.since < LOADING)


class Sessions:
    """All sessions of a server. minutes: how long a closed session is kept, None where that is not known."""

    def __init__(self) -> None:
        self.minutes: float | None = None
        self._kept: list[Kept] = []

    def enter(self, browser: str, wanted: str, document: Any) -> tuple[Kept, bool]:
        """Return the session that a page load goes on with, and whether it had begun before.

        browser: the cookie's value; wanted: the address's session number, "new", or "" for none.
        """
        mine = [kept for kept in self._kept if kept.browser == browser]
        if NUMBER.fullmatch(wanted):
            found = [kept for kept in mine if kept.number == int(wanted)]
        else:
            found = [] if wanted == NEW else [kept for kept in mine if not kept.shown]
        if found:
            before = found[-1]
            workspace = before.workspace.hand_over()
            kept = Kept(browser, before.number, workspace, document)
            self._kept.remove(before)
            _let_go(before)
        else:
            kept = Kept(browser, 1 + max((k.number for k in mine), default=0), Workspace(), document)
        self._kept.append(kept)
        self._bound()
        return kept, bool(found)

    def leave(self, document: Any) -> None:
        """Forget the session of a document that the server has given up, and stop what runs for it."""
        for kept in [kept for kept in self._kept if kept.document is document]:
            self._kept.remove(kept)
            kept.workspace.stop_all()

    @property
    def opening(self) -> int:
        """How many pages were asked for but not shown yet."""
        return sum(not kept.seen for kept in self._kept)

    def drop_unopened(self) -> None:
        """Let go of pages that nobody opened in time. A program that only fetches the address never shows its page."""
        for kept in [kept for kept in self._kept if not kept.seen and not kept.shown]:
            self.leave(kept.document)
            context = getattr(kept.document, "session_context", None)
            session = getattr(context, "session", None)
            if session is not None:
                session.request_expiration()

    def _bound(self) -> None:
        closed = [kept for kept in self._kept if not kept.shown]
        for kept in closed[: max(len(closed) - MAX_SESSIONS, 0)]:
            self.leave(kept.document)
            kept.workspace.param.update(recordings=[], current=None)


SESSIONS = Sessions()
"""The sessions of this process."""


def _let_go(before: Kept) -> None:
    """Tell the page that had a session, if it is still open, and let the server drop the page when it is not."""
    context = getattr(before.document, "session_context", None)
    if context is None:
        return
    with set_curdoc(before.document):
        notify(MOVED, "warning", 0)
    session = getattr(context, "session", None)
    if session is not None:
        session.request_expiration()


def enter_session() -> tuple[Workspace, bool]:
    """Return the workspace of the page that is being made, and whether it had begun before; new and not kept where nothing is served."""
    document = pn.state.curdoc
    if document is None or document.session_context is None:
        return Workspace(), False
    browser = pn.state.cookies.get(COOKIE, "")
    if not re.fullmatch(r"[\w-]{20,64}", browser):
        browser = secrets.token_urlsafe(24)
    wanted = _argument(QUERY) or (NEW if _argument(VIEW) else "")
    kept, resumed = SESSIONS.enter(browser, wanted, document)
    pn.state.onload(lambda: setattr(kept, "seen", True))
    pn.state.on_session_destroyed(lambda _: SESSIONS.leave(document))
    document.js_on_event("document_ready", CustomJS(args={"number": kept.number}, code=_REMEMBER))
    return kept.workspace, resumed


def _argument(name: str) -> str:
    """Return an argument of the page's address; empty where it has none."""
    given = pn.state.session_args.get(name, [])
    return given[0].decode(errors="replace") if given else ""


_REMEMBER = f"""
const address = new URL(window.location);
address.searchParams.set("{QUERY}", number);
window.history.replaceState(window.history.state, "", address);
"""


def how_long() -> str:
    """Return how long a closed page is kept, as a sentence for the page; empty where that is not known."""
    if SESSIONS.minutes is None:
        return ""
    return (
        f"Close this tab and come back within {SESSIONS.minutes:g} minutes: recordings, circuits and runs are kept, "
        "and what runs goes on."
    )
