"""The live bench's buttons and fields, without their actions."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from ...help.stage_help import stage_help
from ...widgets.number_fields import CountField
from ...widgets.plain_text import plain
from .pacing import FULL

SPEEDS = {
    "0.1×": 0.1,
    "0.25×": 0.25,
    "0.5×": 0.5,
    "1× (real time)": 1.0,
    "2×": 2.0,
    "5×": 5.0,
    "10×": 10.0,
    "as fast as it goes": FULL,
}
WINDOWS = {"2 s": 2.0, "5 s": 5.0, "10 s": 10.0, "30 s": 30.0}

STEP = 0.1
"""s of model time in one step."""


def _button(label: str, variant: str = "outlined", description: str = "", **params: Any) -> pmui.Button:
    said = f"{label}: {description}" if description else None
    return pmui.Button(label=label, variant=variant, description=said, margin=(10, 4), **params)


class LiveControls:
    """`bar` stands above the picture, `below` under it, and there `between`, where A is compared with B (hidden while nothing is frozen),
    so that the picture stays where it is."""

    def __init__(self) -> None:
        small = {"size": "small", "margin": (10, 4)}
        self.circuit = CountField(label="Circuit", value=0, start=0, width=100, **small)
        self.seed = CountField(label="Seed", value=1, start=0, end=2**31 - 1, width=100, **small)
        self.play = _button("Run", "contained", icon="play_arrow")
        self.step = _button("Step", description=f"run {STEP:g} s of model time")
        self.restart = _button("Restart", description="begin again with the same seed and the present parameters")
        self.speed = pmui.Select(label="Speed", options=SPEEDS, value=1.0, width=160, **small)
        self.freeze = _button("Freeze as A", description="keep the present state and go on as B")
        self.keep = _button(
            "Add to table", "text", "the circuit with its present parameters joins the circuits of this recording"
        )
        self.swap = _button("Swap A and B", description="go on with A; what ran until now is frozen")
        self.forget = _button("Forget A", "text")
        self.window = pmui.Select(label="Shown", options=WINDOWS, value=5.0, width=95, **small)
        self.neuron = CountField(label="Neuron", value=0, start=0, end=1999, width=110, **small)
        self.status = plain(small=True, margin=(14, 10))
        self.difference = plain(margin=(12, 8))
        flex = {"align_items": "center", "sizing_mode": "stretch_width", "margin": 0, "gap": "0px"}
        self.bar = pn.FlexBox(
            self.circuit,
            self.seed,
            self.play,
            self.step,
            self.restart,
            self.speed,
            self.freeze,
            self.keep,
            stage_help("Live"),
            **flex,
        )
        self.between = pn.FlexBox(self.difference, self.swap, self.forget, visible=False, **flex)
        self.below = pn.FlexBox(self.window, self.neuron, self.status, **flex)
        for text in (self.status, self.difference):
            text.sizing_mode = None

    def running(self, now: bool) -> None:
        """Show whether the circuit runs."""
        self.play.param.update(label="Pause" if now else "Run", icon="pause" if now else "play_arrow")
