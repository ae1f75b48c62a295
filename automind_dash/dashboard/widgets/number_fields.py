"""Fields for numbers. The libraries' fields let typed numbers pass their bounds, or lose them; these keep them within `start` and `end`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import param

from .quiet_component import QuietComponent

STYLE = """
fieldset { position: relative; top: -5px; display: flex; align-items: center; box-sizing: border-box; width: 100%; min-width: 0;
  height: 61px; margin: 0 0 -5px; padding: 0 2px; border: 1px solid color-mix(in srgb, currentColor 35%, transparent); border-radius: 4px;
  font-size: 16px; }
fieldset.small { height: 45px; }
fieldset:hover { border-color: currentColor; }
fieldset:focus-within { border-color: #1976d2; box-shadow: inset 0 0 0 1px #1976d2; }
fieldset:disabled { opacity: .5; }
legend { max-width: calc(100% - 16px); margin-left: 6px; padding: 0 4px; overflow: hidden; font-size: 12px; line-height: 11px; height: 11px;
  white-space: nowrap; text-overflow: ellipsis; opacity: .8; }
input { flex: 1; min-width: 0; padding: 4px 2px; border: 0; outline: 0; background: transparent; color: inherit; font: inherit; }
button { flex: none; width: 28px; height: 28px; padding: 0; border: 0; border-radius: 50%; background: transparent; color: inherit;
  font: inherit; font-size: 20px; line-height: 28px; opacity: .75; cursor: pointer; }
button:hover { background: color-mix(in srgb, currentColor 10%, transparent); }
"""


class NumberField(QuietComponent):
    """A number within `start` and `end`, each None where it is open."""

    label = param.String(default="")
    description = param.String(default="", doc="Shown while the pointer rests on the field.")
    value = param.Number(default=0.0, allow_None=True)
    start = param.Number(default=None, allow_None=True)
    end = param.Number(default=None, allow_None=True)
    step = param.Number(default=0.1)
    whole = param.Boolean(default=False, doc="Whether only integers are taken.")
    size = param.Selector(default="medium", objects=["small", "medium"])
    disabled = param.Boolean(default=False)

    _esm = (Path(__file__).parent / "number_field.js").read_text(encoding="utf-8")
    _stylesheets = [STYLE]

    def __init__(self, **params: Any) -> None:
        super().__init__(**{"margin": 10} | params)

    def _process_property_change(self, props: dict[str, Any]) -> dict[str, Any]:
        props = super()._process_property_change(props)
        if "value" in props:
            props["value"] = self._within(props["value"])
        return props

    def _within(self, sent: float | None) -> float | None:
        """Hold what a browser sends to the field's promise, no matter who wrote it."""
        if sent is None or sent != sent:  # no number
            return self.value
        bounded = sent if self.start is None else max(sent, self.start)
        bounded = bounded if self.end is None else min(bounded, self.end)
        return round(bounded) if self.whole else bounded


class CountField(NumberField):
    """An integer within `start` and `end`."""

    value = param.Integer(default=0, allow_None=True)
    step = param.Integer(default=1)
    whole = param.Boolean(default=True, constant=True)
