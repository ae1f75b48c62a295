"""The settings of a campaign: feature set, prior ranges and more. They are checked before any simulation and kept in its folder."""

from __future__ import annotations

import json
from pathlib import Path

from ...atomic import write_whole
from ...circuit.domain import check_configuration, check_duration, population_sizes
from ...circuit.parameters import DT, HIGH, LOW
from ...errors import EstimatorError, FeatureError
from ...features import BUILT_IN, FAMILIES, FeatureSet, Observation
from ..estimators.conditions import N_UNITS
from ..estimators.prior import Prior
from .campaign import PLAN, CampaignPlan, read_plan


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
    """Return the folder's plan, written when it has none; raises EstimatorError when it has another one, or when it could give no
    features.

    feature_set: a name of BUILT_IN, or the path of a JSON file with the user's own feature set (`FeatureSet.to_dict`).
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
        write_whole(path, plan.to_json().encode())
    except OSError as error:
        raise EstimatorError(
            f"{folder} cannot hold a campaign ({error.strerror}); name a folder that you can write to."
        ) from None
    return plan


def differences(there: CampaignPlan, asked: CampaignPlan) -> str:
    """Return the differences between two plans in words; empty when they are the same."""
    one, other = (json.loads(plan.to_json()) for plan in (there, asked))
    return ", ".join(
        name if isinstance(one[name], dict | list) else f"{name} {one[name]}, asked for is {other[name]}"
        for name in one
        if one[name] != other[name]
    )


def check_features(plan: CampaignPlan, told: str) -> None:
    """Raise EstimatorError when no simulation of a plan would have the features that an estimator needs. told: where the plan stands."""
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
        wrong = f"its name is {features.name!r}; the name must be text without a colon"
    elif N_UNITS in features.features:
        wrong = f"{N_UNITS} is not a feature of a circuit; leave it out, --few-units adds it as a condition"
    elif features.transforms.count("log10 centred") == 1:
        wrong = (
            "a single feature that is 'log10 centred' is always 0; name more of them, or give it the transform 'log10'"
        )
    elif analysis.population != "excitatory" or analysis.groups:
        wrong = "analysis.population has to be 'excitatory' and analysis.groups empty, as circuits are seen by excitatory neurons"
    elif analysis.minimum_rate:
        wrong = "analysis.minimum_rate belongs to a recording and is set on the page; leave it out, circuits are seen by all recorded units"
    elif "duration" in features.features:
        wrong = "duration is not a feature of a circuit: all simulations last equally long"
    elif low_high is not None and observation != Observation():
        wrong = "with --few-units a feature set has no observation: circuits are seen by all units, and again by a few"
    elif observation.detected <= 0:
        wrong = "observation.detected is 0: no spike would be seen"
    elif analysis.start or analysis.stop is not None:
        wrong = "analysis.start and .stop belong to a recording; circuits are cut by --warm-up and observation.duration"
    elif (observation.n_units or 0) > most:
        wrong = f"observation.n_units is {observation.n_units}, but {plan.n_neurons} neurons have {most} excitatory ones at most"
    elif observation.duration and plan.enough_bursts is not None:
        wrong = "runs that end at --enough-bursts cannot keep observation.duration: leave out one of the two"
    elif (observation.duration or 0) > plan.duration:
        wrong = f"observation.duration is {observation.duration:g} s, but {plan.duration:g} s of a simulation are analysed (--duration)"
    elif too_long := [name for name in features.families if FAMILIES[name].shortest(analysis) > seen]:
        title, needed = FAMILIES[too_long[0]].title.lower(), FAMILIES[too_long[0]].shortest(analysis)
        wrong = f"the {title} needs {needed:g} s, but {seen:g} s of a simulation are seen (--duration)"
    if wrong:
        raise EstimatorError(f"{told} cannot be a campaign's feature set: {wrong}.")


def read_prior(path: Path) -> Prior:
    """Read prior ranges from a JSON file; raises EstimatorError when it holds something else, or when the model has no circuit in them."""
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
    """Return a built-in feature set, or the one that a JSON file describes; raises EstimatorError when it is neither."""
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
