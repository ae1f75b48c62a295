"""The picture of a running circuit. Frames go to the browser no faster than it paints them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import param

from ....circuit.live import Frame
from ...widgets.colours import LIGHT, Palette
from ...widgets.quiet_component import QuietComponent

HEIGHT = 350
"""px; raster, rate and potential stand below each other."""

MEANING = (
    "Running circuit: spikes of excitatory neurons ordered by cluster with inhibitory ones above, "
    "population rates, potential and adaptation of one neuron"
)


def _of(palette: Palette) -> dict[str, str]:
    return {name: getattr(palette, name) for name in ("excitatory", "inhibitory", "selected", "ink", "grid")}


class LiveCanvas(QuietComponent):
    """`await show(frame)` returns when the browser has painted the frame, or after `PATIENCE` without an answer."""

    window = param.Number(default=5.0, bounds=(0.5, 60), doc="s that the picture spans.")
    colours = param.Dict(default=_of(LIGHT), doc="By meaning.")
    tall = param.Integer(default=HEIGHT, doc="px.")
    description = param.String(default=MEANING, doc="For who does not see it.")

    _esm = (Path(__file__).parent / "live_canvas.js").read_text(encoding="utf-8")

    PATIENCE = 2.0
    """s; a hidden tab paints nothing and answers nothing, and the circuit waits for it."""

    def __init__(self, **params: Any) -> None:
        params.setdefault("sizing_mode", "stretch_width")
        params.setdefault("height", params.get("tall", HEIGHT))
        super().__init__(**params)
        self.number = self.painted = 0
        self._answered = asyncio.Event()

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme."""
        self.colours = _of(palette)

    def clear(self) -> None:
        """Forget what was painted."""
        self._send_msg({"kind": "clear"})

    async def show(self, frame: Frame, echo: float = 0.0) -> bool:
        """Send a frame and wait until the previous one is painted; False when no page answers.

        echo: the browser's own time (ms) of the last change that the frame shows; the browser gets it back.
        """
        self.number += 1
        self._answered = asyncio.Event()
        self._send_msg({
            "kind": "frame", "number": self.number, "echo": echo, "start": frame.start, "stop": frame.stop, "times": frame.times,
            "rows": frame.rows, "n_neurons": frame.n_neurons, "n_excitatory": frame.n_excitatory, "rate_e": frame.rate_e,
            "rate_i": frame.rate_i, "v": frame.v, "w": frame.w,
        })  # fmt: skip
        return await self._painted(self.number - 1)

    async def painted_all(self) -> bool:
        """Wait until every sent frame is painted; False after `PATIENCE` without an answer."""
        return await self._painted(self.number)

    async def _painted(self, number: int) -> bool:
        try:
            async with asyncio.timeout(self.PATIENCE):
                while self.painted < number:
                    self._answered.clear()
                    await self._answered.wait()
        except TimeoutError:
            return False
        return True

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, dict) and isinstance(data.get("painted"), int):
            self.painted = min(max(self.painted, data["painted"]), self.number)
            self._answered.set()
