"""A question mark that opens the help of a view and explains its terms."""

from __future__ import annotations

from pathlib import Path

import param

from ..widgets.quiet_component import QuietComponent
from ..widgets.tokens import filled
from .glossary import explained

_HERE = Path(__file__).parent


class HelpButton(QuietComponent):
    """It opens and closes in the browser, by mouse and keyboard. It shows the page's own words, inserted as text."""

    about = param.String(default="", doc="The subject of the help, for screen readers.")
    label = param.String(default="?", doc="The text of the button.")
    text = param.String(default="", doc="The help. Each line becomes a paragraph.")
    terms = param.List(default=[], doc="[term, meaning] of each.")

    _esm = (_HERE / "help_button.js").read_text(encoding="utf-8")
    _stylesheets = [filled((_HERE / "help_button.css").read_text(encoding="utf-8"))]


def help_button(about: str, text: str, *terms: str) -> HelpButton:
    """Return the button. terms: from the glossary. Raises KeyError for an unknown term."""
    return HelpButton(about=about, text=text, terms=explained(*terms), margin=(4, 4))
