"""The settings of the current recording: which units and which stretch are analysed, and how bursts are found."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from ....errors import UserError
from ....features import AnalysisSettings, BurstSettings, recordings_detection, suggest_burst_settings
from ....inference.asking.target import settings_that_differ
from ....inference.estimators.card import Card
from ...state.detection import with_other_detection
from ...state.examined import Examined
from ...state.following import follow_current
from ...state.workspace import Workspace
from ...widgets.notices import notify, report
from ...widgets.warning_list import WarningList
from .settings_fields import SettingsFields

BETTER = "Other settings would count this recording's bursts better, but this estimator was not trained with them:"
BY_HAND = "The settings stay as in training. To look at the bursts alone, set the sliders by hand."


class SettingsView(Viewer):
    """Every change is applied at once. Of the changes that come meanwhile, only the latest is applied."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.fields = SettingsFields()
        self.suggest = pmui.Button(label="Suggest", variant="outlined", size="small", on_click=self._suggest)
        self.as_trained = pmui.Button(
            label="As in training", variant="outlined", size="small", on_click=self._as_trained
        )
        self.alert = WarningList(title="Not as in training")
        self._layout = pn.Column(
            *self.fields.of_selection,
            *self.fields.of_detection,
            pn.Row(self.suggest, self.as_trained, margin=(0, 4)),
            self.alert,
            self.fields.more,
            width=290,
            visible=False,
        )
        self._wanted: dict[Examined, AnalysisSettings] = {}
        self._at_work: tuple[Examined, AnalysisSettings] | None = None
        self.fields.watch(self._changed)
        follow_current(self.workspace, self._switched, (self._show, ["settings", "estimator"]))

    def _switched(self) -> None:
        """Show the current recording's settings, which are its own."""
        self._layout.visible = self.workspace.current is not None
        self._show()

    def _show(self, *_: Any) -> None:
        examined = self.workspace.current
        if examined is None:
            return
        self.fields.show(examined.recording, self._last_asked(examined))  # of which the target may be behind
        card = self._card(examined)
        self.as_trained.disabled = card is None
        lines = [] if card is None else settings_that_differ(card, examined.settings)
        self.alert.lines = lines

    def _last_asked(self, examined: Examined) -> AnalysisSettings:
        """Return the settings that a recording will have when all changes have been applied."""
        if examined in self._wanted:
            return self._wanted[examined]
        if self._at_work is not None and self._at_work[0] is examined:
            return self._at_work[1]
        return examined.settings

    def _card(self, examined: Examined) -> Card | None:
        return self.workspace.cards.get(examined.estimator)

    async def _changed(self, *_: Any) -> None:
        """Apply what the fields hold."""
        examined = self.workspace.current
        if examined is None:
            return
        try:
            settings = self.fields.settings(examined.recording, examined.settings)
        except UserError as error:
            report(error)
            self._show()
            return
        await self.apply(examined, settings)

    async def apply(self, examined: Examined, settings: AnalysisSettings) -> None:
        """Give a recording other settings. Calls during the work return at once, and the last one wins."""
        if settings == self._last_asked(examined):
            return
        self._wanted[examined] = settings
        if self._at_work is not None:
            return
        try:
            while self._wanted:
                self._at_work = self._wanted.popitem()
                await self._measure(*self._at_work)
        finally:
            self._at_work = None
            self._show()

    async def _measure(self, examined: Examined, settings: AnalysisSettings) -> None:
        """Measure with other settings: bursts alone where the spikes stay the same, so that the marks move at once."""
        quick = None
        try:
            quick = await asyncio.to_thread(with_other_detection, examined.analysed, settings)
        except UserError as error:
            report(error)
            return
        if quick is None:
            await self.workspace.reanalyse(examined, settings)
            return
        examined.param.update(settings=settings, analysed=quick)
        await self.workspace.aim(examined)

    async def _suggest(self, *_: Any) -> None:
        """Set the detection that suits this recording's number of units and the evenness of its bursts."""
        examined = self.workspace.current
        if examined is None or examined.analysed is None:
            return
        start = replace(
            self._trained(examined),
            refractory=examined.settings.bursts.refractory,
            bin_width=examined.settings.bursts.bin_width,
        )
        try:
            found = await asyncio.to_thread(suggest_burst_settings, examined.analysed.recording, start)
        except UserError as error:
            report(error)
            return
        card = self._card(examined)
        wanted = replace(examined.settings, bursts=found)
        warned = [] if card is None else settings_that_differ(card, wanted)
        if warned and found != start:
            notify(f"{BETTER} {' '.join(warned)} {BY_HAND}", "warning", 0)
            found = start
        elif found == examined.settings.bursts:
            notify("The present detection settings suit this recording already.")
        await self.apply(examined, replace(examined.settings, bursts=found))

    async def _as_trained(self, *_: Any) -> None:
        """Set the detection that the estimator's training simulations were analysed with; units and window stay."""
        examined = self.workspace.current
        if examined is not None:
            await self.apply(examined, replace(examined.settings, bursts=self._trained(examined)))

    def _trained(self, examined: Examined) -> BurstSettings:
        card = self._card(examined)
        return recordings_detection(BurstSettings() if card is None else card.feature_set.analysis.bursts)

    def __panel__(self) -> Any:
        return self._layout
