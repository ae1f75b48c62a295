"""What the browser shows while the server makes the page: its outline, sent before the session is made.

Making a session takes a second or more, and without this the browser shows nothing until then. Here the answer begins with the outline and,
from the second page on, with the scripts and stylesheets that all pages share, so that the browser loads them meanwhile. The page follows
in the same answer: a browser that reads a second `<html>`, `<head>` or `<body>` goes on in the first. The stage bar takes the outline away.
"""

from __future__ import annotations

import asyncio
import logging
import re
from pathlib import Path
from typing import Any, ClassVar

from bokeh.server.session import ServerSession
from bokeh.server.urls import per_app_patterns
from panel.io.server import DocHandler

from .state.stages import ACTS
from .widgets.tokens import filled

log = logging.getLogger(__name__)

OUTLINE = filled((Path(__file__).parent / "opening_page.html").read_text(encoding="utf-8")).replace(
    "{acts}", "".join(f"<span>{act}</span>" for act in ACTS)
)
GONE = "<style>#opening { display: none; }</style>"
"""Takes the outline away where no stage bar comes: a page that tells of an error."""

FAILED = GONE + "<p>The page could not be made; the server's log says why. Reload it to try again.</p>"

TO_HEAD = '<script>document.head.append(...document.body.querySelectorAll(":scope > link, :scope > style"));</script>'
"""Moves stylesheets to where they belong: styles that scripts put in the head later must have the last word, a dark theme's among them."""

HEAD = re.compile(r"<head>(.*?)</head>", re.DOTALL)
ELEMENT = re.compile(r"<(script|style|title)\b.*?</\1>|<(?:link|meta)\b.*?>", re.DOTALL)

A_MOMENT = 0.25
"""s in which the browser asks for scripts and stylesheets, before the server is busy with the session."""


def shared_elements(page: str) -> list[str]:
    """Return the scripts, stylesheets and other elements of a page's head, in their order."""
    head = HEAD.search(page)
    return [found.group(0) for found in ELEMENT.finditer(head.group(1))] if head else []


def rest_of(page: str, sent: list[str]) -> str:
    """Return what of a page is still to be sent, when the elements `sent` of its head have been."""
    missing = [element for element in shared_elements(page) if element not in sent]
    return HEAD.sub(lambda _: "".join([*missing, TO_HEAD]), page, count=1)


class OpeningPage(DocHandler):
    """Answers with the outline, then with the page."""

    _shared: ClassVar[dict[str, list[str]]] = {}
    """Path → the elements of the head of the page that was last served there."""

    _sent: list[str] | None = None
    """Elements that this answer began with; None before it began."""

    async def get(self, *args: Any, **kwargs: Any) -> None:
        try:
            await super().get(*args, **kwargs)
        except Exception:
            if self._sent is None:
                raise
            log.exception("a page could not be made")
            self._sent = None
            self.write(FAILED)

    async def get_session(self) -> ServerSession:
        if self._sent is None and self.request.method == "GET":
            sent = self._shared.get(self.request.path, [])
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.set_header("X-Accel-Buffering", "no")  # a proxy shall pass it on at once
            self.write("".join([OUTLINE, *sent, TO_HEAD]))
            await self.flush()
            self._sent = sent
            if sent:
                await asyncio.sleep(A_MOMENT)
        return await super().get_session()

    def write(self, chunk: Any) -> None:
        if self._sent is not None and isinstance(chunk, str):
            known = shared_elements(chunk)
            self._shared[self.request.path] = known or self._sent
            chunk = rest_of(chunk, self._sent) if known else GONE + chunk
        super().write(chunk)


def serve_outlines() -> None:
    """Let the pages of servers that are made from now on begin with their outline."""
    per_app_patterns[:] = [
        (pattern, OpeningPage if handler is DocHandler else handler) for pattern, handler in per_app_patterns
    ]
