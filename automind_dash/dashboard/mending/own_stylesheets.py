"""Lets a served page ask its own server for Panel's stylesheets, always.

Seen with Panel 1.9.4: where Panel does not know a model's document yet, it falls back to a CDN for the model's stylesheets, which a lab's
browser may not reach and the page's policy forbids. It happens when a view is made while the page is still being sent.
"""

from __future__ import annotations

from typing import Any

from panel import reactive
from panel.io import resources
from panel.io.resources import CDN_DIST, LOCAL_DIST

_patch = resources.patch_stylesheet


def _patch_for_server(stylesheet: Any, dist_url: str) -> None:
    _patch(stylesheet, LOCAL_DIST if dist_url == CDN_DIST else dist_url)


def ask_own_server() -> None:
    """Make the page's own server the fallback. For served pages; a notebook brings its stylesheets from the kernel."""
    resources.patch_stylesheet = reactive.patch_stylesheet = _patch_for_server
