"""The names of the page's stages, in the order of a person's work, and the acts that they form."""

from __future__ import annotations

ACTS = {
    "Recording": ("Features",),
    "Circuits": ("Posterior", "Subspace", "Move", "Geometry"),
    "Activity": ("Simulate", "Live", "Experiments"),
    "Study": ("Overview", "Compare"),
}
"""Act → its stages: what was recorded, which circuits could have made it, what they do, and many recordings, two of them closely."""

STAGES = tuple(stage for stages in ACTS.values() for stage in stages)
"""The names that the stage bar shows, that a saved session keeps, and that are the keys of `stage_views.VIEWS`."""

OPENS = {"Circuits": "Subspace"}
"""Acts that do not open at their first stage: circuits open with their picture, parameter against parameter."""


def act_of(stage: str) -> str:
    """Return the act that a stage belongs to. Raises KeyError for a name that no stage has."""
    return {stage: act for act, stages in ACTS.items() for stage in stages}[stage]
