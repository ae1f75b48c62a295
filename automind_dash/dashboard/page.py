"""The page that `panel serve` shows: the explorer in a frame with title, help, and a switch between light and dark."""

from __future__ import annotations

from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui
from markupsafe import Markup

from ..budgets import budgets
from ..circuit.examples import example_list, example_path
from ..errors import UserError
from .about import about_dialog
from .explorer import Explorer
from .files.shared_views import QUERY as VIEW
from .files.shared_views import view_path
from .help.glossary import GLOSSARY, explained
from .help.help_button import HelpButton
from .mending.forgetting import forget_page
from .mending.libraries import mend_libraries
from .mending.own_stylesheets import ask_own_server
from .sessions import NEW, QUERY, enter_session, how_long
from .tour import Tour
from .widgets.notices import report
from .widgets.plain_text import OwnMarkup, plain
from .widgets.tokens import page_style, theme_config, var

ON_BAR = {"color": f"{var('accent')} !important"}

NOTICES = ".notistack-SnackbarContainer { bottom: 52px !important; }"
"""What the page tells stands above the table's bar, whose buttons it would cover."""

KEYS = "Digits 1 to 9 and 0 go to a stage; arrows go from tab to tab; Escape closes this.\nWhat the page's words mean:"


def make_page(*, demo: bool = False) -> Any:
    """Build one session's page with the default example loaded, or with the guided tour.

    Called once for each page load; shares nothing with other sessions.
    """
    mend_libraries()
    pn.extension(
        "tabulator", "filedropper", notifications=True, throttled=True, raw_css=[NOTICES], exception_handler=report
    )
    document = pn.state.curdoc
    if document is not None and document.session_context is not None:
        ask_own_server()
    workspace, resumed = enter_session()
    explorer = Explorer(
        () if resumed or demo else first_shown(), workspace=workspace, alive=budgets().arrival, addressed=True
    )
    dialog = about_dialog()
    about = pmui.Button(
        label="About",
        variant="text",
        size="small",
        margin=(0, 2),
        sx=ON_BAR,
        on_click=lambda _: setattr(dialog, "open", True),
    )
    tour = Tour(explorer)
    words = HelpButton(
        about="the page", label="Words and keys", text=KEYS, terms=explained(*GLOSSARY), margin=(0, 4), align="center"
    )
    guide = pmui.Button(
        label="Demo", variant="text", size="small", margin=(0, 2), sx=ON_BAR, on_click=lambda _: tour.start()
    )
    if demo and not resumed:
        tour.start()
    page = pmui.Page(
        title="AutoMIND",
        header=[explorer.status, guide, words, about],
        sidebar=[explorer.sidebar, _kept()],
        main=[tour, explorer.main, dialog],
        sidebar_width=310,
        sidebar_resizable=True,
        sx=page_style(),
        theme_config=theme_config(),
        busy_indicator=None,
    )
    explorer.workspace.dark = page.dark_theme
    page.param.watch(lambda event: setattr(explorer.workspace, "dark", event.new), "dark_theme")
    if document is not None and document.session_context is not None:
        pn.state.on_session_destroyed(lambda _: forget_page(document, page))
    return page


def make_demo_page() -> Any:
    """Build the page with the guided tour, which `automind-dash demo` serves."""
    return make_page(demo=True)


def _kept() -> Any:
    """Return what the page says about sessions: how long they are kept, and how to begin another."""
    another = OwnMarkup(
        Markup('<a href="?{}={}" target="_blank" rel="noopener">Begin another session</a>').format(QUERY, NEW),
        margin=(0, 10, 10, 10),
    )
    return pn.Column(plain(how_long(), small=True), another, visible=bool(how_long()), sizing_mode="stretch_width")


def first_shown() -> list[Any]:
    """Return what a new session opens with: the view that its link names, or else the example."""
    named = [value.decode(errors="replace") for value in pn.state.session_args.get(VIEW, [])]
    if not named:
        return default_recordings()
    try:
        return [view_path(named[0])]
    except UserError as error:
        pn.state.onload(partial(report, error))
        return default_recordings()


def default_recordings() -> list[Any]:
    """Return the example that a newcomer sees first."""
    return [example_path(example) for example in example_list()][:1]
