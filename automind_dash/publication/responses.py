"""An experiment in print: each circuit before and after a perturbation, and the responses beside what another seed does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..inference.asking.perturbed import PerturbedRuns
from ..invariance.response import MEASURES, Measure, answer, changes, levels, mean_change, seed_noise
from .lettering import typeset
from .numbers_on_axes import at_logs, doubled, on_axis
from .paper import INKS, Paper

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def best_measure(runs: PerturbedRuns) -> str:
    """Return the first measure that is defined for most circuits."""
    defined = {name: int(np.isfinite(mean_change(changes(runs, name))).sum()) for name in MEASURES}
    return max(defined, key=lambda name: defined[name])


def responses_figure(paper: Paper, runs: PerturbedRuns, name: str) -> Figure:
    """Return two panels for one measure of `MEASURES` (within `drawn_on`)."""
    measure, font = MEASURES[name], paper.font
    sheet = paper.sheet(6.0 * font)
    sheet.set_layout_engine("constrained", w_pad=0.04)
    before, shares = sheet.subplots(1, 2, width_ratios=[1, 1.6])
    both = levels(runs, name)
    positive = measure.fold
    both = np.where(both > 0, both, np.nan) if positive else both
    if positive and np.isfinite(both).any():
        before.set_yscale("log")
    before.plot([0, 1], both.T, color=INKS.alive, alpha=0.6, linewidth=0.1 * font, marker="o", markersize=0.25 * font)
    before.set(xlim=(-0.2, 1.2))
    before.set_xticks([0, 1], ["before", "after"])
    unit = "" if measure.unit == "1" else f" ({measure.unit})"
    before.set_ylabel(typeset(f"{measure.label}{unit}"))
    if positive and np.isfinite(both).any():
        at_logs(before.yaxis)
    _shares(shares, runs, measure, font)
    return sheet


def _shares(axes: Any, runs: PerturbedRuns, measure: Measure, font: float) -> None:
    responses, noise = mean_change(changes(runs, measure.name)), seed_noise(runs, measure.name)
    told = answer(runs, measure.name)
    if np.isfinite(told.noise):
        axes.axvspan(-told.noise, told.noise, color=INKS.prior, alpha=0.35, linewidth=0)
    for values, ink, filled, label in (
        (responses, INKS.alive, True, "circuits"),
        (noise, INKS.ink, False, "another seed alone"),
    ):
        own: NDArray[np.float64] = values[np.isfinite(values)]
        if len(own):
            edges = np.histogram_bin_edges(np.concatenate([responses[np.isfinite(responses)], own, [0.0]]), 20)
            axes.stairs(
                np.histogram(own, edges)[0] / len(own),
                edges,
                fill=filled,
                color=ink,
                alpha=0.6 if filled else 1,
                label=label,
            )
    axes.axvline(0, color=INKS.ink, linestyle=(0, (3, 2)), linewidth=0.08 * font)
    axes.set(ylabel="share", ylim=(0, None))
    axes.set_xlabel(f"change of {measure.label}" + (", times" if measure.fold else ""))
    if measure.fold:
        doubled(axes.xaxis)
    else:
        on_axis(axes.xaxis, 80.0, font)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0.1)
