"""Errors of an analysis of the subspace."""

from __future__ import annotations

from ..errors import UserError


class SubspaceError(UserError):
    """The samples or settings do not allow the geometry to be computed: too few, not finite, or of the wrong shape."""
