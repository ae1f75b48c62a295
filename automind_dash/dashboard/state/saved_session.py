"""A session as it was saved and as its file gives it back to the page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ...study.results import StudyResults
from .examined import Examined


@dataclass
class SavedSession:
    """What a file holds. recordings: with settings, draws and runs, but not analysed yet; current: its place among them; notes: sentences
    on what was left out; study: the results of a study.
    """

    recordings: list[Examined]
    current: int = 0
    stage: str = ""
    view: dict[str, Any] = field(default_factory=dict)
    version: str = ""
    saved: str = ""
    notes: tuple[str, ...] = ()
    study: StudyResults | None = None
