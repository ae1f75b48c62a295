"""Mends the Python side of the libraries, but not before a part of the page is about to be shown."""

from __future__ import annotations

from .bounded_bytes import bound_bytes
from .model_walks import mend_walks
from .notebook import in_notebook
from .notebook_resources import stylesheets_from_kernel
from .panel_mending import mend_panel


def mend_libraries() -> None:
    """Mend what the page needs. Called where the page, or a part of it, is about to be shown. A second call changes nothing."""
    mend_panel()
    mend_walks()
    bound_bytes()
    if in_notebook():
        stylesheets_from_kernel()
