"""The Experiments stage: one change to many circuits with the same dynamics at once. Do they respond alike?"""

from __future__ import annotations

import asyncio
import time
from typing import Any
from weakref import WeakKeyDictionary

import panel as pn
import panel_material_ui as pmui

from ....circuit.parameters import NAMES
from ....errors import ConfigurationError, UserError
from ....inference.asking.consistency import is_consistent
from ....inference.asking.perturbed import PerturbedRuns, perturb
from ....invariance import response
from ....publication.facts import caption as figure_caption
from ....publication.paper import Paper
from ...state.circuit_rows import confirmed_in
from ...state.cluster_runs import runner
from ...state.ensemble import takes_confirmed
from ...state.examined import EXAMPLE, Examined
from ...state.stage_view import StageView, drawing
from ...widgets.dense_table import dense_table
from ...widgets.figure_saving import save_menu
from ...widgets.plain_text import OwnMarkup, plain
from ...widgets.quantities import counted
from .example_experiment import PRESET, ExampleExperiment
from .experiment_form import CONSISTENT, SELECTED, ExperimentForm
from .experiment_words import AWAITS, caption, finding, legend, printed, table
from .response_plots import ResponsePlots

BATCH_SECONDS = 1.0
"""s between updates of the figures while results arrive."""

WHO = {CONSISTENT: "circuits with the same dynamics", SELECTED: "the selected circuits"}
"""The words for the circuits in the answer."""

NONE_CONFIRMED = (
    "No circuit is confirmed yet: Find (under Posterior) confirms what it finds, or take all circuits of the ensemble."
)

STAND_IN = "No circuit is known to match yet. Until Find (under Posterior) has found some, the simulated circuits stand in for them."

MAX_EXPERIMENTS = 20
"""Experiments kept for each recording, a megabyte each; beyond that number the oldest goes."""


def number_of(label: str) -> int:
    """Return the number that an experiment's label begins with; 0 for a label from a file that begins with no number."""
    digits = label.partition(":")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def with_experiment(experiments: dict[str, PerturbedRuns], label: str, runs: PerturbedRuns) -> dict[str, PerturbedRuns]:
    """Return the experiments with one more, or with more runs of one; the oldest goes where there are too many."""
    kept = [key for key in experiments if key != label][-MAX_EXPERIMENTS + 1 :]
    return {key: experiments[key] for key in kept} | {label: runs}


