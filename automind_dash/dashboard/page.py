"""The page that `panel serve` shows: the explorer in a frame with title, help and light or dark."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from ..circuit.examples import example_list, example_path
from .about import about_dialog
from .explorer import Explorer
from .notices import report


def make_page() -> Any:
    """Build one session's page with the default example loaded. Called once per page load; shares nothing with other sessions."""
    pn.extension("tabulator", "filedropper", notifications=True, throttled=True, exception_handler=report)
    explorer = Explorer(default_recordings())
    dialog = about_dialog()
    about = pmui.Button(label="About", variant="text", color="light", on_click=lambda _: setattr(dialog, "open", True))
    page = pmui.Page(
        title="AutoMIND",
        header=[pn.HSpacer(), about],
        sidebar=[explorer.sidebar],
        main=[explorer.main, dialog],
        sidebar_width=310,
        sidebar_resizable=True,
    )
    explorer.workspace.dark = page.dark_theme
    page.param.watch(lambda event: setattr(explorer.workspace, "dark", event.new), "dark_theme")
    return page


def default_recordings() -> list[Any]:
    """Return the example that a newcomer sees first."""
    return [example_path(example) for example in example_list()][:1]
