"""Circuits as tables for other programs, with the published names of the parameters and with units in the headings."""

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
    """Return the table of these circuits. It says which kept selections they belong to and near which circuit they were drawn, if near any.

    The units of the columns are in its `attrs`, which Parquet keeps.
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
    """Return a table with units in its headings, which `automind-dash simulate` reads: `params_Epop.tau_w (ms)`."""
    return table.rename(columns={name: f"{name} ({unit})" for name, unit in UNITS.items() if unit != "1"})
