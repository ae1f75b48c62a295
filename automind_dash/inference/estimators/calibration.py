"""Is an estimator as sure as it may be? Ranks, expected coverage and TARP over held-out circuits, kept beside its weights.

All three ask about circuits whose truth is known: does the truth lie among the posterior's draws as often as it should? Ranks answer for
each parameter alone (Talts et al. 2018). Expected coverage answers for the density as a whole, by the credible level that just holds the
truth. TARP answers for the draws without their density, by distances from random points (Lemos, Coogan et al. 2023, as sbi computes it).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...circuit.parameters import N_PARAMETERS
from ...errors import EstimatorError
from ...version import __version__

CALIBRATION = "calibration.json"
CALIBRATION_FORMAT = 1

LEVELS = np.linspace(0.05, 0.95, 19)
"""Credible levels at which coverage is compared with what it should be."""


@dataclass(frozen=True, eq=False)
class Calibration:
    """The calibration over n_targets held-out circuits with n_draws posterior draws each.

    ranks: (n_targets, 28) share of draws below the truth, uniform when calibrated; credibility: (n_targets,) level of the highest-density
    region that just holds the truth, uniform too; tarp_alpha, tarp_coverage: (n_levels,) TARP's credible levels and how often they held
    the truth; tarp_area: area between the two above one half, below 0 for a posterior that is too narrow; weights: SHA-256 of the weights
    it was measured on.
    """

    ranks: NDArray[np.float64]
    credibility: NDArray[np.float64]
    tarp_alpha: NDArray[np.float64]
    tarp_coverage: NDArray[np.float64]
    tarp_area: float
    n_draws: int
    seed: int
    weights: str

    @property
    def n_targets(self) -> int:
        """Number of held-out circuits that it was measured on."""
        return len(self.ranks)

    @cached_property
    def coverage(self) -> NDArray[np.float64]:
        """(n_levels, 28) share of truths within the central credible interval of each of LEVELS."""
        return np.stack([(np.abs(self.ranks - 0.5) * 2 <= level).mean(axis=0) for level in LEVELS])

    @property
    def coverage_error(self) -> float:
        """Mean over levels and parameters of |covered − level|."""
        return coverage_error(self.ranks)

    @property
    def joint_coverage(self) -> NDArray[np.float64]:
        """(n_levels,) share of truths within the highest-density region of each of LEVELS."""
        return np.array([(self.credibility <= level).mean() for level in LEVELS])

    @cached_property
    def uniformity(self) -> NDArray[np.float64]:
        """(28,) p-value of each parameter's ranks under uniformity (Kolmogorov–Smirnov)."""
        from scipy.stats import kstest

        return np.array([kstest(column, "uniform").pvalue for column in self.ranks.T])

    def histogram(self, bins: int = 10) -> NDArray[np.int64]:
        """(28, bins) counts of ranks."""
        edges = np.linspace(0, 1, bins + 1)
        return np.stack([np.histogram(column, edges)[0] for column in self.ranks.T])

    def to_json(self) -> str:
        """Return it as JSON text."""
        return json.dumps(
            {
                "format": CALIBRATION_FORMAT, "version": __version__, "weights": self.weights, "seed": self.seed, "n_draws": self.n_draws,
                "tarp_area": self.tarp_area, "tarp_alpha": np.round(self.tarp_alpha, 4).tolist(),
                "tarp_coverage": np.round(self.tarp_coverage, 4).tolist(), "credibility": np.round(self.credibility, 4).tolist(),
                "ranks": np.round(self.ranks, 4).tolist(),
            }
        )  # fmt: skip

    @classmethod
    def read(cls, path: Path) -> Calibration:
        """Read what `to_json` gave; raises EstimatorError that names the file when it cannot be one."""
        try:
            raw = json.loads(path.read_text())
            if raw["format"] != CALIBRATION_FORMAT:
                raise EstimatorError(
                    f"{path}: calibration format {raw['format']}; run `automind-dash evaluate --write`."
                )
            arrays = {
                name: np.array(raw[name], dtype=float)
                for name in ("ranks", "credibility", "tarp_alpha", "tarp_coverage")
            }
            found = cls(
                **arrays, tarp_area=float(raw["tarp_area"]), n_draws=int(raw["n_draws"]), seed=int(raw["seed"]), weights=str(raw["weights"])
            )  # fmt: skip
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise EstimatorError(f"{path} is not a calibration: {type(error).__name__}: {error}.") from None
        if found.ranks.shape != (len(found.credibility), N_PARAMETERS):
            raise EstimatorError(f"{path}: ranks and credibilities do not fit each other.")
        return found


def coverage_error(ranks: NDArray[np.float64]) -> float:
    """Return the mean over levels and parameters of |covered − level| of central credible intervals. ranks: (n, 28)."""
    inside = np.abs(ranks - 0.5)[:, :, None] * 2 <= LEVELS
    return float(np.abs(inside.mean(axis=0) - LEVELS).mean())


def weights_digest(path: Path) -> str:
    """Return the SHA-256 of a weights file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
