"""Texts as they are set in figures: symbols in italics with their subscripts, other people's texts as they are."""

from __future__ import annotations

import re

from ..circuit.parameters import PARAMETERS
from ..invariance.composites import COMPOSITES

_SYMBOL = re.compile(r"(?<![\w$])(?P<stem>\w)_(?P<below>[^\W_]+)(?![\w$])")
SYMBOLS = frozenset(
    found.group()
    for symbols in ((spec.symbol for spec in PARAMETERS), (spec.symbol for spec in COMPOSITES))
    for symbol in symbols
    for found in _SYMBOL.finditer(symbol)
)
"""What is set as a symbol: a recording may be called week_3."""


_LETTERS = {spec.label: rf"$\mathit{{{spec.symbol}}}$ ({spec.unit})" for spec in PARAMETERS if len(spec.symbol) == 1}
"""Axes of parameters that are a letter: alone, any word could be one."""


def typeset(text: str) -> str:
    """Return a text for matplotlib: known symbols (τ_w) as such, everything else, dollars too, as it stands."""
    if text in _LETTERS:
        return _LETTERS[text]
    plain = text.replace("$", r"\$")
    return _SYMBOL.sub(_set, plain)


def _set(found: re.Match[str]) -> str:
    if found.group() not in SYMBOLS:
        return found.group()
    return rf"$\mathit{{{found['stem']}}}_\mathrm{{{found['below']}}}$"
