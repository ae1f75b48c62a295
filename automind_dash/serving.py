"""Serve the page from the terminal, with the settings that a lab needs."""

from __future__ import annotations

import errno
import gc
import os
import secrets
import signal
from functools import partial
from pathlib import Path
from socket import gaierror
from typing import Any

from .budgets import Budgets, budgets, refusal, set_budgets
from .errors import UserError

MAX_MESSAGE = 150 * 1024 * 1024
"""Bytes of one websocket message: the file drop sends chunks of 10 MB, figures of a million spikes stay below 10 MB."""


def serve_page(
    *,
    port: int,
    address: str,
    origins: list[str],
    keep_minutes: float,
    open_browser: bool,
    scheduler: str | None = None,
    demo: bool = False,
    prefix: str = "",
    password_file: str | None = None,
    spend: Budgets | None = None,
) -> None:
    """Serve until interrupted.

    origins: host:port under which browsers reach the page, besides this machine's own; demo: with the guided tour; prefix: under which a
    proxy passes the page on, "/automind"; password_file: one password for all, or JSON of users and their passwords, for accounts.
    Raises UserError when nothing can be served there.
    """
    os.environ.setdefault("BOKEH_RESOURCES", "server")  # a browser in a lab may reach no CDN
    import panel as pn

    from .dashboard.files.session_file import READER
    from .dashboard.opening_page import serve_outlines
    from .dashboard.page import make_demo_page, make_page
    from .dashboard.sessions import SESSIONS
    from .dashboard.warm_start import warm_start
    from .recording.bounded import warm_readers
    from .study import results_check
    from .study.opening import spreadsheet

    if scheduler is not None:
        os.environ["AUTOMIND_SCHEDULER"] = scheduler
    SESSIONS.minutes = keep_minutes
    # `systemctl stop` and `docker stop` end it as Ctrl-C does: uploads are deleted, the workers end
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    allowed = [f"{host}:{port}" for host in {"localhost", "127.0.0.1", address} if host != "0.0.0.0"] + origins
    set_budgets(spend or Budgets())
    warm_readers(READER, results_check.__name__, spreadsheet.__name__)
    serve_outlines()
    prefix = f"/{prefix.strip('/')}" if prefix.strip("/") else ""
    accounts = _accounts(password_file, prefix)
    from .gate import Gate, Health

    try:
        server = pn.io.server.get_server(
            {"/": make_demo_page if demo else make_page},
            port=port,
            address=address,
            websocket_origin=allowed,
            title="AutoMIND",
            show=open_browser,
            prefix=prefix,
            extra_patterns=[("/health", Health)],
            secret_key=secrets.token_bytes(32),
            sign_sessions=True,
            **accounts,
            # a closed laptop finds its session again; a lifetime shorter than the page's load would run the app twice
            unused_session_lifetime_milliseconds=int(keep_minutes * 60_000),
            check_unused_sessions_milliseconds=int(min(30_000, keep_minutes * 15_000)),
            session_token_expiration=24 * 3600,
            websocket_max_message_size=MAX_MESSAGE,
            keep_alive_milliseconds=20_000,
        )
    except KeyboardInterrupt:  # told to end while it began
        return
    except OSError as error:
        raise UserError(_not_served(error, address, port)) from None
    Gate(server._tornado, partial(full, server._tornado))
    if budgets().arrival:
        warm_start()
    print(f"AutoMIND is served at http://{address}:{port}{prefix}", flush=True)  # noqa: T201
    try:
        server.start()
        server.io_loop.start()
    finally:
        server.stop()
        gc.freeze()  # what the pages held goes with the process: searching it for circles takes seconds, and every page adds one


AGAIN = """{% block postamble %}<meta http-equiv="refresh" content="0">{% endblock %}"""
"""A page that asks for itself again."""


def may_show_page() -> bool:
    """Tell whether the page may be made for the session that begins: what `panel serve app.py` asks.

    Panel runs app.py for the first time when the first page is asked for, of a server that checks no Host and signs no session. From then
    on it stands behind a gate as `automind-dash serve` does; the first page only asks for itself again. True where nothing is served.
    """
    import panel as pn

    from .dashboard.files.session_file import READER
    from .gate import came_through, gate_every_server
    from .recording.bounded import warm_readers
    from .study import results_check
    from .study.opening import spreadsheet

    document = pn.state.curdoc
    context = None if document is None else document.session_context
    if document is None or context is None or context.request is None:
        return True
    if came_through(context.request):
        return True
    gate_every_server(full, "--allow-websocket-origin")
    warm_readers(READER, results_check.__name__, spreadsheet.__name__)
    document.template = AGAIN
    return False


def full(application: Any) -> str:
    """Return why a server may not begin another session, empty where it may; those that nobody has opened in time are let go."""
    from .dashboard.sessions import SESSIONS

    SESSIONS.drop_unopened()
    return refusal(sum(len(application.get_sessions(path)) for path in application.app_paths), SESSIONS.opening)


def _accounts(password_file: str | None, prefix: str) -> dict[str, Any]:
    """Return Panel's settings for its own login page. Raises UserError for a file that cannot be used."""
    if password_file is None:
        return {}
    path = Path(password_file)
    if not path.is_file():
        raise UserError(f"{path}: there is no such file of passwords (--password-file).")
    if path.stat().st_mode & 0o077:
        raise UserError(f"{path}: others may read the passwords; chmod 600 it (--password-file).")
    return {"basic_auth": str(path), "cookie_secret": secrets.token_hex(32), "cookie_path": prefix or "/"}


def _not_served(error: OSError, address: str, port: int) -> str:
    """Return why nothing is served, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program, perhaps by this page; end that one, or choose another with --port."
    if error.errno == errno.EACCES:
        return f"Port {port} may not be listened on by this user; choose one from 1024 on with --port."
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, gaierror):
        return f"{address} is no address of this machine; 0.0.0.0 listens on all of them (--address)."
    return f"The page cannot be served at {address}:{port}: {error.strerror or error}; try another --port or --address."
