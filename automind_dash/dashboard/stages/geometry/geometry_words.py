"""The geometry's answers as plain sentences, each with its evidence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ....circuit.parameters import NAMES, parameter
from ....invariance.components import AgainstReference, Band
from ....invariance.correlation import Correlations
from ....invariance.embedding import Embedding
from ....invariance.local import Curvature, Turning, in_names
from ....invariance.modes import Humps, Pieces
from ...widgets.quantities import number


def symbol(name: str) -> str:
    """Return a parameter's symbol; any other name is returned as it is."""
    return parameter(name).symbol if name in NAMES else name


def named(name: str) -> str:
    """Return a parameter's two words with its symbol; any other name is returned as it is."""
    return parameter(name).named if name in NAMES else name


def correlated(found: Correlations) -> str:
    """Say how many pairs are correlated, and which most."""
    total = len(found.names) * (len(found.names) - 1) // 2
    count = int(np.triu(found.significant, 1).sum())
    if not count:
        return f"No two parameters trade off: none of {total} pairs is correlated after correction."
    best = "; ".join(
        f"{named(a)} with {named(b)} (ρ = {number(rho, 2)}: {'both up' if rho > 0 else 'one up, one down'})"
        for a, b, rho in found.strongest(3)
    )
    return f"Parameters trade off in {count} of {total} pairs; most of all {best}."


def dimensions(found: AgainstReference) -> str:
    """Say how many directions the subspace extends in, beside the prior and the shuffled samples."""
    one, prior, mixed = found.samples, found.prior, found.shuffled
    first = (
        f"The circuits spread over {number(one.participation_ratio)} directions of {len(one.mean)} "
        f"({_band(one.participation_band)}, participation ratio); as many circuits of the prior over "
        f"{number(prior.participation_ratio)} ({_band(prior.participation_band)}), and these with each parameter shuffled on its own over "
        f"{number(mixed.participation_ratio)} ({_band(mixed.participation_band)}). The effective dimension (entropy) is "
        f"{number(one.effective_dimension)} ({_band(one.dimension_band)}), the prior's {number(prior.effective_dimension)} "
        f"({_band(prior.dimension_band)})."
    )
    if one.participation_band[1] < mixed.participation_band[0]:
        return first + " That is fewer than the shuffled: parameters depend on each other."
    return (
        first
        + " That is not clearly fewer than the shuffled: in straight lines, parameters hardly depend on each other."
    )


def _band(band: Band) -> str:
    return f"95 % band {number(band[0])} to {number(band[1])}"


def mapped(found: Embedding) -> str:
    """Say how good the flat map is."""
    lost, straight = 100 * found.residual, 100 * found.linear_residual
    says = (
        "Read it as a sketch: distances on it mislead."
        if lost > 50
        else "Distances on it can be read, roughly."
        if lost > 20
        else "Distances on it can be read."
    )
    torn = (
        f" The neighbour graph falls into {found.pieces} parts, between which distances mean little."
        if found.pieces > 1
        else ""
    )
    return (
        f"A flat map misses {lost:.0f} % of the variance of the distances along the subspace "
        f"(two principal components {straight:.0f} %). {says}{torn}"
    )


def one_piece(groups: Pieces, humped: Humps) -> str:
    """Say whether the subspace is one piece, by both tests."""
    several = [symbol(name) for name, more in zip(humped.names, humped.several, strict=True) if more]
    gap = (
        "nothing sets a twentieth of the circuits apart"
        if groups.gap == 0
        else f"the widest gap between groups is {number(groups.gap)} times the usual neighbour distance; {number(groups.critical)} would "
        f"be more than chance, p = {number(groups.p_value, 2)} against {len(groups.null)} samples of one piece"
    )
    least = f"smallest corrected p = {number(float(humped.adjusted.min()), 2)}"
    if groups.n > 1:
        sizes = ", ".join(str(int(size)) for size in np.bincount(groups.labels))
        return f"Several pieces: {groups.n} groups of {sizes} circuits ({gap})."
    if several:
        return f"Perhaps several pieces: there is no gap ({gap}), but {', '.join(several[:5])} has more than one hump (Silverman, {least})."
    return f"One piece, as far as can be seen: no gap ({gap}), and no parameter or principal component has two humps (Silverman, {least})."


def written(direction: NDArray[np.float64], count: int = 3) -> str:
    """Write a direction by its largest entries: "C up, g_L up, b down"."""
    return ", ".join(
        f"{symbol(name)} {'up' if entry > 0 else 'down'}" for name, entry in in_names(direction, NAMES, count)
    )


def local(found: Curvature, circuit: int) -> str:
    """Say what is stiff and what is sloppy around a circuit."""
    values, reach = found.eigenvalues, found.reach
    flat = int((values <= 0).sum())
    stiff = (
        f"Around circuit {circuit}, what the recording fixes most is {written(found.stiff(1)[0])} together: {100 * reach[0]:.1f} % of "
        "the prior's ranges that way, and the log-density has fallen by half a nat."
    )
    free = "along it the density does not fall at all" if values[-1] <= 0 else f"it may move by {100 * reach[-1]:.0f} %"
    more = f" So it is along {flat} of {len(values)} directions." if flat else ""
    return f"{stiff} What it leaves freest is {written(found.sloppy(1)[0])}: {free}.{more}"


def turned(stiff: Turning, sloppy: Turning, band: tuple[float, float, float], k: int) -> str:
    """Say how far stiff and sloppy directions turn from circuit to circuit, and how often they turn less than random ones."""
    upper = np.triu_indices(len(stiff.angle), 1)
    pairs, middle = len(upper[0]), np.degrees(band[0])
    parts = []
    for word, one in (("stiffest", stiff), ("sloppiest", sloppy)):
        angles = one.angle[upper]
        fewer = int((angles < band[1]).sum())
        kept = "kept in part" if fewer > 0.2 * pairs else "hardly kept"
        parts.append(
            f"the {k} {word} directions turn by {np.degrees(np.median(angles)):.0f}° (median) and are {kept}: {fewer} of {pairs} pairs "
            "turn less than nearly all random ones would"
        )
    return f"From circuit to circuit {parts[0]}; {parts[1]}. Random directions are {middle:.0f}° apart; 1 pair in 40 is expected by chance."


def noise(ratio: NDArray[np.float64], share: NDArray[np.float64], labels: Sequence[str], circuit: int, k: int) -> str:
    """Say how much of the spread of each feature is the circuit's own."""
    ratio, share = np.asarray(ratio), np.asarray(share)
    known = np.isfinite(ratio)
    if not known.any():
        return f"Too few of these runs were active to tell circuit {circuit}'s own noise from differences between circuits."
    middle = float(np.median(ratio[known]))
    verdict = (
        "its neighbours differ hardly more than it does from itself"
        if middle > 0.7
        else "its neighbours differ more than it does from itself"
    )
    said = (
        f"With {k} seeds beside {k} neighbours, circuit {circuit}'s own variance is {number(middle, 2)} times that over its neighbours "
        f"(median of {int(known.sum())} features): {verdict}."
    )
    part = np.isfinite(share)
    if part.any():
        most = int(np.nanargmin(share))
        said += (
            f" Over all of them {100 * float(np.median(share[part])):.0f} % of the variance is a circuit's own noise; least so for "
            f"{labels[most]} ({100 * share[most]:.0f} %)."
        )
    return said
