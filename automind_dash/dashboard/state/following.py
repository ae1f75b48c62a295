"""Lets views follow the current recording, whichever it is, or all recordings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .examined import Examined
from .study import Study
from .workspace import Workspace

Watched = tuple[Callable[[], object], Sequence[str]]
"""What is called, and the parameters of `Examined` whose changes call it."""


def follow_current(workspace: Workspace, switched: Callable[[], object], *watched: Watched) -> None:
    """Call `switched` now and whenever another recording is chosen, and each of `watched` when one of its fields changes.

    Recordings that were chosen earlier are no longer watched.
    """
    _follow(workspace, "current", lambda: [] if workspace.current is None else [workspace.current], switched, watched)


def follow_all(workspace: Workspace, switched: Callable[[], object], *watched: Watched) -> None:
    """Do as `follow_current` for every recording of the session; `switched` is called whenever one comes or goes."""
    _follow(workspace, "recordings", lambda: workspace.recordings, switched, watched)


def follow_study(workspace: Workspace, switched: Callable[[], object], *watched: Watched) -> None:
    """Do as `follow_current` for the session's study."""
    _follow(workspace, "study", lambda: [workspace.study], switched, watched)


def _follow(
    workspace: Workspace,
    field: str,
    followed: Callable[[], list[Examined] | list[Study]],
    switched: Callable[[], object],
    watched: Sequence[Watched],
) -> None:
    following: list[tuple[Examined | Study, Any]] = []

    def switch(*_: Any) -> None:
        for examined, watcher in following:
            examined.param.unwatch(watcher)
        following[:] = [
            (examined, examined.param.watch(lambda *_, call=call: call(), list(names)))
            for examined in followed()
            for call, names in watched
        ]
        switched()

    workspace.param.watch(switch, field)
    switch()
