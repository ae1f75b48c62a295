"""Rasters of the selected circuits that have been simulated, beside each other."""

from __future__ import annotations

import panel as pn

from ....inference.asking.simulated import Simulated
from ....recording import Recording
from ...figures.raster import Raster
from ...widgets.colours import OUTCOME_WORDS, Palette
from ...widgets.figure_saving import OfASession, save_menu
from ...widgets.plain_text import plain

N_RASTERS = 4
"""What fits beside a pair plot on a laptop."""

HEIGHT = 40
"""px of a raster on a laptop; `resize` gives it more where there is more."""


class SelectedRasters:
    """Figures that are made once. `show` swaps the spikes of those whose circuit changed."""

    def __init__(self, palette: Palette, of: OfASession | None = None) -> None:
        self.rasters = [Raster(palette, height=HEIGHT) for _ in range(N_RASTERS)]
        self.titles = [plain(small=True, one_line=True, margin=(0, 8, 0, 8)) for _ in range(N_RASTERS)]
        self._shown: list[tuple[Simulated, float] | None] = [None] * N_RASTERS
        self.note = plain(small=True, one_line=True, margin=(0, 8, 2, 8))
        self._boxes = [
            pn.Column(
                title, pn.pane.Bokeh(raster.figure, sizing_mode="stretch_width", height=HEIGHT, margin=0), visible=False,
                sizing_mode="stretch_width", margin=0,
            )
            for title, raster in zip(self.titles, self.rasters, strict=True)
        ]  # fmt: skip
        for raster in self.rasters:
            raster.figure.yaxis.visible = False
            raster.figure.min_border_left = 8
        self.saving = save_menu(None, "selected_rasters", of=of)
        self.layout = pn.Column(
            self.note,
            pn.Column(*self._boxes, sizing_mode="stretch_width", margin=0),
            sizing_mode="stretch_width",
            margin=0,
        )

    def recolour(self, palette: Palette) -> None:
        """Take the colours of another theme."""
        for raster in self.rasters:
            raster.recolour(palette)

    def resize(self, height: int) -> None:
        """Give every raster so many px."""
        for raster in self.rasters:
            raster.figure.height = max(height, HEIGHT)

    def show(
        self, selection: list[int], simulations: dict[int, Simulated], states: dict[int, str], warm_up: float, shown: float,
        coming: str = "",
    ) -> None:  # fmt: skip
        """Show the first selected circuits that have been simulated, the first of all where none is selected.

        states: of the numbers; warm_up: s left out at the start; shown: s; coming: what is being simulated, in words.
        """
        numbers = selection or list(simulations)
        spoken = [
            (number, run, run.recording)
            for number in numbers
            if number in states and (run := simulations.get(number)) is not None and run.recording is not None
        ]
        self.note.object = said(len(selection), len(spoken), shown, coming)
        if len(self.saving.figures) != len(spoken[:N_RASTERS]):
            self.saving.figures = [raster.figure for raster in self.rasters[: len(spoken)]]
        for i, box in enumerate(self._boxes):
            box.visible = i < len(spoken)
            if i >= len(spoken):
                continue
            number, run, recording = spoken[i]
            self.titles[i].object = f"circuit {number} — {OUTCOME_WORDS.get(states[number], '')}"
            if (run, shown) != self._shown[i]:
                self._shown[i] = (run, shown)
                self._fill(self.rasters[i], recording, warm_up, shown)

    def _fill(self, raster: Raster, whole: Recording, warm_up: float, shown: float) -> None:
        recording = whole.population("excitatory")
        start = warm_up if recording.duration > warm_up + 1 else 0.0
        recording = recording.window(start, min(start + shown, recording.duration))
        raster.x_range.update(start=0, end=shown)
        raster.show(recording)


def said(n_selected: int, n_shown: int, shown: float, coming: str) -> str:
    """Return the text above the rasters. shown: s of each; coming: what is being simulated, in words."""
    whose = "selected circuits" if n_selected else "first circuits"
    if n_shown:
        first = f"first {N_RASTERS} " if n_shown > N_RASTERS else ""
        line = f"The {first}{whose} that were simulated: excitatory neurons, {shown:.3g} s."
    elif coming:
        line = f"Rasters of the {whose} appear here in a moment."
    else:
        line = f"Rasters of the {whose} appear here once they have been simulated."
    return f"{line} {coming} …" if coming else line
