"""The explorer: everything below the page's header, in a browser, a notebook cell or a layout of one's own."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from ..recording import Recording
from .bokeh_mending import BokehMending
from .configurations_view import ConfigurationsView
from .notebook import load_extension
from .panel_mending import mend_panel
from .recordings_view import RecordingsView
from .session_view import SessionView
from .settings_view import SettingsView
from .stages import STAGES, make_view
from .target_view import TargetView
from .work_view import WorkView
from .workspace import Workspace

mend_panel()


class Explorer(Viewer):
    """Load a recording, see its features, draw circuits, explore their subspace, rerun them.

    `Explorer("recording.nwb")`, `Explorer(recording)` or `Explorer([first, second])` as the last line of a notebook cell shows the
    page; `explorer.selection` is a DataFrame of the configurations selected in it.
    """

    workspace = param.ClassSelector(class_=Workspace, constant=True, doc="The session's state.")

    def __init__(self, recordings: Any = (), *, workspace: Workspace | None = None, **params: Any) -> None:
        load_extension()
        super().__init__(workspace=workspace or Workspace(), **params)
        given = [recordings] if isinstance(recordings, str | Path | Recording) else list(recordings)
        self._waiting = given
        space = self.workspace
        self.recordings_view = RecordingsView(workspace=space)
        self.settings_view = SettingsView(workspace=space)
        self.session_view = SessionView(workspace=space)
        self.views: dict[str, Viewer] = {}
        self._frames: dict[str, pn.Column] = {}
        # the tabs only choose: a view that is left is hidden, not taken down, so that coming back is instant
        self.tabs = pmui.Tabs(
            *((stage, pn.Spacer(height=0)) for stage in STAGES), active=STAGES.index(space.stage),
            sizing_mode="stretch_width", margin=(0, 8),
        )  # fmt: skip
        self._place = pn.Column(sizing_mode="stretch_width", margin=(0, 8))
        self.view(space.stage)
        self.tabs.param.watch(lambda event: self._choose(STAGES[event.new]), "active")
        space.param.watch(lambda event: self._choose(event.new), "stage")
        self.sidebar = pn.Column(
            self.recordings_view, self.settings_view, self.session_view, sizing_mode="stretch_width"
        )
        self.main = pn.Column(
            BokehMending(height=0, margin=0),
            TargetView(workspace=space),
            WorkView(workspace=space),
            self.tabs,
            self._place,
            ConfigurationsView(workspace=space),
            sizing_mode="stretch_width",
            styles={
                "max-height": "none"
            },  # as tall as its content: else Panel's 100 % is that of the page, and stages overlap
        )
        pn.state.onload(self._load)

    def view(self, stage: str) -> Viewer:
        """Return the view of a stage, made when it is first asked for."""
        if stage not in self.views:
            self.views[stage] = make_view(stage, self.workspace)
            self._frames[stage] = pn.Column(
                self.views[stage], visible=stage == self.workspace.stage, sizing_mode="stretch_width", margin=0
            )
            self._place.append(self._frames[stage])
        return self.views[stage]

    def _choose(self, stage: str) -> None:
        """Show a stage, whether its tab was clicked or the workspace asked for it."""
        self.tabs.active = STAGES.index(stage)
        known = stage in self.views
        self.view(stage)
        for other, frame in self._frames.items():
            frame.visible = other == stage
        document = pn.state.curdoc
        enter = partial(setattr, self.workspace, "stage", stage)
        if known or document is None or document.session_context is None:
            enter()
        else:  # the browser must know the new view's figures before they are filled
            document.add_next_tick_callback(enter)

    async def _load(self) -> None:
        """Read the recordings that were given, after the first paint."""
        waiting, self._waiting = self._waiting, []
        for item in waiting:
            await self.recordings_view.take(item)
        # the weights, torch and sbi come while the user looks at the features: the first draw then answers at once
        target = self.workspace.current
        if target is not None and target.estimator:
            await asyncio.to_thread(lambda: self.workspace.estimator_of(target).flow)

    @property
    def selection(self) -> pd.DataFrame:
        """The selected configurations: published names as columns, with density, state and distance; empty when none is."""
        target = self.workspace.current
        return pd.DataFrame() if target is None else target.configurations.loc[target.selection]

    def __panel__(self) -> Any:
        return pn.Row(
            pn.Column(self.sidebar, width=300, sizing_mode="stretch_height"), self.main, sizing_mode="stretch_width"
        )
