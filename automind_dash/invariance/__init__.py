"""The subspace of circuits with the same dynamics: its global and local geometry, paths, conditions, comparisons.

Pure functions on arrays; see docs/invariance.md. Names are imported when they are first used, so that `composites` costs no scikit-learn.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_MODULES: dict[str, tuple[str, ...]] = {
    "composites": ("COMPOSITES", "COMPOSITE_NAMES", "Composite", "columns", "quantity"),
    "components": ("Components", "against_prior_and_shuffled", "participation_ratio", "shuffled"),
    "correlation": ("CorrelationChange", "Correlations", "correlation_change", "correlations"),
    "density": ("posterior_density", "posterior_gradient", "torch_posterior_density"),
    "embedding": ("Embedding", "IntrinsicDimension", "embed", "levina_bickel", "two_nn"),
    "errors": ("SubspaceError",),
    "scaling": ("from_unit", "to_unit", "unit_density"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(_HOME)
