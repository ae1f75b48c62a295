"""Where the model has a meaning: errors before a run, warnings beside a configuration, and the limits of a run."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ConfigurationError, SimulationError
from .parameters import DT, FIXED, INDEX, PARAMETERS, V_CUT, Configuration, as_configuration, as_vector

MAX_NEURONS = 65_535
"""Targets are stored in 16 bits. That halves the memory traffic of 32 bits, and the time goes into synapses."""

MAX_DURATION = 3600.0
"""s; the page's analyses are made for recordings of at most an hour of model time."""

MAX_RECORDED_SPIKES = 100_000_000
"""1.2 GB when kept (8 + 4 bytes a spike), 2.4 GB at most while it runs (measured): ten minutes of 2000 neurons at 80 Hz."""

STATE_LIMIT = 1e9
"""mV, pA, nS. Within the prior, adaptation after saturated firing takes v to -1e5 mV at most (200 pA × 1 kHz × 20 s
would be -4e6 mV at the lowest leak). Only exponential growth (a < -g_L, or a step too long) leads beyond this limit,
and such a network is no circuit any more."""

_POSITIVE = {"params_Epop.C", "params_Epop.g_L", "params_Epop.tau_w", "params_Epop.tau_ge", "params_Epop.tau_gi"}
"""The model divides by these, so zero is outside their domain too."""


def population_sizes(n_neurons: int, exc_prop: float) -> tuple[int, int]:
    """Return the numbers of excitatory and inhibitory neurons (the excitatory number is floored)."""
    n_excitatory = int(n_neurons * exc_prop + 1e-9)
    return n_excitatory, n_neurons - n_excitatory


def is_clustered(n_clusters: float, R_pe2e: float) -> bool:
    """Tell whether E→E connections are clustered. Below 2 clusters, or with a ratio of 1, they are not."""
    return int(n_clusters) >= 2 and R_pe2e != 1


def vector_of(configuration: Configuration | ArrayLike) -> NDArray[np.float64]:
    """Return the (28,) values of a configuration given by names or in table order. Raises ConfigurationError for anything else."""
    if isinstance(configuration, Mapping):
        return as_vector(configuration)
    try:
        return as_vector(as_configuration(np.asarray(configuration, dtype=np.float64)))
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"A configuration's values are numbers: {error}.") from None


def check_configuration(
    configuration: Configuration | ArrayLike, *, dt: float = DT, n_neurons: int = 2000, seed: int = 0
) -> NDArray[np.float64]:
    """Return the (28,) values in table order; raise ConfigurationError for the first value outside the model's domain.

    configuration: the 28 published names and values, or (28,) in table order; dt: s. The message names the parameter,
    its value and its allowed range.
    """
    vector = vector_of(configuration)
    for spec, value in zip(PARAMETERS, vector, strict=True):
        too_low = value <= spec.domain_low if spec.name in _POSITIVE else value < spec.domain_low
        if not np.isfinite(value) or too_low or value > spec.domain_high:
            bracket = "(" if spec.name in _POSITIVE else "["
            unit = "" if spec.unit == "1" else f" {spec.unit}"
            raise ConfigurationError(
                f"{spec.name} = {value:g}{unit} ({spec.meaning}) is outside its allowed range "
                f"{bracket}{spec.domain_low:g}, {spec.domain_high:g}]{unit}."
            )
    if not isinstance(n_neurons, Integral) or not 1 <= n_neurons <= MAX_NEURONS:
        raise ConfigurationError(
            f"n_neurons = {n_neurons} is outside its allowed range: whole numbers in [1, {MAX_NEURONS}]."
        )
    within = vector[INDEX["params_net.p_e2e"]] * vector[INDEX["params_net.R_pe2e"]]
    if is_clustered(vector[INDEX["params_net.n_clusters"]], vector[INDEX["params_net.R_pe2e"]]) and within > 1:
        raise ConfigurationError(
            f"params_net.p_e2e · params_net.R_pe2e = {within:g} is a probability within clusters; "
            "allowed range [0, 1]; lower either."
        )
    _check_step(vector, dt)
    if not isinstance(seed, Integral) or seed < 0:
        raise ConfigurationError(f"seed = {seed!r} is outside its allowed range: whole numbers from 0.")
    return vector


