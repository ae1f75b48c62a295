"""A thin bar with the running job, its progress and its time left, and buttons to pause or stop it."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from ..state.examined import Examined
from ..state.following import follow_current
from ..state.workspace import Workspace
from ..widgets.plain_text import plain
from ..widgets.quantities import spoken


def how_far(examined: Examined) -> str:
    """Return the running job and its progress. For a job on the cluster, also its count, rate and time left."""
    job = examined.job
    if told := getattr(job, "told", None):
        waits = ["paused; what has begun is finished"] if job.paused else []
        return "  ·  ".join([f"{examined.busy} … {told()}", *waits])
    counted = job is not None and job.total
    parts = [
        f"{examined.busy} … {job.done} of {job.total}" if counted else f"{examined.busy} … {examined.progress:.0%}"
    ]
    if job is not None and job.paused:
        parts.append("paused; what has begun is finished")
    elif counted and job.done:
        parts += [f"{job.rate:.2g} a second", f"{spoken(job.seconds_left)} left"]
    elif counted:
        parts.append("waiting for the first")
    return "  ·  ".join(parts)


class WorkView(Viewer):
    """Visible only while something runs for the current recording."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        small: dict[str, Any] = {"variant": "outlined", "size": "small", "margin": (0, 4)}
        self._text = plain(small=True, margin=(0, 8, 2, 8), sizing_mode="stretch_width")
        self._bar = pmui.LinearProgress(value=0, variant="determinate", sizing_mode="stretch_width", margin=(0, 8))
        self.pause = pmui.Button(label="Pause", on_click=self._pause, visible=False, **small)
        self._stop = pmui.Button(label="Cancel", color="error", on_click=lambda _: self.workspace.cancel(), **small)
        told = pn.Column(self._text, self._bar, width=360, margin=0, align="center")
        self._layout = pn.Row(told, self.pause, self._stop, visible=False, align="center", margin=0)
        follow_current(self.workspace, self._show, (self._show, ["busy", "progress"]))

    def _pause(self, _: Any) -> None:
        job = None if self.workspace.current is None else self.workspace.current.job
        if job is not None:
            (job.resume if job.paused else job.pause)()
        self._show()

    def _show(self, *_: Any) -> None:
        examined = self.workspace.current
        self._layout.visible = bool(examined is not None and examined.busy)
        if examined is None:
            return
        job = examined.job
        self.pause.visible = job is not None
        self.pause.label = "Resume" if job is not None and job.paused else "Pause"
        self._text.object = how_far(examined)
        self._bar.value = round(100 * examined.progress)

    def __panel__(self) -> Any:
        return self._layout
