"""The figures of a study's report, as SVG: the recordings, how their features go with the order, and what their circuits are like."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from ...features import FEATURES
from ...invariance.composites import columns, quantity
from ..effects import TESTED
from ..geometry import Distances
from ..opening.roles import word_of
from ..results import RECORDING, StudyResults

COLOURS = ("#0059a3", "#c45500", "#2c7a3f", "#8a3ffc", "#7a6200", "#a4133c", "#007a87", "#555555")
"""Colour-blind eyes can tell these apart on white, each at 4.5 : 1 or more. Further replicates start again with other marks."""

MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")

_BIN = 0.05

MAX_RASTERS, MAX_QUANTITIES = 60, 12


def svg(figure: Figure) -> str:
    """Return a figure as an SVG element without its maker's name and the time."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    return out.getvalue()[out.getvalue().index("<svg") :]


def in_order(results: StudyResults) -> pd.DataFrame:
    """Return the metadata of the analysed recordings, by replicate and order."""
    roles, rows = results.roles, results.metadata
    keys = [name for name in (roles.replicate, roles.order) if name is not None]
    return rows.sort_values(keys, kind="stable") if keys else rows


def rates(results: StudyResults) -> Figure | None:
    """Return the population rates of all recordings, a row for each replicate, in order from left to right; None without any."""
    rows = in_order(results)
    roles = results.roles
    groups = [part for _, part in rows.groupby(roles.replicate, sort=False)] if roles.replicate else [rows]
    if not len(rows) or len(rows) > MAX_RASTERS:
        return None
    across = max(len(part) for part in groups)
    figure = Figure(figsize=(1.6 * across + 0.6, 1.25 * len(groups) + 0.4))
    axes = figure.subplots(len(groups), across, squeeze=False, sharey=True)
    for line, part in zip(axes, groups, strict=True):
        for axis in line[len(part) :]:
            axis.set_visible(False)
        for axis, (recording, said) in zip(line, part.iterrows(), strict=False):
            spikes = results.excerpts[results.excerpts[RECORDING] == recording]
            n_units = max(results.number(int(str(recording)), "n_units"), 1.0)
            edges = np.arange(0.0, 30.0 + _BIN, _BIN)
            rate = np.histogram(spikes["time"], edges)[0] / (_BIN * n_units)
            axis.plot(edges[:-1], rate, color="#1a1a1a", linewidth=0.5)
            words = (
                [f"{word_of(roles.order)} {said[roles.order]:g}"] if roles.order and pd.notna(said[roles.order]) else []
            )
            words += [str(said[name]) for name in roles.conditions]
            axis.set_title(" · ".join(words) or f"row {recording}", fontsize=7)
            axis.tick_params(labelsize=6)
            axis.set_xlim(0, 30)
            for side in ("top", "right"):
                axis.spines[side].set_visible(False)
        line[0].set_ylabel(
            f"{part[roles.replicate].iloc[0] if roles.replicate else ''}\nHz per unit, {1000 * _BIN:g} ms", fontsize=7
        )
    axes[-1][0].set_xlabel("s", fontsize=7)
    return figure


