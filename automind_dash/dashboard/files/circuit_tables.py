"""Circuits as tables for other programs: names that the model was published with, units in the headings."""

from __future__ import annotations

import pandas as pd

from ...circuit.parameters import PARAMETERS
from ...invariance.composites import COMPOSITES
from ..state.examined import Examined
from ..state.membership import membership

UNITS = {
    **{spec.name: spec.unit for spec in PARAMETERS}, **{spec.name: spec.unit for spec in COMPOSITES}, "log_density": "nats",
    "distance": "SDs of a circuit over seeds"
}  # fmt: skip


def rows(examined: Examined, numbers: list[int]) -> pd.DataFrame:
    """Return the table of these circuits with the kept selections they belong to, and what they were drawn near where any was.

    Units of the columns are its `attrs`, which Parquet keeps.
    """
    table = examined.configurations.loc[numbers]
    told = examined.provenance
    if told.searches or told.added:
        table = table.assign(origin=told.origins(numbers))
    if told.n_near:
        table = table.assign(parent=told.parents(numbers))
    table = table.join(membership(examined.kept, table.index)).rename_axis("circuit").reset_index()
    table.attrs["units"] = {name: unit for name, unit in UNITS.items() if unit != "1" and name in table}
    return table


def with_units(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose headings say the units, as `automind-dash simulate` reads them, too: `params_Epop.tau_w (ms)`."""
    return table.rename(columns={name: f"{name} ({unit})" for name, unit in UNITS.items() if unit != "1"})
