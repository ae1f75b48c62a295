"""From a circuit to the stretch that is analysed. Training, verification, evaluation and the page all use it.

The feature set then measures its features on the stretch (`FeatureSet.observe` and `compute`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...circuit.outcome import Outcome, outcome
from ...circuit.parameters import as_configuration
from ...circuit.simulate import Engine, StopRule, simulate
from ...errors import ConfigurationError, SimulationError
from ...recording import Recording
from ..estimators.card import SimulationPlan

STOP_RULE = StopRule(silent_after=5.0, saturated_after=10.1)
"""Of 500 prior draws, no circuit that was below the silent bound over its first 5 s became active within 30 s. Saturation is decided when
the original decides it, because bursting circuits open with a burst."""

MINIMUM_SPIKES = 20
"""With fewer excitatory spikes after the warm-up there is no spectrum and there are no bursts to measure: the circuit counts as silent."""


@dataclass(frozen=True, eq=False)
class CircuitRun:
    """What became of one simulated circuit.

    recording: the whole run, warm-up included, None when it failed; stretch: what is analysed, the excitatory population after the
    warm-up, None unless the circuit is active; error: why it failed.
    """

    outcome: Outcome
    recording: Recording | None = None
    stretch: Recording | None = None
    error: str = ""


def run_circuit(
    theta: NDArray[np.float64],
    seed: int,
    plan: SimulationPlan,
    *,
    engine: Engine = "fast",
    all_neurons: bool = False,
    ends: Callable[[Recording], bool] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> CircuitRun:
    """Simulate one configuration (28,) by a plan and judge it.

    all_neurons: also record the inhibitory ones; ends: called every few seconds of model time with the run so far, returns whether the
    run may end. A simulation that fails numerically, or whose circuit lies outside the model's domain, is a result with outcome "failed".
    A cancelled simulation raises SimulationError.
    """
    try:
        recording = simulate(
            theta, plan.total, n_neurons=plan.n_neurons, seed=int(seed), engine=engine, should_stop=should_stop,
            record="all" if all_neurons else "excitatory", stop_rule=STOP_RULE if engine == "fast" else None, enough=ends,
        )  # fmt: skip
    except (SimulationError, ConfigurationError) as error:
        if should_stop is not None and should_stop():
            raise
        return CircuitRun("failed", error=str(error))
    # a circuit that fires only at its start is silent in the analysed part, though the original's rule calls it active
    became = outcome(recording, as_configuration(theta), min(plan.warm_up, recording.duration / 2), recording.duration)
    if became != "active":
        return CircuitRun(became, recording)
    stretch = analysed_part(recording, plan.warm_up)
    if stretch.n_spikes < MINIMUM_SPIKES:
        return CircuitRun("silent", recording)
    return CircuitRun(became, recording, stretch)


def after_warm_up(recording: Recording, warm_up: float) -> Recording:
    """Return a run from the end of its warm-up (s) on; the whole run where it ended before that."""
    return recording.window(warm_up, recording.duration) if recording.duration > warm_up else recording


def analysed_part(recording: Recording, warm_up: float) -> Recording:
    """Return the part of a run that is analysed: its excitatory population after the warm-up (s)."""
    return after_warm_up(recording, warm_up).population("excitatory")
