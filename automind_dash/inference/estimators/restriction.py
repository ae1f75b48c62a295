"""Where in the prior the useful simulations lie: a small classifier that restricts the proposals.

Most prior draws are silent or saturated. The classifier learns which. The campaign then proposes from the prior truncated to where the
probability of use exceeds a threshold, chosen to lose few useful draws. A truncated prior needs no correction: as long as what is cut
away could not have given the features, the posterior under it is the posterior under the prior (Deistler et al. 2022, TSNPE). The share
lost is measured on held-out prior draws, and printed when a round begins. sbi's RestrictedPrior does the same with a classifier of θ
alone. This one also sees a mean-field summary of drive, threshold and charge, which halves the draws wasted at the same loss.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...circuit.parameters import FIXED, PARAMETERS, V_CUT
from ...errors import EstimatorError
from .prior import Prior

_BATCH = 20_000


def drive_summary(theta: NDArray[np.float64], n_neurons: int = 2000) -> NDArray[np.float64]:
    """(n, 20) mean-field quantities that decide whether a circuit is silent, active or saturated. theta: (n, 28)."""
    p = {spec.key: theta[:, i] for i, spec in enumerate(PARAMETERS)}
    external = FIXED.n_sources * FIXED.Q_external * 1e-3  # nS of mean conductance per Hz of rate and ms of decay
    g_drive = external * p["E_poisson_rate"] * p["E_tau_ge"]
    g_drive_i = external * p["I_poisson_rate"] * FIXED.tau_ge
    leak = p["E_g_L"] + g_drive
    rest = p["E_g_L"] * p["E_v_rest"] / leak
    rest_adapted = (p["E_g_L"] + p["E_a"]) * p["E_v_rest"] / np.maximum(leak + p["E_a"], 0.5)
    threshold = np.minimum(p["E_v_thresh"], V_CUT)
    tau = p["E_C"] / leak
    spread = 60 * np.sqrt(g_drive / 2) / leak * np.sqrt(p["E_tau_ge"] / (p["E_tau_ge"] + tau))
    rest_i = (FIXED.g_L + FIXED.a) * FIXED.v_rest / (FIXED.g_L + FIXED.a + g_drive_i)
    n_e, n_i = n_neurons * p["net_exc_prop"], n_neurons * (1 - p["net_exc_prop"])
    k = np.floor(p["net_n_clusters"])
    sharing = np.where(k >= 2, 1 - (1 - 1 / np.maximum(k, 1)) ** 2, 0.0)
    gain = 1 - sharing + sharing * p["net_R_pe2e"] * p["net_R_Qe2e"]
    ee = np.log(n_e * p["net_p_e2e"] * gain * p["E_Q_ge"] * p["E_tau_ge"])
    ei = np.log(n_i * p["net_p_i2e"] * p["E_Q_gi"] * p["E_tau_gi"])
    ie = np.log(n_e * p["net_p_e2i"] * p["I_Q_ge"] * FIXED.tau_ge)
    ii = np.log(n_i * p["net_p_i2i"] * p["I_Q_gi"] * FIXED.tau_gi)
    charge = p["E_b"] * p["E_tau_w"]
    # a user's own prior may hold b < 0, and rest above threshold
    rheobase = np.maximum((threshold - p["E_v_rest"]) * p["E_g_L"], 1.0)
    return np.column_stack(
        [
            g_drive, rest - threshold, rest_adapted - threshold, (rest - threshold) / (spread + 0.1), np.log(tau), spread, rest_i,
            ee, ei, ie, ii, ee - ei, ie - ii, ee - np.log(p["E_g_L"]), ei - np.log(p["E_g_L"]), _signed_log(charge),
            _signed_log(charge / rheobase), p["E_a"] / p["E_g_L"], gain, ee + ie - ei - ii,
        ]
    )  # fmt: skip


def _signed_log(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm of 1 + |x|, with the sign of x."""
    return np.sign(x) * np.log1p(np.abs(x))


@dataclass(frozen=True, eq=False)
class Restriction:
    """A trained classifier with its threshold.

    probability: (n, 28) → (n,) probability of use; threshold: a draw below it is not simulated; lost: share of useful prior draws that
    fell below it in cross-validation; accepted: share of the prior above it; n: draws it was trained on.
    """

    probability: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    threshold: float
    lost: float
    accepted: float
    n: int

    def propose(self, prior: Prior, n: int, rng: np.random.Generator, max_tries: int = 2000) -> NDArray[np.float64]:
        """(n, 28) draws of the truncated prior, by rejection."""
        kept: list[NDArray[np.float64]] = []
        for _ in range(max_tries):
            theta = prior.draw(_BATCH, rng)
            kept.append(theta[self.probability(theta) > self.threshold])
            if sum(map(len, kept)) >= n:
                return np.concatenate(kept)[:n]
        raise EstimatorError(
            "The restricted prior accepts almost nothing: train the classifier on more useful simulations."
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the campaign's record of this restriction."""
        return {"threshold": self.threshold, "lost": self.lost, "accepted": self.accepted, "n": self.n}


def fit_restriction(
    theta: NDArray[np.float64],
    useful: NDArray[np.bool_],
    *,
    from_prior: NDArray[np.bool_] | None = None,
    lost: float = 0.02,
    n_neurons: int = 2000,
    seed: int = 0,
) -> Restriction:
    """Train on simulated draws and choose the threshold so that at most the share `lost` of useful draws lies below it.

    theta: (n, 28); useful: (n,); from_prior: (n,) which draws are unrestricted: only these give the share accepted. Gradient-boosted
    trees (scikit-learn), five-fold cross-validated predictions. Raises EstimatorError with fewer than 20 useful draws.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from threadpoolctl import threadpool_limits

    useful = np.asarray(useful, dtype=bool)
    if useful.sum() < 20 or (~useful).sum() < 20:
        raise EstimatorError(
            f"{useful.sum()} useful of {len(useful)} draws are too few to learn from; simulate more of the prior."
        )
    model = HistGradientBoostingClassifier(
        max_iter=300, learning_rate=0.05, max_leaf_nodes=15, l2_regularization=1.0, random_state=seed
    )
    columns = np.hstack([theta, drive_summary(theta, n_neurons)])
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    with threadpool_limits(1):  # while simulations run, threads that wait for each other make it a hundred times slower
        held_out = cross_val_predict(model, columns, useful, cv=folds, method="predict_proba")[:, 1]
        model.fit(columns, useful)
    threshold = float(np.quantile(held_out[useful], lost))
    plain = np.ones(len(theta), bool) if from_prior is None else from_prior
    accepted = float((held_out[plain] > threshold).mean()) if plain.any() else float("nan")

    def probability(theta: NDArray[np.float64]) -> NDArray[np.float64]:
        with threadpool_limits(1):
            return model.predict_proba(np.hstack([theta, drive_summary(theta, n_neurons)]))[:, 1]

    return Restriction(probability, threshold, lost, accepted, len(theta))
