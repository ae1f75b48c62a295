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

from ...circuit.parameters import NAMES
from ...errors import EstimatorError
from ...features import FeatureSet, consistency_threshold, pooled_sd
from ...version import __version__
from ..asking.simulated import Simulated, simulate_item
from ..estimators.card import Card, SimulationPlan
from ..estimators.conditions import N_UNITS, conditions_of, excitatory_units, is_condition
from ..estimators.flow import FlowArchitecture
from ..estimators.prior import Prior
from ..estimators.surrogate import Surrogate, SurrogateSettings, check_enough, fit_surrogate
from .training import TrainingResult, TrainingSettings, check_rows, train

OF_PRIOR = ("prior", "restricted")
"""Shards whose kind begins like this hold draws of the prior, restricted or not. Circuits that were chosen in another way, around targets
or by what became of them, teach only the surrogate."""

HELD_OUT_EVERY = 40
"""Configurations with a seed that is a multiple of this are never trained on, but kept for evaluation, noise and calibration. This holds
out one in forty, unless a small campaign asks for more."""

SimulateMany = Callable[[Iterable[dict[str, Any]]], list[Simulated]]


def simulate_serially(items: Iterable[dict[str, Any]]) -> list[Simulated]:
    """Run items one after the other in this process."""
    return [simulate_item(item) for item in items]


@dataclass(frozen=True, eq=False)
class Rows:
    """Training rows. theta: (n, 28); features: (n, n_features) as seen by the estimator; seeds: (n,), equal for rows of one run.

    of_prior: (n,) which configurations are draws of the prior, restricted or not; the others teach only the surrogate (`around`).
    held_out_every: one configuration of the prior in this many is held out.
    """

    theta: NDArray[np.float64]
    features: NDArray[np.float64]
    seeds: NDArray[np.int64]
    of_prior: NDArray[np.bool_]
    held_out_every: int = HELD_OUT_EVERY

    def part(self, chosen: NDArray[np.bool_]) -> Rows:
        """Return the chosen rows."""
        return replace(
            self, theta=self.theta[chosen], features=self.features[chosen], seeds=self.seeds[chosen], of_prior=self.of_prior[chosen]
        )  # fmt: skip

    @property
    def groups(self) -> NDArray[np.int64]:
        """(n,) group of each row, equal for all rows of one configuration, however often it was simulated and however many units saw it."""
        return np.unique(self.theta.astype(np.float32), axis=0, return_inverse=True)[1].reshape(-1)

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """(n,) which rows are kept from training: all rows of a configuration when one of its seeds says so."""
        groups = self.groups
        return np.isin(groups, groups[(self.seeds % self.held_out_every == 0) & self.of_prior])

    @property
    def digest(self) -> str:
        """SHA-256 of configurations and features, as the name of the training set."""
        return hashlib.sha256(np.ascontiguousarray(np.hstack([self.theta, self.features])).tobytes()).hexdigest()


