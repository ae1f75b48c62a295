"""A question mark that opens what a view does not say in its one line, with the terms that it uses."""

from __future__ import annotations

from pathlib import Path

import param

from ..widgets.quiet_component import QuietComponent
from ..widgets.tokens import filled
from .glossary import explained

_HERE = Path(__file__).parent


class HelpButton(QuietComponent):
    """Opens and closes in the browser, by mouse and keyboard; what it shows is the page's own words, put in as text."""

    about = param.String(default="", doc="What the help is on, for those who hear the page.")
    label = param.String(default="?", doc="What stands on the button.")
    text = param.String(default="", doc="What a view does not say in its one line; lines become paragraphs.")
    terms = param.List(default=[], doc="[term, meaning] of each.")

    _esm = (_HERE / "help_button.js").read_text(encoding="utf-8")
    _stylesheets = [filled((_HERE / "help_button.css").read_text(encoding="utf-8"))]


def help_button(about: str, text: str, *terms: str) -> HelpButton:
    """Return the button. terms: of the glossary. Raises KeyError for a term that it lacks."""
    return HelpButton(about=about, text=text, terms=explained(*terms), margin=(4, 4))
