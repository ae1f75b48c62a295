"""The table of circuits as it is shown: words for states, sensible digits, symbols with units, warnings beside a row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import add

import numpy as np
import pandas as pd
from bokeh.models.widgets.tables import NumberFormatter

from ...circuit.domain import oddities
from ...circuit.parameters import NAMES, PARAMETERS, Parameter
from ..state.circuit_rows import confirmed_in
from ..widgets.colours import OUTCOME_WORDS

STATE, MATCHED, DISTANCE, DENSITY, NOTES = "state", "matched", "distance", "log-density", "notes"

CONFIRMED = "◉ confirmed"
"""The state of a circuit that matched with every seed, two or more."""


def decimals(spec: Parameter) -> int:
    """Return the decimals of a parameter: a thousandth of its prior's range, or the next coarser power of ten."""
    return max(2 - math.floor(math.log10(spec.high - spec.low)), 0)


HEADERS = {spec.name: spec.label for spec in PARAMETERS}
HEADER_TOOLTIPS = {
    **{
        spec.label: f"{spec.meaning} ({spec.name}); {spec.low:g} to {spec.high:g} in the published prior"
        for spec in PARAMETERS
    },
    STATE: "What became of the circuit when it was simulated",
    MATCHED: "With how many of its seeds the circuit matched; confirmed: with all of them, two or more",
    DISTANCE: "Distance between its features and the target's, in units of the circuit's own variability; – where it is undefined",
    DENSITY: "Log posterior density that the estimator gives the circuit",
    NOTES: "The circuit near which it was drawn, if any, and warnings about odd parameters; point at a row to read them all",
}
WIDTHS = {STATE: 108, MATCHED: 76, DISTANCE: 76, DENSITY: 92, NOTES: 150}


def formatters() -> dict[str, NumberFormatter]:
    """Return the formatters of the columns. They belong to one table."""
    written = {
        spec.label: NumberFormatter(format="0." + "0" * decimals(spec) if decimals(spec) else "0")
        for spec in PARAMETERS
    }
    return written | {
        DISTANCE: NumberFormatter(format="0.00", nan_format="–"),
        DENSITY: NumberFormatter(format="0.0", nan_format="–"),
    }


def notes(table: pd.DataFrame, parents: Sequence[int]) -> list[str]:
    """Return the notes on each row: the circuit near which it was drawn (parents: -1 for none), and warnings with a sign each."""
    rows = table[list(NAMES)].to_numpy().tolist()
    near = [[] if parent < 0 else [f"drawn near {parent}"] for parent in parents]
    odd = [[f"⚠ {line}" for line in oddities(dict(zip(NAMES, row, strict=True)))] for row in rows]
    return ["  ".join(lines) for lines in map(add, near, odd)]


def shown(table: pd.DataFrame, told: pd.Series) -> pd.DataFrame:
    """Return the table as it is shown. told: `notes` of each row. Infinite distances are shown as undefined."""
    out = pd.DataFrame(index=table.index.rename("circuit"))
    confirmed = confirmed_in(table)
    out[STATE] = [
        CONFIRMED if sure else OUTCOME_WORDS.get(state, "")
        for state, sure in zip(table["state"], confirmed, strict=True)
    ]
    if table["seeds"].gt(1).any():
        out[MATCHED] = [f"{m} of {n}" if n else "" for m, n in zip(table["matched"], table["seeds"], strict=True)]
    out[DISTANCE] = np.where(np.isfinite(table["distance"]), table["distance"], np.nan)
    out[DENSITY] = table["log_density"].to_numpy()
    out[NOTES] = told.to_numpy()
    return pd.concat([out, table[list(NAMES)].rename(columns=HEADERS).rename_axis("circuit")], axis=1)
