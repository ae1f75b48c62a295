"""Save the session to a file, or share it as a link that opens a copy on this server."""

from __future__ import annotations

import asyncio
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from ....errors import UserError
from ...files.session_file import SUFFIX, session_bytes
from ...files.shared_views import QUERY, keep_view
from ...state.workspace import Workspace
from ...widgets.download import Download
from ...widgets.notices import report
from ...widgets.plain_text import heading, plain

HOW = "One file holds the recordings, circuits, selections, runs and this view. Drop it on the page to open it again."


class SessionView(Viewer):
    """A button that saves, a button that makes a link, and the link."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.save = Download(
            self._file, filename=f"session{SUFFIX}", label="Save session", icon="save", size="small", variant="outlined", margin=(4, 4)
        )  # fmt: skip
        self.share = pmui.Button(
            label="Share link", icon="link", size="small", variant="outlined", margin=(4, 4), on_click=self._share,
        )  # fmt: skip
        self.link = pmui.TextInput(
            label="Link to this view, on this server", visible=False, sizing_mode="stretch_width", size="small"
        )
        self.how = plain(HOW, small=True)
        self._layout = pn.Column(
            heading("Session"),
            pn.Row(self.save, self.share, margin=(0, 6)), self.link, self.how, width=290,
        )  # fmt: skip
        self.workspace.param.watch(lambda _: self._describe(), "recordings")
        self.workspace.param.watch(lambda _: setattr(self.link, "visible", False), ["stage", "current", "view"])
        self._describe()

    def _describe(self) -> None:
        nothing = not self.workspace.recordings and self.workspace.study.results is None
        self.save.disabled = self.share.disabled = nothing
        self.share.visible = pn.state.curdoc is not None and pn.state.curdoc.session_context is not None

    def _state(self) -> tuple[Any, ...]:
        space = self.workspace
        return list(space.recordings), space.current, space.stage, dict(space.view), space.study.results

    def _file(self) -> bytes:
        return session_bytes(*self._state()).getvalue()

    async def _share(self, *_: Any) -> None:
        """Keep a copy on the server and show its address."""
        try:
            state, browser = self._state(), pn.state.cookies.get("automind_browser", "") if pn.state.curdoc else ""
            name = await asyncio.to_thread(lambda: keep_view(session_bytes(*state).getvalue(), browser))
        except UserError as error:
            report(error)
            return
        location = pn.state.location
        here = (
            "" if location is None else f"{location.protocol}//{location.hostname}:{location.port}{location.pathname}"
        )
        self.link.param.update(value=f"{here}?{QUERY}={name}", visible=True)

    def __panel__(self) -> Any:
        return self._layout
