"""Run one configuration again and measure all of it: what the terminal's `simulate` prints."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...circuit.outcome import outcome
from ...circuit.parameters import as_configuration
from ...circuit.simulate import Engine, simulate
from ...errors import SimulationError
from ...features import FAMILIES, AnalysisSettings, all_features, that_fit
from ...recording import Recording


def rerun(
    vector: NDArray[np.float64], duration: float, *, seed: int, engine: Engine = "fast", n_neurons: int = 2000
) -> tuple[dict[str, Any], Recording | None]:
    """Return {"seed", "outcome", "features"} and the recording; a run that fails numerically is a result, with "error".

    The features are those of the excitatory population over the whole run, from its start, like the published ones. A run shorter than
    one window of the spectrum has none. Raises ConfigurationError for values outside the model's domain.
    """
    try:
        recording = simulate(vector, duration, seed=seed, engine=engine, n_neurons=n_neurons)
    except SimulationError as error:
        return {"seed": seed, "outcome": "failed", "error": str(error), "features": {}}, None
    excitatory = recording.population("excitatory")
    settings = AnalysisSettings()
    features = all_features(recording, settings, that_fit(FAMILIES, settings, excitatory.duration))
    return {"seed": seed, "outcome": outcome(recording, as_configuration(vector)), "features": features}, recording
