"""Composite quantities of a circuit: what several of the 28 parameters amount to together (design section 3).

Raw parameters trade off against each other by construction (a conductance against a decay, a capacitance against a
leak). The membrane feels their products, ratios and differences. So these are shown, correlated and selected on beside
the raw parameters.

"Charge" is conductance times decay, Q · τ: the integral of one synaptic event's conductance, which is charge without
the driving force. "Amplification" is the factor by which clusters multiply the mean E→E charge. Pairs that share a
cluster connect R_p times as often and R_Q times as strongly, and two independent partitions into k clusters let the
share s = 1 − (1 − 1/k)² of pairs share one (see `circuit.engine.connectivity`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ..circuit.parameters import FIXED, N_PARAMETERS, NAMES, PARAMETERS, Parameter
from ..errors import ConfigurationError, likeliest


@dataclass(frozen=True)
class _Circuit:
    """Columns of the table by key, (n,) each, and the quantities that several formulas share."""

    value: dict[str, NDArray[np.float64]]
    n_excitatory: NDArray[np.float64]
    n_inhibitory: NDArray[np.float64]
    sharing: NDArray[np.float64]

    def __getitem__(self, key: str) -> NDArray[np.float64]:
        return self.value[key]

    @property
    def more_synapses(self) -> NDArray[np.float64]:
        """(n,) factor by which clusters multiply the number of E→E synapses."""
        return 1 + self.sharing * (self["net_R_pe2e"] - 1)

    @property
    def amplification(self) -> NDArray[np.float64]:
        """(n,) factor by which clusters multiply the E→E charge."""
        return 1 + self.sharing * (self["net_R_pe2e"] * self["net_R_Qe2e"] - 1)


def _circuit(theta: NDArray[np.float64], n_neurons: int) -> _Circuit:
    value = {spec.key: theta[:, i] for i, spec in enumerate(PARAMETERS)}
    n_excitatory = np.floor(n_neurons * value["net_exc_prop"] + 1e-9)  # as circuit.domain.population_sizes
    k = np.floor(value["net_n_clusters"])
    clustered = (k >= 2) & (value["net_R_pe2e"] != 1)  # as circuit.domain.is_clustered
    sharing = np.where(clustered, 1 - (1 - 1 / np.maximum(k, 1)) ** 2, 0.0)
    return _Circuit(value, n_excitatory, n_neurons - n_excitatory, sharing)


Formula = Callable[[_Circuit], NDArray[np.float64]]


@dataclass(frozen=True)
class Composite:
    """One composite quantity: its name (`composite.tau_m`), symbol, unit, meaning, and its formula as text."""

    name: str
    symbol: str
    meaning: str
    unit: str
    written: str
    formula: Formula = field(repr=False, compare=False)

    @property
    def key(self) -> str:
        """Short name that is valid in Python and HTML: `composite_tau_m`."""
        return self.name.replace(".", "_")

    @property
    def label(self) -> str:
        """Symbol with its unit, for axes: `τ_m (ms)`."""
        return self.symbol if self.unit == "1" else f"{self.symbol} ({self.unit})"


def _ratio(over: NDArray[np.float64], under: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return over / under; NaN, "undefined", where the denominator is 0 (no inhibitory neurons, no external input)."""
    return np.divide(over, under, out=np.full(np.shape(over), np.nan), where=under != 0)


def _k_ee(c: _Circuit) -> NDArray[np.float64]:
    return np.maximum(c.n_excitatory - 1, 0) * c["net_p_e2e"]


def _k_ei(c: _Circuit) -> NDArray[np.float64]:
    return c.n_inhibitory * c["net_p_i2e"]


def _k_ie(c: _Circuit) -> NDArray[np.float64]:
    return c.n_excitatory * c["net_p_e2i"]


def _k_ii(c: _Circuit) -> NDArray[np.float64]:
    return np.maximum(c.n_inhibitory - 1, 0) * c["net_p_i2i"]


