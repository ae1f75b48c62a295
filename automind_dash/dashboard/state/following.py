"""Views that show the current recording, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .examined import Examined
from .workspace import Workspace


def follow_current(
    workspace: Workspace,
    switched: Callable[[], object],
    *watched: tuple[Callable[[], object], Sequence[str]],
) -> None:
    """Call `switched` now and whenever another recording is chosen, and each of `watched` when one of its fields changes.

    watched: what is called, and names of parameters of `Examined`; those of recordings chosen before are given up.
    """
    following: list[tuple[Examined, Any]] = []

    def switch(*_: Any) -> None:
        for examined, watcher in following:
            examined.param.unwatch(watcher)
        following.clear()
        examined = workspace.current
        if examined is not None:
            following.extend(
                (examined, examined.param.watch(lambda *_, call=call: call(), list(names))) for call, names in watched
            )
        switched()

    workspace.param.watch(switch, "current")
    switch()
