"""Does the model make recordings like this one at all? The question comes before a single circuit is drawn.

A density estimator answers every question, even one about a recording that no circuit could have produced. Such an answer means nothing.
So the target is compared with simulations: how far away is the nearest one, and how far are circuits that were held out of training from
their nearest? For a single observation, a misspecification test in feature space comes down to this (Schmitt et al. 2023 compare by MMD,
which needs more than one).
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from ..estimators.estimator import REFERENCE, Estimator
from .among_simulations import UNUSUAL, Plausibility
from .target import Target

MINIMUM_HELD_OUT = 19
"""Held-out circuits needed to measure such a share; with fewer, no share is given."""


@lru_cache(maxsize=8)
def _among(estimator: Estimator) -> tuple[cKDTree, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the training simulations as a tree, their configurations and features, and the held-out ones' distances to it."""
    scale = _scale(estimator)
    theta, features = estimator.reference()
    _, held = estimator.reference(held_out=True)
    tree = cKDTree(features / scale)
    return tree, theta, features, tree.query(held / scale)[0]


def plausibility(estimator: Estimator, vector: NDArray[np.float64]) -> Plausibility | None:
    """Compare a target (n_features,) with the estimator's simulations; None where it is undefined, or there are too few to tell."""
    card = estimator.card
    if not np.isfinite(vector).all() or not (estimator.folder / REFERENCE).is_file():
        return None
    tree, theta, features, usual = _among(estimator)
    if len(usual) < MINIMUM_HELD_OUT:
        return None
    scale = _scale(estimator)
    distance, number = tree.query(vector / scale)
    apart = np.abs(tree.data[number] - vector / scale)
    farthest = np.argsort(-apart)[:3]
    return Plausibility(
        float(distance), float(np.quantile(usual, 1 - UNUSUAL)), float((1 + (usual >= distance).sum()) / (len(usual) + 1)),
        bool(distance > usual.max()), theta[number], features[number], tuple(card.feature_set.features[i] for i in farthest),
    )  # fmt: skip


def nearest_circuit(estimator: Estimator, vector: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the training circuit (28,) whose features lie nearest to a target's (n_features,); None without simulations to search."""
    if not np.isfinite(vector).all() or not (estimator.folder / REFERENCE).is_file():
        return None
    tree, theta, *_ = _among(estimator)
    return theta[tree.query(vector / _scale(estimator))[1]]


def _scale(estimator: Estimator) -> NDArray[np.float64]:
    """(n_features,) divisors that turn the card's distance between features into Euclid's; infinite for conditions."""
    compared = estimator.card.compared
    return np.where(compared, estimator.card.noise_scale, np.inf) * np.sqrt(compared.sum())


def misspecification(estimator: Estimator, vector: NDArray[np.float64], *, seed: int = 0) -> float:
    """Return sbi's p-value that a target (n_features,) comes from the same place as the training simulations, by MMD in feature space.

    Features are in units of their spread over the simulations; a small value is unusual. One observation has little power: `plausibility`
    sees more when single features are off.
    """
    import torch
    from sbi.diagnostics.misspecification import calc_misspecification_mmd

    _, features = estimator.reference()
    kept = estimator.card.compared
    centre, spread = np.median(features[:, kept], axis=0), features[:, kept].std(axis=0) + 1e-9
    simulated, observed = (
        torch.as_tensor((values[:, kept] - centre) / spread, dtype=torch.float32) for values in (features, vector[None])
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        p, _ = calc_misspecification_mmd(observed, simulated, n_shuffle=200, max_samples=300)
    return float(p)


def checked(estimator: Estimator, target: Target) -> Target:
    """Return the target with its place among the simulations, and a further warning where the model hardly makes recordings like it."""
    found = plausibility(estimator, target.vector)
    if found is None or not found.sentence:
        return replace(target, near=found)
    return replace(target, warnings=(found.sentence, *target.warnings), near=found)
