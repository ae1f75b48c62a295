"""Rasters of the selected circuits that have been simulated, beside each other."""

from __future__ import annotations

import panel as pn

from ....inference.asking.simulated import Simulated
from ....recording import Recording
from ...figures.raster import Raster
from ...widgets.colours import OUTCOME_WORDS, Palette
from ...widgets.figure_saving import save_menu
from ...widgets.plain_text import plain

N_RASTERS = 6
"""What a screen holds below a pair plot."""

SHOWN_SECONDS = 10.0
"""s from the end of the warm-up on: a few bursts, and spikes that can still be told apart."""

HEIGHT = 96


class SelectedRasters:
    """Figures made once; `show` swaps their spikes, and only of those whose circuit changed."""

    def __init__(self, palette: Palette) -> None:
        self.rasters = [Raster(palette, height=HEIGHT) for _ in range(N_RASTERS)]
        self.titles = [plain(small=True, one_line=True, margin=(4, 8, 0, 8)) for _ in range(N_RASTERS)]
        self._shown: list[Simulated | None] = [None] * N_RASTERS
        self.note = plain(small=True)
        self._boxes = [
            pn.Column(
                title, pn.pane.Bokeh(raster.figure, sizing_mode="stretch_width", height=HEIGHT, margin=0), visible=False,
                styles={"flex": "1 1 300px", "min-width": "280px"}, margin=0,
            )
            for title, raster in zip(self.titles, self.rasters, strict=True)
        ]  # fmt: skip
        for raster in self.rasters:
            raster.figure.yaxis.axis_label = None
            raster.figure.min_border_left = 44
        self.saving = save_menu(None, "selected_rasters")
        self._menu = pn.Row(self.saving, visible=False, margin=0)
        self.layout = pn.Column(
            self.note,
            pn.Row(*self._boxes, sizing_mode="stretch_width", styles={"flex-wrap": "wrap"}, margin=0),
            self._menu,
            sizing_mode="stretch_width",
            margin=0,
        )

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme."""
        for raster in self.rasters:
            raster.recolour(palette)

    def show(
        self, selection: list[int], simulations: dict[int, Simulated], states: dict[int, str], warm_up: float
    ) -> None:
        """Show the first selected circuits that have been simulated. states: of the numbers; warm_up: s left out at the start."""
        runs = [(number, simulations[number]) for number in selection if number in simulations]
        spoken = [(number, run, run.recording) for number, run in runs if run.recording is not None]
        self.note.object = self._said(len(selection), len(spoken))
        if len(self.saving.figures) != len(spoken[:N_RASTERS]):
            self.saving.figures = [raster.figure for raster in self.rasters[: len(spoken)]]
        self._menu.visible = bool(spoken)
        for i, box in enumerate(self._boxes):
            box.visible = i < len(spoken)
            if i >= len(spoken):
                continue
            number, run, recording = spoken[i]
            self.titles[i].object = f"circuit {number} — {OUTCOME_WORDS.get(states[number], '')}"
            if run is not self._shown[i]:
                self._shown[i] = run
                self._fill(self.rasters[i], recording, warm_up)

    def _fill(self, raster: Raster, whole: Recording, warm_up: float) -> None:
        recording = whole.population("excitatory")
        start = warm_up if recording.duration > warm_up + 1 else 0.0
        recording = recording.window(start, min(start + SHOWN_SECONDS, recording.duration))
        raster.x_range.update(start=0, end=SHOWN_SECONDS)
        raster.show(recording)

    def _said(self, n_selected: int, n_runs: int) -> str:
        if not n_selected:
            return "Rasters of the selected circuits appear here once they have been simulated."
        if not n_runs:
            return "None of the selected circuits has been simulated yet: press Simulate under Simulate to see their rasters here."
        first = f"first {N_RASTERS} of " if n_runs > N_RASTERS else ""
        return f"Rasters of the {first}{n_runs} simulated among the selected: excitatory neurons, {SHOWN_SECONDS:g} s."
