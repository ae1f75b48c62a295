"""The status line, always in sight: the recording, the verdict, the number of circuits, and the running job."""

from __future__ import annotations

from typing import Any

import panel as pn
import param
from markupsafe import Markup
from panel.viewable import Viewer

from ..figures.verdict_words import verdict_on
from ..state.following import follow_current
from ..state.workspace import Workspace
from ..widgets.plain_text import OwnMarkup
from ..widgets.tokens import TYPE, var
from .verdict_view import WATCHED, WORDS, light
from .work_view import WorkView


class StatusView(Viewer):
    """In the page's bar; in a notebook above the stages."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.said = OwnMarkup("", margin=(0, 12), styles={"flex": "1 1 auto", "min-width": "0"})
        self.work = WorkView(workspace=self.workspace)
        self._layout = pn.Row(
            self.said,
            self.work,
            align="center",
            margin=0,
            sizing_mode="stretch_width",
            styles={"flex": "1 1 0", "min-width": "0"},
        )
        self.workspace.param.watch(lambda _: self._show(), ["estimators"])
        follow_current(self.workspace, self._show, (self._show, [*WATCHED, "arriving", "busy", "selection"]))

    def _show(self) -> None:
        examined = self.workspace.current
        if examined is None:
            self.said.object = ""
            return
        found = verdict_on(examined, self.workspace.cards.get(examined.estimator))
        measured = examined.target is not None
        table = examined.configurations
        counts = [f"{len(table):,} circuits", f"{int((table['state'] != '').sum()):,} simulated"] if len(table) else []
        counts = [] if examined.busy else counts  # the job needs the room
        counts += [f"{len(examined.selection):,} selected"] if examined.selection and not examined.busy else []
        counts += [f"{examined.arriving} …"] if examined.arriving and not examined.busy else []
        self.said.object = Markup(
            '<div style="display:flex;gap:14px;align-items:center;font-size:{size}px;white-space:nowrap;overflow:hidden;color:{muted}">'
            '<span style="color:{text};font-weight:600;overflow:hidden;text-overflow:ellipsis;flex:0 1 auto">{name}</span>'
            '<span style="display:flex;gap:6px;align-items:center;flex:none">{light}{verdict}</span>'
            '<span style="overflow:hidden;text-overflow:ellipsis;flex:0 1 auto">{counts}</span></div>'
        ).format(
            size=TYPE["body"], muted=var("muted"), text=var("text"), name=examined.recording.name, light=light(found, 14),
            verdict=WORDS[found.light] if measured else "…", counts=" · ".join(counts),
        )  # fmt: skip

    def __panel__(self) -> Any:
        return self._layout
