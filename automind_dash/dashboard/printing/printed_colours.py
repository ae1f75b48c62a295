"""Colours of the screen on paper: light colours of a dark page become dark."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from colorsys import hls_to_rgb, rgb_to_hls
from typing import Any

import numpy as np
from numpy.typing import NDArray

NOTHING = (0.0, 0.0, 0.0, 0.0)


class PrintedColours:
    """exchange: colours of the dark theme as hex → those that mean the same in the light one; empty for figures of a light page."""

    def __init__(self, exchange: Mapping[str, str]) -> None:
        self.exchange = {dark.lower(): light.lower() for dark, light in exchange.items()}

    def one(self, colour: Any, alpha: Any = 1.0) -> tuple[float, float, float, float]:
        """Return a colour (a name, #rrggbb, #rrggbbaa, rgb(…)) with an opacity as red, green, blue and opacity from 0 to 1."""
        from matplotlib.colors import to_rgba

        if colour is None:
            return NOTHING
        text = str(colour).lower()
        found = re.fullmatch(r"rgba?\(([^)]*)\)", text)
        if found:
            parts = [float(part) for part in found.group(1).split(",")]
            text = "#" + "".join(f"{round(part):02x}" for part in parts[:3])
            alpha = float(alpha) * (parts[3] if len(parts) > 3 else 1.0)
        red, green, blue, own = to_rgba(self._on_paper(text))
        return red, green, blue, own * float(1.0 if alpha is None else alpha)

    def _on_paper(self, text: str) -> str:
        if not self.exchange:
            return text
        base, rest = (text[:7], text[7:]) if text.startswith("#") else (text, "")
        if base in self.exchange:
            return self.exchange[base] + rest
        grey = re.fullmatch(r"#(..)\1\1", base)
        if grey:  # a step between ground and ink of the dark page
            level = 255 - int(grey.group(1), 16)
            return f"#{level:02x}{level:02x}{level:02x}" + rest
        return {"white": "black", "black": "white"}.get(base, text)

    def many(self, colours: Any, alphas: Any, n: int) -> NDArray[np.float64]:
        """(n, 4) colours with opacities, each a value for all or (n,)."""
        listed = _each(colours, n)
        opacity = _each(1.0 if alphas is None else alphas, n)
        pairs = list(zip(map(_hashable, listed), map(float, opacity), strict=True))
        known = {pair: self.one(*pair) for pair in set(pairs)}
        return np.array([known[pair] for pair in pairs], dtype=np.float64).reshape(n, 4)

    def ramp(self, mapper: Mapping[str, Any]) -> NDArray[np.float64]:
        """(n, 4) colours of a mapper's palette; one that passes through the dark page's ground passes through white."""
        given = [str(colour).lower() for colour in mapper["palette"]]
        grounds = [dark for dark, light in self.exchange.items() if light == "#ffffff"]
        if not any(_near(colour, ground) for colour in given for ground in grounds):
            return np.array([self.one(colour) for colour in given])
        return np.array([[*_turned(self.exchange.get(one, one), one in self.exchange), 1.0] for one in given])


def _near(colour: str, other: str) -> bool:
    """Return whether two colours #rrggbb differ by a few steps of 255 at most."""
    if len(colour) != 7:
        return False
    return all(abs(int(colour[i : i + 2], 16) - int(other[i : i + 2], 16)) <= 6 for i in (1, 3, 5))


def _turned(colour: str, known: bool) -> tuple[float, float, float]:
    """Return a colour with its lightness inverted, unless its printed colour is known."""
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    if known:
        return red, green, blue
    hue, lightness, saturation = rgb_to_hls(red, green, blue)
    return hls_to_rgb(hue, 1 - lightness, saturation)


def _hashable(colour: Any) -> Any:
    return None if colour is None else str(colour)


def _each(value: Any, n: int) -> Sequence[Any]:
    return [value] * n if isinstance(value, str) or np.ndim(value) == 0 else list(value)
