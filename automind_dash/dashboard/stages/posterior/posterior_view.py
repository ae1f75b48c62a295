"""The Posterior stage: choose an estimator, draw circuits, and see what the data say about each parameter."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui

from ....circuit.parameters import NAMES
from ....errors import UserError
from ....inference.estimators.prior import Prior
from ...figures import posterior_words as words
from ...figures.card_text import card_summary, card_text
from ...figures.marginals import Marginals
from ...files.figure_one_menu import figure_one_menu
from ...help.help_button import help_button
from ...state.known_draws import draw
from ...state.stage_view import StageView, drawing
from ...widgets.documents import on_document
from ...widgets.figure_saving import save_menu
from ...widgets.notices import notify, report
from ...widgets.number_fields import CountField
from ...widgets.plain_text import plain
from ...widgets.tokens import var
from ...widgets.warning_list import WarningList
from .calibration_plot import CalibrationPlot
from .check_view import CheckView
from .spending_view import HELP, SpendingView

BY_GAIN, BY_GROUP = "Most narrowed first", "Network, cell, synapse"
ADVANCED, ADVANCED_OPEN = "▸ Advanced", "▾ Advanced"
FOLDED = {"border-left": f"2px solid {var('line')}"}
KEPT = ("n_samples", "seed", "oversampling")


class PosteriorView(StageView):
    """Controls, warnings, and the 28 marginals of the current recording's draws."""

    stage = "Posterior"

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.estimator = pmui.Select(label="Estimator", size="small", width=250)
        self.n = CountField(label="Circuits to keep (n)", value=500, start=1, end=20_000, size="small", width=150)
        self.oversampling = CountField(label="Oversampling (k)", value=20, start=1, end=100, size="small", width=140)
        self.seed = CountField(label="Seed", value=1, start=0, end=2**31 - 1, size="small", width=120)
        self.draw = pmui.Button(label="Draw circuits", variant="outlined", on_click=self._draw, margin=(6, 8))
        self.undo = pmui.Button(
            label="Undo", icon="undo", variant="text", visible=False, margin=(6, 0), on_click=self._undo,
            description="Bring back the previous circuits, with their selection and simulations",
        )  # fmt: skip
        self.fold = pmui.Button(
            label=ADVANCED, variant="text", margin=(6, 0), on_click=lambda _: self._unfold_advanced()
        )
        self.what, self.why_not = plain(small=True), plain(small=True, visible=False)
        self.about = plain(small=True, visible=False)
        self.more = pmui.Button(variant="text", size="small", margin=(0, 4), on_click=lambda _: self._unfold())
        self.alert = WarningList(margin=(4, 8))
        self.order = pmui.Select(label="Order", options=[BY_GAIN, BY_GROUP], value=BY_GAIN, size="small", width=220)
        self.caption = plain(small=True)
        self.spending = SpendingView(workspace=self.workspace)
        self.check = CheckView(workspace=self.workspace)
        self.calibration = CalibrationPlot(self.colours)
        self.marginals = Marginals(self.colours)
        self._layout = self._arrange()
        self._following = False
        self._follow_everything()

    def _arrange(self) -> Any:
        """Return the layout: the main buttons and the marginals. The rest is folded."""
        figure = self.marginals.figure
        main = pn.FlexBox(
            self.spending.find, self.draw, self.undo, self.fold, self.order,
            help_button("the posterior", f"{HELP}\n{words.MEANS[2:]}", "posterior", "prior", "bits", "consistent", "oversampling"),
            align_items="center", sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.advanced = pn.Column(
            pn.FlexBox(self.estimator, self.n, self.oversampling, self.seed, align_items="center"), self.what, self.spending.advanced,
            self.more, self.about, self.calibration, sizing_mode="stretch_width", visible=False, styles=FOLDED, margin=(4, 8),
        )  # fmt: skip
        return pn.Column(
            main, self.why_not, self.advanced, self.alert, self.spending,
            pn.pane.Bokeh(figure, sizing_mode="stretch_width", height=figure.height, margin=(0, 8)),
            self.caption,
            pn.FlexBox(
                save_menu(figure, "marginals", self.marginals.table, of=self.workspace, draw=self.marginals.printed),
                figure_one_menu(self.workspace), margin=0,
            ),
            self.check, sizing_mode="stretch_width",
        )  # fmt: skip

    def _unfold_advanced(self) -> None:
        """Show the settings that are seldom changed, or fold them again."""
        self.advanced.visible = not self.advanced.visible
        self.fold.label = ADVANCED_OPEN if self.advanced.visible else ADVANCED

    def _undo(self, _: Any) -> None:
        """Bring back the previous circuits."""
        if self.workspace.current is not None:
            self.workspace.current.bring_back()

    def _offer_undo(self) -> None:
        examined = self.workspace.current
        self.undo.visible = examined is not None and examined.before is not None
        self.undo.disabled = examined is not None and bool(examined.busy)

    def _follow_everything(self) -> None:
        space = self.workspace
        self.estimator.param.watch(self._choose, "value")
        self.order.param.watch(lambda _: self.redraw(), "value")
        self.remember("order", self.order)
        for widget, name in zip((self.n, self.seed, self.oversampling), KEPT, strict=True):
            widget.param.watch(lambda event, name=name: self._keep(name, event.new), "value")
        space.param.watch(self._offer, "estimators")
        self._offer()
        self.follow(
            (self._follow_target, [*KEPT, "estimator", "wanted"]),
            (self._describe, [*KEPT, "target", "estimator", "wanted", "busy"]),
            (self.redraw, ["configurations"]), (self._mark, ["selection"]), (self._show_calibration, ["estimator"]),
            (self._caption, ["target", "estimator", "set_aside"]), (self._offer_undo, ["before", "busy"]),
        )  # fmt: skip

    def _offer(self, *_: Any) -> None:
        """Offer all estimators."""
        self._following = True
        self.estimator.options = {estimator.card.title: name for name, estimator in self.workspace.estimators.items()}
        self._following = False
        self._follow_target()

    def _keep(self, name: str, value: Any) -> None:
        """Store a control's value with the recording it belongs to."""
        examined = self.workspace.current
        if examined is not None and not self._following and value is not None:
            setattr(examined, name, value)

    def switched(self) -> None:
        self._offer_undo()
        self._follow_target()
        self.redraw()

    def _follow_target(self) -> None:
        """Set the controls to the values of the current recording."""
        examined = self.workspace.current
        if examined is not None and not self._following:
            self._following = True
            self.n.value, self.seed.value, self.oversampling.value = (
                examined.n_samples,
                examined.seed,
                examined.oversampling,
            )
            shown = examined.wanted or examined.estimator
            if shown in self.workspace.estimators:
                self.estimator.value = shown
                # said again: set while the page was being filled, the choice now and then stayed empty in the browser
                self.estimator.param.trigger("value")
            self._following = False
        self._describe()

    def _describe(self) -> None:
        """Describe the estimator, what would be drawn, and any obstacles."""
        examined = self.workspace.current
        card = None if examined is None else self.workspace.cards.get(examined.estimator)
        self.more.visible = card is not None
        if card is not None:
            sign = "▾" if self.about.visible else "▸"
            self.more.label = f"{sign} About {card_summary(card)}"
            self.about.object = card_text(card)
        obstacle = words.obstacle(self.workspace.current, self.workspace.cards)
        self.draw.disabled, self.why_not.object, self.why_not.visible = bool(obstacle), obstacle, bool(obstacle)
        self.estimator.disabled = examined is not None and bool(examined.busy)
        self.what.visible = not obstacle
        if examined is not None:
            self.what.object = words.plan(examined.n_samples, examined.oversampling)
        self.alert.lines = [] if examined is None or examined.target is None else list(examined.target.cautions)

    def _unfold(self) -> None:
        """Show the estimator's card, or hide it again."""
        self.about.visible = not self.about.visible
        self._describe()
        self._show_calibration()

    @on_document
    def _show_calibration(self) -> None:
        """Show how well the estimator is calibrated, below its card."""
        examined = self.workspace.current
        estimator = None if examined is None else self.workspace.estimators.get(examined.estimator)
        try:
            self.calibration.show(estimator if self.about.visible else None)
        except UserError as error:
            report(error)

    def _choose(self, event: Any) -> None:
        """Use another estimator once the target is measured for it. The old draws stay until new ones are made."""
        examined, name = self.workspace.current, event.new
        if examined is None or self._following or name not in self.workspace.estimators:
            return
        if name == (examined.wanted or examined.estimator):
            return
        if examined.busy:
            notify(f"{examined.busy} is still running; the estimator can be changed after it.", "warning")
            self._follow_target()
            return
        examined.wanted = name  # at once: what follows the recording shows it from now on
        pn.state.execute(partial(self.workspace.aim, examined))

    async def _draw(self, *_: Any) -> None:
        """Draw circuits off the event loop."""
        examined = self.workspace.current
        if examined is None or words.obstacle(self.workspace.current, self.workspace.cards):
            return
        estimator, control = (
            self.workspace.estimator_of(examined),
            {"seed": examined.seed, "oversampling": examined.oversampling},
        )
        refined = examined.refined
        if refined is not None and refined.pays and examined.oversampling > 1:
            draws = await self.workspace.work(
                examined, "Drawing refined circuits", refined.sample, estimator, examined.n_samples, **control
            )
        else:
            draws = await self.workspace.work(
                examined, "Drawing circuits", draw, estimator, examined.target.vector, examined.n_samples, **control
            )
        if draws is None:
            return
        if (
            examined.stop.is_set()
        ):  # what had been drawn by then is neither as many as asked for nor pruned as asked for
            kept = "the previous circuits stay" if len(examined.configurations) else "there are no circuits yet"
            notify(f"Drawing was cancelled: {kept}.")
            return
        examined.take_samples(draws.theta, draws.log_density, draws.provenance)

    def fill(self) -> None:
        """Show the marginals of all draws."""
        examined = self.workspace.current
        table = None if examined is None else examined.posterior
        theta = table[list(NAMES)].to_numpy() if table is not None and len(table) else np.empty((0, len(NAMES)))
        card = None if examined is None else self.workspace.cards.get(examined.drew)
        self.marginals.show(theta, Prior() if card is None else card.prior, by_group=self.order.value == BY_GROUP)
        self._mark()

    @drawing
    def _mark(self) -> None:
        """Show the selection over them."""
        examined = self.workspace.current
        if examined is not None and len(examined.configurations):
            self.marginals.mark(examined.configurations.loc[examined.selection, list(NAMES)].to_numpy())
        self._caption()

    def _caption(self) -> None:
        self.caption.object = words.caption(self.workspace.current)

    def recolour(self) -> None:
        self.marginals.recolour(self.colours)
        self.calibration.recolour(self.colours)

    def __panel__(self) -> Any:
        return self._layout