def features_in_order(results: StudyResults) -> Figure | None:
    """Return the tested features against the order, a line for each replicate. A mark is filled where the first condition is not at its
    reference."""
    roles = results.roles
    table = results.feature_table()
    names = [name for name in TESTED if name in table]
    if not names or not len(table):
        return None
    metadata = results.metadata.reindex(table.index)
    figure = Figure(figsize=(10.5, 2.1 * int(np.ceil(len(names) / 4))))
    axes = figure.subplots(int(np.ceil(len(names) / 4)), 4, squeeze=False).ravel()
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    groups = metadata[roles.replicate].astype(str) if roles.replicate else pd.Series("", index=metadata.index)
    for axis, name in zip(axes, names, strict=False):
        spec = FEATURES[name]
        for number, group in enumerate(dict.fromkeys(groups)):
            rows = metadata[groups == group]
            x = rows[roles.order] if roles.order else pd.Series(np.arange(len(rows)), index=rows.index)
            rows, x = rows.loc[x.sort_values(kind="stable").index], x.sort_values(kind="stable")
            colour, mark = COLOURS[number % len(COLOURS)], MARKS[number // len(COLOURS) % len(MARKS)]
            axis.plot(
                x,
                table.loc[rows.index, name],
                color=colour,
                marker=mark,
                markersize=3,
                linewidth=1,
                mfc="white",
                label=group,
            )
            changed = _changed(rows, roles.conditions)
            axis.plot(x[changed], table.loc[rows.index[changed], name], mark, color=colour, markersize=3)
        axis.set_title(spec.label + ("" if spec.unit == "1" else f" ({spec.unit})"), fontsize=8)
        if spec.transform == "log10" and (table[name].dropna() > 0).all() and table[name].notna().any():
            axis.set_yscale("log")
        axis.tick_params(labelsize=7, which="both")
        axis.set_xlabel(word_of(roles.order) if roles.order else "recording", fontsize=7)
        for side in ("top", "right"):
            axis.spines[side].set_visible(False)
    if roles.replicate:
        axes[0].legend(fontsize=6, frameon=False)
    figure.set_layout_engine("tight")
    return figure


def _changed(rows: pd.DataFrame, conditions: Sequence[str]) -> NDArray[np.bool_]:
    """(n,) whether a condition that changes within these rows is at another level than in the first of them."""
    out = np.zeros(len(rows), dtype=bool)
    for name in conditions:
        if rows[name].nunique() > 1:
            out |= (rows[name] != rows[name].iloc[0]).to_numpy()
    return out


def ridgelines(results: StudyResults, quantities: Sequence[str]) -> Figure | None:
    """Return the posteriors of some quantities (at most MAX_QUANTITIES), with a ridge for each recording in order; None without draws."""
    rows = in_order(results)
    n_neurons = int(results.about["n_neurons"])
    drawn = {int(str(row)): theta for row in rows.index if len(theta := results.draws_of(int(str(row))))}
    chosen = list(quantities)[:MAX_QUANTITIES]
    if not drawn or not chosen:
        return None
    tables = {row: columns(theta, n_neurons) for row, theta in drawn.items()}
    roles = results.roles
    groups = {row: str(rows.loc[row, roles.replicate]) if roles.replicate else "" for row in drawn}
    order = list(dict.fromkeys(groups.values()))
    across = min(4, len(chosen))
    down = int(np.ceil(len(chosen) / across))
    figure = Figure(figsize=(2.7 * across, down * (0.8 + 0.13 * len(drawn))))
    axes = figure.subplots(down, across, squeeze=False, sharey=True).ravel()
    for axis in axes[len(chosen) :]:
        axis.set_visible(False)
    for axis, name in zip(axes, chosen, strict=False):
        values = np.concatenate([table[name].to_numpy() for table in tables.values()])
        edges = np.linspace(float(np.nanquantile(values, 0.005)), float(np.nanquantile(values, 0.995)), 31)
        middles = (edges[1:] + edges[:-1]) / 2
        for place, row in enumerate(reversed(list(drawn))):
            own = tables[row][name].to_numpy()
            height = np.histogram(own[np.isfinite(own)], edges)[0].astype(float)
            height = 1.8 * height / max(height.max(), 1.0)
            colour = COLOURS[order.index(groups[row]) % len(COLOURS)]
            axis.fill_between(
                middles,
                place,
                place + height,
                color=colour,
                alpha=0.75,
                linewidth=0.4,
                edgecolor="white",
                zorder=-place,
            )
        spec = quantity(name)
        axis.set_title(spec.label, fontsize=8)
        axis.tick_params(labelsize=6)
        for side in ("top", "right", "left"):
            axis.spines[side].set_visible(False)
        labels = [_label(dict(rows.loc[row]), roles.order, groups[row], row) for row in reversed(list(drawn))]
        axis.set_yticks(range(len(drawn)), labels, fontsize=5)
    figure.set_layout_engine("tight")
    return figure


def distance_map(results: StudyResults, distances: Distances) -> Figure:
    """Return the recordings as places by the distances of their subspaces, coloured by replicate, with lines in order."""
    roles, rows = results.roles, results.metadata
    figure = Figure(figsize=(6.0, 4.6))
    axis = figure.subplots()
    groups = [str(rows.loc[one, roles.replicate]) if roles.replicate else "" for one in distances.recordings]
    for number, group in enumerate(dict.fromkeys(groups)):
        places = [i for i, name in enumerate(groups) if name == group]
        if roles.order:
            places.sort(key=lambda i: rows[roles.order].to_dict()[distances.recordings[i]])
        colour, mark = COLOURS[number % len(COLOURS)], MARKS[number // len(COLOURS) % len(MARKS)]
        axis.plot(*distances.map[places].T, color=colour, marker=mark, markersize=4, linewidth=0.8, label=group)
        for i in places:
            if np.isfinite(distances.own_energy[i]):
                axis.add_patch(
                    Circle(distances.map[i], distances.own_energy[i] / 2, fill=False, edgecolor=colour, linewidth=0.4)
                )
            said = dict(rows.loc[distances.recordings[i]])
            axis.annotate(
                _label(said, roles.order, "", distances.recordings[i]),
                distances.map[i],
                fontsize=6,
                xytext=(3, 3),
                textcoords="offset points",
            )
    axis.set_aspect("equal", adjustable="datalim")
    axis.tick_params(labelsize=7)
    axis.set_xlabel("energy distance, in ranges of the prior", fontsize=7)
    if roles.replicate:
        axis.legend(fontsize=6, frameon=False)
    return figure


def _label(said: dict[Any, Any], order: str | None, group: str, row: int) -> str:
    at = f"{said[order]:g}" if order and pd.notna(said[order]) else f"row {row}"
    return f"{group} {at}".strip()
