"""What can go wrong when a subspace is analysed."""

from __future__ import annotations

from ..errors import UserError


class SubspaceError(UserError):
    """Samples or settings from which a geometry cannot be computed: too few, not finite, of the wrong shape."""
