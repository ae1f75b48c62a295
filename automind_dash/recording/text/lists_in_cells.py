"""Tables with a row for each unit whose cell holds its train as a list: [0.1, 0.2], as data frames are written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...errors import RecordingError

if TYPE_CHECKING:
    import pandas as pd

LIST = re.compile(r"\s*(?:array\()?\s*[\[(]")
MARKS = re.compile(r"(?:array|dtype=\w+)|[\[\](){},;]")


def holds_lists(values: pd.Series) -> bool:
    """Return whether each cell is the text of a list."""
    return bool(len(values)) and bool(
        values.map(lambda value: isinstance(value, str) and bool(LIST.match(value))).all()
    )


def trains_in_cells(values: pd.Series, name: str, file: str) -> list[NDArray[np.float64]]:
    """Return the numbers of each cell. Raises RecordingError for a list that was cut off when it was written."""
    trains = []
    for row, cell in enumerate(values, 1):
        try:
            train = np.array(MARKS.sub(" ", str(cell)).split(), dtype=np.float64)
        except ValueError as error:
            why = "it was shortened to ... when it was written" if "..." in str(cell) else str(error)
            raise RecordingError(
                f"{file}: the list in row {row} of column {name!r} cannot be read, since {why}; write a row for each spike instead."
            ) from error
        trains.append(train)
    return trains
