"""Brings Panel's stylesheets and the page's fonts into a notebook from the kernel; outside its own server Panel asks a CDN for them.

Seen with Panel 1.9.4, whose `inline` covers the scripts but not what goes through jupyter_bokeh.
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import panel_material_ui
from bokeh.models import ImportedStyleSheet
from panel.io.resources import CDN_DIST, DIST_DIR, LOCAL_DIST

FONTS = Path(panel_material_ui.__file__).parent / "dist"
FACES = ("Material Icons", "Roboto")
"""The fonts that the page shows, of those that come with the widgets."""

ICONS = """
.material-icons { font: normal 24px/1 'Material Icons'; font-feature-settings: 'liga'; display: inline-block; white-space: nowrap; }
"""
"""The stylesheet that a page of Panel's own gives each widget that shows an icon by its name."""

_make_stylesheet = ImportedStyleSheet.__init__


@lru_cache(maxsize=64)
def self_contained(url: str) -> str:
    """Return the address of one of Panel's stylesheets as the sheet itself (`data:`); any other address is returned as it is."""
    for root in (CDN_DIST, LOCAL_DIST):
        if url.startswith(root):
            break
    else:
        return url
    file = DIST_DIR / unquote(url.removeprefix(root).split("?")[0])
    if not file.is_file():
        return url
    return f"data:text/css;base64,{b64encode(file.read_bytes()).decode()}"


def stylesheets_from_kernel() -> None:
    """Let every stylesheet that is made from now on travel with the page. A second call changes nothing."""

    def make(self: Any, *args: Any, **properties: Any) -> None:
        if isinstance(properties.get("url"), str):
            properties["url"] = self_contained(properties["url"])
        _make_stylesheet(self, *args, **properties)

    ImportedStyleSheet.__init__ = make


def font_faces() -> str:
    """Return the CSS that carries the page's fonts: icons, and Latin and Greek letters."""
    rules = re.findall(r"@font-face \{.*?\}", (FONTS / "material-icons.css").read_text(), re.DOTALL)
    faces = []
    for rule in rules:
        family, file = re.search(r'family: "(.*?)"', rule), re.search(r'url\("\./(.*?\.woff2)"\)', rule)
        if family and file and family[1] in FACES and ("icons" in file[1] or re.search(r"-(latin|greek)-\d", file[1])):
            font = b64encode((FONTS / file[1]).read_bytes()).decode()
            source = f"src: url(data:font/woff2;base64,{font}) format('woff2');"
            before, _, after = re.split(r"(src:.*?;)", rule, maxsplit=1, flags=re.DOTALL)
            faces.append(before + source + after)
    return "\n".join(faces)
