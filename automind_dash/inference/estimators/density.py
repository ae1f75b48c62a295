"""What every family of estimator densities can do, and which families there are.

A family is one file, with a class that implements this protocol, and a row in FAMILIES. The spline flow of `flow.py` is the one that
ships. Every density is over z, the logits of the 28 parameters under the estimator's prior (`Prior.to_logit`), given the features x.
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
    """A torch module that is trained on its own. A density of several members is their mixture."""

    def standardise(self, z: Floats, x: Floats) -> None:
        """Set means and scales from training data. z: (n, 28); x: (n, n_features)."""

    def loss(self, z: Any, x: Any) -> Any:
        """(n,) torch losses of training pairs; training lowers their mean. z: (n, 28); x: (n, n_features)."""


class Density(Protocol):
    """q(z | x), which can be drawn from, evaluated and differentiated as NumPy arrays."""

    @property
    def architecture(self) -> Mapping[str, Any]:
        """What is needed to rebuild the density before its weights are loaded: plain values, kept in the card."""

    def draw(self, n: int, x: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Return n draws (n, 28) given x (n_features,), and log q of each (n,). Successive calls give the draws that one call would."""

    def log_prob(self, z: Floats, x: Floats) -> Floats:
        """(n,) log q(z | x). z: (n, 28); x: (n_features,)."""

    def gradient(self, z: Floats, x: Floats) -> tuple[Floats, Floats]:
        """Return log q(z | x) (n,) and its slopes over z (n, 28). z: (n, 28); x: (n_features,)."""

    def members(self) -> Sequence[Any]:
        """The modules that are trained, each a `Member`."""

    def weights(self) -> dict[str, NDArray[Any]]:
        """Return all weights by name, as they are saved."""

    def load(self, weights: Mapping[str, NDArray[Any]]) -> None:
        """Load weights as `weights` returned them; raises EstimatorError when they do not fit the architecture."""


SPLINE_FLOW = "spline flow"

FAMILIES: Mapping[str, str] = {SPLINE_FLOW: ".flow:SplineFlow"}
"""Family name, as `architecture["family"]` gives it → module and class; the class is built from the architecture. Cards of 0.1.0 name no
family: theirs is the spline flow."""


MAX_SIZE = 4096
"""Upper limit for any size in a network: ten times the largest that we know of."""


def build_density(architecture: Mapping[str, Any]) -> Density:
    """Return an untrained density of an architecture; raises EstimatorError for an unknown family or an impossible size."""
    family = architecture.get("family", SPLINE_FLOW)
    if family not in FAMILIES:
        raise EstimatorError(
            f"Its density belongs to the family {family!r}, but this version knows only {', '.join(FAMILIES)}: update the dashboard."
        )
    for size, value in architecture.items():
        if isinstance(value, int) and not 0 < value <= MAX_SIZE:
            raise EstimatorError(
                f"Its card says {size} {value:.6g}; only 1 to {MAX_SIZE} can be built. The card is damaged."
            )
    module, name = FAMILIES[family].split(":")
    return getattr(import_module(module, __package__ if module.startswith(".") else None), name)(architecture)
