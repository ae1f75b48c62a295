"""The page's look, in one place: type scale, spacing, surfaces. Colours with a meaning are in `colours.py`; both become CSS variables
here.

A theme is a set of variables on the page's root, so a change of theme repaints without redrawing anything. Outside the page, in a
notebook, every `var()` falls back to the light value.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from .colours import DARK, LIGHT, Palette

TYPE = {"tiny": 11, "small": 12, "body": 13, "lead": 15, "title": 18}
"""px, for: ticks and units; captions; text and controls; the verdict; headings."""

SPACE = {"hair": 2, "tight": 4, "near": 8, "room": 12, "apart": 20}
"""px between things, from those that belong closely together to those that do not."""

NARROW = 720
"""px of a window, or of what is seen of it at 200 %, below which the bar has no room for the page's name."""

BAR = 48
"""Height of the bar at the top, px."""


@dataclass(frozen=True)
class Surface:
    """Colours of what surrounds the data, as hex."""

    ground: str
    panel: str  # sidebar, drawer, cards
    line: str
    text: str
    muted: str
    accent: str  # what can be pressed, and the place where one is
    wash: str  # behind the chosen item


LIGHT_SURFACE = Surface("#ffffff", "#f6f7f9", "#dfe3e8", "#1a1c20", "#565e6b", "#0b5fa5", "#e6f0f8")
DARK_SURFACE = Surface("#17191d", "#1f2227", "#3a3f47", "#eceef1", "#a9b1bd", "#7cc0f5", "#203445")

MEANINGS = ("ink", "consistent", "alive", "dead", "selected")


def variables(dark: bool) -> dict[str, str]:
    """Return the CSS variables of a theme: name → value."""
    surface, meanings = (DARK_SURFACE, DARK) if dark else (LIGHT_SURFACE, LIGHT)
    colours = {one.name: getattr(surface, one.name) for one in fields(Surface)}
    colours |= {name: getattr(meanings, name) for name in MEANINGS}
    return {f"--am-{name}": value for name, value in colours.items()}


def var(name: str) -> str:
    """Return a colour as CSS that follows the theme: a field of Surface or one of MEANINGS. Raises KeyError for other names."""
    return f"var(--am-{name}, {variables(False)[f'--am-{name}']})"


def filled(css: str) -> str:
    """Return a stylesheet with every `$name` replaced by its token: colours as `var`, sizes in px."""
    sizes = {**TYPE, **SPACE, "bar": BAR}
    for name in sorted([*sizes, *(key.removeprefix("--am-") for key in variables(False))], key=len, reverse=True):
        css = css.replace(f"${name}", f"{sizes[name]}px" if name in sizes else var(name))
    return css


def page_style() -> dict[str, Any]:
    """Return the style of the page's root: both themes' variables, a flat bar, a quiet sidebar."""
    return {
        **variables(False),
        "&.mui-dark": variables(True),
        "& .MuiAppBar-root": {
            "backgroundColor": f"{var('ground')} !important", "color": f"{var('text')} !important", "boxShadow": "none",
            "borderBottom": f"1px solid {var('line')}", "backgroundImage": "none",
        },
        "& .MuiAppBar-root .MuiToolbar-root > .MuiBox-root": {"minWidth": 0},
        "& .MuiAppBar-root .title": {
            "color": f"{var('text')} !important", "fontSize": f"{TYPE['title']}px", "fontWeight": 650, "marginRight": "12px",
        },
        "& .MuiToolbar-root": {"minHeight": f"{BAR}px !important", "margin": "0 !important"},
        "& .MuiAppBar-root .MuiToolbar-root": {"paddingLeft": "16px", "paddingRight": "12px", "height": f"{BAR}px"},
        f"@media (max-width: {NARROW}px)": {"& .MuiAppBar-root .title": {"display": "none"}},
        "& .MuiDrawer-paper": {"backgroundColor": var("panel"), "backgroundImage": "none", "borderRight": f"1px solid {var('line')}"},
    }  # fmt: skip


def theme_config() -> dict[str, Any]:
    """Return the settings of the widget library: the same colours and type scale."""
    return {"light": _theme(LIGHT_SURFACE, LIGHT), "dark": _theme(DARK_SURFACE, DARK)}


def _theme(surface: Surface, meanings: Palette) -> dict[str, Any]:
    return {
        "palette": {
            "primary": {"main": surface.accent},
            "background": {"default": surface.ground, "paper": surface.ground},
            "text": {"primary": surface.text, "secondary": surface.muted},
            "divider": surface.line,
            "success": {"main": meanings.consistent},
            "warning": {"main": meanings.selected},
        },
        "typography": {"button": {"textTransform": "none", "letterSpacing": 0, "fontWeight": 550}},
        "shape": {"borderRadius": 6},
        "components": {
            "MuiButton": {"defaultProps": {"disableElevation": True}},
            "MuiInputBase": {"styleOverrides": {"root": {"fontSize": TYPE["body"]}}},
        },
    }
