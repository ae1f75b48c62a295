"""The 28 free parameters. Prior, sliders, labels, units, export and docs all read this one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigurationError, likeliest

Group = Literal["network", "cell", "synapse"]
Change = Literal["live", "rewire"]


@dataclass(frozen=True)
class Parameter:
    """One free parameter: its published name, how it is written, its prior range and its domain.

    name: as in the publication's data files; word: two words for it, where `meaning` has no room
    key: the part after the dot, with the population where it is ambiguous
    low, high: the uniform prior's bounds; domain_low, domain_high: the values for which the model has a meaning
    change: "live" when a running network takes a new value at once, "rewire" when it has to be rewired
    """

    name: str
    symbol: str
    word: str
    meaning: str
    unit: str
    low: float
    high: float
    group: Group
    change: Change = "live"
    domain_low: float = -np.inf
    domain_high: float = np.inf

    @property
    def key(self) -> str:
        """Short name that is valid in Python and HTML: `E_tau_w`, `net_exc_prop`."""
        population, _, variable = self.name.partition(".")
        return f"{ {'params_net': 'net', 'params_Epop': 'E', 'params_Ipop': 'I'}[population] }_{variable}".replace(
            " ", ""
        )

    @property
    def named(self) -> str:
        """Two words with the symbol: `adaptation time τ_w`."""
        return f"{self.word} {self.symbol}"

    @property
    def label(self) -> str:
        """Symbol with its unit, for axes: `τ_w (ms)`."""
        return self.symbol if self.unit == "1" else f"{self.symbol} ({self.unit})"


def _p(name, symbol, low, high, unit, group, word, meaning, *, change="live", domain=(-np.inf, np.inf)) -> Parameter:
    return Parameter(name, symbol, word, meaning, unit, low, high, group, change, *domain)


# fmt: off
PARAMETERS: tuple[Parameter, ...] = (
    _p("params_net.exc_prop", "f_E", 0.7, 0.98, "1", "network", "excitatory share", "fraction of excitatory neurons",
       change="rewire", domain=(0, 1)),
    _p("params_net.p_e2e", "p_EE", 0.01, 0.1, "1", "network", "wiring E→E", "connection probability E→E (between clusters)",
       change="rewire", domain=(0, 1)),
    _p("params_net.p_e2i", "p_IE", 0.01, 0.1, "1", "network", "wiring E→I", "connection probability E→I",
       change="rewire", domain=(0, 1)),
    _p("params_net.p_i2e", "p_EI", 0.05, 0.2, "1", "network", "wiring I→E", "connection probability I→E",
       change="rewire", domain=(0, 1)),
    _p("params_net.p_i2i", "p_II", 0.05, 0.2, "1", "network", "wiring I→I", "connection probability I→I",
       change="rewire", domain=(0, 1)),
    _p("params_net.R_pe2e", "R_p", 1, 5, "1", "network", "cluster wiring", "within-cluster over between-cluster probability",
       change="rewire", domain=(0, np.inf)),
    _p("params_net.R_Qe2e", "R_Q", 1, 2, "1", "network", "cluster strength", "within-cluster over between-cluster conductance",
       domain=(0, np.inf)),
    _p("params_Epop.p_igniters", "p_ign", 0.05, 1, "1", "network", "driven share", "fraction of E neurons that get external input",
       domain=(0, 1)),
    _p("params_net.n_clusters", "n_cl", 0, 20, "1", "network", "clusters", "number of clusters (floored)",
       change="rewire", domain=(0, 10_000)),
    _p("params_Epop.C", "C", 20, 500, "pF", "cell", "capacitance", "membrane capacitance, E", domain=(0, np.inf)),
    _p("params_Epop.g_L", "g_L", 1, 50, "nS", "cell", "leak", "leak conductance, E", domain=(0, np.inf)),
    _p("params_Epop.v_rest", "V_rest", -75, -55, "mV", "cell", "resting potential", "resting potential, E", domain=(-200, 0)),
    _p("params_Epop.v_thresh", "V_th", -50, -30, "mV", "cell", "spike threshold", "spike initiation voltage, E", domain=(-200, 50)),
    _p("params_Epop.v_reset", "V_reset", -75, -55, "mV", "cell", "reset", "reset voltage, E", domain=(-200, -40)),
    _p("params_Epop.t_refrac", "t_ref", 1, 5, "ms", "cell", "refractoriness", "refractory period, E", domain=(0, 1000)),
    _p("params_Epop.delta_T", "Δ_T", 0, 5, "mV", "cell", "spike sharpness", "sharpness of spike initiation, E", domain=(0, 100)),
    _p("params_Epop.a", "a", -10, 10, "nS", "cell", "adaptation to V", "subthreshold adaptation conductance, E", domain=(-1e4, 1e4)),
    _p("params_Epop.b", "b", 0, 200, "pA", "cell", "adaptation step", "spike-triggered adaptation current, E", domain=(-1e5, 1e5)),
    _p("params_Epop.tau_w", "τ_w", 5, 20000, "ms", "cell", "adaptation time", "adaptation time constant, E", domain=(0, np.inf)),
    _p("params_Epop.E_gi", "E_i", -85, -65, "mV", "synapse", "inhib. reversal", "inhibitory reversal potential, on E", domain=(-200, 50)),
    _p("params_Epop.Q_ge", "Q_EE", 1, 5, "nS", "synapse", "synapses E→E", "conductance of E→E synapses", domain=(0, 1e4)),
    _p("params_Epop.Q_gi", "Q_EI", 1, 20, "nS", "synapse", "synapses I→E", "conductance of I→E synapses", domain=(0, 1e4)),
    _p("params_Epop.tau_ge", "τ_e", 1, 20, "ms", "synapse", "excitation decay", "decay of excitation, on E", domain=(0, np.inf)),
    _p("params_Epop.tau_gi", "τ_i", 1, 20, "ms", "synapse", "inhibition decay", "decay of inhibition, on E", domain=(0, np.inf)),
    _p("params_Epop.poisson_rate", "ν_E", 0.1, 5, "Hz", "synapse", "drive of E", "rate of each external source, to E",
       domain=(0, 1e4)),
    _p("params_Ipop.Q_ge", "Q_IE", 1, 5, "nS", "synapse", "synapses E→I", "conductance of E→I synapses", domain=(0, 1e4)),
    _p("params_Ipop.Q_gi", "Q_II", 1, 20, "nS", "synapse", "synapses I→I", "conductance of I→I synapses", domain=(0, 1e4)),
    _p("params_Ipop.poisson_rate", "ν_I", 0, 5, "Hz", "synapse", "drive of I", "rate of each external source, to I", domain=(0, 1e4)),
)
# fmt: on
"""The parameters in the order of the publication's data files."""

