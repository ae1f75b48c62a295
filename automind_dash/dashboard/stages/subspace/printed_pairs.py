"""The pair plot of the page as it is printed: in pairs of the chosen quantities, in the chosen colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ....publication.pairs import Pairs, pairs_figure
from ....publication.paper import Paper
from ...figures.colouring import EDGES, HUES, by_membership, by_value
from ...figures.quantity_axes import LABELS
from ...widgets.colours import LIGHT


def printed_pairs(
    table: pd.DataFrame, spans: Mapping[str, tuple[float, float]], expected: Mapping[str, NDArray[np.float64]], states: Sequence[str],
    selection: Sequence[int], *, shade: tuple[str, NDArray[np.float64]] | None = None, kept: Mapping[str, Sequence[int]] | None = None,
) -> Callable[[Paper], Any]:  # fmt: skip
    """Return what draws the circuits of a table (index: their numbers) by the columns that `spans` names, on a sheet of paper.

    expected: densities of the prior alone; shade: what they are coloured by, its label and (n,) values; kept: selections by name that
    they are coloured by; neither: by state.
    """
    names = list(spans)
    inks, key, scale = None, [], None
    if kept is not None:
        inks = by_membership(kept, table.index, LIGHT)[0]
        key = [(hue, name) for hue, name in zip(HUES, kept, strict=False)]
    elif shade is not None and np.isfinite(shade[1]).any():
        inks = by_value(shade[1], shade[0], LIGHT)[0]
        low, high = np.quantile(shade[1][np.isfinite(shade[1])], EDGES)
        scale = (shade[0], float(low), float(high))
    return partial(_drawn, pairs=Pairs(
        table[names].to_numpy(dtype=float), [LABELS[name] for name in names], [spans[name] for name in names], list(states),
        table.index.isin(list(selection)), [expected[name] for name in names], inks, key, scale,
    ))  # fmt: skip


def _drawn(paper: Paper, pairs: Pairs) -> Any:
    return pairs_figure(paper, pairs)
