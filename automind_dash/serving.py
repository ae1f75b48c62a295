"""Serve the page from the terminal, with the settings that a lab needs."""

from __future__ import annotations

import errno
import os
import signal
from socket import gaierror

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
) -> None:
    """Serve until interrupted.

    origins: host:port under which browsers reach the page, besides this machine's own; demo: with the guided tour.
    Raises UserError when nothing can be served there.
    """
    os.environ.setdefault("BOKEH_RESOURCES", "server")  # a browser in a lab may reach no CDN
    import panel as pn

    from .dashboard.page import make_demo_page, make_page
    from .dashboard.sessions import SESSIONS

    if scheduler is not None:
        os.environ["AUTOMIND_SCHEDULER"] = scheduler
    SESSIONS.minutes = keep_minutes
    # `systemctl stop` and `docker stop` end it as Ctrl-C does: uploads are deleted, the workers end
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    allowed = [f"{host}:{port}" for host in {"localhost", "127.0.0.1", address} if host != "0.0.0.0"] + origins
    try:
        pn.serve(
            make_demo_page if demo else make_page,
            port=port,
            address=address,
            websocket_origin=allowed,
            title="AutoMIND",
            show=open_browser,
            # a closed laptop finds its session again; a lifetime shorter than the page's load would run the app twice
            unused_session_lifetime_milliseconds=int(keep_minutes * 60_000),
            check_unused_sessions_milliseconds=30_000,
            session_token_expiration=24 * 3600,
            websocket_max_message_size=MAX_MESSAGE,
            keep_alive_milliseconds=20_000,
        )
    except OSError as error:
        raise UserError(_not_served(error, address, port)) from None


def _not_served(error: OSError, address: str, port: int) -> str:
    """Return why nothing is served, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is taken by another program, perhaps by this page; end that one, or choose another with --port."
    if error.errno == errno.EACCES:
        return f"Port {port} may not be listened on by this user; choose one from 1024 on with --port."
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, gaierror):
        return f"{address} is no address of this machine; 0.0.0.0 listens on all of them (--address)."
    return f"The page cannot be served at {address}:{port}: {error.strerror or error}; try another --port or --address."