def _j_ee(c: _Circuit) -> NDArray[np.float64]:
    return _k_ee(c) * c["E_Q_ge"] * c["E_tau_ge"]


def _j_ei(c: _Circuit) -> NDArray[np.float64]:
    return _k_ei(c) * c["E_Q_gi"] * c["E_tau_gi"]


def _j_ie(c: _Circuit) -> NDArray[np.float64]:
    return _k_ie(c) * c["I_Q_ge"] * FIXED.tau_ge


def _j_ii(c: _Circuit) -> NDArray[np.float64]:
    return _k_ii(c) * c["I_Q_gi"] * FIXED.tau_gi


def _x_e(c: _Circuit) -> NDArray[np.float64]:
    return c["E_p_igniters"] * FIXED.n_sources * FIXED.Q_external * c["E_poisson_rate"] * c["E_tau_ge"]


def _x_i(c: _Circuit) -> NDArray[np.float64]:
    return FIXED.n_sources * FIXED.Q_external * c["I_poisson_rate"] * FIXED.tau_ge


def _ei_e0(c: _Circuit) -> NDArray[np.float64]:
    return _ratio(_j_ee(c), _j_ei(c))


def _ei_e(c: _Circuit) -> NDArray[np.float64]:
    return _ei_e0(c) * c.amplification


def _c(name: str, symbol: str, unit: str, meaning: str, written: str, formula: Formula) -> Composite:
    return Composite(f"composite.{name}", symbol, meaning, unit, written, formula)


# fmt: off
COMPOSITES: tuple[Composite, ...] = (
    _c("tau_m", "τ_m", "ms", "membrane time constant, E", "C / g_L", lambda c: c["E_C"] / c["E_g_L"]),
    _c("d_thresh", "V_th − V_rest", "mV", "threshold above rest, E", "V_th − V_rest", lambda c: c["E_v_thresh"] - c["E_v_rest"]),
    _c("d_reset", "V_reset − V_rest", "mV", "reset above rest, E", "V_reset − V_rest", lambda c: c["E_v_reset"] - c["E_v_rest"]),
    _c("d_inh", "E_i − V_rest", "mV", "inhibitory reversal above rest, E", "E_i − V_rest", lambda c: c["E_E_gi"] - c["E_v_rest"]),
    _c("q_EE", "q_EE", "nS·ms", "quantal charge E→E (between clusters)", "Q_EE τ_e", lambda c: c["E_Q_ge"] * c["E_tau_ge"]),
    _c("q_EI", "q_EI", "nS·ms", "quantal charge I→E", "Q_EI τ_i", lambda c: c["E_Q_gi"] * c["E_tau_gi"]),
    _c("q_IE", "q_IE", "nS·ms", "quantal charge E→I", "Q_IE · 5 ms", lambda c: c["I_Q_ge"] * FIXED.tau_ge),
    _c("q_II", "q_II", "nS·ms", "quantal charge I→I", "Q_II · 5 ms", lambda c: c["I_Q_gi"] * FIXED.tau_gi),
    _c("A", "A", "1", "clusters' amplification of E→E charge", "1 + s (R_p R_Q − 1)", lambda c: c.amplification),
    _c("K_EE0", "K_EE⁰", "1", "E→E synapses on an E neuron, without clusters", "(N_E − 1) p_EE", _k_ee),
    _c("K_EE", "K_EE", "1", "E→E synapses on an E neuron, with clusters", "K_EE⁰ (1 + s (R_p − 1))", lambda c: _k_ee(c) * c.more_synapses),
    _c("K_EI", "K_EI", "1", "I→E synapses on an E neuron", "N_I p_EI", _k_ei),
    _c("K_IE", "K_IE", "1", "E→I synapses on an I neuron", "N_E p_IE", _k_ie),
    _c("K_II", "K_II", "1", "I→I synapses on an I neuron", "(N_I − 1) p_II", _k_ii),
    _c("J_EE0", "J_EE⁰", "nS·ms", "total E→E charge, without clusters' amplification", "K_EE⁰ q_EE", _j_ee),
    _c("J_EE", "J_EE", "nS·ms", "total E→E charge, with clusters' amplification", "A K_EE⁰ q_EE", lambda c: _j_ee(c) * c.amplification),
    _c("J_EI", "J_EI", "nS·ms", "total I→E charge", "K_EI q_EI", _j_ei),
    _c("J_IE", "J_IE", "nS·ms", "total E→I charge", "K_IE q_IE", _j_ie),
    _c("J_II", "J_II", "nS·ms", "total I→I charge", "K_II q_II", _j_ii),
    _c("X_E", "X_E", "nS·ms/s", "external charge per second, mean E neuron", "p_ign · 500 · 1 nS · ν_E τ_e", _x_e),
    _c("X_I", "X_I", "nS·ms/s", "external charge per second, I neuron", "500 · 1 nS · ν_I · 5 ms", _x_i),
    _c("EI_E0", "E:I on E⁰", "1", "recurrent E:I ratio on E neurons, without amplification", "J_EE⁰ / J_EI", _ei_e0),
    _c("EI_E", "E:I on E", "1", "recurrent E:I ratio on E neurons, with amplification", "J_EE / J_EI", _ei_e),
    _c("EI_I", "E:I on I", "1", "recurrent E:I ratio on I neurons", "J_IE / J_II", lambda c: _ratio(_j_ie(c), _j_ii(c))),
    _c("EI_X", "E:I external", "1", "external charge on E over that on I", "X_E / X_I", lambda c: _ratio(_x_e(c), _x_i(c))),
)
# fmt: on
"""Synapse counts and charges are means per postsynaptic neuron, for every presynaptic neuron spiking once."""

