"""Choosing an estimator, drawing circuits from its posterior, and what the data say about each parameter."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from ..circuit.parameters import NAMES, PARAMETERS
from ..inference.card import Card
from ..inference.posterior import sample
from .colours import palette
from .documents import on_document
from .marginals import Marginals, information_gain
from .plain_text import plain
from .workspace import Workspace

BY_GAIN, BY_GROUP = "Most narrowed first", "As in the table"


def card_text(card: Card) -> str:
    """Return an estimator's card in a few lines."""
    training, metrics = card.training, card.metrics
    lines = [
        f"{card.title}: {training.get('n_simulations', '?')} simulations of {card.plan.n_neurons} neurons, "
        f"{card.plan.duration:g} s each at most; {len(card.feature_set)} features.",
        f"On circuits it never saw: {metrics.get('held_out_log_prob_gain', float('nan')):.2f} nats gained over the prior.",
    ]
    if "yield" in metrics:
        lines.append(
            f"Of its draws {metrics['alive']:.0%} are alive and {metrics['yield']:.0%} consistent, "
            f"{metrics['yield_pruned']:.0%} of the densest fifth ({metrics['n_targets']} held-out targets)."
        )
    return "\n".join([*lines, card.limits] if card.limits else lines)


class PosteriorView(Viewer):
    """Controls, warnings, and the 28 marginals of the current recording's draws."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        space = self.workspace
        titles = {estimator.card.title: name for name, estimator in space.estimators.items()}
        self.estimator = pmui.Select(label="Estimator", options=titles, width=260)
        self.n = pmui.IntInput(label="Circuits to keep", value=500, start=1, end=20_000, width=140)
        self.seed = pmui.IntInput(label="Seed", value=1, start=0, width=110)
        self.oversampling = pmui.IntInput(label="Draw k times as many", value=5, start=1, end=20, width=150)
        self.draw = pmui.Button(label="Draw circuits", variant="contained", on_click=self._draw, margin=(14, 8))
        self.order = pmui.RadioButtonGroup(options=[BY_GAIN, BY_GROUP], value=BY_GAIN, size="small", label="Order")
        self.about = plain(small=True)
        self.alert = pmui.Alert(severity="warning", visible=False, sizing_mode="stretch_width", margin=8)
        self.caption = plain(small=True)
        self.marginals = Marginals(palette(space.dark))
        self.grid = pn.pane.Bokeh(self.marginals.layout, sizing_mode="stretch_width")
        self._layout = pn.Column(
            pn.FlexBox(self.estimator, self.n, self.oversampling, self.seed, self.draw, align_items="center"),
            self.about,
            self.alert,
            pn.Row(self.caption, self.order, sizing_mode="stretch_width"),
            self.grid,
            sizing_mode="stretch_width",
        )
        self._watched: tuple[Any, list[Any]] | None = None
        self._following = False
        self.estimator.param.watch(self._choose, "value")
        self.order.param.watch(lambda *_: self._show(), "value")
        for widget, name in ((self.n, "n_samples"), (self.seed, "seed"), (self.oversampling, "oversampling")):
            widget.param.watch(lambda event, name=name: self._keep(name, event.new), "value")
        space.param.watch(self._switch, "current")
        space.param.watch(lambda *_: self._show(), "stage")
        space.param.watch(self._recolour, "dark")
        self._switch()

    def _keep(self, name: str, value: Any) -> None:
        """Store a control's value with the recording it belongs to."""
        target = self.workspace.current
        if target is not None and not self._following and value is not None:
            setattr(target, name, value)

    def _switch(self, *_: Any) -> None:
        """Follow the current recording."""
        if self._watched is not None:
            target, watchers = self._watched
            for watcher in watchers:
                target.param.unwatch(watcher)
        target = self.workspace.current
        self._watched = None
        if target is not None:
            self._watched = (
                target,
                [
                    target.param.watch(lambda *_: self._describe(), ["target", "estimator", "busy"]),
                    target.param.watch(lambda *_: self._show(), ["configurations", "selection"]),
                ],
            )
            self._following = True
            self.n.value, self.seed.value, self.oversampling.value = target.n_samples, target.seed, target.oversampling
            if target.estimator:
                self.estimator.value = target.estimator
            self._following = False
        self._describe()
        self._show()

    def _describe(self) -> None:
        """Say what the estimator is, and what stands against asking it."""
        target = self.workspace.current
        card = None if target is None else self.workspace.cards.get(target.estimator)
        self.about.object = "" if card is None else card_text(card)
        ready = target is not None and target.target is not None and bool(np.isfinite(target.target.vector).all())
        self.draw.disabled = not ready or bool(target.busy)
        warnings = [] if target is None or target.target is None else list(target.target.warnings)
        if target is not None and target.target is None:
            warnings = ["This estimator cannot be asked about the recording as it is analysed now."]
        self.alert.object = "\n".join(f"- {line}" for line in warnings)
        self.alert.visible = bool(warnings)

    async def _choose(self, event: Any) -> None:
        """Ask another estimator: the target is measured for it; draws of the old one are dropped when new ones are made."""
        target = self.workspace.current
        if target is None or self._following or event.new == target.estimator:
            return
        target.estimator = event.new
        await self.workspace.aim(target)

    async def _draw(self, *_: Any) -> None:
        """Draw circuits off the event loop."""
        target = self.workspace.current
        if target is None or target.target is None:
            return
        draws = await self.workspace.work(
            target, "Drawing circuits", sample, self.workspace.estimator_of(target), target.target.vector, target.n_samples,
            seed=target.seed, oversampling=target.oversampling,
        )  # fmt: skip
        if draws is not None:
            target.take_samples(draws.theta, draws.log_density, draws.provenance)

    @on_document
    def _show(self) -> None:
        if self.workspace.stage != "Posterior":  # figures that are not on the page cannot be laid out
            return
        target = self.workspace.current
        table = None if target is None else target.configurations
        if table is None or not len(table):
            nothing = np.empty((0, len(NAMES)))
            self.marginals.show(nothing, nothing, self._order(nothing))
            self.caption.object = "No circuits yet: press Draw circuits. The dashed line is the prior."
            return
        chosen = table.loc[target.selection, list(NAMES)].to_numpy()
        theta = table[list(NAMES)].to_numpy()
        self.marginals.show(theta, chosen, self._order(theta))
        self.caption.object = (
            f"{len(table)} draws of {target.provenance.get('estimator', '')} (bars) against the prior (dashed); "
            f"line: the {len(chosen)} selected. Axes span the prior's ranges."
        )

    def _order(self, theta: np.ndarray) -> np.ndarray:
        """Return the order in which the parameters are shown."""
        if self.order.value == BY_GAIN and len(theta):
            return np.argsort(-information_gain(theta), kind="stable")
        return np.arange(len(PARAMETERS))

    @on_document
    def _recolour(self, *_: Any) -> None:
        self.marginals.recolour(palette(self.workspace.dark))

    def __panel__(self) -> Any:
        return self._layout
