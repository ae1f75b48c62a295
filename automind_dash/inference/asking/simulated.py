"""One simulation, made and analysed as an estimator's training simulations were. Workers run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...circuit.outcome import Outcome
from ...circuit.simulate import Engine
from ...cluster import dropped
from ...errors import FeatureError
from ...features import FeatureSet, GrowingRate, bursts_in_rate, smooth
from ...recording import Recording
from ..estimators.card import SimulationPlan
from ..estimators.conditions import excitatory_units
from .circuit_run import run_circuit
from .rejection import EarlyRejection, Watch


@dataclass(frozen=True, eq=False)
class Simulated:
    """One simulated circuit: its outcome and, when it is active, its features.

    vector: (n_features,) as the estimator sees it, NaN where undefined; features: the raw values by name; recording: the whole run with
    its warm-up, where it was asked for (`circuit_run.analysed_part` gives the part that is analysed); rejected_after: s of model time
    after which the run was given up as no match; its features are then those of the run up to there.
    """

    theta: NDArray[np.float64]
    seed: int
    outcome: Outcome
    vector: NDArray[np.float64]
    features: dict[str, float] = field(default_factory=dict)
    recording: Recording | None = None
    error: str = ""
    rejected_after: float | None = None


def has_enough_bursts(
    recording: Recording, feature_set: FeatureSet, plan: SimulationPlan, growing: GrowingRate
) -> bool:
    """Tell whether a run so far holds as many bursts after the warm-up as the plan asks for.

    growing: the run's, from the warm-up on.
    """
    if plan.enough_bursts is None or recording.duration < plan.warm_up + 10:
        return False
    settings = feature_set.analysis.bursts
    rate = smooth(growing.of(recording), settings.bin_width, settings.smoothing)
    return len(bursts_in_rate(rate, settings)) >= plan.enough_bursts


def simulate_as_trained(
    theta: NDArray[np.float64],
    seed: int,
    feature_set: FeatureSet,
    plan: SimulationPlan,
    *,
    engine: Engine = "fast",
    n_units: int | None = None,
    keep_recording: bool = False,
    rejection: EarlyRejection | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Simulated:
    """Simulate one configuration by an estimator's plan and compute its feature set.

    theta: (28,); n_units: units seen, drawn from the excitatory population; all of them for None or for more than there are; rejection:
    gives up a run that will not match. A simulation that fails numerically, or whose circuit lies outside the model's domain, is a
    result, with outcome "failed" and the reason. A cancelled simulation raises SimulationError.
    """
    theta = np.asarray(theta, dtype=np.float64)
    nothing = np.full(len(feature_set), np.nan)
    seen = feature_set
    if n_units is not None:
        there = int(excitatory_units(theta[None], plan.n_neurons)[0])
        seen = replace(feature_set, observation=replace(feature_set.observation, n_units=min(n_units, there)))
    watch = None if rejection is None else Watch(rejection)
    to_be_seen = min(plan.duration, seen.observation.duration or np.inf)
    seen_so_far = replace(seen, observation=replace(seen.observation, duration=None))

    growing = GrowingRate(feature_set.analysis.bursts.bin_width, plan.warm_up, "excitatory")

    def ends(so_far: Recording) -> bool:
        if has_enough_bursts(so_far, feature_set, plan, growing):
            return True
        if watch is None or not watch.is_due(so_far.duration - plan.warm_up, seen):
            return False
        part = so_far.window(plan.warm_up, so_far.duration)
        try:
            stretch = (seen if part.duration >= to_be_seen else seen_so_far).observe(part, int(seed))
        except FeatureError:  # nothing fired yet, or too few units did
            return False
        return watch.gives_up(stretch, seen, plan)

    run = run_circuit(
        theta, seed, plan, engine=engine, all_neurons=keep_recording, should_stop=should_stop,
        ends=None if plan.enough_bursts is None and rejection is None else ends,
    )  # fmt: skip
    kept = run.recording if keep_recording else None
    if run.recording is None or run.stretch is None:
        return Simulated(theta, seed, run.outcome, nothing, recording=kept, error=run.error)
    stretch = run.stretch
    # a run rejected at its very end has the features of a whole run
    cut_short = watch is not None and watch.rejected and stretch.duration < to_be_seen - 1e-6
    given_up = run.recording.duration if cut_short else None
    try:
        features = seen.compute(seen.observe(stretch, int(seed)))
    except FeatureError as error:
        return Simulated(theta, seed, run.outcome, nothing, recording=kept, error=str(error), rejected_after=given_up)
    vector = seen.transform(list(features.values()))
    return Simulated(theta, seed, run.outcome, vector, features, kept, rejected_after=given_up)


def simulate_item(item: dict[str, Any]) -> Simulated:
    """Run one job item: the arguments of `simulate_as_trained` by name. On a worker it ends when its job is cancelled."""
    return simulate_as_trained(**{"should_stop": dropped} | item)
