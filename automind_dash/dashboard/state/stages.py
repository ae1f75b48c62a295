"""The names of the page's stages, in the order of a person's work."""

from __future__ import annotations

STAGES = ("Features", "Posterior", "Subspace", "Move", "Geometry", "Simulate", "Live", "Experiments", "Compare")
"""What the tabs are called, what a saved session names, and the keys of `stage_views.VIEWS`."""
