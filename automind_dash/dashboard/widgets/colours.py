"""One colour for each meaning, in light and dark: Okabe–Ito hues, safe for the colour-blind, always with a shape or word beside them."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Palette:
    """Colours by meaning, as hex."""

    ink: str  # the target
    consistent: str
    alive: str
    dead: str
    selected: str
    excitatory: str
    inhibitory: str
    prior: str
    grid: str
    ground: str


LIGHT = Palette(
    ink="#1a1a1a", consistent="#00795a", alive="#0072b2", dead="#8a8a8a", selected="#d55e00",
    excitatory="#0072b2", inhibitory="#b5477f", prior="#b8b8b8", grid="#e4e4e4", ground="#ffffff",
)  # fmt: skip
DARK = Palette(
    ink="#f2f2f2", consistent="#2fc79a", alive="#56b4e9", dead="#8f8f8f", selected="#ff9a3c",
    excitatory="#56b4e9", inhibitory="#e79ac4", prior="#6b6b6b", grid="#3a3a3a", ground="#1e1e1e",
)  # fmt: skip


def palette(dark: bool) -> Palette:
    """Return the colours of a theme."""
    return DARK if dark else LIGHT


OUTCOME_WORDS = {
    "consistent": "● consistent", "alive": "▲ active", "silent": "○ silent", "saturated": "■ saturated", "failed": "✕ failed",
    "waiting": "… waiting",
}  # fmt: skip
"""A sign for each state of a configuration, so that colour is never the only mark."""


def exchange() -> dict[str, str]:
    """Return the dark theme's colours, each with the light theme's colour of the same meaning."""
    return {getattr(DARK, one.name): getattr(LIGHT, one.name) for one in fields(Palette)}
