"""The explorer: everything below the page's header, for a browser, a notebook cell or one's own layout."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import param
from panel.viewable import Viewer

from ..errors import SessionError
from ..inference.asking.simulated import Simulated
from ..publication.paper import Paper
from ..recording import Recording
from .embedding import embedded
from .files.evidence_of import evidence_of
from .files.figure_files import write_figure
from .frame.configurations_view import ConfigurationsView
from .frame.sidebar.recordings_view import RecordingsView
from .frame.sidebar.session_view import SessionView
from .frame.sidebar.settings_view import SettingsView
from .frame.stage_bar import StageBar
from .frame.stage_frames import StageFrames
from .frame.status_view import StatusView
from .frame.target_view import TargetView
from .frame.verdict_view import VerdictView
from .mending.accessible import Accessible
from .mending.bokeh_mending import BokehMending
from .mending.libraries import mend_libraries
from .mending.notebook import in_notebook, load_extension
from .stage_views import make_view
from .state.arrival import Arrival
from .state.stages import STAGES
from .state.workspace import Workspace
from .widgets.notice_board import NoticeBoard
from .widgets.notices import boards
from .widgets.sight import Sight
from .widgets.tokens import BAR


def chosen_numbers(circuits: Any, table: pd.DataFrame) -> list[int]:
    """Return the numbers of chosen circuits, given as numbers, as rows, or as a truth value for each row of the table.

    Raises SessionError for anything else.
    """
    if isinstance(circuits, pd.DataFrame) and "circuit" in circuits:  # an export that was read in again
        circuits = circuits["circuit"].to_numpy()
    elif isinstance(circuits, pd.Series) and circuits.name == "circuit":
        circuits = circuits.to_numpy()
    elif isinstance(circuits, pd.DataFrame | pd.Series):
        rows = isinstance(circuits, pd.DataFrame) or not pd.api.types.is_bool_dtype(circuits.dtype)
        circuits = circuits.index if rows else circuits.index[circuits.fillna(False).to_numpy(dtype=bool)]
    values = np.asarray(list(circuits) if np.iterable(circuits) else circuits)
    if values.ndim == 1 and values.dtype == bool and len(values) == len(table):
        return table.index[values].tolist()
    if values.ndim == 1 and (values.dtype.kind in "iu" or not len(values)):
        return values.tolist()
    raise SessionError(
        f"Select circuits by their numbers, by rows of explorer.configurations, or by a truth value for each of its {len(table)} rows."
    )


class Explorer(Viewer):
    """Load a recording, see its features, draw circuits, explore their subspace, rerun them.

    `Explorer("recording.nwb")`, `Explorer(recording)` or `Explorer([first, second])` as the last line of a notebook cell shows the
    page. `selection`, `configurations` and `simulations` are what is on it, as Python objects; `selection` can be assigned.
    """

    workspace = param.ClassSelector(class_=Workspace, constant=True, doc="The session's state.")

    alive = param.Boolean(default=False, constant=True, doc="Whether circuits are drawn and simulated unasked.")
    addressed = param.Boolean(default=False, constant=True, doc="Whether the page's address names the stage.")

    def __init__(self, recordings: Any = (), *, workspace: Workspace | None = None, **params: Any) -> None:
        load_extension()
        super().__init__(workspace=workspace or Workspace(), **params)
        if self.alive:
            Arrival(self.workspace)
        given = [recordings] if isinstance(recordings, str | Path | Recording) else list(recordings)
        self._waiting = given
        self._refused: list[str] = []
        self._loaded = asyncio.Event()
        # what is changed before the browser has the whole page reaches it in the wrong order
        self._ready, self._asked = not self._is_served, ""
        space = self.workspace
        self.recordings_view = RecordingsView(workspace=space)
        self.settings_view = SettingsView(workspace=space)
        self.session_view = SessionView(workspace=space)
        self.views: dict[str, Viewer] = {}
        self._embedded: dict[str, Any] = {}
        # the bar shows and hides the frames in the browser: a stage that is left is not taken down, so that coming back is instant
        self.tabs = StageBar(active=STAGES.index(space.stage), addressed=self.addressed)
        self.frames = StageFrames()
        self.view(space.stage)
        self.tabs.param.watch(lambda event: self._choose(STAGES[event.new]), "active")
        self.tabs.param.watch(lambda event: setattr(space, "screen", event.new), "screen")
        space.param.watch(lambda event: self._choose(event.new), "stage")
        self.sidebar = pn.Column(
            self.recordings_view, self.settings_view, self.session_view, sizing_mode="stretch_width"
        )
        self.recording_sight, self.stage_sight = Sight(height=0, margin=0), Sight(height=0, margin=0)
        self.notices = NoticeBoard()
        if in_notebook():
            boards.add(self.notices)
        self.status = StatusView(workspace=space)
        self.main = pn.Column(
            self.notices,
            BokehMending(own_page=self.addressed, height=0, margin=0),
            Accessible(height=0, margin=0),
            self.recording_sight,
            self.tabs,
            VerdictView(workspace=space),
            TargetView(workspace=space),
            self.stage_sight,
            self.frames,
            ConfigurationsView(workspace=space),
            sizing_mode="stretch_width",
            # as tall as its content: with Panel's 100 % of the page stages would overlap. The drawer stands at the lower edge of
            # a page that is not full
            styles={"max-height": "none"} | ({"min-height": f"calc(100vh - {BAR}px)"} if self.addressed else {}),
        )
        pn.state.onload(self._load)

    @property
    def _is_served(self) -> bool:
        """Whether a server shows the page, and not a notebook or a script."""
        document = pn.state.curdoc
        return document is not None and document.session_context is not None

    def view(self, stage: str) -> Viewer:
        """Return the view of a stage, which is made when it is first asked for."""
        if stage not in self.views:
            self.views[stage] = make_view(stage, self.workspace)
            self.frames.put(stage, self.views[stage])
        return self.views[stage]

    def _choose(self, stage: str) -> None:
        """Show a stage, whether the user clicked its tab or the workspace asked for it."""
        self.tabs.active = STAGES.index(stage)
        if not self._ready:
            self._asked = stage
            return
        known = stage in self.views
        self.view(stage)

        def enter() -> None:
            self.workspace.stage = stage
            self.tabs.shown = STAGES.index(stage)

        if known or not self._is_served:
            enter()
        else:  # the browser must know the new view's figures before they are filled
            pn.state.curdoc.add_next_tick_callback(enter)

    async def _load(self) -> None:
        """Read the recordings that were given, after the first paint, and show the stage that was asked for meanwhile."""
        self._ready = True
        if self._asked and self._asked != self.workspace.stage:
            self._choose(self._asked)
        try:
            waiting, self._waiting = self._waiting, []
            for item in waiting:
                await self.recordings_view.take(item)
                if self.recordings_view.refused:
                    self._refused.append(self.recordings_view.refused)
        finally:
            self._loaded.set()
        # weights, torch and sbi load while the user looks at the features, so that the first draw answers at once
        examined = self.workspace.current
        if examined is not None and examined.estimator:
            await asyncio.to_thread(lambda: self.workspace.estimator_of(examined).density)

    @classmethod
    def from_arrays(
        cls, spike_times: Any, spike_units: Any, *, duration: float | None = None, name: str = "arrays", **params: Any
    ) -> Explorer:
        """Return an explorer of spikes in arrays.

        spike_times: (n_spikes,) s, in any order; spike_units: (n_spikes,) integers from 0; duration: s, by default the time of the last
        spike. Raises RecordingError.
        """
        return cls(Recording.from_spikes(spike_times, spike_units, duration=duration, name=name), **params)

    async def ready(self) -> Explorer:
        """Wait until the given recordings are read and measured: `await explorer.ready()` in a cell.

        Raises SessionError, with the reasons, when one could not be taken; those that could be taken are there.
        """
        await self._loaded.wait()
        if self._refused:
            raise SessionError("\n".join(self._refused))
        return self

    def embed(self, name: str) -> Any:
        """Return one view for a cell or a layout of its own: "Target", "Circuits" or a stage ("Features", "Posterior", …).

        It shows this explorer's session: a selection made in one view is the selection in all. Raises SessionError for other names.
        """
        mend_libraries()
        if name not in self._embedded:  # a cell that is run again shows the view that it made before
            self._embedded[name] = embedded(self.workspace, name)
        return self._embedded[name]

    @property
    def recording(self) -> Recording | None:
        """The recording that is looked at."""
        examined = self.workspace.current
        return None if examined is None else examined.recording

    @property
    def configurations(self) -> pd.DataFrame:
        """All circuits of the current recording: published names as columns, with density, state, distance and seed; a copy."""
        examined = self.workspace.current
        return pd.DataFrame() if examined is None else examined.configurations.copy()

    @property
    def selection(self) -> pd.DataFrame:
        """The selected circuits, as rows of `configurations`. Assign numbers, rows, or a truth value for each row."""
        examined = self.workspace.current
        return pd.DataFrame() if examined is None else examined.configurations.loc[examined.selection]

    @selection.setter
    def selection(self, circuits: Any) -> None:
        examined = self.workspace.current
        table = pd.DataFrame() if examined is None else examined.configurations
        numbers, known = list(dict.fromkeys(chosen_numbers(circuits, table))), set(table.index.tolist())
        unknown = [number for number in numbers if number not in known]
        if unknown:
            raise SessionError(
                f"There is no circuit {unknown[0]}; the page has {len(known)}, see explorer.configurations."
            )
        if examined is not None:
            examined.selection = numbers

    @property
    def simulations(self) -> dict[int, Simulated]:
        """Circuit number → its simulation, with `recording`, `features`, `outcome` and `seed`."""
        examined = self.workspace.current
        return {} if examined is None else dict(examined.simulations)

    def figure(self, *paths: str | Path, width: float = 180.0, font: float = 7.0) -> str:
        """Write Figure 1 of the current recording to files (.svg, .pdf, .png) and return its caption, which also goes into a .txt file.

        width: mm; font: pt. Raises SessionError where there is nothing to draw yet, UserError for other endings and sizes.
        """
        examined = self.workspace.current
        evidence = evidence_of(examined, None if examined is None else self.workspace.cards.get(examined.estimator))
        return write_figure(evidence, [Path(path) for path in paths], Paper(width, font))

    def __panel__(self) -> Any:
        mend_libraries()
        main = pn.Column(self.status, self.main, sizing_mode="stretch_width", margin=0)
        return pn.Row(pn.Column(self.sidebar, width=300), main, sizing_mode="stretch_width")
