"""Figure 1: a recording, its features among those of its circuits, the posterior, and circuits that make it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..circuit.parameters import PARAMETERS
from ..inference.asking.consistency import is_consistent
from ..inference.asking.narrowing import most_narrowed
from ..inference.estimators.prior import Prior
from ..recording import Recording
from .activity import predictive_band, raster, rate, smoothed_by
from .facts import Facts, caption
from .lettering import typeset
from .marginals import by_bits, by_group, columns_for, draw_marginals, row_height
from .pairs import Pairs, draw_pairs
from .paper import INKS, Paper

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TWO_COLUMNS = 130.0
"""mm from which on parts stand beside each other."""


@dataclass(frozen=True)
class Extent:
    """How much a figure holds: parameters in pairs and with their marginals, simulated circuits."""

    pairs: int = 4
    marginals: int = 28
    examples: int = 3


WHOLE, OF_A_COLUMN = Extent(), Extent(3, 8, 2)
"""A column with all of it would be longer than a page."""


@dataclass(frozen=True, eq=False)
class Example:
    """A simulated circuit: its number in the table, state, spikes after the warm-up."""

    number: int
    state: str
    recording: Recording


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that the figure shows.

    recording: as analysed; seen: the stretch that the estimator saw, s; shown: how much of it and of the examples is drawn, s; labels: of
    the features that are compared; drawn: (m, k) those of simulated draws less the recording's, in SDs of a circuit; theta: (n, 28) of the
    posterior, in the prior's ranges; states: (n,) what became of them; examples: nearest first.
    """

    facts: Facts
    recording: Recording
    seen: tuple[float, float]
    shown: float
    labels: tuple[str, ...]
    drawn: NDArray[np.float64]
    theta: NDArray[np.float64]
    states: tuple[str, ...]
    prior: Prior
    examples: tuple[Example, ...] = ()

    @property
    def narrowed(self) -> list[int]:
        """All parameters, those first that the recording narrows most."""
        return by_bits(self.theta, self.prior) if len(self.theta) else by_group()


def figure_one(evidence: Evidence, paper: Paper) -> Figure:
    """Return the figure on a paper (within `drawn_on`): parts A to E, beside each other where it is wide enough."""
    return _wide(evidence, paper) if paper.width >= TWO_COLUMNS else _narrow(evidence, paper)


