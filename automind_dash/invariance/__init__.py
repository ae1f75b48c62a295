"""The subspace of circuits with the same dynamics: its global and local geometry, paths, conditions, comparisons.

Pure functions on arrays; see docs/invariance.md. Names are imported when they are first used, so that `composites` can
be used without importing scikit-learn.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_MODULES: dict[str, tuple[str, ...]] = {
    "comparison": (
        "JointTest", "MarginalDistances", "SubspaceAngles", "c2st", "marginal_distances", "mmd", "principal_subspace_angles",
        "stiff_subspace_angles",
    ),
    "compensation": ("Compensation", "compensate"),
    "components": ("Components", "against_prior_and_shuffled", "participation_ratio", "shuffled"),
    "composites": ("COMPOSITES", "COMPOSITE_NAMES", "Composite", "columns", "quantity"),
    "conditional": ("Conditional", "condition", "held_at"),
    "correlation": ("CorrelationChange", "Correlations", "correlation_change", "correlations"),
    "density": ("posterior_density", "posterior_gradient", "torch_posterior_density"),
    "embedding": ("Embedding", "IntrinsicDimension", "embed", "levina_bickel", "two_nn"),
    "errors": ("SubspaceError",),
    "finders": ("End", "Neighbour", "Pair", "ends", "most_different_pair", "sloppiest_neighbour"),
    "local": ("Curvature", "Turning", "curvature", "in_names", "principal_angles", "random_angle", "torch_curvature", "turning"),
    "modes": ("Humps", "Pieces", "humps", "pieces"),
    "paths": ("Path", "consistent_share", "path_between"),
    "response": ("MEASURES", "Answer", "answer", "changes", "explained_by", "outcomes", "seed_noise", "verdict"),
    "scaling": ("central_gradient", "from_unit", "to_unit", "unit_density"),
    "seed_variance": ("OwnAgainstNeighbours", "VarianceParts", "own_against_neighbours", "variance_parts"),
    "selection": (
        "And", "Everything", "Is", "Not", "Or", "Polygon", "Range", "Reference", "Rows", "Selection", "box", "read_selection",
        "selection_from_dict",
    ),
    "sensitivity": ("ActiveDirections", "Sensitivity", "active_directions", "local_sensitivity"),
    "side_by_side": ("JointMatrix", "SideBySide", "compare", "joint_matrix"),
}  # fmt: skip
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(_HOME)
