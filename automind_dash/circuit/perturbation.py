"""A change that an experimenter could make to a circuit: block inhibition, scale a synapse, remove adaptation, change the drive."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ConfigurationError
from .domain import check_configuration
from .parameters import HIGH, INDEX, LOW, N_PARAMETERS, PARAMETERS, parameter

How = Literal["set", "multiply", "add"]


@dataclass(frozen=True)
class Change:
    """One parameter (published name or key) that is set to a value, multiplied by it, or raised by it (in the table's unit).

    Raises ConfigurationError for an unknown parameter, an unknown kind of change, or a value that is not a number.
    """

    name: str
    how: How
    value: float

    def __post_init__(self) -> None:
        spec = parameter(self.name)
        if self.how not in ("set", "multiply", "add"):
            raise ConfigurationError(f"{spec.symbol} can be set, multiplied or added to, not {self.how!r}.")
        if not np.isfinite(self.value):
            raise ConfigurationError(f"{spec.symbol} cannot be changed by {self.value}: give a number.")

    @property
    def written(self) -> str:
        """The change as it is written: `b = 0 pA`, `Q_EE × 0.5`, `V_th + 2 mV`."""
        spec = parameter(self.name)
        unit = "" if spec.unit == "1" or self.how == "multiply" else f" {spec.unit}"
        sign = {"set": "=", "multiply": "×", "add": "+" if self.value >= 0 else "−"}[self.how]
        value = abs(self.value) if self.how == "add" else self.value
        return f"{spec.symbol} {sign} {value:g}{unit}"

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the changed values of this parameter, (n,)."""
        if self.how == "set":
            return np.full_like(values, self.value)
        return values * self.value if self.how == "multiply" else values + self.value


@dataclass(frozen=True)
class Perturbation:
    """A named set of changes that are made to every circuit at once."""

    name: str
    changes: tuple[Change, ...]

    def __post_init__(self) -> None:
        columns = [INDEX[change.name] for change in self.changes]
        if not columns or len(set(columns)) < len(columns):
            raise ConfigurationError(f"The perturbation {self.name!r} changes nothing, or one parameter twice.")

    @property
    def written(self) -> str:
        """The name with its changes."""
        return f"{self.name} ({', '.join(change.written for change in self.changes)})"

    def apply(self, theta: ArrayLike) -> NDArray[np.float64]:
        """Return the perturbed configurations in the given shape, (n, 28) or (28,). Raises ConfigurationError for another shape."""
        values = np.array(theta, dtype=np.float64)
        if values.shape[-1:] != (N_PARAMETERS,) or values.ndim > 2:
            raise ConfigurationError(f"Configurations have {N_PARAMETERS} values each; got an array of {values.shape}.")
        for change in self.changes:
            column = INDEX[change.name]
            values[..., column] = change.apply(values[..., column])
        return values

    def impossible(self, theta: NDArray[np.float64]) -> dict[int, str]:
        """Return row → reason for each of the (n, 28) circuits that the change takes out of the model's domain."""
        reasons = {}
        for row, vector in enumerate(self.apply(theta)):
            try:
                check_configuration(vector)
            except ConfigurationError as error:
                reasons[row] = str(error)
        return reasons

    def outside_prior(
        self, theta: NDArray[np.float64], low: NDArray[np.float64] = LOW, high: NDArray[np.float64] = HIGH
    ) -> dict[str, int]:
        """Return symbol → how many of the (n, 28) circuits the change takes out of its prior range. These circuits still run.

        low, high: (28,) the prior's ranges
        """
        changed = self.apply(theta)
        columns = [INDEX[change.name] for change in self.changes]
        counts = {c: int(((changed[:, c] < low[c]) | (changed[:, c] > high[c])).sum()) for c in columns}
        return {PARAMETERS[c].symbol: n for c, n in counts.items() if n}


@dataclass(frozen=True)
class Preset:
    """A kind of experiment with one strength. label: name of the strength; strength: its default; low, high: its bounds.

    drug: what does the same in a dish, as far as a drug does; empty where none comes near
    """

    name: str
    label: str
    strength: float
    low: float
    high: float
    make: Callable[[float], tuple[Change, ...]]
    drug: str = ""

    @property
    def title(self) -> str:
        """The name, with the drug that comes near."""
        return f"{self.name} ({self.drug})" if self.drug else self.name

    def at(self, strength: float) -> Perturbation:
        """Return the perturbation of this strength. Raises ConfigurationError for a strength beyond the preset's bounds."""
        if not self.low <= strength <= self.high:
            raise ConfigurationError(
                f"{self.name}: {self.label.lower()} is {strength:g}; it goes from {self.low:g} to {self.high:g}."
            )
        return Perturbation(self.name, self.make(strength))


def _times(*names: str) -> Callable[[float], tuple[Change, ...]]:
    return lambda factor: tuple(Change(name, "multiply", factor) for name in names)


def _remove(*names: str) -> Callable[[float], tuple[Change, ...]]:
    return lambda share: tuple(Change(name, "multiply", round(1 - share, 12)) for name in names)


MAX_FACTOR = 10.0
"""With a synapse or a drive above ten times its value, nearly every circuit saturates."""

_FACTOR = ("Factor", 0.5, 0.0, MAX_FACTOR)
_BLOCKED = ("Share blocked", 1.0, 0.0, 1.0)
_DRIVE = ("Factor", 2.0, 0.0, MAX_FACTOR)

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset("Block inhibition", *_BLOCKED, _remove("params_Epop.Q_gi", "params_Ipop.Q_gi"), "gabazine, bicuculline"),
        Preset("Block excitation", *_BLOCKED, _remove("params_Epop.Q_ge", "params_Ipop.Q_ge"), "NBQX, CNQX"),
        Preset("Scale E→E synapses", *_FACTOR, _times("params_Epop.Q_ge")),
        Preset("Scale E→I synapses", *_FACTOR, _times("params_Ipop.Q_ge")),
        Preset("Scale I→E synapses", *_FACTOR, _times("params_Epop.Q_gi")),
        Preset("Scale I→I synapses", *_FACTOR, _times("params_Ipop.Q_gi")),
        Preset("Remove spike-triggered adaptation", "Share removed", 1.0, 0.0, 1.0, _remove("params_Epop.b"), "apamin"),
        Preset("Remove all adaptation", "Share removed", 1.0, 0.0, 1.0, _remove("params_Epop.a", "params_Epop.b")),
        Preset("Change the drive of E", *_DRIVE, _times("params_Epop.poisson_rate")),
        Preset("Change the drive of I", *_DRIVE, _times("params_Ipop.poisson_rate")),
        Preset("Change all drive", *_DRIVE, _times("params_Epop.poisson_rate", "params_Ipop.poisson_rate")),
    )
}
"""Common experiments by name. Synapses onto excitatory and inhibitory cells are blocked alike, as a drug would block them; the drive
from outside stays. Gabazine and bicuculline block GABA-A receptors, NBQX and CNQX block AMPA receptors, and apamin blocks the SK channels
of the current after a spike."""


def single(name: str, how: How, value: float) -> Perturbation:
    """Return the change of one parameter. Raises ConfigurationError as `Change` does."""
    change = Change(name, how, float(value))
    return Perturbation(f"Change {parameter(name).symbol}", (change,))
