"""The measured circuits: two that fire asynchronously, and the six published circuits."""

from __future__ import annotations

import json
from pathlib import Path

from automind_dash.circuit import Configuration, as_configuration
from automind_dash.circuit.parameters import HIGH, INDEX, LOW, NAMES

GOLDEN = Path(__file__).parents[1] / "../shared/data/golden/organoid_models.json"

_ASYNCHRONOUS = {
    "net_exc_prop": 0.8, "net_p_e2e": 0.02, "net_p_e2i": 0.05, "net_p_i2e": 0.1, "net_p_i2i": 0.1, "net_R_pe2e": 2.0,
    "net_R_Qe2e": 1.5, "net_n_clusters": 8.0, "E_p_igniters": 1.0, "E_C": 200.0, "E_g_L": 10.0, "E_v_rest": -65.0,
    "E_v_thresh": -50.0, "E_v_reset": -65.0, "E_t_refrac": 5.0, "E_delta_T": 2.0, "E_a": 4.0, "E_tau_w": 500.0,
    "E_E_gi": -80.0, "E_Q_ge": 1.5, "E_Q_gi": 5.0, "E_tau_ge": 5.0, "E_tau_gi": 5.0, "I_Q_ge": 1.5, "I_Q_gi": 5.0,
}  # fmt: skip


def _asynchronous(**values: float) -> dict[str, float]:
    theta = (LOW + HIGH) / 2
    for key, value in {**_ASYNCHRONOUS, **values}.items():
        theta[INDEX[key]] = value
    return as_configuration(theta)


THREE_HZ = _asynchronous(E_poisson_rate=1.55, I_poisson_rate=1.55, E_b=20.0)
"""2000 neurons that fire at 3.0 Hz, without bursts."""

SEVENTEEN_HZ = _asynchronous(E_poisson_rate=5.0, I_poisson_rate=5.0, E_b=12.0)
"""2000 neurons that fire at 17 Hz."""


def resized(configuration: Configuration, n_neurons: int) -> dict[str, float]:
    """Return the circuit with other connection probabilities, so that a neuron keeps the number of synapses that it has among 2000."""
    scaled = dict(configuration)
    for name in NAMES:
        if name.startswith("params_net.p_"):
            scaled[name] *= 2000 / n_neurons
    return scaled


def published() -> list[dict]:
    """Return the six published circuits with their burst features, or an empty list if the file is missing."""
    return json.loads(GOLDEN.read_text())["models"] if GOLDEN.exists() else []