N_PARAMETERS = len(PARAMETERS)
NAMES: tuple[str, ...] = tuple(parameter.name for parameter in PARAMETERS)
INDEX: dict[str, int] = {name: i for i, name in enumerate(NAMES)} | {p.key: i for i, p in enumerate(PARAMETERS)}
LOW: NDArray[np.float64] = np.array([parameter.low for parameter in PARAMETERS])
HIGH: NDArray[np.float64] = np.array([parameter.high for parameter in PARAMETERS])

DT = 2e-4
"""Integration step, s (forward Euler)."""

V_CUT = -40.0
"""mV; a spike is v > V_CUT for every configuration. The publication's code never recomputes the cut from v_thresh."""


@dataclass(frozen=True)
class FixedParameters:
    """The fixed values (Zerlaut et al. 2018): of both populations, then the inhibitory neurons' cell and synapse values."""

    E_e: float = 0.0  # mV
    v_initial_sd: float = 4.0  # mV, around v_rest
    n_sources: int = 500  # external Poisson sources per driven neuron
    Q_external: float = 1.0  # nS
    C: float = 200.0  # pF
    g_L: float = 10.0  # nS
    v_rest: float = -65.0  # mV
    v_thresh: float = -50.0  # mV
    v_reset: float = -65.0  # mV
    t_refrac: float = 5.0  # ms
    delta_T: float = 2.0  # mV
    a: float = 4.0  # nS
    b: float = 20.0  # pA
    tau_w: float = 500.0  # ms
    tau_ge: float = 5.0  # ms
    tau_gi: float = 5.0  # ms
    E_gi: float = -80.0  # mV


FIXED = FixedParameters()


def fixed_values() -> dict[str, float]:
    """Return the fixed values as the numbers that `brian2_model` takes."""
    return {**asdict(FIXED), "v_cut": V_CUT}


Configuration = Mapping[str, float]
"""A circuit: the 28 published names and their values, in the table's units."""


def parameter(name: str) -> Parameter:
    """Return the parameter of a published name or key; raises ConfigurationError for any other."""
    if name not in INDEX:
        raise ConfigurationError(f"There is no parameter {name!r}. {likeliest(name, NAMES)}")
    return PARAMETERS[INDEX[name]]


def as_vector(configuration: Configuration) -> NDArray[np.float64]:
    """Return the (28,) values in table order. Raises ConfigurationError for a missing or unknown name and for a value
    that is not a number."""
    unknown = sorted(set(configuration) - set(NAMES))
    missing = [name for name in NAMES if name not in configuration]
    if unknown or missing:
        what = [f"unknown: {', '.join(unknown)}"] * bool(unknown) + [f"missing: {', '.join(missing)}"] * bool(missing)
        raise ConfigurationError(f"A configuration has the {N_PARAMETERS} published names; {'; '.join(what)}.")
    try:
        return np.array([float(configuration[name]) for name in NAMES])
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"A configuration's values are numbers: {error}.") from None


def as_configuration(vector: NDArray[np.float64]) -> dict[str, float]:
    """Return the configuration of (28,) values in table order."""
    values = np.asarray(vector, dtype=np.float64)
    if values.shape != (N_PARAMETERS,):
        raise ConfigurationError(f"A configuration has {N_PARAMETERS} values; got an array of shape {values.shape}.")
    return dict(zip(NAMES, values.tolist(), strict=True))