class ExperimentsView(StageView):
    """Controls, the answer in a sentence, three figures and a table of one experiment."""

    stage = "Experiments"

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.form = ExperimentForm(self._describe, self.workspace)
        self.form.run.on_click(self._run)
        self.ensemble = self.form.ensemble
        self.awaits = plain(AWAITS)
        self.example = ExampleExperiment(self._say_example)
        self._tried: WeakKeyDictionary[Examined, int] = WeakKeyDictionary()
        self.workspace.param.watch(lambda _: self._describe(), "ensemble")
        self.note = plain(small=True)
        self.shown = pmui.Select(label="Experiment shown", options=[], width=420, visible=False)
        self.measure = pmui.Select(
            label="Response in", options={m.label: m.name for m in response.MEASURES.values()}, value="mean_rate",
            width=220, visible=False,
        )  # fmt: skip
        self.finding, self.verdict = plain(bold=True), plain()
        self.legend = OwnMarkup("", margin=(0, 10), styles={"font-size": "12px"}, sizing_mode="stretch_width")
        self.caption = plain(small=True)
        self.plots = ResponsePlots(self.colours)
        self.table = dense_table(show_index=True, pagination="local", page_size=12)
        log, linear, responses, parameters = (
            pn.pane.Bokeh(fig, sizing_mode="stretch_width") for fig in self.plots.figures
        )
        grow = {"flex": "1 1 260px", "min-width": "0"}
        self.body = pn.Column(
            self.finding, self.verdict,
            pn.Row(
                pn.Column(log, linear, styles=grow), pn.Column(responses, styles=grow), pn.Column(parameters, styles=grow),
                sizing_mode="stretch_width", styles={"flex-wrap": "wrap"}, margin=0,
            ),
            self.legend, self.caption, save_menu(list(self.plots.figures), "experiment", of=self.workspace, says=self._printed), self.table,
            sizing_mode="stretch_width", visible=False,
        )  # fmt: skip
        self._layout = pn.Column(
            self.form.layout,
            self.note,
            self.awaits,
            pn.Row(self.shown, self.measure),
            self.body,
            sizing_mode="stretch_width",
        )
        self.shown.param.watch(lambda _: self.redraw(), "value")
        self.measure.param.watch(lambda _: self.redraw(), "value")
        self.form.remember(self.workspace)
        self.remember("measure", self.measure)
        self.follow(
            (self.switched, ["experiments"]), (self._describe, ["busy", "configurations", "estimator", "arriving"]),
            (self.redraw, ["selection"]),
        )  # fmt: skip
        self.remember("shown", self.shown)

    def _printed(self, _: Paper) -> str:
        """Return the caption of the printed figure. Raises UserError where there is none."""
        if self._runs is None:
            raise UserError("There is no experiment to save yet: press Perturb.")
        return figure_caption(printed(self._runs), self.workspace.figure_facts())

    @property
    def _runs(self) -> PerturbedRuns | None:
        examined = self.workspace.current
        return None if examined is None else examined.experiments.get(self.shown.value)

    def _confirmed(self, examined: Examined) -> bool:
        """Whether only confirmed circuits count as consistent ones."""
        return takes_confirmed(self.workspace.ensemble, [examined], response.MINIMUM)

    def _stands_in(self, examined: Examined) -> bool:
        """Whether the simulated circuits stand in for consistent ones, of which none is known."""
        none = self.form.which.value == CONSISTENT and not is_consistent(examined.configurations["state"]).any()
        return none and bool(examined.simulations)

    def _chosen(self) -> list[int]:
        """Return the numbers of the circuits that a press of the button would perturb."""
        examined = self.workspace.current
        if examined is None or not len(examined.configurations):
            return []
        table = examined.configurations
        if self.form.which.value == SELECTED:
            kept = table.loc[examined.selection]
        elif self.form.which.value != CONSISTENT:
            kept = table
        elif self._stands_in(examined):
            kept = table[table.index.isin(list(examined.simulations))]
        else:
            kept = table[confirmed_in(table) if self._confirmed(examined) else is_consistent(table["state"])]
        return kept.index[: self.form.most.value].astype(int).tolist()

    def _say_example(self, what: str) -> None:
        """Say below the controls what becomes of the example."""
        self.awaits.object = f"{AWAITS}\n{what}" if what else AWAITS

    def _offer_example(self) -> None:
        """Work out an example where nothing is known yet, once for its circuits; it gives way to whatever the user asks for."""
        examined = self.workspace.current
        if examined is None or self.workspace.arrival is None:
            return
        if examined.busy:
            self.example.stop()
            self._tried.pop(examined, None)
            return
        card, numbers = self.workspace.cards.get(examined.estimator), self._chosen()
        waits = examined.arriving or not examined.simulations or not numbers or examined.experiments
        if waits or card is None or self._tried.get(examined) == examined.generation:
            return
        if PRESET.at(PRESET.strength).impossible(examined.configurations.loc[numbers, list(NAMES)].to_numpy()):
            return
        self._tried[examined] = drawn = examined.generation
        label = f"{EXAMPLE}{PRESET.at(PRESET.strength).written}"

        def take(runs: PerturbedRuns) -> None:
            if examined.generation == drawn and len(runs.numbers):
                examined.experiments = with_experiment(examined.experiments, label, runs)

        self.example.begin(examined, card, numbers, take)

    @drawing
    def _describe(self) -> None:
        """Say what a press of the button would do, or what prevents it."""
        self._say()
        self._offer_example()

    def _say(self) -> None:
        examined, chosen = self.workspace.current, self._chosen()
        self.form.run.label = f"Perturb {len(chosen)}"
        self.form.run.disabled = True
        try:
            perturbation = self.form.perturbation
        except ConfigurationError as error:
            self.note.object = str(error)
            return
        if examined is None or not len(examined.configurations):
            self.note.object = (
                "No circuits yet: load a recording, draw circuits under Posterior, verify them under Simulate."
            )
            return
        if not chosen:
            confirming = self._confirmed(examined) and is_consistent(examined.configurations["state"]).any()
            self.note.object = (
                NONE_CONFIRMED
                if confirming and self.form.which.value == CONSISTENT
                else {
                    CONSISTENT: "No circuit has been simulated yet: simulate some under Simulate, or take the first as drawn.",
                    SELECTED: "No circuit is selected: tick some in the table, or brush them under Subspace.",
                }.get(self.form.which.value, "No circuits.")
            )
            return
        theta = examined.configurations.loc[chosen, list(NAMES)].to_numpy()
        prior = self.workspace.prior
        impossible, beyond = perturbation.impossible(theta), perturbation.outside_prior(theta, prior.low, prior.high)
        runs = 2 * self.form.seeds.value * (len(chosen) - len(impossible))
        sure = "confirmed " if self.form.which.value == CONSISTENT and self._confirmed(examined) else ""
        lines = [STAND_IN] if self._stands_in(examined) else []
        lines += [
            f"{perturbation.written}, to {counted(len(chosen), f'{sure}circuit')}: {runs} runs, each before and after with the same seed."
        ]
        if beyond:
            where = ", ".join(f"{symbol} of {n}" for symbol, n in beyond.items())
            lines.append(f"Beyond the prior, but within what the model has a meaning for: {where}.")
        if impossible:
            lines.append(f"{counted(len(impossible), 'circuit')} left out: {next(iter(impossible.values()))}")
        if self.form.seeds.value < 2:
            lines.append("With one seed, seed noise is not known: take two or more.")
        if examined.busy:
            lines.append(f"{examined.busy} is running: wait for it, or cancel it above.")
        self.note.object = "\n".join(lines)
        self.form.run.disabled = bool(examined.busy) or len(impossible) == len(chosen)

    async def _run(self, *_: Any) -> None:
        """Run the experiment off the event loop; circuits appear as they finish."""
        examined, numbers = self.workspace.current, self._chosen()
        card = None if examined is None else self.workspace.cards.get(examined.estimator)
        if examined is None or card is None or not numbers:
            return
        perturbation = self.form.perturbation
        theta = examined.configurations.loc[numbers, list(NAMES)].to_numpy()
        impossible = perturbation.impossible(theta)
        kept = [i for i in range(len(numbers)) if i not in impossible]
        sure = "confirmed" if self._confirmed(examined) else "consistent"
        stand_in = self._stands_in(examined)
        which = {CONSISTENT: "simulated" if stand_in else sure, SELECTED: "selected"}.get(
            self.form.which.value, "drawn"
        )
        who = "these circuits" if stand_in else WHO.get(self.form.which.value, "these circuits")
        number = 1 + max(map(number_of, examined.experiments), default=0)
        label = f"{number}: {perturbation.written}, {len(kept)} {which} circuits"
        drawn, loop, last = examined.generation, asyncio.get_running_loop(), [0.0]

        def take(runs: PerturbedRuns) -> None:
            if examined.generation == drawn and len(runs.numbers):  # no other circuits have been drawn meanwhile
                examined.experiments = with_experiment(examined.experiments, label, runs)

        def arrived(runs: PerturbedRuns) -> None:
            if time.monotonic() - last[0] > BATCH_SECONDS:
                last[0] = time.monotonic()
                loop.call_soon_threadsafe(take, runs)

        n_seeds = self.form.seeds.value
        runs = await self.workspace.work(
            examined, f"Perturbing {len(kept)} circuits", perturb, theta[kept], [numbers[i] for i in kept], perturbation, card,
            examined.target, n_seeds=n_seeds, seed=self.form.seed.value, who=who, arrived=arrived,
            run_many=runner(examined, 2 * n_seeds * len(kept), "perturb"),
        )  # fmt: skip
        if runs is not None:
            take(runs)

    def switched(self) -> None:
        """Offer the experiments of the current recording; the newest is shown when it is new."""
        examined = self.workspace.current
        labels = [] if examined is None else list(examined.experiments)
        if labels != list(self.shown.options):
            self._show_bursts(None if examined is None or not labels else examined.experiments[labels[-1]])
            new = bool(labels) and labels[-1] not in self.shown.options
            value = labels[-1] if new or (labels and self.shown.value not in labels) else self.shown.value
            self.shown.param.update(options=labels, value=value if labels else None)
        self.redraw()

    def _show_bursts(self, runs: PerturbedRuns | None) -> None:
        """Show what becomes of bursts where there are any, as long as nobody has chosen a measure."""
        if runs is not None and "experiments measure" not in self.workspace.view:
            bursts = response.outcomes(runs).count("bursts on") * 2 > len(runs.numbers)
            self.measure.value = "burst_interval_mean" if bursts else self.measure.value

    def fill(self) -> None:
        self._describe()
        runs, name = self._runs, self.measure.value
        there = runs is not None
        self.body.visible = self.measure.visible = self.shown.visible = there
        self.awaits.visible = not there
        if runs is None:
            return
        examined, told = self.workspace.current, response.answer(runs, name)
        explained = response.explained_by(runs.theta, response.mean_change(response.changes(runs, name)))
        self.plots.show(runs, told.measure, told.noise, explained, examined.selection)
        self.finding.object, self.verdict.object = finding(runs), response.verdict(runs, name)
        self.caption.object = caption(runs, told, explained)
        self.legend.object = legend(runs, self.colours)
        self.table.value = table(runs)

    def recolour(self) -> None:
        self.plots.recolour(self.colours)
        self.redraw()

    def __panel__(self) -> Any:
        return self._layout
