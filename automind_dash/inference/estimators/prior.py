"""The uniform prior over the 28 parameters, and the logit space in which densities are learned.

z = logit((θ - low) / (high - low)). Every z maps into the prior's box, so no posterior mass can leak outside and sampling rejects
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...circuit.domain import check_configuration
from ...circuit.parameters import HIGH, INDEX, LOW, NAMES, PARAMETERS, Parameter
from ...errors import ConfigurationError

EDGE = 1e-6
"""Values closer to a bound than this share of the range are moved to this distance: float32 cannot tell them from the bound."""


@dataclass(frozen=True)
class Prior:
    """Independent uniform ranges. low, high: (28,) in table order and units."""

    low: NDArray[np.float64] = field(default_factory=LOW.copy)
    high: NDArray[np.float64] = field(default_factory=HIGH.copy)

    def __post_init__(self) -> None:
        if self.low.shape != LOW.shape or self.high.shape != LOW.shape or not np.all(self.low < self.high):
            raise ConfigurationError(
                f"A prior has {len(LOW)} ranges with low < high, in the order of the parameter table."
            )

    def range_of(self, spec: Parameter) -> tuple[float, float]:
        """Return both ends of a parameter, in its unit."""
        i = INDEX[spec.name]
        return float(self.low[i]), float(self.high[i])

    def draw(self, n: int, seed: int | np.random.Generator) -> NDArray[np.float64]:
        """(n, 28) draws."""
        return self.low + np.random.default_rng(seed).random((n, len(self.low))) * (self.high - self.low)

    def outside_domain(self, n: int = 500) -> tuple[float, str]:
        """Return the share of n draws outside the model's domain though each value is allowed by itself, and the reason for one of them."""
        reasons = []
        for theta in self.draw(n, 0):
            try:
                check_configuration(theta)
            except ConfigurationError as error:
                reasons.append(str(error))
        return len(reasons) / n, reasons[0] if reasons else ""

    def contains(self, theta: ArrayLike, *, rounded: bool = False) -> NDArray[np.bool_]:
        """Tell which of (n, 28) configurations lie within all ranges; rounded: also accept those that rounding to single precision moved
        out."""
        values = np.atleast_2d(np.asarray(theta, dtype=np.float64))
        largest = np.maximum(np.abs(self.low), np.abs(self.high)).astype(np.float32)
        margin = np.spacing(largest).astype(np.float64) if rounded else 0.0
        return np.all((values >= self.low - margin) & (values <= self.high + margin), axis=1)

    def to_logit(self, theta: ArrayLike) -> NDArray[np.float64]:
        """(n, 28) → (n, 28) unbounded values."""
        u = np.clip((np.asarray(theta, dtype=np.float64) - self.low) / (self.high - self.low), EDGE, 1 - EDGE)
        return np.log(u) - np.log1p(-u)

    def from_logit(self, z: ArrayLike) -> NDArray[np.float64]:
        """(n, 28) unbounded values → (n, 28) configurations within the ranges."""
        from scipy.special import expit

        return self.low + expit(np.asarray(z, dtype=np.float64)) * (self.high - self.low)

    def log_jacobian(self, z: ArrayLike) -> NDArray[np.float64]:
        """(n,) log |dz/dθ|: add it to a log-density over z to get the one over θ."""
        z = np.asarray(z, dtype=np.float64)
        log_slope = -np.logaddexp(0, z) - np.logaddexp(0, -z)  # log u(1-u)
        return -(log_slope + np.log(self.high - self.low)).sum(axis=-1)

    @property
    def log_density(self) -> float:
        """Log-density inside the box, per product of units."""
        return float(-np.log(self.high - self.low).sum())

    def to_dict(self) -> dict[str, Any]:
        """Return {name: [low, high]}, for cards."""
        return {name: [low, high] for name, low, high in zip(NAMES, self.low.tolist(), self.high.tolist(), strict=True)}

    @classmethod
    def from_dict(cls, ranges: Mapping[str, list[float]]) -> Prior:
        """Read what `to_dict` wrote; ranges that are left out are the table's.

        Raises ConfigurationError for unknown names, and for ranges that are invalid or reach outside the model's domain.
        """
        if not isinstance(ranges, Mapping):
            raise ConfigurationError(
                f'Prior ranges are written as {{"{NAMES[0]}": [lowest, highest], …}}; got {str(ranges)[:40]}.'
            )
        unknown = sorted(set(ranges) - set(NAMES))
        if unknown:
            raise ConfigurationError(f"The prior names unknown parameters: {', '.join(unknown)}.")
        low, high = LOW.copy(), HIGH.copy()
        for i, name in enumerate(NAMES):
            if name in ranges:
                low[i], high[i] = _range(name, ranges[name])
        return cls(low, high)


def _range(name: str, given: Any) -> tuple[float, float]:
    """Return a parameter's range; raises ConfigurationError that says what is wrong with it."""
    told = f"The prior's range of {name} is {str(given)[:40]}"
    numbers = isinstance(given, list | tuple) and all(type(value) in (int, float) for value in given)
    if not numbers or len(given) != 2:
        raise ConfigurationError(f"{told}; write it as [lowest, highest], two numbers.")
    try:
        low, high = (float(value) for value in given)
    except OverflowError:
        low, high = -np.inf, np.inf
    if not np.isfinite([low, high]).all():
        raise ConfigurationError(f"{told}; both numbers have to be finite.")
    if not low < high:
        raise ConfigurationError(f"{told}; a range needs low < high.")
    spec = PARAMETERS[INDEX[name]]
    if low < spec.domain_low or high > spec.domain_high:
        raise ConfigurationError(
            f"{told}, which reaches outside the model's domain, [{spec.domain_low:g}, {spec.domain_high:g}] {spec.unit}."
        )
    return low, high
