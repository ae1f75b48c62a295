"""Captions under the figures and tables of the Compare stage: what is shown, on how many circuits, from which estimator."""

from __future__ import annotations

import numpy as np

from ....invariance.side_by_side import MATRIX_NULL
from .compare_words import source
from .comparing import Compared
from .overlaid_pairs import SHOWN


def captions(compared: Compared, n_medians: int) -> dict[str, str]:
    """Return a caption for each figure and table by name. n_medians: parameters whose medians are shown."""
    first, second = (compared.names[i] for i in compared.pair)
    drawn = source(compared.recordings, compared.confirmed)
    change = compared.found.change
    n_flipped, n_changed = len(change.pairs(change.flipped)), len(change.pairs(change.changed))
    flips = "No correlation between two parameters flips its sign or changes significantly."
    if n_flipped or n_changed:
        flips = (
            f"Spearman's correlations that change significantly ({n_changed}) or flip sign, significant in both ({n_flipped}); p of "
            f"the change by Fisher's z, corrected over 378 pairs. {drawn}"
        )
    return {
        "marginals": (
            "Marginals relative to the uniform prior (dotted; its ends below each axis), those that differ most between "
            f"{first} and {second} first. The number is their Wasserstein distance in shares of the prior's range, * where p ≤ 0.05 "
            f"(Kolmogorov–Smirnov, corrected). {drawn}"
        ),
        "pairs": (
            f"Circuits of every recording, at most {SHOWN} of each, colours as in the key above with a shape each; on the diagonal the "
            f"marginals relative to the prior. {drawn}"
        ),
        "table": (
            "Medians of each posterior in the parameter's unit; Wasserstein distance in shares of the prior's range; Kolmogorov–Smirnov "
            f"statistic (KS) with its p after Benjamini–Hochberg over 28 parameters. {drawn}"
        ),
        "flips": flips,
        "joint": (
            "Squared maximum mean discrepancy between all parameters' joint distributions, 0 where alike; * p ≤ 0.05 of "
            f"{MATRIX_NULL} permutations, of which 95 % stay below {np.nanmax(compared.matrix.null):.4f}. {drawn}"
        ),
        "medians": (
            f"Median and 90 % credible interval in every recording, in the order they were chosen, of the {n_medians} parameters that "
            f"differ most between {first} and {second}. Axes are the prior's ranges. {drawn}"
        ),
    }
