"""The bar of acts and of the stages of the present act, for mouse, arrow keys and the digits 1 to 9 and 0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import param

from ..state.stages import ACTS, OPENS, STAGES
from ..widgets.quiet_component import QuietComponent
from ..widgets.tokens import filled

_HERE = Path(__file__).parent


class StageBar(QuietComponent):
    """`active` is the number of the stage in STAGES, whoever chooses it; with `addressed` the page's address names it: …#subspace."""

    active = param.Integer(default=0, bounds=(0, len(STAGES) - 1), doc="Number of the stage that is shown.")
    shown = param.Integer(
        default=0, doc="Number of the stage that the server shows: until it is `active`, the bar tells that it waits."
    )
    addressed = param.Boolean(default=False, doc="Whether the address follows and leads.")
    acts = param.List(default=[[act, list(stages)] for act, stages in ACTS.items()], constant=True)
    opens = param.Dict(default=dict(OPENS), constant=True)
    screen = param.Integer(default=720, doc="px of height that the window has.")

    _esm = (_HERE / "stage_bar.js").read_text(encoding="utf-8")
    _stylesheets = [filled((_HERE / "stage_bar.css").read_text(encoding="utf-8"))]

    def __init__(self, **params: Any) -> None:
        super().__init__(
            **({"shown": params.get("active", 0)} | {"sizing_mode": "stretch_width", "margin": (0, 8)} | params)
        )
