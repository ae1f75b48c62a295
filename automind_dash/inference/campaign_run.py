"""Run a campaign on the cluster, and train on what it gave: what the terminal's `campaign` and `train` do."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ..circuit.domain import check_configuration, check_duration, population_sizes
from ..circuit.parameters import DT, HIGH, LOW, NAMES
from ..errors import EstimatorError, FeatureError
from ..features import BUILT_IN, FeatureSet, Observation
from .around import KIND, Ranges, propose_around, targets_within
from .building import HELD_OUT_EVERY, SimulateMany, build_estimator, training_rows, useless_configurations
from .calibration import weights_digest
from .campaign import PLAN, CampaignPlan, Propose, kind_of, missing_shards, read_plan, read_shards, run_shard
from .card import Card, SimulationPlan
from .conditions import N_UNITS
from .estimator import WEIGHTS, Estimator
from .flow import FlowArchitecture
from .prior import Prior
from .restriction import Restriction, fit_restriction
from .training import TrainingSettings

MINIMUM_USEFUL = 100
"""Useful simulations from which a restriction can be learned."""


def make_plan(
    folder: Path,
    feature_set: str,
    *,
    duration: float,
    warm_up: float,
    n_neurons: int,
    enough_bursts: int | None,
    few_units: tuple[int, int] | None,
    prior: Path | None,
    seed: int,
    patience: float = CampaignPlan.patience,
) -> CampaignPlan:
    """Return the folder's plan, written when it has none; raises EstimatorError when it has another one, or when it could give no features.

    feature_set: a name of BUILT_IN, or the path of a JSON file with a feature set of one's own (`FeatureSet.to_dict`).
    """
    features = feature_set_named(feature_set)
    check_configuration((LOW + HIGH) / 2, n_neurons=n_neurons)
    check_duration(warm_up + duration, DT, "warm-up and duration")
    ranges = Prior() if prior is None else read_prior(prior)
    plan = CampaignPlan(
        (features,),
        warm_up,
        duration,
        n_neurons,
        enough_bursts,
        patience,
        few_units,
        seed=seed,
        prior=ranges,
    )
    check_features(plan, feature_set)
    path = folder / PLAN
    if path.exists():
        if differing := differences(read_plan(folder), plan):
            raise EstimatorError(
                f"{folder} holds a campaign with another plan ({PLAN}: {differing}); use its settings, or another folder."
            )
        return plan
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(plan.to_json())
        unfinished.replace(path)
    except OSError as error:
        raise EstimatorError(
            f"{folder} cannot hold a campaign ({error.strerror}); name a folder that can be written to."
        ) from None
    return plan


def differences(there: CampaignPlan, asked: CampaignPlan) -> str:
    """Return in what two plans differ, as words; empty when they are the same."""
    one, other = (json.loads(plan.to_json()) for plan in (there, asked))
    return ", ".join(
        name if isinstance(one[name], dict | list) else f"{name} {one[name]}, asked for is {other[name]}"
        for name in one
        if one[name] != other[name]
    )


def check_features(plan: CampaignPlan, told: str) -> None:
    """Raise EstimatorError when no simulation of a plan would have its features as an estimator needs them. told: where they stand."""
    features, low_high = plan.feature_sets[0], plan.few_units
    analysis, observation = features.analysis, features.observation
    most = population_sizes(plan.n_neurons, float(plan.prior.high[0]))[0]
    seen = min(plan.duration, observation.duration or plan.duration)
    wrong = ""
    if low_high is not None and not 1 <= low_high[0] <= low_high[1]:
        raise EstimatorError(f"--few-units {low_high[0]} {low_high[1]}: write the lower number first, 1 at least.")
    if low_high is not None and features.name == "few":
        wrong = "with --few-units a feature set cannot be called 'few'; give it another name"
    elif not isinstance(features.name, str) or not features.name or ":" in features.name:
        wrong = f"its name is {features.name!r}; write a text without a colon"
    elif N_UNITS in features.features:
        wrong = f"{N_UNITS} is no feature of a circuit; leave it out, --few-units adds it as what an estimator is told"
    elif features.transforms.count("log10 centred") == 1:
        wrong = (
            "one feature alone that is 'log10 centred' is always 0; name more of them, or give it the transform 'log10'"
        )
    elif analysis.population != "excitatory" or analysis.groups:
        wrong = "analysis.population has to be 'excitatory' and analysis.groups empty, since circuits are seen by their excitatory neurons"
    elif analysis.minimum_rate:
        wrong = "analysis.minimum_rate belongs to a recording, of which it is asked on the page; circuits are seen by all that is recorded"
    elif "duration" in features.features:
        wrong = "duration is no feature of a circuit: its simulations are all as long"
    elif low_high is not None and observation != Observation():
        wrong = "with --few-units a feature set has no observation: circuits are seen by all units, and again by few"
    elif observation.detected <= 0:
        wrong = "observation.detected is 0: no spike would be seen"
    elif analysis.start or analysis.stop is not None:
        wrong = "analysis.start and .stop belong to a recording; circuits are cut by --warm-up and observation.duration"
    elif (observation.n_units or 0) > most:
        wrong = f"observation.n_units is {observation.n_units}, but {plan.n_neurons} neurons have {most} excitatory ones at most"
    elif (observation.duration or 0) > plan.duration:
        wrong = f"observation.duration is {observation.duration:g} s, but {plan.duration:g} s of a simulation are analysed (--duration)"
    elif "psd" in features.families and analysis.spectrum.window > seen:
        wrong = f"the spectrum's window lasts {analysis.spectrum.window:g} s, but {seen:g} s of a simulation are seen (--duration)"
    if wrong:
        raise EstimatorError(f"{told} cannot be a campaign's feature set: {wrong}.")


def read_prior(path: Path) -> Prior:
    """Read prior ranges from a JSON file; raises EstimatorError when it holds something else, or no circuit that the model can be."""
    try:
        prior = Prior.from_dict(json.loads(path.read_text()))
    except (OSError, ValueError, RecursionError) as error:
        raise EstimatorError(f"{path} cannot be read as prior ranges: {str(error).rstrip('.')}.") from None
    share, reason = prior.outside_domain()
    if share == 1:
        raise EstimatorError(
            f"{path}: all circuits in these ranges lie outside the model's domain. One of them: {reason}"
        )
    return prior


def feature_set_named(name: str) -> FeatureSet:
    """Return a built-in feature set, or the one that a JSON file describes; raises EstimatorError for neither."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    path = Path(name)
    if path.suffix != ".json":
        raise EstimatorError(
            f"There is no feature set {name!r}; there are {', '.join(BUILT_IN)}, and JSON files of your own (name.json)."
        )
    try:
        return FeatureSet.from_dict(json.loads(path.read_text()))
    except (OSError, ValueError, TypeError, KeyError, RecursionError, FeatureError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise EstimatorError(f"{path} cannot be read as a feature set: {str(why).rstrip('.')}.") from None


@dataclass(frozen=True, eq=False)
class ShardItem:
    """One shard to make, as it is sent to a worker, whose working directory is another: paths are whole.

    lost: of the restriction; around: folder of the estimator whose draws are simulated, within: ranges of its targets.
    """

    folder: Path
    plan: CampaignPlan
    number: int
    kind: str
    lost: float | None = None
    around: Path | None = None
    within: Ranges = ()


def make_shard(item: ShardItem) -> str:
    """Make a shard on a worker; the restriction is learned again there from the shards of other kinds, which gives the same one."""
    if not item.folder.is_dir():
        raise EstimatorError(
            f"{item.folder} is not there on {platform.node()}: workers need a campaign's folder under the same path, as on a shared disk."
        )
    propose: Propose | None = None
    if item.around is not None:
        propose = partial(propose_around, Estimator.load(item.around), within=item.within)
    elif item.lost is not None:
        restriction = restriction_from(item.folder, item.plan, item.kind, item.lost)
        propose = partial(restriction.propose, item.plan.prior)
    return run_shard(item.folder, item.plan, item.number, kind=item.kind, propose=propose).name


_restrictions: dict[tuple[Any, ...], Restriction] = {}
"""Per worker process: a restriction is the same for all shards that are made by it, until there are others to learn from."""


def restriction_from(folder: Path, plan: CampaignPlan, kind: str, lost: float) -> Restriction:
    """Learn which circuits are useful from a campaign's draws of the prior, of all kinds before this one."""
    paths = [path for path in sorted(folder.glob("*.parquet")) if not path.stem.startswith(KIND)]
    before = [path for path in paths if kind_of(path) < kind] or [path for path in paths if kind_of(path) != kind]
    key = (str(folder), plan.to_json(), lost, *((path.name, path.stat().st_size) for path in before))
    if key not in _restrictions:
        shards = read_shards(folder, before)
        useful = (shards["outcome"] == "active").to_numpy()
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
    scheduler: str | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> int:
    """Make the shards that are missing, on the cluster; returns how many were made.

    Of plain prior draws; or restricted to useful circuits, of which at most the share `restrict` is lost; or of the draws of an estimator
    (its folder) for its training targets, or for those within the ranges given. Raises EstimatorError for both at once, for an estimator
    of another prior, and for ranges without an estimator or with too few targets in them.
    """
    from .. import jobs

    folder, around = folder.absolute(), None if around is None else around.absolute()
    if restrict is not None and around is not None:
        raise EstimatorError(
            "A round is either restricted or drawn around an estimator's targets: leave out one of them."
        )
    kind = "prior" if restrict is None else "restricted"
    if within and around is None:
        raise EstimatorError("Ranges of targets belong to a round around an estimator's targets: give its folder too.")
    if around is not None:
        estimator = Estimator.load(around)
        if estimator.card.prior.to_dict() != plan.prior.to_dict():
            raise EstimatorError(f"{around} was trained under another prior than {folder} is drawn from.")
        targets_within(estimator, estimator.reference()[1], within)  # said here, not by a shard on a worker
        kind = kind_around(around, within)
    if restrict is not None:
        found = restriction_from(folder, plan, kind, restrict)
        say(f"restricted to {found.accepted:.0%} of the prior, losing {found.lost:.0%} of the useful circuits")
    share, reason = plan.prior.outside_domain()
    if share:
        say(f"{share:.0%} of the prior lies outside the model's domain and counts as failed, for example: {reason}")
    items = [
        ShardItem(folder, plan, number, kind, restrict, around, within)
        for number in missing_shards(folder, kind, shards)
    ]
    job = jobs.submit(make_shard, items, label="campaign", scheduler=scheduler)
    for _, result in job.results():
        if isinstance(result, jobs.Failure):
            job.cancel()
            raise EstimatorError(f"A shard failed: {result.kind}: {result.error}")
        say(f"{result} ({job.done} of {job.total}, {job.seconds_left / 60:.0f} min left)")
    return job.done


def kind_around(around: Path, within: Ranges) -> str:
    """Return the kind of the shards drawn around an estimator's targets: other weights, or other ranges, are another round."""
    digest = weights_digest(around / WEIGHTS)
    if within:
        digest = hashlib.sha256(f"{digest} {sorted(within)}".encode()).hexdigest()
    return f"{KIND}-{digest[:8]}"


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
    """Return what an estimator of a campaign sees: its feature set, and the number of units where that was varied."""
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
    say: Callable[[str], None] = lambda text: None,
) -> Card:
    """Train on a campaign's shards and write an estimator's folder. pairs: made by a surrogate of the simulator, trained on besides."""
    import torch

    torch.set_num_threads(
        1
    )  # the networks are small: beside other work, several threads are many times slower than one
    plan = read_plan(folder)
    features = feature_set_of(plan)
    prefixes = (plan.feature_sets[0].name,) + (("few",) if plan.few_units else ())
    shards = read_shards(folder)
    inside = plan.prior.contains(shards[list(NAMES)].to_numpy(float), rounded=True)
    if not inside.all():
        raise EstimatorError(
            f"{(~inside).sum()} of {len(inside)} simulations in {folder} lie outside the prior of its {PLAN}: it was changed, or they are "
            "another campaign's. Put back the plan, or move those shards away."
        )
    rows = training_rows(shards, features, plan.n_neurons, prefixes, held_out_every)
    say(f"{len(rows.theta)} rows of {len(set(rows.seeds.tolist()))} simulations")
    card, _ = build_estimator(
        out.name, title or out.name, rows, features,
        SimulationPlan(plan.warm_up, plan.duration, plan.n_neurons, plan.enough_bursts), out, prior=plan.prior,
        useless=useless_configurations(shards), n_pairs=pairs, few_units=plan.few_units, say=say,
        architecture=FlowArchitecture(n_features=len(features), hidden_features=hidden, num_transforms=transforms, num_bins=6),
        settings=TrainingSettings(
            max_seconds=60 * minutes, seed=seed, averaging=0.995, weight_decay=1e-3, batch_size=512,
        ),
        campaign=json.loads(plan.to_json()), noise_configurations=noise_configurations, simulate_many=simulate_many,
        progress=lambda epoch, training, held_out: say(f"epoch {epoch}: {training:.2f}, held out {held_out:.2f}"),
    )  # fmt: skip
    return card
