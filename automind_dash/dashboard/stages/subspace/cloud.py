"""The circuits of a pair plot in the browser: their values, colours and selection, painted and brushed there without a round trip."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from bokeh.events import SelectionGeometry
from bokeh.models import ColumnDataSource, CustomJS
from numpy.typing import NDArray

from ...figures.colouring import MARKERS

ALL_POINTED = 1000
"""Up to so many circuits can be pointed at one by one before they are simulated; each costs a marker in every panel."""

MAX_MARKS = 2000
"""Simulated circuits with a marker of their own shape; a browser without a graphics card draws some 300 a millisecond."""

MARK_COLUMNS = ("number", "row", "marker", "fill", "base", "alpha")


@cache
def _script(name: str) -> str:
    return (Path(__file__).parent / name).read_text()


def packed(colours: Sequence[str]) -> NDArray[np.uint32]:
    """(n,) colours "#rrggbb" or "#rrggbbaa" as 0xAABBGGRR, the pixels of a browser's image."""
    names, inverse = np.unique(np.asarray(colours, dtype=str), return_inverse=True)
    codes = [int.from_bytes(bytes.fromhex((name[1:] + "ff")[:8]), "little") for name in names.tolist()]
    return np.array(codes, dtype=np.uint32)[inverse] if len(names) else np.empty(0, np.uint32)


class Cloud:
    """What all panels share. `source` has a row for each circuit, its selection is the brushed one; `marks` has those with markers.

    Values go as 32 bits: no screen shows more.
    """

    def __init__(self) -> None:
        empty: list[Any] = []
        self.source = ColumnDataSource({"number": empty, "state": empty, "colour": empty, "picked": empty})
        self.marks = ColumnDataSource(dict.fromkeys(MARK_COLUMNS, empty))
        shared = {"source": self.source, "marks": self.marks}
        self._paint = CustomJS(args={**shared, "figures": [], "images": []}, code=_script("cloud.js"))
        self._brush = CustomJS(args={"source": self.source}, code=_script("brush.js"))
        self.source.selected.js_on_change("indices", self._paint)
        self.source.js_on_change("data", self._paint)
        self._rows = np.empty(0, dtype=np.int64)

    def send(self, table: pd.DataFrame, names: Sequence[str]) -> None:
        """Take other circuits, with these columns of a table of quantities. None is selected, and none has a colour yet."""
        n = len(table)
        data: dict[str, Any] = {name: table[name].to_numpy(np.float32) for name in names}
        data |= {"number": table.index.to_numpy(np.int32), "state": [""] * n}
        data |= {"colour": np.zeros(n, np.uint32), "picked": np.zeros(n, np.uint32)}
        self.source.selected.indices = []
        self.source.data = data
        self._rows = np.empty(0, dtype=np.int64)
        self.marks.data = {**{name: [] for name in MARK_COLUMNS}, **self._marked(self._rows)}

    def add(self, table: pd.DataFrame, names: Sequence[str]) -> None:
        """Send the columns that the browser does not have yet."""
        for name in names:
            if name not in self.source.data:
                self.source.data[name] = table[name].to_numpy(np.float32)

    def colour(self, states: list[str], colours: Sequence[str], picked: Sequence[str]) -> None:
        """Give every circuit its state, its colour, and the one it has while it is selected; the simulated get their state's marker."""
        self.source.data["picked"] = packed(picked)
        self.source.data["colour"] = packed(colours)
        if states != self.source.data["state"]:
            self.source.data["state"] = states
        simulated = np.array([state != "" for state in states], dtype=bool)
        rows = np.arange(len(states)) if len(states) <= ALL_POINTED else np.flatnonzero(simulated)[:MAX_MARKS]
        base = simulated[rows].astype(np.float32)
        self._rows = rows
        self.marks.data = {
            **self._marked(rows),
            "row": rows.astype(np.int32), "number": np.asarray(self.source.data["number"])[rows], "base": base, "alpha": base.copy(),
            "marker": [MARKERS.get(states[i], "circle") for i in rows.tolist()], "fill": [colours[i][:7] for i in rows.tolist()],
        }  # fmt: skip

    def attach(self, figures: list[Any], images: list[ColumnDataSource], brushed: list[Any]) -> None:
        """Paint into these figures from now on (tags: x and y column), one image source each; brushing any selects, and so it does in the
        figures `brushed` (tags: x column).
        """
        self.marks.data = {**self.marks.data, **self._marked(self._rows)}
        self._paint.args = {**self._paint.args, "figures": figures, "images": images}
        for figure in (*figures, *brushed):
            figure.js_on_event(SelectionGeometry, self._brush)
        for figure in figures:
            for model, names in (
                (figure, ("inner_width", "inner_height")),
                (figure.x_range, ENDS),
                (figure.y_range, ENDS),
            ):
                for name in names:
                    model.js_on_change(name, self._paint)

    def _marked(self, rows: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
        """Return the quantities of these rows."""
        own = {"number", "state", "colour", "picked"}
        return {name: np.asarray(values)[rows] for name, values in self.source.data.items() if name not in own}


ENDS = ("start", "end")
