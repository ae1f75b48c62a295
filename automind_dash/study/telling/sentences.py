"""Effects in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ..effects import LEVEL, Effects
from ..opening.roles import word_of
from ..terms import ORDER


def plural(name: str, count: int) -> str:
    """Return a column's name as it follows a count: 4 cultures."""
    word = name.replace("_", " ")
    return f"{count} {word}" if count == 1 or word.endswith("s") else f"{count} {word}s"


def of_effect(row: pd.Series, replicate: str) -> str:
    """Return an effect in a sentence: the claim with its size and certainty, or that nothing can be said."""
    name = row["label"]
    trend = row["term_kind"] == ORDER
    about = (
        f"with {word_of(row['column'])}"
        if trend
        else f"between {row['reference']} and {row['level']} ({row['column']})"
    )
    if row["why"]:
        told = f"; {row['bits']:.2f} bits" if np.isfinite(row["bits"]) and row["bits"] >= 0 else ""
        return f"{name}: nothing can be said about a change {about}: {row['why']}{told}."
    size = f"{_size(row)}, {_replicates(row, replicate)}"
    if not row["adjusted"] <= LEVEL:
        if row["p"] <= LEVEL:
            way = (
                ("rise" if row["estimate"] > 0 else "fall")
                if trend
                else ("be higher" if row["estimate"] > 0 else "be lower")
            )
            whereby = about if trend else f"with {row['level']} than with {row['reference']}"
            return (
                f"{name} may {way} {whereby} ({size}; p = {row['p']:.2g} alone, {row['adjusted']:.2g} among all tests)."
            )
        return f"{name}: no change {about} can be told from chance ({size})."
    up = row["estimate"] > 0
    if trend:
        return f"{name} {'rises' if up else 'falls'} {about} ({size})."
    return f"{name} is {'higher' if up else 'lower'} with {row['level']} than with {row['reference']} ({size})."


def _replicates(row: pd.Series, replicate: str) -> str:
    counts = [int(count) for count in str(row["replicates"]).split(" + ")]
    if len(counts) == 1:
        return plural(replicate, counts[0])
    return f"{counts[0]} against {plural(replicate, counts[1])}"


def _size(row: pd.Series) -> str:
    per = f" per {row['per']}" if row["per"] else ""
    values = [float(row[name]) for name in ("estimate", "low", "high")]
    if row["scale"] == "log10":
        estimate, low, high = (_fold(value) for value in values)
        return f"{estimate}{per}, 95 % {low} to {high}"
    factor, unit = (0.001, "s") if row["unit"] == "ms" and abs(values[0]) >= 1000 else (1.0, row["unit"])
    estimate, low, high = (_number(factor * value) for value in values)
    return f"{estimate}{'' if unit == '1' else ' ' + unit}{per}, 95 % {low} to {high}"


def _fold(value: float) -> str:
    with np.errstate(over="ignore"):
        times = 10.0 ** np.clip(value, -300, 300)
    return f"×{times:.3g}" if 1e-3 <= times <= 1e4 else f"×10^{value:.1f}".replace("-", "−")


def _number(value: float) -> str:
    return f"{value:+.2g}".replace("-", "−") if abs(value) < 10 else f"{value:+.3g}".replace("-", "−")


def summary(found: Effects, replicate: str) -> dict[str, Any]:
    """Return the sentences of a study: claimed, hints (small p-values that do not survive the correction), not told from chance (how
    many), nothing can be said (how many), and notes."""
    table = found.table
    silent = table["why"] != ""
    claimed = [of_effect(row, replicate) for _, row in found.claimed.iterrows()]
    hints = table[(table["p"] <= LEVEL) & ~(table["adjusted"] <= LEVEL)].sort_values("p", kind="stable")
    unclear = int((~silent).sum()) - len(claimed)
    return {
        "claimed": claimed,
        "hints": [of_effect(row, replicate) for _, row in hints.iterrows()],
        "unclear": f"{unclear} effects were tested and cannot be told from chance." if unclear else "",
        "unseen": f"Nothing can be said about {int(silent.sum())} effects: the recordings do not tell."
        if silent.any()
        else "",
        "notes": list(found.notes),
    }
