"""Sliders and fields for all parameters of a running circuit; every track shows the prior's range and the posterior's band."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import param
from numpy.typing import NDArray

from ....circuit.parameters import N_PARAMETERS, PARAMETERS
from ....inference.estimators.prior import Prior
from ...widgets.quiet_component import QuietComponent

STYLE = """
.knobs { font-size: 12px; max-height: var(--knobs-height, 410px); overflow-y: auto; padding-right: 4px; }
.knobs input[type=search] { width: 100%; box-sizing: border-box; padding: 6px 8px; font: inherit; position: sticky; top: 0; z-index: 2; }
.knobs summary { padding: 6px 0 2px; font-weight: 600; cursor: pointer; text-transform: capitalize; }
.knob { display: grid; grid-template-columns: minmax(104px, 150px) 1fr 76px 24px 18px; align-items: center; gap: 4px; height: 26px; }
.knob[hidden] { display: none; }
.knob .name i { font-style: normal; opacity: .75; padding-left: 4px; }
.knob .name { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.knob.moved .name { font-weight: 700; }
.knob .track { position: relative; height: 22px; }
.knob .track::before { content: ""; position: absolute; left: 8px; right: 8px; top: 10px; height: 2px; background: #8a8a8a; }
.knob .band { position: absolute; top: 7px; height: 8px; border-radius: 4px; background: #56b4e9; opacity: .55; }
.knob .tick { position: absolute; top: 2px; width: 2px; height: 18px; margin-left: -1px; background: #d55e00; }
.knob input[type=range] { position: absolute; inset: 0; width: 100%; margin: 0; background: transparent; appearance: none; }
.knob input[type=range]::-webkit-slider-runnable-track { background: transparent; height: 22px; }
.knob input[type=range]::-moz-range-track { background: transparent; height: 22px; }
.knob input[type=range]::-webkit-slider-thumb {
  appearance: none; width: 16px; height: 16px; margin-top: 3px; border-radius: 50%; background: #0072b2; border: 2px solid #fff; }
.knob input[type=range]::-moz-range-thumb { width: 12px; height: 12px; border-radius: 50%; background: #0072b2; border: 2px solid #fff; }
.knob input[type=range]:focus-visible { outline: 2px solid #0072b2; outline-offset: 1px; }
.knob input[type=number] { font: inherit; width: 100%; box-sizing: border-box; padding: 2px 2px 2px 4px; }
.knob.beyond input[type=number] { outline: 2px solid #d55e00; }
.knob .unit { opacity: .8; }
.knob .other { font: inherit; font-weight: 700; padding: 0 4px; cursor: pointer; }
"""


def _rows(prior: Prior) -> list[dict[str, Any]]:
    """Return what every knob says about its parameter, and its ends."""
    told = []
    for spec in PARAMETERS:
        low, high = prior.range_of(spec)
        words = {
            "name": spec.name,
            "symbol": spec.symbol,
            "word": spec.word,
            "meaning": spec.meaning,
            "unit": spec.unit,
            "group": spec.group,
        }
        told.append({**words, "low": low, "high": high})
    return told


class Knobs(QuietComponent):
    """`changed(index, value, at)` is called when the user has moved a knob; `show` moves knobs from here."""

    rows = param.List(default=[], doc="What every parameter is.")
    values = param.List(default=[0.0] * N_PARAMETERS, item_type=float, doc="What they stand at when first shown.")
    defaults = param.List(default=[0.0] * N_PARAMETERS, item_type=float, doc="What a double-click goes back to.")
    bands = param.List(default=[None] * N_PARAMETERS, doc="Posterior's 5 and 95 %, or None.")
    other = param.List(default=[], doc="Values of the frozen circuit A; empty where there is none.")
    dark = param.Boolean(default=False)

    _esm = (Path(__file__).parent / "knobs.js").read_text(encoding="utf-8")
    _stylesheets = [STYLE]

    def __init__(self, changed: Callable[[int, float, float], Any], **params: Any) -> None:
        super().__init__(rows=_rows(Prior()), **params)
        self._changed = changed

    def fit(self, prior: Prior) -> None:
        """Let the sliders span a prior's ranges."""
        rows = _rows(prior)
        if rows != self.rows:
            self.rows = rows

    def show(self, vector: NDArray[np.float64]) -> None:
        """Set all knobs to a configuration (28,)."""
        self.values = [float(x) for x in vector]
        self._send_msg({"values": self.values})  # `values` may be unchanged while the knobs were turned

    def _handle_msg(self, data: Any) -> None:
        if not isinstance(data, dict):
            return
        index, value, at = data.get("index"), data.get("value"), data.get("at", 0.0)
        numbers = all(isinstance(x, int | float) and np.isfinite(x) for x in (value, at))
        if isinstance(index, int) and 0 <= index < N_PARAMETERS and numbers:
            self._changed(index, float(value), float(at))  # type: ignore[arg-type]