def _wide(evidence: Evidence, paper: Paper) -> Figure:
    f, width = paper.font, paper.width
    left = 0.36 * width
    columns = columns_for(width - left - 0.4 * f, f)
    marginals = -(-len(PARAMETERS) // columns) * row_height(f) + 0.8 * f
    pairs = 0.47 * width
    heights = [5.2 * f, marginals, pairs + 0.8 * f]
    sheet = paper.sheet(sum(heights))
    parts: Any = sheet.subfigures(3, 1, height_ratios=heights, hspace=0)
    top, middle, bottom = parts
    _recording(top, evidence, width, heights[0], f)
    features, cells = middle.subfigures(1, 2, width_ratios=[left, width - left], wspace=0)
    _features(features, evidence, (left, heights[1]), f)
    _marginals(cells, evidence, (width - left, heights[1]), f, by_group())
    square, runs = bottom.subfigures(1, 2, width_ratios=[pairs, width - pairs], wspace=0)
    _pairs(square, evidence, (pairs, heights[2]), f, WHOLE)
    _examples(runs, evidence, (width - pairs, heights[2]), f, WHOLE)
    return sheet


def _narrow(evidence: Evidence, paper: Paper) -> Figure:
    f, width = paper.font, paper.width
    order = evidence.narrowed[: OF_A_COLUMN.marginals]
    square = 0.8 * width
    marginals = -(-len(order) // columns_for(width, f)) * row_height(f) + 0.8 * f
    heights = [5.2 * f, 2.4 * f + min(len(evidence.labels), 12) * 0.45 * f, marginals, square + 0.8 * f, 9.5 * f]
    sheet = paper.sheet(sum(heights))
    parts: Any = sheet.subfigures(5, 1, height_ratios=heights, hspace=0)
    _recording(parts[0], evidence, width, heights[0], f)
    _features(parts[1], evidence, (width, heights[1]), f)
    _marginals(parts[2], evidence, (width, heights[2]), f, order)
    _pairs(
        parts[3].subfigures(1, 2, width_ratios=[square, width - square], wspace=0)[0],
        evidence,
        (square, heights[3]),
        f,
        OF_A_COLUMN,
    )
    _examples(parts[4], evidence, (width, heights[4]), f, OF_A_COLUMN)
    return sheet


def _letter(part: Any, letter: str, size: tuple[float, float], font: float) -> None:
    part.text(
        0.15 * font / size[0],
        1 - 0.1 * font / size[1],
        letter,
        fontsize=font + 2,
        fontweight="bold",
        va="top",
        ha="left",
    )


def _recording(part: Any, evidence: Evidence, width: float, height: float, font: float, letter: str = "A") -> None:
    _letter(part, letter, (width, height), font)
    left, below, above = 1.9 * font, 1.25 * font, 0.45 * font
    axes = part.subplots(2, 1, height_ratios=[1.5, 1], gridspec_kw={
        "left": left / width, "right": 1 - 0.5 * font / width, "top": 1 - above / height, "bottom": below / height, "hspace": 0.18,
    })  # fmt: skip
    whole = evidence.recording.duration
    raster(axes[0], evidence.recording, (0.0, whole), font, 0.55 * (height - above - below))
    rate(axes[1], evidence.recording, (0.0, whole), font, wide=width - left)
    start, stop = evidence.seen
    if (start, stop) != (0.0, whole):
        for one in axes:
            one.axvspan(start, stop, color=INKS.prior, alpha=0.35, linewidth=0, zorder=0)
    axes[0].set_ylabel("unit")
    axes[1].set_ylabel("Hz per\nunit")
    axes[1].set_xlabel("time (s)")
    part.align_ylabels(axes)


def _features(part: Any, evidence: Evidence, size: tuple[float, float], font: float) -> None:
    _letter(part, "B", size, font)
    longest = min(max(map(len, evidence.labels), default=10), 30)
    left = min(longest * 0.19 * font + 0.4 * font, 0.62 * size[0])
    axes = part.add_axes((
        left / size[0], 1.5 * font / size[1], 1 - (left + 0.6 * font) / size[0], 1 - 2.3 * font / size[1]
    ))  # fmt: skip
    predictive_band(axes, evidence.labels, evidence.drawn, font, size[1])


def _marginals(part: Any, evidence: Evidence, size: tuple[float, float], font: float, order: Sequence[int]) -> None:
    _letter(part, "C", size, font)
    chosen = is_consistent(evidence.states)
    inner = part.subfigures(2, 1, height_ratios=[0.8 * font, size[1] - 0.8 * font], hspace=0)[1]
    few = evidence.theta[chosen] if chosen.any() else None
    draw_marginals(
        inner, (size[0], size[1] - 0.8 * font), font, evidence.theta, evidence.prior, few, order, INKS.consistent
    )


def _pairs(part: Any, evidence: Evidence, size: tuple[float, float], font: float, extent: Extent) -> None:
    _letter(part, "D", size, font)
    inner = part.subfigures(2, 1, height_ratios=[size[1] - size[0], size[0]], hspace=0)[1]
    if len(evidence.theta):
        draw_pairs(inner, size[0], font, pairs_of(evidence, extent.pairs))


def _examples(
    part: Any, evidence: Evidence, size: tuple[float, float], font: float, extent: Extent, letter: str = "E"
) -> None:  # fmt: skip
    _letter(part, letter, size, font)
    shown = list(evidence.examples[: extent.examples])
    if not shown:
        part.text(0.5, 0.5, "no circuit has been simulated", ha="center", va="center", color=INKS.dead)
        return
    left, below, above = 1.9 * font, 1.25 * font, 0.9 * font
    rows: list[tuple[str, Recording, float, str]] = [("recording", evidence.recording, evidence.seen[0], INKS.ink)]
    for one, matches in zip(shown, is_consistent([one.state for one in shown]), strict=True):
        said, ink = ("matches", INKS.consistent) if matches else ("does not match", INKS.alive)
        rows.append((f"circuit {one.number}, {said}", one.recording, 0.0, ink))
    each = (size[1] - above - below) / (2.75 * len(rows))
    grid = part.add_gridspec(
        3 * len(rows), 1, height_ratios=[1.15, 1.0, 0.6] * len(rows), left=left / size[0], right=1 - 0.5 * font / size[0],
        top=1 - above / size[1], bottom=below / size[1] - 0.5 * each / size[1], hspace=0.12,
    )  # fmt: skip
    for k, (title, recording, start, colour) in enumerate(rows):
        span = (start, min(start + evidence.shown, recording.duration))
        spikes, rates = part.add_subplot(grid[3 * k]), part.add_subplot(grid[3 * k + 1])
        raster(spikes, recording, span, font, each)
        rate(rates, recording, span, font, colour, wide=size[0] - left)
        spikes.set_title(typeset(title), loc="left", color=colour, pad=0.15 * font, fontsize=font - 0.5)
        spikes.set_yticks([])
        spikes.spines["left"].set_visible(False)
        spikes.tick_params(axis="x", length=0)
        spikes.spines["bottom"].set_visible(False)
        for one in (spikes, rates):
            one.set_xlim(start, start + evidence.shown)
        rates.set_ylabel("Hz")
        if k < len(rows) - 1:
            rates.tick_params(labelbottom=False)
        else:
            rates.set_xlabel("time (s)")


def examples_figure(evidence: Evidence, paper: Paper, most: int = 6) -> Figure:
    """Return the recording and up to so many of the simulated circuits nearest to it, below each other (within `drawn_on`)."""
    rows = 1 + min(most, len(evidence.examples))
    size = (paper.width, (3.0 * rows + 1.2) * paper.font)
    sheet = paper.sheet(size[1])
    _examples(sheet, evidence, size, paper.font, Extent(examples=most), letter="")
    return sheet


def recording_figure(evidence: Evidence, paper: Paper) -> Figure:
    """Return spikes and rate of the whole recording, the stretch that the estimator saw in grey (within `drawn_on`)."""
    size = (paper.width, 5.2 * paper.font)
    sheet = paper.sheet(size[1])
    _recording(sheet, evidence, *size, paper.font, letter="")
    return sheet


def pairs_of(evidence: Evidence, n: int) -> Pairs:
    """Return a pair plot of the n parameters that the recording narrows most."""
    paired = evidence.narrowed[:n]
    chosen = [PARAMETERS[i] for i in paired]
    return Pairs(
        evidence.theta[:, paired], [spec.label for spec in chosen], [evidence.prior.range_of(spec) for spec in chosen], evidence.states
    )  # fmt: skip


def caption_one(evidence: Evidence, paper: Paper) -> str:
    """Return the figure's caption."""
    start, stop = evidence.seen
    whole = evidence.recording.duration
    grey = "" if (start, stop) == (0.0, whole) else f" (grey: {start:.4g} to {stop:.4g} s, which the estimator saw)"
    extent = OF_A_COLUMN if paper.width < TWO_COLUMNS else WHOLE
    cells = f"{extent.marginals} parameters" + " that are narrowed most" * (extent is OF_A_COLUMN)
    told = most_narrowed(evidence.theta, evidence.prior)
    most = f" Most narrowed: {', '.join(f'{spec.symbol} ({bits:.1f} bits)' for spec, bits in told)}." if told else ""
    n = len(evidence.drawn)
    features = (
        f"Features of {n} simulated draws of the posterior less the recording's (line at 0), in SDs of one circuit over seeds; bars hold "
        "90 %, with the median."
        if n
        else "Features that the estimator compares, the recording's at 0; no draw has been simulated."
    )
    runs = "the simulated circuits nearest to it" if evidence.examples else "simulated circuits (none yet)"
    says = (
        f"Circuits that could have produced {evidence.facts.recording}. (A) Spikes and population rate of the recording{grey}, "
        f"{smoothed_by(evidence.recording.duration)}. (B) {features} (C) Marginals of the posterior over the {cells}, "
        "each over the range of its uniform prior (dashed); numbers: bits "
        f"by which the recording narrows it; green: circuits that match.{most} (D) The {extent.pairs} parameters that are narrowed most, "
        f"in pairs. (E) The recording and {runs}, rates {smoothed_by(evidence.shown)}."
    )
    return caption(says, evidence.facts)
