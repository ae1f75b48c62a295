"""The Compare stage: recordings side by side. What differs between their circuits, and does the geometry?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from ....circuit.parameters import NAMES
from ....inference.asking.posterior import sample
from ...figures.ensemble_choice import EnsembleChoice
from ...help.stage_help import stage_help
from ...state.ensemble import ensemble_of, takes_confirmed
from ...state.examined import Examined
from ...state.stage_view import StageView, drawing
from ...widgets.notices import notify
from ...widgets.number_fields import CountField
from ...widgets.plain_text import own_words, plain
from . import compare_words as words
from .compared_figures import ComparedFigures
from .comparing import Compared, compare_targets
from .target_colours import MAX_COMPARED

HEADING = "What differs between these circuits, and does the geometry?"
FIRST_PAIRED = 3


class CompareView(StageView):
    """Lets the user choose recordings, draw for those without circuits, and compare."""

    stage = "Compare"

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.chosen = pmui.MultiChoice(label="Recordings to compare", width=380, max_items=MAX_COMPARED)
        self.estimator = pmui.Select(label="Estimator", size="small", width=230)
        self.n = CountField(
            label="Circuits each (n)", value=1000, start=words.MINIMUM, end=20_000, size="small", width=140
        )
        self.seed = CountField(label="Seed", value=1, start=0, end=2**31 - 1, size="small", width=100)
        self.ensemble = EnsembleChoice(workspace=self.workspace)
        self.draw = pmui.Button(label="Draw for all", variant="outlined", on_click=self._draw_all, margin=(10, 8))
        self.run = pmui.Button(label="Compare", variant="contained", on_click=self._compare, margin=(10, 8))
        self.first = pmui.Select(label="Look closely at", size="small", width=230)
        self.second = pmui.Select(label="beside", size="small", width=230)
        self.why_not, self.will = plain(), plain(small=True)
        self.answer = plain()
        self.results = ComparedFigures(dark=self.workspace.dark, of=self.workspace)
        self.compared: Compared | None = None
        self.body = pn.Column(
            own_words(f"**{HEADING}**", margin=(4, 10, 0, 10)), pn.FlexBox(self.first, self.second), self.answer,
            self.results.layout, sizing_mode="stretch_width", visible=False,
        )  # fmt: skip
        self._layout = pn.Column(
            pn.FlexBox(
                self.chosen,
                self.estimator,
                self.n,
                self.seed,
                self.ensemble,
                self.draw,
                self.run,
                stage_help("Compare"),
                align_items="center",
            ),
            self.will,
            self.why_not,
            self.body,
            sizing_mode="stretch_width",
        )
        self._following = False
        self._follow_everything()

    @property
    def confirmed(self) -> bool:
        """Whether the confirmed circuits of the chosen recordings are compared."""
        return takes_confirmed(self.workspace.ensemble, self.chosen.value)

    def _follow_everything(self) -> None:
        self.workspace.param.watch(lambda _: self.switched(), "estimators")
        self.workspace.param.watch(lambda _: self._describe(), "ensemble")
        for widget in (self.chosen, self.estimator, self.n, self.seed):
            widget.param.watch(lambda _: self._describe(), "value")
        self.chosen.param.watch(lambda _: self._offer_pair(), "value")
        for widget in (self.first, self.second):
            widget.param.watch(self._look_closely, "value")
        self.results.paired.param.watch(lambda _: self._show_pairs(), "value")
        self.follow_recordings((self._describe, ["configurations", "provenance", "target", "estimator", "busy"]))
        self._remember()

    def _remember(self) -> None:
        """Save the choices with a session; recordings are named by their content, which the file holds."""
        self.remember("n", self.n)
        self.remember("seed", self.seed)
        self.remember("paired", self.results.paired)
        hashes = {"to": lambda chosen: [t.recording.content_hash for t in chosen], "of": self._with_hashes}
        self.remember("chosen", self.chosen, **hashes)

    def _with_hashes(self, hashes: Any) -> list[Examined] | None:
        """Return the recordings with these contents; None when none of them is here."""
        known = hashes if isinstance(hashes, list) else []
        found = [t for t in self.workspace.recordings if t.recording.content_hash in known]
        return found[:MAX_COMPARED] or None

    def switched(self) -> None:
        """Offer the session's recordings and estimators; new recordings are chosen as long as there are colours."""
        recordings = self.workspace.recordings
        before = list(self.chosen.options.values()) if isinstance(self.chosen.options, dict) else []
        kept = [t for t in self.chosen.value if t in recordings]
        new = [t for t in recordings if t not in before]
        self.chosen.param.update(
            options=_labelled(recordings),
            value=(kept + new)[:MAX_COMPARED],
        )
        options = {estimator.card.title: name for name, estimator in self.workspace.estimators.items()}
        value = self.estimator.value if self.estimator.value in options.values() else next(iter(options.values()), None)
        current = self.workspace.current
        if not self.estimator.options and current is not None and current.estimator in options.values():
            value = current.estimator
        self.estimator.param.update(options=options, value=value)
        self._offer_pair()
        self._describe()

    def _offer_pair(self) -> None:
        """Offer the chosen recordings for a closer look, the first two at first."""
        chosen = self.chosen.value
        options = {f"{i + 1}  {t.recording.name}": t for i, t in enumerate(chosen)}
        self._following = True
        for widget, place in ((self.first, 0), (self.second, 1)):
            kept = widget.value if widget.value in chosen else None
            widget.param.update(options=options, value=kept or (chosen[place] if len(chosen) > place else None))
        if self.first.value is self.second.value and len(chosen) > 1:
            self.second.value = next(t for t in chosen if t is not self.first.value)
        self._following = False

    def _needing(self) -> list[Examined]:
        """Return the chosen recordings that circuits would be drawn for."""
        return [
            t for t in self.chosen.value if words.needs_draw(t, self.estimator.value, self.n.value, self.seed.value)
        ]

    def _describe(self) -> None:
        """Say what prevents a comparison and what the buttons would do; a comparison of other circuits is taken away."""
        chosen, needing = self.chosen.value, self._needing() if self.estimator.value else []
        why_not = words.obstacle(chosen, self.workspace.estimators, self.confirmed)
        busy = any(examined.busy for examined in self.workspace.recordings)
        outdated = self.compared is not None and not self.compared.is_of(chosen, self.confirmed)
        self.draw.disabled = busy or len(chosen) < 2 or not needing
        self.run.disabled = busy or bool(why_not)
        will = words.source(chosen, confirmed=True) if self.confirmed and not why_not else ""
        self.will.object = will or (words.will_draw(needing, self.n.value) if len(chosen) > 1 else "")
        if not why_not and (self.compared is None or outdated):
            why_not = "Press Compare (some 15 s)."
        self.why_not.object, self.why_not.visible = why_not, bool(why_not)
        self.body.visible = self.compared is not None and not outdated

    async def _draw_all(self, *_: Any) -> None:
        """Draw comparable circuits for the recordings that lack them, then compare."""
        name, n, seed = self.estimator.value, self.n.value, self.seed.value
        for examined in self._needing():
            if examined.busy:
                notify(f"{examined.recording.name}: {examined.busy} is still running; cancel it or wait.", "warning")
                return
            if examined.estimator != name or examined.target is None:
                await self.workspace.aim(examined, name)
            if examined.estimator != name or examined.target is None:
                return
            asked = examined.target
            draws = await self.workspace.work(
                examined,
                "Drawing circuits",
                sample,
                self.workspace.estimators[name],
                asked.vector,
                n,
                seed=seed,
                oversampling=1,
            )
            if draws is None or len(draws) < n:
                return
            if examined.target is asked and examined.estimator == name:
                examined.take_samples(draws.theta, draws.log_density, draws.provenance)
        await self._compare()

    async def _compare(self, *_: Any) -> None:
        """Compare off the event loop. The result is discarded when the circuits or the choice have changed meanwhile."""
        chosen, space, confirmed = list(self.chosen.value), self.workspace, self.confirmed
        why_not = words.obstacle(chosen, space.estimators, confirmed)
        if why_not:
            notify(why_not, "warning")
            return
        pair = chosen.index(self.first.value), chosen.index(self.second.value)
        if pair[0] == pair[1]:
            notify("Choose two different recordings to look at closely.", "warning")
            return
        known = self.compared.matrix if self.compared is not None and self.compared.is_of(chosen, confirmed) else None
        found = await space.work(
            space.current or chosen[0], "Comparing circuits", compare_targets, chosen, [ensemble_of(t, confirmed) for t in chosen],
            [np.asarray(t.provenance.question.target) for t in chosen], space.estimators[chosen[0].provenance.estimator], pair, known,
        )  # fmt: skip
        if found is None:
            return
        if not found.is_of(self.chosen.value, self.confirmed):
            notify("The circuits changed while they were compared; press Compare again.", "warning")
            return
        self.compared = replace(found, confirmed=confirmed)
        best = np.argsort(-found.found.marginals.distance, kind="stable")[:FIRST_PAIRED]
        self._following = True
        self.results.paired.value = [NAMES[i] for i in best]
        self._following = False
        self._describe()
        self.redraw()

    async def _look_closely(self, *_: Any) -> None:
        """Compare another pair, when there is a comparison."""
        compared = self.compared
        ready = not self._following and compared is not None and compared.is_of(self.chosen.value, self.confirmed)
        if ready and self.first.value is not self.second.value:
            await self._compare()

    def entered(self) -> None:
        self._describe()
        if self.compared is None and not self.run.disabled and self.first.value is not None:
            self.unasked(self._compare)

    def fill(self) -> None:
        """Show what was found."""
        compared = self.compared
        if compared is None:
            return
        first, second = (compared.names[i] for i in compared.pair)
        self.answer.object = "\n".join(words.answer(compared.found, first, second))
        self.results.show(compared)

    @drawing
    def _show_pairs(self) -> None:
        """Make the pair plot for the chosen parameters."""
        if not self._following and self.compared is not None:
            self.results.show_pairs(self.compared)

    def recolour(self) -> None:
        self.results.recolour(dark=self.workspace.dark)
        self.redraw()

    def __panel__(self) -> Any:
        return self._layout


def _labelled(recordings: list[Examined]) -> dict[str, Examined]:
    """Return recordings by name; a number follows names that occur more than once."""
    found: dict[str, Examined] = {}
    for examined in recordings:
        name, count = examined.recording.name, 2
        while name in found:
            name, count = f"{examined.recording.name} ({count})", count + 1
        found[name] = examined
    return found
