"""Measures an estimator's calibration: draws from the posterior of held-out circuits, and compares the draws with the truth."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..asking.posterior import log_density, sample
from ..estimators.calibration import Calibration, weights_digest
from ..estimators.estimator import WEIGHTS, Estimator


def measure_calibration(
    estimator: Estimator,
    *,
    n_targets: int = 200,
    n_draws: int = 200,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Calibration:
    """Draw from the posterior of held-out circuits and compare the draws with the truth. n_targets is cut to the number held out.

    The held-out pairs come from the same (truncated) prior as the training set.
    """
    theta, features = estimator.reference(held_out=True)
    order = np.random.default_rng([seed, 0xCA1]).permutation(len(theta))[:n_targets]
    draws, credibility = [], []
    for number, i in enumerate(order):
        found = sample(estimator, features[i], n_draws, seed=seed + int(i))
        draws.append(found.theta)
        # rounding to float32 moves a truth on the prior's edge out of the prior
        truth = np.clip(theta[i], estimator.card.prior.low, estimator.card.prior.high)
        credibility.append((found.log_density > log_density(estimator, features[i], truth[None])).mean())
        if progress is not None:
            progress((number + 1) / len(order))
    drawn, truth = np.stack(draws, axis=1), theta[order]
    alpha, covered, area = tarp(drawn, truth, seed)
    return Calibration(
        (drawn < truth).mean(axis=0), np.array(credibility), alpha, covered, area, n_draws, seed,
        weights_digest(estimator.folder / WEIGHTS),
    )  # fmt: skip


def tarp(
    draws: NDArray[np.float64], truth: NDArray[np.float64], seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return TARP's credible levels (n,), their coverage (n,) and the area between them, by sbi, each parameter scaled by the range of
    truths.

    draws: (n_draws, n_targets, 28); truth: (n_targets, 28).
    """
    import torch
    from sbi.diagnostics.tarp import check_tarp, run_tarp

    low, high = truth.min(axis=0), truth.max(axis=0)
    references = np.random.default_rng([seed, 0x7A9]).uniform(low, high, truth.shape)
    drawn, true, points = (torch.as_tensor(values, dtype=torch.float32) for values in (draws, truth, references))
    posterior: Any = _Drawn(drawn)
    with warnings.catch_warnings():
        # the page says this itself
        warnings.filterwarnings("ignore", message="Number of TARP samples", category=UserWarning)
        covered, levels = run_tarp(
            true, torch.zeros((len(true), 1)), posterior, points, num_posterior_samples=len(draws), show_progress_bar=False,
            num_bins=max(len(true) // 10, 5),
        )  # fmt: skip
    return levels.numpy().astype(float), covered.numpy().astype(float), float(check_tarp(covered, levels)[0])


class _Drawn:
    """Existing draws, in the form in which sbi's diagnostics ask a posterior for them."""

    def __init__(self, draws: Any) -> None:
        self.draws = draws

    def sample_batched(self, *_: Any, **__: Any) -> Any:
        """(n_draws, n_targets, 28)."""
        return self.draws
