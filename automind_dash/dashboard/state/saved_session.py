"""A session as it was saved: what a file gives back to the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .examined import Examined


@dataclass
class SavedSession:
    """What a file holds. targets: with recording, settings, draws and runs, but not analysed yet; current: place in them."""

    recordings: list[Examined]
    current: int = 0
    stage: str = ""
    view: dict[str, Any] = field(default_factory=dict)
    version: str = ""
    saved: str = ""
