"""Verbs that show the page: serve, demo."""

from __future__ import annotations

from typing import Annotated

import typer

from ..budgets import Budgets
from .options import Scheduler, spoken_errors

verbs = typer.Typer()


@verbs.command()
def serve(
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 5006,
    address: Annotated[str, typer.Option(help="Interface to listen on; 0.0.0.0 serves the lab.")] = "localhost",
    allow_origin: Annotated[
        list[str] | None, typer.Option(help="host:port under which browsers reach the page; repeat for several.")
    ] = None,
    keep_sessions: Annotated[float, typer.Option(help="Minutes to keep the session of a closed page.", min=1)] = 60.0,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    scheduler: Scheduler = None,
    prefix: Annotated[str, typer.Option(help="Path at which a proxy serves the page, such as /automind.")] = "",
    password_file: Annotated[
        str | None,
        typer.Option(help="File with one password for all, or JSON of users and passwords; the page then asks for it."),
    ] = None,
    max_sessions: Annotated[
        int, typer.Option(help="Most sessions at once, including those kept for closed pages.", min=1)
    ] = Budgets.sessions,
    max_opening: Annotated[
        int, typer.Option(help="Most pages that were requested but not shown yet.", min=1)
    ] = Budgets.opening,
    max_memory: Annotated[
        float, typer.Option(help="No session begins when this process holds this many GB; 0: no bound.", min=0)
    ] = Budgets.memory,
    max_views: Annotated[
        int, typer.Option(help="Shared links to keep for each browser, the newest ones.", min=1)
    ] = Budgets.views,
    max_uploads: Annotated[
        float, typer.Option(help="GB of uploads of all sessions that are not read yet.", min=0.001)
    ] = Budgets.uploads,
    quiet_arrival: Annotated[
        bool, typer.Option("--quiet-arrival", help="Draw and simulate nothing before a button is pressed.")
    ] = False,
) -> None:
    """Serve the page."""
    with spoken_errors():
        from ..serving import serve_page

        serve_page(
            port=port, address=address, origins=allow_origin or [], keep_minutes=keep_sessions, open_browser=open_browser,
            scheduler=scheduler, prefix=prefix, password_file=password_file,
            spend=Budgets(max_sessions, max_opening, max_memory, max_views, max_uploads, not quiet_arrival),
        )  # fmt: skip


@verbs.command()
def demo(
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 5006,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = True,
) -> None:
    """Show the page with a guided tour of six steps: five minutes, no typing."""
    with spoken_errors():
        from ..serving import serve_page

        serve_page(port=port, address="localhost", origins=[], keep_minutes=60.0, open_browser=open_browser, demo=True)
