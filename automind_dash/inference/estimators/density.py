"""What an estimator's density can do, whatever family it is of, and which families there are.

A family is one file: a class that keeps this protocol, and a row in FAMILIES. The spline flow of `flow.py` is the one that ships. All of
it is over z, the logits of the 28 parameters under the estimator's prior (`Prior.to_logit`), given the features x.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...errors import EstimatorError

Floats = NDArray[np.float64]


class Member(Protocol):
    """A torch module that is trained by itself. A density of several members is their mixture."""

    def standardise(self, z: Floats, x: Floats) -> None:
        """Set means and scales from training data. z: (n, 28); x: (n, n_features)."""

    def loss(self, z: Any, x: Any) -> Any:
        """(n,) torch losses of training pairs; training lowers their mean. z: (n, 28); x: (n, n_features)."""


class Density(Protocol):
    """q(z | x): drawn from, evaluated and differentiated as NumPy arrays."""

    @property
    def architecture(self) -> Mapping[str, Any]:
        """All that is needed to build the density again before its weights are loaded; plain values, kept in the card."""

    def draw(self, n: int, x: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Return n draws (n, 28) given x (n_features,), and log q of each (n,). Calls in turn draw what one call would."""

    def log_prob(self, z: Floats, x: Floats) -> Floats:
        """(n,) log q(z | x). z: (n, 28); x: (n_features,)."""

    def gradient(self, z: Floats, x: Floats) -> tuple[Floats, Floats]:
        """Return log q(z | x) (n,) and its slopes over z (n, 28). z: (n, 28); x: (n_features,)."""

    def members(self) -> Sequence[Any]:
        """The modules that are trained, each a `Member`."""

    def weights(self) -> dict[str, NDArray[Any]]:
        """Return all weights by name, as they are saved."""

    def load(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Take weights that `weights` gave; raises EstimatorError when they do not fit the architecture."""


SPLINE_FLOW = "spline flow"

FAMILIES: Mapping[str, str] = {SPLINE_FLOW: ".flow:SplineFlow"}
"""Name, as `architecture["family"]` has it → module and class, which is built from the architecture. Cards of 0.1.0 name no family:
theirs is the spline flow."""


MAX_SIZE = 4096
"""Of any part of a network: ten times the largest that we know of."""


def build_density(architecture: Mapping[str, Any]) -> Density:
    """Return an untrained density of an architecture; raises EstimatorError for a family or a size that there is not."""
    family = architecture.get("family", SPLINE_FLOW)
    if family not in FAMILIES:
        raise EstimatorError(
            f"Its density is of the family {family!r}, and this version knows {', '.join(FAMILIES)}: update the dashboard."
        )
    for size, value in architecture.items():
        if isinstance(value, int) and not 0 < value <= MAX_SIZE:
            raise EstimatorError(
                f"Its card says {size} {value:.6g}; between 1 and {MAX_SIZE} can be built: its card is damaged."
            )
    module, name = FAMILIES[family].split(":")
    return getattr(import_module(module, __package__ if module.startswith(".") else None), name)(architecture)
