"""One view of an explorer in its own place: a notebook cell or a layout. It shares the explorer's session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn

from ..errors import SessionError
from .frame.configurations_view import ConfigurationsView
from .frame.target_view import TargetView
from .frame.work_view import WorkView
from .mending.accessible import Accessible
from .mending.bokeh_mending import BokehMending
from .mending.notebook import in_notebook
from .stage_views import make_view
from .state.stages import STAGES
from .state.workspace import Workspace
from .widgets.notice_board import NoticeBoard
from .widgets.notices import boards

ALWAYS: dict[str, Callable[..., Any]] = {"Target": TargetView, "Circuits": partial(ConfigurationsView, opened=True)}
"""Views that the page shows beside every stage."""

EMBEDDABLE = (*ALWAYS, *STAGES)

SHARED = ("recordings", "current", "estimators", "dark", "view")


def companion(space: Workspace, stage: str) -> Workspace:
    """Return a workspace on the same recordings whose stage stays, since views draw only while their stage is shown."""
    twin = Workspace(stage=stage)
    twin.param.update({name: getattr(space, name) for name in SHARED})
    for one, other in ((space, twin), (twin, space)):
        one.param.watch(partial(_hand_on, other), list(SHARED))

    def elsewhere(event: Any) -> None:
        """Let the explorer go where a view leads to; this workspace stays."""
        if event.new != stage:
            twin.stage = stage
            space.stage = event.new

    twin.param.watch(elsewhere, "stage")
    return twin


def _hand_on(other: Workspace, *events: Any) -> None:
    """Give one workspace what changed in the other. Unchanged values are not given again, or the two would go on for ever."""
    other.param.update({event.name: event.new for event in events if getattr(other, event.name) is not event.new})


def embedded(space: Workspace, name: str) -> Any:
    """Return a view of the session by its name. Raises SessionError for a name that no view has."""
    if name not in EMBEDDABLE:
        raise SessionError(f"There is no view {name!r}; choose one of {', '.join(EMBEDDABLE)}.")
    mending = (BokehMending(height=0, margin=0), Accessible(height=0, margin=0))
    if name in ALWAYS:
        return pn.Column(*mending, ALWAYS[name](workspace=space), sizing_mode="stretch_width", min_height=0)
    notices = NoticeBoard()
    if in_notebook():
        boards.add(notices)
    view = make_view(name, companion(space, name))
    return pn.Column(*mending, notices, WorkView(workspace=space), view, sizing_mode="stretch_width", min_height=0)
