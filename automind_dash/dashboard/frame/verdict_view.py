"""The answer to the first question, above the recording: a light with a shape, and a sentence."""

from __future__ import annotations

from typing import Any

import panel as pn
import param
from markupsafe import Markup
from panel.viewable import Viewer

from ...inference.asking.verdict import Light, Verdict
from ..figures.verdict_words import verdict_on
from ..state.following import follow_current
from ..state.stages import STAGES
from ..state.workspace import Workspace
from ..widgets.plain_text import OwnMarkup
from ..widgets.tokens import SPACE, TYPE, var

COLOURS = {
    Light.YES: "consistent", Light.LIKELY: "alive", Light.HARDLY: "selected", Light.NO: "selected", Light.UNKNOWN: "dead",
}  # fmt: skip
WORDS = {
    Light.YES: "the model makes it", Light.LIKELY: "the model should make it", Light.HARDLY: "the model hardly makes it",
    Light.NO: "the model does not make it", Light.UNKNOWN: "not known yet",
}  # fmt: skip
WATCHED = ["target", "estimator", "configurations"]


def light(found: Verdict, size: int) -> Markup:
    """Return the light as markup: its shape in its colour, and its meaning for screen readers."""
    return Markup('<span role="img" aria-label="{}" style="color:{};font-size:{}px;line-height:1">{}</span>').format(
        WORDS[found.light], var(COLOURS[found.light]), size, found.sign
    )


class VerdictView(Viewer):
    """Shown with the first stage. Elsewhere the bar at the top has a short form."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.said = OwnMarkup("", sizing_mode="stretch_width", margin=(8, 8, 4, 8))
        self._layout = pn.Column(self.said, sizing_mode="stretch_width", margin=0)
        self.workspace.param.watch(lambda _: self._show(), ["stage", "estimators"])
        follow_current(self.workspace, self._show, (self._show, [*WATCHED, "arriving", "busy"]))

    def _show(self) -> None:
        examined = self.workspace.current
        self._layout.visible = examined is not None and self.workspace.stage == STAGES[0]
        if examined is None or not self._layout.visible:
            return
        if examined.target is None and (examined.wanted or examined.analysed is None):
            found, doing = Verdict(Light.UNKNOWN, "This recording is being measured."), ""
        else:
            found = verdict_on(examined, self.workspace.cards.get(examined.estimator))
            doing = examined.busy or examined.arriving
        rest = " ".join(filter(None, (found.match, found.missed, found.narrowed, f"{doing} …" if doing else "")))
        self.said.object = Markup(
            '<div role="status" style="display:flex;gap:{room}px;align-items:flex-start;color:{text}">{light}<div>'
            '<div style="font-size:{lead}px;font-weight:600;line-height:1.35">{can}</div>'
            '<div style="font-size:{small}px;line-height:1.45;color:{muted}">{rest}</div></div></div>'
        ).format(
            room=SPACE["room"], text=var("text"), muted=var("muted"), light=light(found, 24), lead=TYPE["lead"],
            small=TYPE["body"], can=found.can, rest=rest,
        )  # fmt: skip

    def __panel__(self) -> Any:
        return self._layout
