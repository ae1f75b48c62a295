"""The fields of the analysis settings: they turn AnalysisSettings into widgets and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import panel as pn
import panel_material_ui as pmui

from ....features import AnalysisSettings
from ....recording import Recording
from ...mending.accessible import NO_SPINNERS
from ...widgets.number_fields import NumberField
from ...widgets.plain_text import heading

POPULATIONS = ("excitatory", "inhibitory")
EVERY_UNIT = "all units"
WIDE = {"sizing_mode": "stretch_width", "size": "small", "margin": (6, 10)}
ONE_LINE = {"sx": {"& .MuiFormLabel-root": {"fontSize": 13, "whiteSpace": "nowrap"}}}
"""A slider's label and its numbers stand in one line."""

WINDOW_STEPS = 1000
"""Positions of the window's slider; finer values are typed."""


class SettingsFields:
    """Widgets in the units people use (ms where the settings are in s)."""

    def __init__(self) -> None:
        self.showing = False  # while the widgets are set from here, they are not a wish of the user's
        self.population = pmui.Select(label="Population", options=[*POPULATIONS, EVERY_UNIT], visible=False, **WIDE)
        self.groups = pmui.MultiChoice(
            label="Units with label",
            options=[],
            visible=False,
            placeholder="all",
            sizing_mode="stretch_width",
            margin=(6, 10),
        )
        self.minimum_rate = NumberField(
            label="Units firing at least (Hz)", value=0.0, start=0.0, end=1e4, step=0.05, **WIDE
        )
        self.window = pmui.EditableRangeSlider(
            stylesheets=[NO_SPINNERS], label="Window (s)", start=0.0, end=1.0, value=(0.0, 1.0), **WIDE, **ONE_LINE
        )
        self.bin = NumberField(label="Population bin (ms)", value=1.0, start=0.1, end=1000.0, step=0.5, **WIDE)
        self.prominence = pmui.EditableFloatSlider(
            stylesheets=[NO_SPINNERS],
            label="Prominence",
            start=0.02,
            end=1.0,
            fixed_start=0.001,
            fixed_end=1.0,
            step=0.01,
            value=0.5,
            **WIDE,
            **ONE_LINE,
        )
        self.smoothing = pmui.EditableFloatSlider(
            stylesheets=[NO_SPINNERS],
            label="Smoothing (ms)",
            start=0.0,
            end=100.0,
            fixed_start=0.0,
            fixed_end=10_000.0,
            step=1.0,
            value=5.0,
            **WIDE,
            **ONE_LINE,
        )
        self.refractory = pmui.EditableFloatSlider(
            stylesheets=[NO_SPINNERS],
            label="Refractory (ms)",
            start=0.0,
            end=5.0,
            fixed_start=0.0,
            fixed_end=50.0,
            step=0.1,
            value=0.0,
            **WIDE,
            **ONE_LINE,
        )
        self.minimum_interval = NumberField(
            label="At least between bursts (s)", value=1.0, start=0.0, end=1e4, step=0.1, **WIDE
        )
        self.floor = NumberField(label="No burst below a rate of (Hz)", value=5.0, start=0.0, end=1e4, step=0.5, **WIDE)
        self.longest = NumberField(
            label="Longest burst looked at (s)", value=10.0, start=0.01, end=1e4, step=1.0, **WIDE
        )
        self.of_selection = (_heading("Units and time"), self.population, self.groups, self.minimum_rate, self.window)
        self.of_detection = (_heading("Burst detection"), self.prominence, self.smoothing, self.refractory)
        rarely_needed: list[Any] = [self.minimum_interval, self.floor, self.longest, self.bin]
        self.more = pmui.Card(
            *rarely_needed,
            title="More",
            collapsed=True,
            title_variant="subtitle2",
            elevation=0,
            sizing_mode="stretch_width",
            margin=(4, 4),
        )

    @property
    def _widgets(self) -> tuple[Any, ...]:
        return (
            self.population,
            self.groups,
            self.minimum_rate,
            self.window,
            self.bin,
            self.prominence,
            self.smoothing,
            self.refractory,
            self.minimum_interval,
            self.floor,
            self.longest,
        )

    def watch(self, changed: Callable[..., Any]) -> None:
        """Call `changed`, which may be a coroutine function, when the user has given a field another value."""

        def heard(*_: Any) -> None:
            if not self.showing:
                pn.state.execute(changed)

        for widget in self._widgets:
            widget.param.watch(heard, "value")

    def show(self, recording: Recording, settings: AnalysisSettings) -> None:
        """Fill the fields from a recording and its settings."""
        self.showing = True
        try:
            self._show_units(recording, settings)
            end = round(recording.duration, 3)
            step = max(round(end / WINDOW_STEPS, 3), 0.001)
            stop = end if settings.stop is None else min(settings.stop, end)
            self.window.param.update(
                start=0.0, end=end, fixed_start=0.0, fixed_end=end, step=step, value=(settings.start, stop)
            )
            bursts = settings.bursts
            self.prominence.value = bursts.prominence
            self.minimum_interval.value, self.floor.value, self.longest.value = (
                bursts.minimum_interval,
                bursts.minimum_rate,
                bursts.window,
            )
            self.bin.value, self.smoothing.value, self.refractory.value = map(
                _ms, (bursts.bin_width, bursts.smoothing, bursts.refractory)
            )
        finally:
            self.showing = False

    def _show_units(self, recording: Recording, settings: AnalysisSettings) -> None:
        counts = Counter(recording.unit_groups)
        self.population.visible = any(label in counts for label in POPULATIONS)
        self.population.value = EVERY_UNIT if settings.population is None else settings.population
        labels = [label for label in counts if label not in POPULATIONS]
        self.groups.visible = bool(labels)
        options = {f"{label or 'no label'} ({counts[label]})": label for label in sorted(labels)}
        self.groups.param.update(options=options, value=[label for label in settings.groups if label in labels])
        self.minimum_rate.value = settings.minimum_rate

    def settings(self, recording: Recording, old: AnalysisSettings) -> AnalysisSettings:
        """Return the settings in the fields. Settings without a field stay as they were. Raises FeatureError for impossible ones."""
        start, stop = self.window.value
        population = old.population
        if self.population.visible:
            population = None if self.population.value == EVERY_UNIT else self.population.value
        bursts = replace(
            old.bursts,
            bin_width=_s(self.bin.value),
            smoothing=_s(self.smoothing.value),
            refractory=_s(self.refractory.value),
            prominence=_number(self.prominence.value),
            minimum_interval=_number(self.minimum_interval.value),
            minimum_rate=_number(self.floor.value),
            window=_number(self.longest.value),
        )
        return replace(
            old,
            population=population,
            groups=tuple(sorted(self.groups.value or ())),
            minimum_rate=_number(self.minimum_rate.value),
            start=_number(start),
            stop=None if stop >= round(recording.duration, 3) else _number(stop),
            bursts=bursts,
        )


def _heading(text: str) -> Any:
    return heading(text, "subtitle2", (8, 10, 0, 10))


def _ms(seconds: float) -> float:
    return round(seconds * 1e3, 6)


def _number(value: float | None) -> float:
    return 0.0 if value is None else round(float(value), 6)


def _s(milliseconds: float | None) -> float:
    return round(_number(milliseconds) / 1e3, 9)
