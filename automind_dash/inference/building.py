"""From a campaign's shards to an estimator's folder: rows, training, noise scale, card."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..circuit.connectivity import population_sizes
from ..circuit.parameters import NAMES
from ..errors import EstimatorError
from ..features import FeatureSet, consistency_threshold, pooled_sd
from ..version import __version__
from .card import Card, SimulationPlan
from .flow import FlowArchitecture
from .prior import Prior
from .simulated import Simulated, simulate_item
from .training import TrainingResult, TrainingSettings, train

HELD_OUT_EVERY = 40
"""Configurations whose seed is a multiple of this are never trained on: one in forty, for evaluation, noise and calibration."""

N_UNITS = "n_units"
"""A condition rather than a feature: how many units are seen. Given to the estimator, left out of the distance."""

SimulateMany = Callable[[Iterable[dict[str, Any]]], list[Simulated]]


def simulate_serially(items: Iterable[dict[str, Any]]) -> list[Simulated]:
    """Run items one after the other in this process."""
    return [simulate_item(item) for item in items]


@dataclass(frozen=True, eq=False)
class Rows:
    """Training rows. theta: (n, 28); features: (n, n_features) as seen by the estimator; seeds: (n,), equal for rows of one run."""

    theta: NDArray[np.float64]
    features: NDArray[np.float64]
    seeds: NDArray[np.int64]

    def part(self, chosen: NDArray[np.bool_]) -> Rows:
        """Return the chosen rows."""
        return Rows(self.theta[chosen], self.features[chosen], self.seeds[chosen])

    @property
    def groups(self) -> NDArray[np.int64]:
        """(n,) equal for rows of one configuration, however often it was simulated and by however many units seen."""
        return np.unique(self.theta.astype(np.float32), axis=0, return_inverse=True)[1].reshape(-1)

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """(n,) which rows are kept from training: all those of a configuration of which one seed says so."""
        groups = self.groups
        return np.isin(groups, groups[self.seeds % HELD_OUT_EVERY == 0])

    @property
    def digest(self) -> str:
        """SHA-256 of configurations and features: the training set's name."""
        return hashlib.sha256(np.ascontiguousarray(np.hstack([self.theta, self.features])).tobytes()).hexdigest()


def training_rows(
    shards: pd.DataFrame, feature_set: FeatureSet, n_neurons: int, prefixes: tuple[str, ...] = ("spectrum",)
) -> Rows:
    """Turn shards into rows: active circuits with all features defined.

    shards: from `campaign.read_shards`; prefixes: of the columns that hold the features, one row of a simulation for each
    (`few` holds what a handful of units sees). Raises EstimatorError when the shards lack the features.
    """
    theta = shards[list(NAMES)].to_numpy(np.float64)
    parts = []
    for prefix in prefixes:
        raw: list[Any] = []
        for name in feature_set.features:
            if name == N_UNITS and f"{prefix}:{name}" not in shards:
                raw.append([population_sizes(n_neurons, share)[0] for share in theta[:, 0]])
            elif f"{prefix}:{name}" in shards:
                raw.append(shards[f"{prefix}:{name}"].to_numpy(np.float64))
            else:
                raise EstimatorError(f"The shards do not hold {prefix}:{name}; run the campaign with that feature set.")
        features = feature_set.transform(np.column_stack(raw))
        whole = np.isfinite(features).all(axis=1) & (shards["outcome"] == "active").to_numpy()
        parts.append((theta[whole], features[whole], shards["seed"].to_numpy(np.int64)[whole]))
    return Rows(*(np.concatenate(values) for values in zip(*parts, strict=True)))


def measure_noise(
    theta: NDArray[np.float64],
    feature_set: FeatureSet,
    plan: SimulationPlan,
    *,
    repeats: int = 4,
    seed: int = 0,
    simulate_many: SimulateMany = simulate_serially,
) -> tuple[NDArray[np.float64], float]:
    """Return the noise scale (n_features,), NaN for the number of units, and the threshold (design section 5).

    theta: (n, 28) held-out configurations, each simulated `repeats` times with new seeds.
    """
    seeds = np.random.default_rng([seed, 0x401]).integers(0, 2**31, (len(theta), repeats))
    items = [
        {"theta": values, "seed": int(number), "feature_set": feature_set, "plan": plan}
        for values, row in zip(theta, seeds, strict=True)
        for number in row
    ]
    vectors = np.array([run.vector for run in simulate_many(items)]).reshape(len(theta), repeats, -1)
    compared = np.array([name != N_UNITS for name in feature_set.features])
    scale = np.full(len(feature_set), np.nan)
    scale[compared] = pooled_sd(vectors[:, :, compared])
    return scale, consistency_threshold(vectors[:, :, compared], scale[compared])


def versions() -> dict[str, str]:
    """Return the versions that decide an estimator's numbers."""
    return {"automind_dash": __version__} | {
        name: importlib.metadata.version(name) for name in ("torch", "sbi", "numpy", "numba")
    }


def build_estimator(
    name: str,
    title: str,
    rows: Rows,
    feature_set: FeatureSet,
    plan: SimulationPlan,
    folder: Path,
    *,
    prior: Prior | None = None,
    architecture: FlowArchitecture | None = None,
    settings: TrainingSettings = TrainingSettings(),  # noqa: B008  (frozen)
    campaign: dict[str, Any] | None = None,
    noise_configurations: int = 60,
    simulate_many: SimulateMany = simulate_serially,
    progress: Callable[[int, float, float], None] | None = None,
) -> tuple[Card, TrainingResult]:
    """Train on the rows that are not held out, measure the noise on held-out ones, and write the estimator's folder."""
    from .estimator import save_estimator

    prior = prior or Prior()
    kept, held = rows.part(~rows.held_out), rows.part(rows.held_out)
    result = train(
        kept.theta, kept.features, prior, groups=kept.groups, settings=settings, progress=progress,
        architecture=architecture or FlowArchitecture(n_features=len(feature_set)),
    )  # fmt: skip
    configurations, first = np.unique(held.theta, axis=0, return_index=True)
    order = np.random.default_rng(settings.seed).permutation(len(configurations))
    scale, threshold = measure_noise(
        configurations[order[:noise_configurations]], feature_set, plan, seed=settings.seed, simulate_many=simulate_many
    )
    card = Card(
        name=name, title=title, feature_set=feature_set, prior=prior, plan=plan, architecture=result.flow.architecture.to_dict(),
        noise_scale=scale, threshold=threshold, quantiles=np.quantile(kept.features, np.linspace(0, 1, 101), axis=0).T,
        training={
            "n_simulations": len(np.unique(kept.seeds)), "n_rows": len(kept.theta), "sha256": kept.digest, **settings.to_dict(),
            "epochs": result.epochs, "seconds": round(result.seconds), "campaign": campaign or {},
        },
        metrics={"held_out_log_prob_gain": result.held_out_log_prob, "n_held_out": result.n_held_out},
        versions=versions(),
    )  # fmt: skip
    shown = np.random.default_rng(settings.seed).permutation(len(kept.theta))[:3000]
    save_estimator(
        folder, card, result.flow, kept.theta[shown], kept.features[shown], held_theta=configurations[order],
        held_features=held.features[first][order],
    )  # fmt: skip
    return card, result


def with_metrics(card: Card, limits: str = "", **metrics: Any) -> Card:
    """Return the card with more metrics, and with what the estimator cannot do."""
    return replace(card, metrics={**card.metrics, **metrics}, limits=limits or card.limits)
