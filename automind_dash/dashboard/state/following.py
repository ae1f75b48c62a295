"""Views that show the current recording, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .target_state import TargetState
from .workspace import Workspace


def follow_current(
    workspace: Workspace,
    switched: Callable[[], object],
    *watched: tuple[Callable[[], object], Sequence[str]],
) -> None:
    """Call `switched` now and whenever another recording is chosen, and each of `watched` when one of its fields changes.

    watched: what is called, and names of parameters of `TargetState`; those of recordings chosen before are given up.
    """
    following: list[tuple[TargetState, Any]] = []

    def switch(*_: Any) -> None:
        for target, watcher in following:
            target.param.unwatch(watcher)
        following.clear()
        target = workspace.current
        if target is not None:
            following.extend(
                (target, target.param.watch(lambda *_, call=call: call(), list(names))) for call, names in watched
            )
        switched()

    workspace.param.watch(switch, "current")
    switch()
