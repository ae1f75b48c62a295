"""An estimator's card: how it was trained, how a target is to be analysed for it, how good it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import EstimatorError
from ...features import FeatureSet, feature_distance
from .prior import Prior

CARD_FORMAT = 1
"""Increased when cards of an earlier version can no longer be read."""

MAX_CARD_BYTES = 5_000_000
"""A card is a few hundred kilobytes; anything larger is not one."""


@dataclass(frozen=True)
class SimulationPlan:
    """How one training simulation was made, and hence how every later one must be made. Seconds.

    warm_up: s dropped from the start; duration: s analysed after it, at most; n_neurons: of the network; enough_bursts: bursts after
    which a run ends early, None for a fixed duration. The number of units seen stands in the feature set's observation.
    """

    warm_up: float = 2.0
    duration: float = 10.0
    n_neurons: int = 2000
    enough_bursts: int | None = None

    @property
    def total(self) -> float:
        """s of model time that a simulation runs at most."""
        return self.warm_up + self.duration


@dataclass(frozen=True, eq=False)
class Card:
    """Everything about an estimator but its weights.

    noise_scale: (n_features,) pooled SD of each feature over new seeds of one configuration, NaN for a condition that is not compared
    (the number of units); threshold: the 95th percentile of the distance between two runs of one configuration. quantiles: (n_features,
    101) of the training features, for percentiles.
    """

    name: str
    title: str
    feature_set: FeatureSet
    prior: Prior
    plan: SimulationPlan
    architecture: dict[str, Any]
    noise_scale: NDArray[np.float64]
    threshold: float
    quantiles: NDArray[np.float64]
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    limits: str = ""

    def to_json(self) -> str:
        """Return the card as JSON text."""
        return json.dumps(
            {
                "format": CARD_FORMAT, "name": self.name, "title": self.title, "feature_set": self.feature_set.to_dict(),
                "prior": self.prior.to_dict(), "plan": asdict(self.plan), "architecture": self.architecture,
                "noise_scale": [float(s) if np.isfinite(s) else None for s in self.noise_scale], "threshold": self.threshold,
                "quantiles": np.round(self.quantiles, 5).tolist(), "training": self.training, "metrics": self.metrics,
                "versions": self.versions, "limits": self.limits,
            },
            indent=1,
        )  # fmt: skip

    @classmethod
    def read(cls, path: Path) -> Card:
        """Read a card; raises EstimatorError that names the file when it cannot be one."""
        try:
            if path.stat().st_size > MAX_CARD_BYTES:
                raise EstimatorError(f"{path}: {path.stat().st_size} bytes is too large for an estimator's card.")
            raw = json.loads(path.read_text())
            if not isinstance(raw, dict):
                raise TypeError("it holds no JSON object")
            if raw.get("format") != CARD_FORMAT:
                raise EstimatorError(
                    f"{path}: card format {raw.get('format')}, this version reads {CARD_FORMAT}; retrain or update."
                )
            _check_types(raw)
            card = cls(
                name=str(raw["name"]), title=str(raw["title"]), feature_set=FeatureSet.from_dict(raw["feature_set"]),
                prior=Prior.from_dict(raw["prior"]), plan=SimulationPlan(**raw["plan"]), architecture=raw["architecture"],
                noise_scale=np.array([np.nan if s is None else s for s in raw["noise_scale"]], dtype=float),
                threshold=float(raw["threshold"]),
                quantiles=np.array(raw["quantiles"], dtype=float), training=raw["training"], metrics=raw["metrics"],
                versions=raw["versions"], limits=raw["limits"],
            )  # fmt: skip
        except OSError as error:
            raise EstimatorError(f"{path} cannot be read: {error.strerror}.") from None
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            if isinstance(error, EstimatorError):
                raise
            raise EstimatorError(f"{path} is not an estimator's card: {type(error).__name__}: {error}.") from None
        n = len(card.feature_set.features)
        if card.noise_scale.shape != (n,) or card.quantiles.shape != (n, 101):
            raise EstimatorError(f"{path}: noise scale and quantiles do not fit its {n} features.")
        return card

    @property
    def compared(self) -> NDArray[np.bool_]:
        """(n_features,) which features enter the distance: those with a noise scale. The number of units is a condition, not compared."""
        return np.isfinite(self.noise_scale)

    def distance(self, vectors: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) distance of simulated features (n, n_features) from a target's, in units of the circuit's own variability."""
        kept = self.compared
        return feature_distance(np.atleast_2d(vectors)[:, kept], target[kept], self.noise_scale[kept])

    def percentiles(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n_features,) percentile of each transformed feature in the training distribution, NaN where the feature is."""
        grid = np.arange(101.0)
        inside = np.array([np.interp(x, q, grid) for x, q in zip(vector, self.quantiles, strict=True)])
        return np.where(np.isfinite(vector), inside, np.nan)

    def outside(self, vector: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(n_features,) whether a feature lies beyond all training simulations, or is undefined."""
        low, high = self.quantiles[:, 0], self.quantiles[:, -1]
        return ~((vector >= low) & (vector <= high))


_NUMBER = (int, float)
_PLAN = {"warm_up": _NUMBER, "duration": _NUMBER, "n_neurons": (int,), "enough_bursts": (int, type(None))}


def _check_types(raw: dict[str, Any]) -> None:
    """Raise TypeError when a field of a card has a type that cannot be read."""
    for name in ("feature_set", "prior", "plan", "architecture", "training", "metrics", "versions"):
        if not isinstance(raw[name], dict):
            raise TypeError(f"{name} is not a JSON object")
    for name, types in _PLAN.items():
        if name in raw["plan"] and (not isinstance(raw["plan"][name], types) or isinstance(raw["plan"][name], bool)):
            raise TypeError(f"plan, {name}: {raw['plan'][name]!r} is not a valid value")
    if not isinstance(raw["limits"], str):
        raise TypeError("limits is not text")
