"""One simulation, made and analysed as an estimator's training simulations were: what workers run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..circuit.outcome import Outcome, outcome
from ..circuit.parameters import as_configuration
from ..circuit.simulate import Engine, StopRule, simulate
from ..errors import FeatureError, SimulationError
from ..features import FeatureSet, bursts_in_rate, population_rate, smooth
from ..jobs import dropped
from ..recording import Recording
from .card import SimulationPlan

STOP_RULE = StopRule(silent_after=5.0, saturated_after=10.1)
"""No circuit of 500 prior draws that was below the silent bound over its first 5 s became active within 30 s; saturation is
decided when the original decides it, since bursting circuits open with a burst."""

MINIMUM_SPIKES = 20
"""Fewer spikes after the warm-up have neither spectrum nor bursts to speak of."""


@dataclass(frozen=True, eq=False)
class Simulated:
    """One simulated circuit: what became of it and, when it is active, its features.

    vector: (n_features,) as the estimator sees it, NaN where undefined; features: the raw values by name; recording: the analysed
    population, where it was asked for.
    """

    theta: NDArray[np.float64]
    seed: int
    outcome: Outcome
    vector: NDArray[np.float64]
    features: dict[str, float] = field(default_factory=dict)
    recording: Recording | None = None
    error: str = ""


def has_enough_bursts(recording: Recording, feature_set: FeatureSet, plan: SimulationPlan) -> bool:
    """Tell whether a run that has got so far holds as many bursts after the warm-up as the plan asks for."""
    if plan.enough_bursts is None or recording.duration < plan.warm_up + 10:
        return False
    settings = feature_set.analysis.bursts
    stretch = recording.population("excitatory").window(plan.warm_up, recording.duration)
    rate, _ = population_rate(stretch, settings.bin_width)
    return len(bursts_in_rate(smooth(rate, settings.bin_width, settings.smoothing), settings)) >= plan.enough_bursts


def simulate_as_trained(
    theta: NDArray[np.float64],
    seed: int,
    feature_set: FeatureSet,
    plan: SimulationPlan,
    *,
    engine: Engine = "fast",
    n_units: int | None = None,
    keep_recording: bool = False,
    should_stop: Callable[[], bool] | None = None,
) -> Simulated:
    """Simulate one configuration by an estimator's plan and compute its feature set.

    theta: (28,); n_units: units seen, drawn from the excitatory population, None for all. A simulation that fails numerically is
    a result, with outcome "failed" and the reason; a cancelled one raises SimulationError.
    """
    theta = np.asarray(theta, dtype=np.float64)
    nothing = np.full(len(feature_set), np.nan)
    try:
        recording = simulate(
            theta, plan.total, n_neurons=plan.n_neurons, seed=int(seed), engine=engine, should_stop=should_stop,
            record="all" if keep_recording else "excitatory", stop_rule=STOP_RULE if engine == "fast" else None,
            enough=None if plan.enough_bursts is None else lambda so_far: has_enough_bursts(so_far, feature_set, plan),
        )  # fmt: skip
    except SimulationError as error:
        if should_stop is not None and should_stop():
            raise
        return Simulated(theta, seed, "failed", nothing, error=str(error))
    kept = recording if keep_recording else None
    became = outcome(recording, as_configuration(theta), min(plan.warm_up, recording.duration / 2), recording.duration)
    stretch = recording.window(plan.warm_up, recording.duration) if recording.duration > plan.warm_up else recording
    if became != "active" or stretch.n_spikes < MINIMUM_SPIKES:
        return Simulated(theta, seed, "silent" if became == "active" else became, nothing, recording=kept)
    seen = feature_set
    if n_units is not None:
        seen = replace(feature_set, observation=replace(feature_set.observation, n_units=n_units))
    try:
        features = seen.compute(seen.observe(stretch, int(seed)))
    except FeatureError as error:
        return Simulated(theta, seed, became, nothing, recording=kept, error=str(error))
    return Simulated(theta, seed, became, seen.transform(list(features.values())), features, kept)


def simulate_item(item: dict[str, Any]) -> Simulated:
    """Run one job item: the arguments of `simulate_as_trained` by name. On a worker it ends when its job is cancelled."""
    return simulate_as_trained(**{"should_stop": dropped} | item)
