"""Where a view's simulations run: in this process while they are few, else on the cluster, as a job that can be paused."""

from __future__ import annotations

from functools import partial

from ..inference.verification import RunMany, run_in_process, run_on_cluster
from .target_state import TargetState

FEW = 2
"""Up to so many circuits run in this process: sooner there than a cluster starts."""


def runner(target: TargetState, items: int, label: str, engine: str = "fast") -> RunMany:
    """Return what runs so many items for a recording; the reference engine compiles, and stays in this process."""
    if items <= FEW or engine == "reference":
        return partial(run_in_process, should_stop=target.stop.is_set)
    return partial(run_on_cluster, label=label, owner=str(id(target)), started=target.steer)
