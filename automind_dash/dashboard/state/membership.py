"""Tells which circuits belong to which kept selection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd


def membership(kept: Mapping[str, Sequence[int]], index: pd.Index) -> pd.DataFrame:
    """Return a column of True and False for each kept selection, named in:NAME, for the exports."""
    return pd.DataFrame({f"in:{name}": index.isin(list(numbers)) for name, numbers in kept.items()}, index=index)
