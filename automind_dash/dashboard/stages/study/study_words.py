"""What the overview of a study says in words: what a study is, what a press would do and cost, and what was found."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd

from ....features import FEATURES
from ....inference.estimators.card import SimulationPlan
from ....study.measuring import CANNOT, HARDLY, UNKNOWN
from ....study.opening.roles import Roles
from ....study.opening.table import StudyTable
from ....study.results import DONE, FAILED, StudyResults
from ....study.telling.report import VERDICTS
from ....study.telling.sentences import plural
from ...widgets.quantities import counted, spoken

EMPTY = """**A study is many recordings and one question: what differs between ages, treatments or lines?**

Drop a table (CSV or Parquet) together with its recordings, or a zip of both. One column names the files; the others say what each
recording is: age, culture, treatment. Recordings without a table are a study, too: their names are read. A folder of results that
`automind-dash study` wrote opens as a zip, or by its file `study.automind`.

What will be here:

* every recording as a small raster and rate, a row for each culture, in the order of age;
* which recordings the model can make, which it cannot, and why;
* features against age by condition, tested in mixed models that count cultures and not recordings;
* the posteriors of parameters and composites as ridges across ages.
"""

REAL_TIME = 60.0
"""s of model time that a processor simulates in one second, cautiously (docs/engine.md)."""

MEASURING = 4.0
"""s that a recording of 15 minutes takes to be read, measured and asked about."""


def summary_of(table: StudyTable, roles: Roles) -> str:
    """Return what a study consists of."""
    told = [counted(len(table), "recording")]
    if roles.replicate is not None:
        told.append(f"of {plural(roles.replicate, int(table.rows[roles.replicate].nunique()))}")
    if roles.order is not None:
        ages = table.rows[roles.order].dropna()
        if len(ages):
            told.append(f"{roles.order} {ages.min():g} to {ages.max():g}")
    return " ".join(told[:2]) + "".join(f", {one}" for one in told[2:])


def cost(n: int, circuits: int, budget: int, plan: SimulationPlan) -> str:
    """Return what a search would cost, before it is begun."""
    runs = n * budget
    seconds = runs * (plan.warm_up + plan.duration) / REAL_TIME / max(os.cpu_count() or 1, 1)
    return (
        f"Searches {counted(circuits, 'circuit')} that match{'es' * (circuits == 1)}, twice each, for {counted(n, 'recording')}: at most "
        f"{runs:,} simulations of {plan.warm_up + plan.duration:g} s, so up to some {spoken(seconds)} on the "
        f"{os.cpu_count() or 1} processors here. A recording is "
        "done when it has its circuits; what was simulated before is not simulated again. You may cancel and go on later, here or in a "
        "terminal."
    )


def found(results: StudyResults) -> str:
    """Return how many recordings the model can make, and how many circuits are known."""
    rows = results.recordings
    done = rows[rows["status"] == DONE]
    counts = done["verdict"].value_counts()
    told = [f"{len(done)} of {counted(len(rows), 'recording')} analysed"]
    if len(done):
        words = {
            "can": "{} can be made by the model",
            HARDLY: "{} hardly",
            CANNOT: "{} cannot",
            UNKNOWN: "{} cannot be asked about",
        }
        told.append(", ".join(words[name].format(counts[name]) for name in words if name in counts))
    failed = int((rows["status"] == FAILED).sum())
    if failed:
        told.append(f"{failed} failed")
    confirmed = int(np.nansum(rows["confirmed"]))
    if confirmed:
        told.append(
            f"{counted(confirmed, 'circuit')} {'is' if confirmed == 1 else 'are'} known to match, of "
            f"{int(np.nansum(rows['simulated'])):,} simulated"
        )
    return "; ".join(told) + "."


def verdict_rows(table: StudyTable, roles: Roles, results: StudyResults | None, moves: dict[int, str]) -> pd.DataFrame:
    """Return the table of recordings: a row for each, what it is, whether the model makes it, and why not. moves: what runs for each."""
    rows = pd.DataFrame({"Row": table.rows.index.astype(int)})
    rows["Recording"] = [table.name(row) for row in table.rows.index]
    for name in [name for name in (roles.replicate, roles.order, *roles.conditions) if name is not None]:
        rows[name if name not in rows else f"{name} "] = table.rows[name].to_numpy()
    told = {} if results is None else results.recordings.to_dict("index")
    rows["Model makes it"] = [_verdict(told.get(row, {}), moves.get(int(row), "")) for row in table.rows.index]
    rows["Why"] = [_why(told.get(row, {})) for row in table.rows.index]
    rows["Units"] = [_whole(told.get(row, {}).get("n_units")) for row in table.rows.index]
    if results is not None and np.nansum(results.recordings["confirmed"]):
        rows["Confirmed"] = [_whole(told.get(row, {}).get("confirmed")) for row in table.rows.index]
    return rows


def _whole(value: float | None) -> str:
    return "" if value is None or not np.isfinite(value) else f"{value:.0f}"


def _verdict(said: dict, moved: str) -> str:
    if moved:
        return moved
    if said.get("status") == FAILED:
        return "failed"
    return VERDICTS.get(str(said.get("verdict", "")), "") if said.get("status") == DONE else "waiting"


def _why(said: dict) -> str:
    if said.get("status") == FAILED:
        return str(said["error"])
    if said.get("status") != DONE or said.get("verdict") == "can":
        return ""
    differing = [name.strip() for name in str(said["differing"]).split(",") if name.strip()]
    labels = [FEATURES[name].label if name in FEATURES else name for name in differing]
    return f"{said['why']}" if said["verdict"] == UNKNOWN or not labels else f"far off: {', '.join(labels)}"


def about_cells(table: StudyTable, results: StudyResults | None) -> dict[int, str]:
    """Return what is said of each recording where the pointer rests."""
    if results is None:
        return {int(row): table.name(row) for row in table.rows.index}
    words = {"can": "the model can make it", HARDLY: "the model can hardly make it", CANNOT: "the model cannot make it"}
    out = {}
    for row, said in results.recordings.iterrows():
        told = f"failed: {said['error']}" if said["status"] == FAILED else words.get(said["verdict"], "")
        out[int(str(row))] = f"{said['name']}{': ' if told else ''}{told}"
    return out


def shown_metadata(table: StudyTable, results: StudyResults | None) -> pd.DataFrame:
    """Return the metadata of the recordings that have a place: all but those that failed."""
    if results is None:
        return table.rows
    return table.rows[~table.rows.index.isin(results.recordings.index[results.recordings["status"] == FAILED])]