def features_of(
    shards: pd.DataFrame, feature_set: FeatureSet, n_neurons: int, prefix: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the features (n, n_features) in the columns `prefix:…` of shards, transformed, and (n,) which rows are useful: active with
    every feature defined. Raises EstimatorError when the shards lack a feature.
    """
    raw: list[Any] = []
    for name in feature_set.features:
        if name == N_UNITS and f"{prefix}:{name}" not in shards:
            raw.append(excitatory_units(shards[list(NAMES)].to_numpy(np.float64), n_neurons))
        elif f"{prefix}:{name}" in shards:
            raw.append(shards[f"{prefix}:{name}"].to_numpy(np.float64))
        else:
            raise EstimatorError(f"The shards lack {prefix}:{name}; run the campaign with that feature set.")
    features = feature_set.transform(np.column_stack(raw))
    return features, np.isfinite(features).all(axis=1) & (shards["outcome"] == "active").to_numpy()


def training_rows(
    shards: pd.DataFrame,
    feature_set: FeatureSet,
    n_neurons: int,
    prefixes: tuple[str, ...] = ("spectrum",),
    held_out_every: int = HELD_OUT_EVERY,
) -> Rows:
    """Turn shards into rows: active circuits with all features defined.

    shards: from `campaign.read_shards`; prefixes: of the columns that hold the features; a simulation gives one row for each prefix
    (`few` holds the features as seen by a few units). Raises EstimatorError when the shards lack the features.
    """
    theta = shards[list(NAMES)].to_numpy(np.float64)
    of_prior = shards["kind"].str.startswith(OF_PRIOR).to_numpy()
    parts = []
    for prefix in prefixes:
        features, whole = features_of(shards, feature_set, n_neurons, prefix)
        parts.append((theta[whole], features[whole], shards["seed"].to_numpy(np.int64)[whole], of_prior[whole]))
    together, features, seeds, drawn = (np.concatenate(values) for values in zip(*parts, strict=True))
    return Rows(together, features, seeds, drawn, held_out_every)


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

    theta: (n, 28) held-out configurations, each simulated `repeats` times with new seeds. Raises EstimatorError for features that no
    circuit has twice, or that never differ.
    """
    seeds = np.random.default_rng([seed, 0x401]).integers(0, 2**31, (len(theta), repeats))
    items = [
        {"theta": values, "seed": int(number), "feature_set": feature_set, "plan": plan}
        for values, row in zip(theta, seeds, strict=True)
        for number in row
    ]
    vectors = np.array([run.vector for run in simulate_many(items)]).reshape(len(theta), repeats, -1)
    compared = ~is_condition(feature_set)
    names = np.array(feature_set.features)[compared]
    twice = (np.isfinite(vectors[:, :, compared]).sum(axis=1) > 1).any(axis=0)
    if not twice.all():
        raise EstimatorError(
            f"None of {len(theta)} held-out circuits has {', '.join(names[~twice][:5])} in two of {repeats} new runs, "
            f"so its noise cannot be measured. Simulate more, or hold out more."
        )
    scale = np.full(len(feature_set), np.nan)
    scale[compared] = pooled_sd(vectors[:, :, compared])
    if not (scale[compared] > 0).all():
        raise EstimatorError(
            f"{', '.join(names[~(scale[compared] > 0)][:5])}: the same in all runs of a circuit, so distances have no "
            f"unit for it. Leave it out of the feature set."
        )
    return scale, consistency_threshold(vectors[:, :, compared], scale[compared])


def versions() -> dict[str, str]:
    """Return the versions of the packages that decide an estimator's numbers."""
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
    useless: NDArray[np.float64] | None = None,
    n_pairs: int = 0,
    few_units: tuple[int, int] | None = None,
    noise_configurations: int = 60,
    noise: tuple[NDArray[np.float64], float] | None = None,
    simulate_many: SimulateMany = simulate_serially,
    progress: Callable[[int, float, float], None] | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> tuple[Card, TrainingResult]:
    """Train on the prior's rows that are not held out, measure the noise on held-out ones, and write the estimator's folder.

    With n_pairs, a surrogate of the simulator is trained first, on all rows and the useless configurations (n, 28). The flow is then also
    trained on this many pairs from it, half of them seen at few_units (low, high) units where these are given. The surrogate is shipped.
    noise: scale (n_features,) and threshold where they are known and need not be measured.
    """
    from ..estimators.estimator import save_estimator

    prior = prior or Prior()
    held_out = rows.held_out
    taught, kept, held = rows.part(~held_out), rows.part(~held_out & rows.of_prior), rows.part(held_out)
    configurations, first = np.unique(held.theta, axis=0, return_index=True)
    order = np.random.default_rng(settings.seed).permutation(len(configurations))
    if not len(order):
        raise EstimatorError(
            f"None of the {len(rows.theta)} simulations is held out (one in {rows.held_out_every} would be): simulate or hold out more."
        )
    check_rows(len(kept.theta))
    if n_pairs and useless is not None:
        check_enough(len(taught.theta), len(useless) * (1 if few_units is None else 2))
    # before the training: that takes far longer, and would be lost if the noise could not be measured
    scale, threshold = noise or measure_noise(
        configurations[order[:noise_configurations]], feature_set, plan, seed=settings.seed, simulate_many=simulate_many
    )
    surrogate, pairs = None, None
    if n_pairs and useless is not None:
        surrogate, pairs = _surrogate_pairs(
            taught, useless, feature_set, plan, prior, n_pairs, few_units, settings.seed, say
        )
    result = train(
        kept.theta, kept.features, prior, groups=kept.groups, pairs=pairs, settings=settings, progress=progress,
        architecture=(architecture or FlowArchitecture(n_features=len(feature_set))).to_dict(),
    )  # fmt: skip
    card = Card(
        name=name, title=title, feature_set=feature_set, prior=prior, plan=plan, architecture=dict(result.density.architecture),
        noise_scale=scale, threshold=threshold, quantiles=np.quantile(kept.features, np.linspace(0, 1, 101), axis=0).T,
        training={
            "n_simulations": len(np.unique(kept.seeds)), "n_rows": len(kept.theta), "sha256": kept.digest, **settings.to_dict(),
            "n_around": len(np.unique(taught.seeds)) - len(np.unique(kept.seeds)),
            "held_out_every": rows.held_out_every, "n_pairs": n_pairs if surrogate is not None else 0,
            "epochs": result.epochs, "seconds": round(result.seconds), "campaign": campaign or {},
        },
        metrics={
            "held_out_log_prob_gain": result.held_out_log_prob, "n_held_out": result.n_held_out,
            **(surrogate.report if surrogate is not None else {}),
        },
        versions=versions(),
    )  # fmt: skip
    shown = np.random.default_rng(settings.seed).permutation(len(kept.theta))[:3000]
    save_estimator(
        folder, card, result.density, kept.theta[shown], kept.features[shown], held_theta=configurations[order],
        held_features=held.features[first][order], surrogate=surrogate,
    )  # fmt: skip
    return card, result


def useless_configurations(
    shards: pd.DataFrame, feature_set: FeatureSet, n_neurons: int, prefix: str
) -> NDArray[np.float64]:
    """(n, 28) simulated configurations that gave no features: silent, saturated, blown up, or active without all the features asked for."""
    _, useful = features_of(shards, feature_set, n_neurons, prefix)
    return shards.loc[~useful, list(NAMES)].to_numpy(np.float64)


def _surrogate_pairs(
    taught: Rows, useless: NDArray[np.float64], feature_set: FeatureSet, plan: SimulationPlan, prior: Prior, n_pairs: int,
    few_units: tuple[int, int] | None, seed: int, say: Callable[[str], None],
) -> tuple[Surrogate, tuple[NDArray[np.float64], NDArray[np.float64]]]:  # fmt: skip
    """Train a surrogate and draw pairs from it: theta (n, 28), features (n, n_features) with their conditions in place."""
    condition = is_condition(feature_set)

    def seen_by(theta: NDArray[np.float64], few: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.float64]:
        low, high = np.log(few_units or (1, 1))
        seen = np.where(few, np.exp(rng.uniform(low, high, len(theta))), np.inf)
        return conditions_of(theta, feature_set, plan.n_neurons, seen)

    def draw_conditions(theta: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
        return seen_by(theta, (rng.random(len(theta)) < 0.5) & (few_units is not None), rng)

    rng = np.random.default_rng([seed, 0x5C])
    if few_units is not None:  # as a useful simulation is two rows, the useful ones would otherwise count twice
        useless = np.concatenate([useless, useless])
    by_few = np.arange(len(useless)) < (0 if few_units is None else len(useless) // 2)
    theta = np.concatenate([taught.theta, useless])
    useful = np.arange(len(theta)) < len(taught.theta)
    features = np.concatenate([taught.features[:, ~condition], np.zeros((len(useless), (~condition).sum()))])
    conditions = np.concatenate([taught.features[:, condition], seen_by(useless, by_few, rng)])
    groups = np.unique(theta.astype(np.float32), axis=0, return_inverse=True)[1].reshape(-1)
    surrogate = fit_surrogate(
        theta, useful, features, conditions, groups, prior, n_neurons=plan.n_neurons, errors_of=np.flatnonzero(taught.of_prior),
        settings=SurrogateSettings(seed=seed), progress=say,
    )  # fmt: skip
    made, expected, told = surrogate.pairs(n_pairs, draw_conditions, rng)
    whole = np.empty((len(made), len(feature_set)))
    whole[:, ~condition], whole[:, condition] = expected, told
    return surrogate, (made, whole)


def with_metrics(card: Card, limits: str = "", **metrics: Any) -> Card:
    """Return the card with further metrics, and with the estimator's limits in words."""
    return replace(card, metrics={**card.metrics, **metrics}, limits=limits or card.limits)