def _check_step(vector: NDArray[np.float64], dt: float) -> None:
    """Raise ConfigurationError unless the time step, s, is shorter than every time constant."""
    if not np.isfinite(dt) or dt <= 0:
        raise ConfigurationError(f"dt = {dt:g} s is outside its allowed range (0, ∞).")
    constants = {
        name: vector[INDEX[name]] for name in ("params_Epop.tau_ge", "params_Epop.tau_gi", "params_Epop.tau_w")
    }
    constants["params_Epop.C / params_Epop.g_L"] = vector[INDEX["params_Epop.C"]] / vector[INDEX["params_Epop.g_L"]]
    constants["tau_ge = tau_gi of the inhibitory neurons"] = min(FIXED.tau_ge, FIXED.tau_gi)
    for name, value in constants.items():
        if dt * 1e3 > value:
            raise ConfigurationError(
                f"{name} = {value:g} ms is shorter than the time step dt = {dt * 1e3:g} ms, allowed range "
                f"[{dt * 1e3:g}, ∞) ms: forward Euler is unstable there. Take a smaller dt."
            )


def check_duration(duration: float, dt: float, name: str = "duration") -> None:
    """Raise ConfigurationError for a stretch of model time, s, that is shorter than a step or longer than
    `MAX_DURATION`."""
    if not dt <= duration <= MAX_DURATION:
        raise ConfigurationError(f"{name} = {duration:g} s is outside its allowed range [{dt:g}, {MAX_DURATION:g}] s.")


def check_state(state: Mapping[str, NDArray[np.floating]], time: float) -> None:
    """Raise SimulationError when a network blew up. state: values of every neuron by variable, mV, pA, nS; time: s."""
    for variable, values in state.items():
        lost = int((~(np.abs(values) <= STATE_LIMIT)).sum())  # a NaN is caught too, since it is not below the limit
        if lost:
            raise SimulationError(
                f"The network blew up numerically before {time:.4g} s of model time: {variable} of {lost} of "
                f"{len(values)} neurons is beyond ±{STATE_LIMIT:.0e} or not a number. Check for a below -g_L and "
                "parameters far outside the prior, or take a smaller dt."
            )


def check_spikes(n_spikes: int, time: float) -> None:
    """Raise SimulationError when a run holds more than `MAX_RECORDED_SPIKES` spikes. time: s of model time."""
    if n_spikes > MAX_RECORDED_SPIKES:
        raise SimulationError(
            f"The run was stopped after {n_spikes:.3g} spikes in {time:.4g} s of model time; at most "
            f"{MAX_RECORDED_SPIKES:.0e} are kept. Take a shorter duration, or record one population only."
        )


def oddities(configuration: Mapping[str, float]) -> list[str]:
    """Return sentences on values that the prior allows but that deserve a warning beside a configuration."""
    value = {spec.name: float(configuration[spec.name]) for spec in PARAMETERS}
    found = []
    if value["params_Epop.E_gi"] > value["params_Epop.v_rest"]:
        found.append("E_i lies above V_rest: inhibition depolarises a resting excitatory neuron.")
    if value["params_Epop.v_reset"] > value["params_Epop.v_rest"]:
        found.append("V_reset lies above V_rest: a spike leaves the neuron depolarised.")
    if value["params_Epop.v_thresh"] > V_CUT:
        found.append(f"V_th lies above {V_CUT:g} mV, where a spike is cut: the exponential never acts.")
    if value["params_Epop.a"] < -value["params_Epop.g_L"]:
        found.append("a lies below -g_L: without input the resting state is unstable.")
    if not is_clustered(value["params_net.n_clusters"], value["params_net.R_pe2e"]):
        found.append("Fewer than two clusters: R_p and R_Q have no effect.")
    return found
