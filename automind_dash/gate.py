"""What every request to the server passes: its Host, the session it asks for, the browser's cookie, the security headers of the answer."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

from bokeh.server.tornado import BokehTornado
from bokeh.server.util import check_allowlist
from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import Application, OutputTransform, RequestHandler

log = logging.getLogger(__name__)

COOKIE = "automind_browser"
GIVEN = re.compile(r"[\w-]{32}")
MONTH = 30 * 24 * 3600

NOT_FROM_CALLERS = ("bokeh-session-id", "bokeh-token", "Bokeh-Session-Id")
"""A session whose name somebody else knows is not one's own: names are made here, and callers may not give any, signed or not."""

NOT_SERVED = ("/autoload.js", "/metadata")
"""Bokeh's ways to embed the page elsewhere: they build sessions for any site that asks."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}

POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob: data:; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
"""Bokeh compiles its templates and callbacks ('unsafe-eval') and Panel's components are modules from memory (blob:). Handlers in HTML
and scripts that came in as text carry no nonce and do not run, so that text which did become HTML would still do nothing."""


LONGEST = 200
"""Characters of one argument of an address: the page's own have 22."""


def _strange(value: bytes) -> bool:
    """Return whether Panel would fail on an argument: it makes an int of every text of digits, be they ① or ten thousand of them."""
    text = value.decode(errors="replace")
    return len(text) > LONGEST or (text.isdigit() and not text.isascii())


class Refused(RequestHandler):
    """Answers with a sentence."""

    def initialize(self, status: int, words: str) -> None:
        self._told = status, words

    def prepare(self) -> None:
        status, words = self._told
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(words + "\n")


class Health(RequestHandler):
    """Says that the server answers; makes no session."""

    def get(self) -> None:
        self.set_header("Content-Type", "text/plain")
        self.finish("ok\n")


class Gate:
    """Stands before a served application.

    full: returns why no session may begin now, as a sentence, or ""; option: that names a Host under which browsers may call it.
    """

    def __init__(
        self, application: BokehTornado, full: Callable[[], str] = lambda: "", option: str = "--allow-origin"
    ) -> None:
        self._key = secrets.token_bytes(32)
        self._hosts, self._prefix = application.websocket_origins, application.prefix
        self._full, self._option = full, option
        self._pages = {"", "/", *application.app_paths}
        self._application, self._inner = application, application.find_handler
        application.find_handler = self._find_handler  # type: ignore[method-assign]
        application.add_transform(_Headers)

    def _find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> Any:
        request.automind_gated = True  # type: ignore[attr-defined]
        refused = self._refusal(request)
        if refused:
            log.info("refused %s %s: %s", request.method, request.path, refused[1])
            status, words = refused
            return self._application.get_handler_delegate(request, Refused, {"status": status, "words": words})
        self._know_browser(request)
        return self._inner(request, **kwargs)

    def _refusal(self, request: HTTPServerRequest) -> tuple[int, str] | None:
        if not check_allowlist(request.host.lower(), sorted(self._hosts)):
            shown = re.sub(r"[^\w.:\[\]-]", "?", request.host)[:200]
            return 403, (
                f"This page is not served under the name {shown}. If it should be, start it with {self._option} {shown}; behind a proxy, "
                "let the proxy pass the Host on."
            )
        if any(name in request.arguments or name in request.headers for name in NOT_FROM_CALLERS):
            return 403, "The names of sessions are made by this server; open the page without one."
        if any(_strange(value) for values in request.arguments.values() for value in values):
            return 400, "The address is mistyped; copy it again."
        path = request.path.removeprefix(self._prefix)
        if path.endswith(NOT_SERVED):
            return 404, "This page is not embedded in others."
        if request.method == "GET" and path in self._pages and (words := self._full()):
            return 503, words
        return None

    def _know_browser(self, request: HTTPServerRequest) -> None:
        """Let the application see the browser's cookie only as a digest, which is of no use as a cookie; give one to who has none.

        What the application sees travels in the page as part of Bokeh's token, where scripts can read it.
        """
        given = request.cookies.get(COOKIE)
        value = given.value if given is not None else ""
        if not GIVEN.fullmatch(value):
            value = secrets.token_urlsafe(24)
            request.automind_cookie = (  # type: ignore[attr-defined]
                f"{COOKIE}={value}; Path={self._prefix or '/'}; Max-Age={MONTH}; HttpOnly; SameSite=Lax"
                + ("; Secure" if request.protocol == "https" else "")
            )
        digest = hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest()
        request.cookies[COOKIE] = digest  # type: ignore[assignment]


def gate_every_server(full: Callable[[BokehTornado], str], option: str) -> None:
    """Let every Bokeh server of this process sign its sessions and stand behind a gate from its next request on, `panel serve` too.

    full, option: as a gate's, of its application.
    """
    if BokehTornado.find_handler is not Application.find_handler:
        return

    def find_handler(application: BokehTornado, request: HTTPServerRequest, **kwargs: Any) -> Any:
        application._secret_key = application.secret_key or secrets.token_bytes(32)
        application._sign_sessions = True
        application.find_handler = partial(Application.find_handler, application)  # type: ignore[method-assign]
        Gate(application, partial(full, application), option)
        return application.find_handler(request, **kwargs)  # from now on the gate's

    BokehTornado.find_handler = find_handler  # type: ignore[method-assign]


def came_through(request: Any) -> bool:
    """Tell whether the request that a session began with passed a gate."""
    return bool(getattr(request, "automind_gated", False))


class _Headers(OutputTransform):
    """Adds the headers to every answer, and to pages the nonce that lets their own scripts run."""

    def __init__(self, request: HTTPServerRequest) -> None:
        self._cookie = getattr(request, "automind_cookie", None)
        self._nonce = secrets.token_urlsafe(16)
        self._is_page = False

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        if status_code == 101:
            return status_code, headers, chunk
        for name, value in HEADERS.items():
            headers[name] = value
        headers.pop("Server", None)
        headers.pop("Access-Control-Allow-Origin", None)
        headers["Content-Security-Policy"] = POLICY.format(nonce=self._nonce)
        self._is_page = headers.get("Content-Type", "").startswith("text/html")
        if self._is_page:
            chunk = self.transform_chunk(chunk, finishing)
            if "Content-Length" in headers:
                headers["Content-Length"] = str(len(chunk))
            headers["Cache-Control"] = "no-store"
            headers.pop("Etag", None)
            if self._cookie:
                headers.add("Set-Cookie", self._cookie)
        return status_code, headers, chunk

    def transform_chunk(self, chunk: bytes, finishing: bool) -> bytes:
        return re.sub(rb"<script\b", f'<script nonce="{self._nonce}"'.encode(), chunk) if self._is_page else chunk
