"""Run a campaign on the cluster, and train on its shards: the terminal's `campaign` and `train`."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...circuit.parameters import NAMES
from ...errors import EstimatorError
from ...features import FeatureSet
from ..estimators.calibration import weights_digest
from ..estimators.card import Card, SimulationPlan
from ..estimators.conditions import N_UNITS
from ..estimators.estimator import SURROGATE, WEIGHTS, Estimator
from ..estimators.flow import FlowArchitecture
from ..estimators.restriction import Restriction, fit_restriction
from .around import KIND, Ranges, propose_around, propose_disputed, targets_within
from .building import HELD_OUT_EVERY, SimulateMany, build_estimator, features_of, training_rows, useless_configurations
from .campaign import PLAN, CampaignPlan, Propose, kind_of, missing_shards, read_shards, run_shard
from .pooling import pooled_shards
from .training import TrainingSettings

MINIMUM_USEFUL = 100
"""Useful simulations that are needed to learn a restriction."""

FEW = 4096
"""With at most this many examples, a flow is trained in smaller batches and averaged over fewer; otherwise it would stay near its start."""


@dataclass(frozen=True, eq=False)
class ShardItem:
    """One shard to make, as it is sent to a worker. Paths are absolute, because the worker has another working directory.

    lost: share that the restriction may lose; around: folder of the estimator whose draws are simulated; within: ranges of its targets;
    disputed: simulate circuits on which its surrogate's members disagree instead.
    """

    folder: Path
    plan: CampaignPlan
    number: int
    kind: str
    lost: float | None = None
    around: Path | None = None
    within: Ranges = ()
    disputed: bool = False


def make_shard(item: ShardItem) -> str:
    """Make a shard on a worker. The worker learns the restriction again from the shards of other kinds, which gives the same one."""
    if not item.folder.is_dir():
        raise EstimatorError(
            f"{item.folder} is not there on {platform.node()}: workers need the campaign's folder under the same path, "
            f"for example on a shared disk."
        )
    propose: Propose | None = None
    if item.around is not None:
        chosen = propose_disputed if item.disputed else propose_around
        propose = partial(chosen, Estimator.load(item.around), within=item.within)
    elif item.lost is not None:
        restriction = restriction_from(item.folder, item.plan, item.kind, item.lost)
        propose = partial(restriction.propose, item.plan.prior)
    return run_shard(item.folder, item.plan, item.number, kind=item.kind, propose=propose).name


_restrictions: dict[tuple[Any, ...], Restriction] = {}
"""Cached in each worker process: a restriction is the same for all shards made by it, until there are new ones to learn from."""


def restriction_from(folder: Path, plan: CampaignPlan, kind: str, lost: float) -> Restriction:
    """Learn which circuits are useful from a campaign's draws of the prior, of all kinds before this one."""
    paths = [path for path in sorted(folder.glob("*.parquet")) if not path.stem.startswith(KIND)]
    before = [path for path in paths if kind_of(path) < kind] or [path for path in paths if kind_of(path) != kind]
    key = (str(folder), plan.to_json(), lost, *((path.name, path.stat().st_size) for path in before))
    if key not in _restrictions:
        shards = read_shards(folder, before)
        useful = (shards["outcome"] == "active").to_numpy()
        if useful.any():  # the columns of features are there
            useful = np.any(
                [features_of(shards, one, plan.n_neurons, one.name)[1] for one in plan.feature_sets], axis=0
            )
        if useful.sum() < MINIMUM_USEFUL:
            raise EstimatorError(
                f"{folder} holds {useful.sum()} useful simulations; {MINIMUM_USEFUL} are needed. Run it without --restrict first."
            )
        _restrictions[key] = fit_restriction(
            shards[list(NAMES)].to_numpy(float),
            useful,
            from_prior=(shards["kind"] == "prior").to_numpy(),
            lost=lost,
            n_neurons=plan.n_neurons,
        )
    return _restrictions[key]


