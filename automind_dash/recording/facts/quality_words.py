"""Words for the quality of a unit, as sorters, curators and people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .sorter_labels import RANKS

QUALITY_NAME = re.compile(r"label|qualit|^group|curat|unit_?type|class(ification)?$", re.IGNORECASE)
"""Names of columns and variables that hold such words, besides those of `RANKS`."""

QUALITY_WORD = re.compile(
    r"(good|ok|bad|poor|mua|sua|su|mu|noise|noisy|unsorted|isolated|single([ _-]?unit)?|multi([ _-]?unit)?|non[ _-]?soma(tic)?|art[ei]fact|"
    r"junk|accepted?|rejected?|nan|none|)$",
    re.IGNORECASE,
)
UNSAID = ("", "nan", "none")
UNSORTED = "unsorted"


def is_quality(name: str, words: Iterable[str]) -> bool:
    """Return whether a column or variable of this name, its different words given, tells how good units are."""
    leaf = re.split(r"[./]", name.strip())[-1].lower()
    found = {str(word).strip() for word in words}
    return (
        (leaf in RANKS or bool(QUALITY_NAME.search(leaf)))
        and bool(found - set(UNSAID))
        and all(QUALITY_WORD.match(word) for word in found)
    )


def as_group(word: str) -> str:
    """Return the label of a unit in lower case, "unsorted" if it has none."""
    clean = str(word).strip().lower()
    return UNSORTED if clean in UNSAID else clean
