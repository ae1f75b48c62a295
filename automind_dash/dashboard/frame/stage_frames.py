"""The places of the stages, one below the other, of which the browser shows one: the stage bar says which, without the server.

A stage that is left keeps its layout and is not painted (`content-visibility`), so that it is back at once. Whether it is shown hangs on
variables that the stage bar sets on what surrounds both, since styles do not reach across the components' shadow roots.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import panel as pn
from panel.viewable import Viewer

from ..state.stages import STAGES
from ..widgets.tokens import filled

_CSS = filled((Path(__file__).parent / "stage_frames.css").read_text(encoding="utf-8"))

WAITING = "waiting"


def style_of(number: int) -> str:
    """Return the stylesheet of a stage's frame: seen only while the bar's variables say so."""
    return _CSS.replace("#", str(number))


class StageFrames(Viewer):
    """A frame for each stage, empty until `put`."""

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self._frames = {
            stage: pn.Column(
                css_classes=[WAITING], stylesheets=[style_of(number)], sizing_mode="stretch_width", margin=0
            )
            for number, stage in enumerate(STAGES)
        }
        self._layout = pn.Column(*self._frames.values(), tags=["stages"], sizing_mode="stretch_width", margin=(0, 8))

    def put(self, stage: str, view: Any) -> None:
        """Fill the frame of a stage. Raises KeyError for a name that no stage has."""
        self._frames[stage].append(view)
        self._frames[stage].css_classes = []

    def __panel__(self) -> Any:
        return self._layout