def continue_campaign(
    folder: Path,
    plan: CampaignPlan,
    shards: int,
    *,
    restrict: float | None = None,
    around: Path | None = None,
    within: Ranges = (),
    disputed: bool = False,
    scheduler: str | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> int:
    """Make the missing shards on the cluster; returns how many were made.

    They hold plain prior draws; or draws restricted to useful circuits, of which at most the share `restrict` is lost; or draws of an
    estimator (its folder) for its training targets, or for those within the ranges given; or, disputed, circuits on which the members of
    its surrogate disagree. Raises EstimatorError for both at once, for an estimator with another prior or without what is needed, and for
    ranges without an estimator or with too few targets in them.
    """
    from ... import jobs

    folder, around = folder.absolute(), None if around is None else around.absolute()
    if restrict is not None and around is not None:
        raise EstimatorError(
            "A round is either restricted or drawn around an estimator's targets: leave out one of them."
        )
    kind = "prior" if restrict is None else "restricted"
    if within and around is None:
        raise EstimatorError("Ranges of targets belong to a round around an estimator's targets: give its folder too.")
    if disputed and around is None:
        raise EstimatorError("Disputed circuits are those of an estimator's surrogate: give its folder (--around) too.")
    if around is not None:
        estimator = Estimator.load(around)
        if estimator.card.prior.to_dict() != plan.prior.to_dict():
            raise EstimatorError(f"{around} was trained under another prior than {folder} is drawn from.")
        if disputed:  # fail here, not in a shard on a worker
            propose_disputed(estimator, 1, np.random.default_rng(0), within)
        else:
            targets_within(estimator, estimator.reference()[1], within)
        kind = kind_around(around, within, disputed)
    missing = list(missing_shards(folder, kind, shards))
    if restrict is not None and missing:  # learning takes a minute; a round that is whole needs nothing
        found = restriction_from(folder, plan, kind, restrict)
        share = "" if np.isnan(found.accepted) else f" to {found.accepted:.0%} of the prior"
        say(f"restricted{share}, losing {found.lost:.0%} of the useful circuits")
    outside, reason = plan.prior.outside_domain()
    if outside:
        say(f"{outside:.0%} of the prior lies outside the model's domain and counts as failed, for example: {reason}")
    items = [ShardItem(folder, plan, number, kind, restrict, around, within, disputed) for number in missing]
    job = jobs.submit(make_shard, items, label="campaign", scheduler=scheduler)
    for _, result in job.results():
        if isinstance(result, jobs.Failure):
            job.cancel()
            raise EstimatorError(f"A shard failed: {result.kind}: {result.error}")
        say(f"{result} ({job.done} of {job.total}, {job.seconds_left / 60:.0f} min left)")
    return job.done


def kind_around(around: Path, within: Ranges, disputed: bool = False) -> str:
    """Return the kind of the shards drawn around an estimator's targets; other networks or other ranges make another round."""
    digest = weights_digest(around / (SURROGATE if disputed else WEIGHTS))
    if within:
        digest = hashlib.sha256(f"{digest} {sorted(within)}".encode()).hexdigest()
    return f"{KIND}-{'disputed-' * disputed}{digest[:8]}"


def read_ranges(path: Path) -> Ranges:
    """Read the ranges of targets from a JSON file {feature: [lowest, highest], …}; raises EstimatorError when it holds something else."""
    try:
        ranges = tuple(
            (str(name), float(low), float(high)) for name, (low, high) in json.loads(path.read_text()).items()
        )
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise EstimatorError(
            f'{path} cannot be read as ranges of features, {{"burst_width_mean": [0.05, 0.6], …}}: {error}.'
        ) from None
    return ranges


def feature_set_of(plan: CampaignPlan) -> FeatureSet:
    """Return the feature set of a campaign's estimator, with the number of units as a condition where that was varied."""
    features = plan.feature_sets[0]
    if plan.few_units is None:
        return features
    return replace(features, features=(*features.features, N_UNITS), transforms=(*features.transforms, "log10"))


def train_on(
    folder: Path,
    out: Path,
    *,
    title: str,
    minutes: float,
    hidden: int,
    transforms: int,
    seed: int,
    pairs: int,
    held_out_every: int = HELD_OUT_EVERY,
    noise_configurations: int,
    simulate_many: SimulateMany,
    earlier: Sequence[Path] = (),
    noise_of: Path | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Card:
    """Train on a campaign's shards and write an estimator's folder. pairs: how many of a surrogate's pairs to train on as well.

    earlier: folders of campaigns with shorter runs, to train on as well (`pooled_shards`); noise_of: folder of an estimator of the same
    features whose noise scale and threshold are taken over, so that `consistent` means the same.
    """
    import torch

    torch.set_num_threads(
        1
    )  # the networks are small: while other work runs, several threads are many times slower than one
    plan, shards = pooled_shards(folder, earlier)
    features = feature_set_of(plan)
    noise = None if noise_of is None else _noise_of(noise_of, features)
    prefixes = (plan.feature_sets[0].name,) + (("few",) if plan.few_units else ())
    inside = plan.prior.contains(shards[list(NAMES)].to_numpy(float), rounded=True)
    if not inside.all():
        raise EstimatorError(
            f"{(~inside).sum()} of {len(inside)} simulations in {folder} lie outside the prior of its {PLAN}. Either "
            f"the plan was changed, or they belong to another campaign: restore the plan, or move those shards away."
        )
    rows = training_rows(shards, features, plan.n_neurons, prefixes, held_out_every)
    say(f"{len(rows.theta)} rows of {len(set(rows.seeds.tolist()))} simulations")
    examples = len(rows.theta) + pairs
    card, result = build_estimator(
        out.name, title or out.name, rows, features,
        SimulationPlan(plan.warm_up, plan.duration, plan.n_neurons, plan.enough_bursts), out, prior=plan.prior,
        useless=useless_configurations(shards, features, plan.n_neurons, prefixes[0]), n_pairs=pairs, few_units=plan.few_units, say=say,
        architecture=FlowArchitecture(n_features=len(features), hidden_features=hidden, num_transforms=transforms, num_bins=6),
        settings=TrainingSettings(
            max_seconds=60 * minutes, seed=seed, averaging=0.995 if examples > FEW else 0.98, weight_decay=1e-3,
            batch_size=int(np.clip(examples // 8, 64, 512)),
        ),
        campaign=json.loads(plan.to_json()), noise_configurations=noise_configurations, noise=noise, simulate_many=simulate_many,
        progress=lambda epoch, training, held_out: say(f"epoch {epoch}: {training:.2f}, held out {held_out:.2f}"),
    )  # fmt: skip
    if result.held_out_log_prob <= 0:
        say(
            f"Warning: on held-out circuits this density is no better than the prior ({result.held_out_log_prob:.2f} nats). It needs more "
            "simulations, pairs of a surrogate (--pairs), or more time."
        )
    return card


def _noise_of(folder: Path, features: FeatureSet) -> tuple[NDArray[np.float64], float]:
    """Return an estimator's noise scale and threshold. Raises EstimatorError where it measures other features."""
    card = Estimator.load(folder).card
    if card.feature_set != features:
        raise EstimatorError(f"{folder} measures other features, or otherwise: its noise scale cannot be taken over.")
    return card.noise_scale, card.threshold
