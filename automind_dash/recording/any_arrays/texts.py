"""Text among a file's variables: names of each spike's unit, and labels of each unit's quality."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..facts.quality_words import as_group, is_quality

MOST_WORDS = 100
"""Different words of labels that are looked at."""


def plain_text(values: NDArray) -> NDArray:
    """Return text of one byte a character as text."""
    return np.char.decode(values, "utf-8", "replace") if values.dtype.kind == "S" else values


def unit_texts(texts: Mapping[str, NDArray], vectors: Mapping[str, NDArray]) -> dict[str, NDArray[np.int64]]:
    """Return, for each text that has a word for each number of a vector, and words that repeat, a number for each word."""
    import pandas as pd

    sizes = {values.size for values in vectors.values() if values.size > 1}
    coded: dict[str, NDArray[np.int64]] = {}
    for name, words in texts.items():
        if words.size not in sizes:
            continue
        codes, different = pd.factorize(words)
        if len(different) <= max(1, words.size // 2):
            coded[name] = codes.astype(np.int64)
    return coded


def labels_for(
    variable: str, units: Sequence[str], texts: Mapping[str, NDArray], among: Sequence[str]
) -> tuple[tuple[str, ...], str]:
    """Return a label for each unit and where the labels stand, nothing where no text labels these units.

    variable: that holds the spikes; units: the units' names; among: the names of all units of the file, in its order
    """
    place = variable.rpartition(".")[0]
    for name, words in sorted(texts.items(), key=lambda item: item[0].rpartition(".")[0] != place):
        if words.size != len(among) or not is_quality(name, np.unique(words)[:MOST_WORDS].tolist()):
            continue
        of_unit = dict(zip(among, (as_group(word) for word in words.tolist()), strict=True))
        return tuple(of_unit[unit] for unit in units), name
    return (), ""