COMPOSITE_NAMES: tuple[str, ...] = tuple(composite.name for composite in COMPOSITES)


def composites(theta: ArrayLike, n_neurons: int = 2000) -> dict[str, NDArray[np.float64]]:
    """Return every composite quantity by name, (n,) each, in the order of `COMPOSITES`.

    theta: (n, 28) or (28,) in table order and units. Ratios are NaN where their denominator is 0.
    Raises ConfigurationError for other shapes or no neurons.
    """
    values = np.atleast_2d(np.asarray(theta, dtype=np.float64))
    if values.ndim != 2 or values.shape[1] != N_PARAMETERS:
        raise ConfigurationError(
            f"Configurations are (n, {N_PARAMETERS}) in table order; got an array of shape {np.shape(theta)}."
        )
    if n_neurons < 1:
        raise ConfigurationError(f"A circuit has at least one neuron; got n_neurons = {n_neurons}.")
    circuit = _circuit(values, n_neurons)
    return {composite.name: np.asarray(composite.formula(circuit)) for composite in COMPOSITES}


def columns(theta: ArrayLike, n_neurons: int = 2000, index: pd.Index | None = None) -> pd.DataFrame:
    """Return the table of the 28 parameters and all composites; the columns bear the published and the composite names.

    theta: (n, 28); index: of the rows, 0 to n − 1 when not given.
    """
    derived = composites(theta, n_neurons)
    raw = pd.DataFrame(np.atleast_2d(np.asarray(theta, dtype=np.float64)), columns=list(NAMES), index=index)
    return pd.concat([raw, pd.DataFrame(derived, index=raw.index)], axis=1)


def quantity(name: str) -> Parameter | Composite:
    """Return the Parameter or Composite of a column's name or key (name, symbol, unit, meaning, label); raises
    ConfigurationError.
    """
    entries: tuple[Parameter | Composite, ...] = (*PARAMETERS, *COMPOSITES)
    for entry in entries:
        if name in (entry.name, entry.key):
            return entry
    raise ConfigurationError(
        f"There is no parameter or composite {name!r}. {likeliest(name, [*COMPOSITE_NAMES, *NAMES])}"
    )
