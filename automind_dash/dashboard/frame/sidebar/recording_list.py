"""The list of the session's recordings, with the name, a tiny rate, the units and the duration of each. A click shows one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
from markupsafe import Markup
from numpy.typing import NDArray

from ....recording import Recording
from ...state.examined import Examined
from ...widgets.plain_text import OwnMarkup, plain

SPARK_BINS = 70
"""One to three pixels each."""

SPARK_WIDTH, SPARK_HEIGHT = 182, 18


def spark(recording: Recording, bins: int = SPARK_BINS) -> NDArray[np.float64]:
    """Return the recording's rate in (bins,) equal stretches, Hz per unit."""
    counts, _ = np.histogram(recording.spike_times, bins=bins, range=(0.0, recording.duration))
    return counts / (recording.duration / bins * max(recording.n_units, 1))


def spark_svg(rate: NDArray[np.float64], width: int = SPARK_WIDTH, height: int = SPARK_HEIGHT) -> Markup:
    """Return the rate as a line of SVG in the colour of the text around it; it holds numbers only, no user's text."""
    top = float(rate.max()) if len(rate) and rate.max() > 0 else 1.0
    x = np.linspace(0, width, len(rate))
    y = height - 1 - (height - 2) * rate / top
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return Markup(
        '<svg width="{0}" height="{1}" viewBox="0 0 {0} {1}" aria-hidden="true">'
        '<polyline points="{2}" fill="none" stroke="currentColor" stroke-width="1"/></svg>'
    ).format(width, height, points)


def summary(recording: Recording) -> str:
    """Return units, duration and rate in a few words."""
    long = recording.duration >= 600
    duration = f"{recording.duration / 60:.3g} min" if long else f"{recording.duration:.4g} s"
    units = f"{recording.n_units} unit{'s' * (recording.n_units != 1)}"
    kind = "synthetic, " if recording.provenance.get("kind") == "synthetic" else ""
    return f"{kind}{units}, {duration}, {recording.mean_rate:.3g} Hz"


class RecordingRow:
    """One line of the list. `mark` shows whether it is the one that is looked at."""

    def __init__(
        self,
        examined: Examined,
        look: Callable[[Examined], None],
        remove: Callable[[Examined], None],
        rename: Callable[[Examined, str], None],
    ) -> None:
        recording = examined.recording
        self.examined = examined
        self._sign = plain("○", width=14, margin=(2, 4, 0, 0))
        self._name = plain(recording.name, one_line=True, width=SPARK_WIDTH, margin=(2, 0, 0, 0))
        body = pn.Column(
            pn.Row(self._sign, self._name, margin=0),
            OwnMarkup(spark_svg(spark(recording)), margin=(0, 0, 0, 18), height=SPARK_HEIGHT),
            plain(summary(recording), small=True, one_line=True, width=SPARK_WIDTH, margin=(0, 0, 2, 18)),
            margin=(2, 4),
        )
        self.open = pmui.Clickable(body, width=206, margin=0, on_click=lambda _: look(examined))
        self.rename = pmui.IconButton(
            icon="edit", description=f"Rename {recording.name}", size="small", margin=(6, 0, 0, 0), on_click=lambda _: self._edit(),
        )  # fmt: skip
        self.field = pmui.TextInput(
            label="Name", value=recording.name, max_length=80, size="small", width=270, visible=False, margin=(4, 4)
        )
        self.field.param.watch(lambda event: self._named(event.new, rename), "value")
        self.remove = pmui.IconButton(
            icon="close",
            description=f"Remove {recording.name}",
            size="small",
            margin=(6, 0, 0, 2),
            on_click=lambda _: remove(examined),
        )
        line = pn.Row(self.open, self.rename, self.remove, margin=0, sizing_mode="stretch_width")
        self.layout = pn.Column(line, self.field, margin=(0, 0, 2, 0), sizing_mode="stretch_width")
        self.mark(False)

    def _edit(self) -> None:
        """Show the field for another name, or hide it."""
        self.field.visible = not self.field.visible

    def _named(self, name: str, rename: Callable[[Examined, str], None]) -> None:
        if self.field.visible:
            self.field.visible = False
            rename(self.examined, name)
            self.field.value = self.examined.recording.name

    def mark(self, current: bool) -> None:
        """Show by sign, weight and edge whether this recording is looked at."""
        self._sign.object = "●" if current else "○"
        self._name.object = self.examined.recording.name
        self._name.styles = self._name.styles | {"font-weight": "600" if current else "400"}
        edge = "currentColor" if current else "transparent"
        self.layout.styles = {"border-left": f"3px solid {edge}", "opacity": "1" if current else "0.8"}


class RecordingList:
    """All rows, in the order in which the recordings came. Each row is made once."""

    def __init__(
        self,
        look: Callable[[Examined], None],
        remove: Callable[[Examined], None],
        rename: Callable[[Examined, str], None],
    ) -> None:
        self._look, self._remove, self._rename = look, remove, rename
        self.rows: dict[str, RecordingRow] = {}
        self.layout = pn.Column(
            sizing_mode="stretch_width", margin=(0, 0, 6, 0), styles={"max-height": "340px", "overflow-y": "auto"}
        )

    def show(self, recordings: list[Examined], current: Examined | None) -> None:
        """Show these recordings, one of them marked."""
        kept = {}
        for examined in recordings:
            row = next((row for row in self.rows.values() if row.examined is examined), None)
            kept[f"{id(examined)}"] = row or RecordingRow(examined, self._look, self._remove, self._rename)
        changed = list(kept) != list(self.rows)
        self.rows = kept
        for row in kept.values():
            row.mark(row.examined is current)
        if changed:
            self.layout[:] = [row.layout for row in kept.values()]


def hint() -> Any:
    """Return the text of an empty list."""
    return plain("No recording yet: drop one above, or choose an example.", small=True)
