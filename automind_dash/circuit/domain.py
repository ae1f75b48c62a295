"""What the model has a meaning for: errors before a run, warnings beside a configuration."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError
from .connectivity import MAX_NEURONS, is_clustered
from .parameters import DT, FIXED, INDEX, PARAMETERS, V_CUT

_POSITIVE = {"params_Epop.C", "params_Epop.g_L", "params_Epop.tau_w", "params_Epop.tau_ge", "params_Epop.tau_gi"}
"""Divided by, so zero is outside their domain too."""


def check_configuration(vector: NDArray[np.float64], *, dt: float = DT, n_neurons: int = 2000) -> None:
    """Raise ConfigurationError for the first value outside the model's domain.

    vector: (28,) in table order; dt: s. The message names the parameter, its value and its allowed range.
    """
    for spec, value in zip(PARAMETERS, vector, strict=True):
        too_low = value <= spec.domain_low if spec.name in _POSITIVE else value < spec.domain_low
        if not np.isfinite(value) or too_low or value > spec.domain_high:
            bracket = "(" if spec.name in _POSITIVE else "["
            unit = "" if spec.unit == "1" else f" {spec.unit}"
            raise ConfigurationError(
                f"{spec.name} = {value:g}{unit} ({spec.meaning}) is outside its allowed range "
                f"{bracket}{spec.domain_low:g}, {spec.domain_high:g}]{unit}."
            )
    if not 1 <= n_neurons <= MAX_NEURONS:
        raise ConfigurationError(f"n_neurons = {n_neurons} is outside its allowed range [1, {MAX_NEURONS}].")
    within = vector[INDEX["params_net.p_e2e"]] * vector[INDEX["params_net.R_pe2e"]]
    if is_clustered(vector[INDEX["params_net.n_clusters"]], vector[INDEX["params_net.R_pe2e"]]) and within > 1:
        raise ConfigurationError(
            f"params_net.p_e2e · params_net.R_pe2e = {within:g} is a probability within clusters, allowed range [0, 1]; "
            "lower either."
        )
    if not np.isfinite(dt) or dt <= 0:
        raise ConfigurationError(f"dt = {dt:g} s is outside its allowed range (0, ∞).")
    constants_of_time = {name: vector[INDEX[name]] for name in ("params_Epop.tau_ge", "params_Epop.tau_gi", "params_Epop.tau_w")}
    constants_of_time["params_Epop.C / params_Epop.g_L"] = vector[INDEX["params_Epop.C"]] / vector[INDEX["params_Epop.g_L"]]
    constants_of_time["tau_ge = tau_gi of the inhibitory neurons"] = min(FIXED.tau_ge, FIXED.tau_gi)
    for name, value in constants_of_time.items():
        if dt * 1e3 > value:
            raise ConfigurationError(
                f"{name} = {value:g} ms is shorter than the time step of {dt * 1e3:g} ms, allowed range "
                f"[{dt * 1e3:g}, ∞) ms: forward Euler is unstable there. Take a smaller dt."
            )


def oddities(configuration: Mapping[str, float]) -> list[str]:
    """Return sentences on what is allowed by the prior but worth a warning beside a configuration."""
    value = {spec.name: float(configuration[spec.name]) for spec in PARAMETERS}
    found = []
    if value["params_Epop.E_gi"] > value["params_Epop.v_rest"]:
        found.append("E_i lies above V_rest: inhibition depolarises a resting excitatory neuron.")
    if value["params_Epop.v_reset"] > value["params_Epop.v_rest"]:
        found.append("V_reset lies above V_rest: a spike leaves the neuron depolarised.")
    if value["params_Epop.v_thresh"] > V_CUT:
        found.append(f"V_th lies above {V_CUT:g} mV, where a spike is cut: the exponential never acts.")
    if not is_clustered(value["params_net.n_clusters"], value["params_net.R_pe2e"]):
        found.append("Fewer than two clusters: R_p and R_Q have no effect.")
    return found
