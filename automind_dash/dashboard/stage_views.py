"""Which class draws which stage. A stage's view is imported and made when the stage is first shown."""

from __future__ import annotations

from importlib import import_module
from typing import Any

VIEWS = {
    "Features": ("stages.features.features_view", "FeaturesView"),
    "Posterior": ("stages.posterior.posterior_view", "PosteriorView"),
    "Subspace": ("stages.subspace.subspace_view", "SubspaceView"),
    "Move": ("stages.move.move_view", "MoveView"),
    "Geometry": ("stages.geometry.geometry_view", "GeometryView"),
    "Simulate": ("stages.simulate.simulate_view", "SimulateView"),
    "Live": ("stages.live.live_view", "LiveView"),
    "Experiments": ("stages.experiments.experiments_view", "ExperimentsView"),
    "Overview": ("stages.study.study_view", "StudyView"),
    "Compare": ("stages.compare.compare_view", "CompareView"),
}
"""Name → module and class; a view is made as `XView(workspace=…)`."""


def make_view(stage: str, workspace: Any) -> Any:
    """Return a new view of this stage for a session's workspace."""
    module, name = VIEWS[stage]
    return getattr(import_module(f".{module}", __package__), name)(workspace=workspace)
