"""Seeds against parameters: one circuit with new seeds beside its neighbours, simulated and compared feature by feature."""

from __future__ import annotations

from typing import Any

import panel as pn

from ...state.cluster_runs import runner
from ...state.ensemble import n_confirmed
from ...widgets.figure_saving import save_menu
from ...widgets.number_fields import CountField
from ...widgets.plain_text import plain
from . import geometry_words as words
from .geometry_part import GeometryPart, figure_pane
from .seed_measuring import MORE_SEEDS, SeedFound, seed_against_parameter
from .seed_plot import height_of, seed_dots


class SeedView(GeometryPart):
    """Circuit, number of seeds and a button; a sentence, and a dot plot for each feature."""

    label = "Simulate"
    what = "Seed against parameter"
    first = "How much of the spread of the features is the circuit's own noise? Simulate one circuit with new seeds beside its neighbours."

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.circuit = CountField(label="Circuit (number)", value=0, start=0, size="small", width=150)
        self.k = CountField(label="Seeds, and neighbours", value=8, start=3, end=50, size="small", width=170)
        self.seed = CountField(label="First seed", value=1000, start=0, end=2**30, size="small", width=120)
        self.note, self.caption = plain(small=True), plain(small=True)
        self.dots = figure_pane()
        self.saving = save_menu(None, "seed_against_parameter", of=self.workspace)
        self.body.extend([self.dots, self.caption, self.saving])
        controls = pn.FlexBox(
            self.circuit, self.k, self.seed, self.run, align_items="center", sizing_mode="stretch_width", margin=0
        )
        self._layout = pn.Column(controls, self.note, self.answer, self.body, sizing_mode="stretch_width", margin=0)
        for widget in (self.circuit, self.k):
            widget.param.watch(lambda _: self.describe(), "value")

    def describe(self) -> None:
        super().describe()
        examined = self.examined
        if examined is None:
            return
        self.take_selected(self.circuit)
        k, n = self.k.value, n_confirmed(examined) if self.confirmed else len(examined.configurations)
        known, enough = self.circuit.value in examined.configurations.index, n > k
        self.note.object = (
            self.no_circuit(self.circuit.value)
            if not known
            else f"{n} circuits are too few for {k} neighbours: draw more under Posterior."
            if not enough
            else f"{k} runs of circuit {self.circuit.value} with new seeds, and {MORE_SEEDS} of each of its {k} nearest neighbours: "
            f"{(1 + MORE_SEEDS) * k} runs."
        )
        self.run.label = f"Simulate {(1 + MORE_SEEDS) * k}"
        self.run.disabled = self.run.disabled or not (known and enough) or examined.target is None

    async def _run(self, *_: Any) -> None:
        examined = self.examined
        card = None if examined is None else self.card_of(examined)
        if examined is None or card is None or examined.target is None:
            return
        k = self.k.value
        await self.work(
            seed_against_parameter, self.circuits(examined, card), self.circuit.value, k, self.seed.value, card, examined.target,
            runner(examined, (1 + MORE_SEEDS) * k, "seed"),
        )  # fmt: skip

    def show(self, found: SeedFound) -> None:
        k, runs = len(found.own), len(found.own) + found.neighbours.shape[0] * MORE_SEEDS
        self.answer.object = words.noise(found.against.ratio, found.parts.own_share, found.labels, found.circuit, k)
        self.dots.param.update(object=seed_dots(found, self.colours), height=height_of(len(found.labels)))
        self.caption.object = (
            f"Every run of circuit {found.circuit} ({k} seeds, circles) and of its {len(found.neighbours)} nearest neighbours "
            f"({MORE_SEEDS} seeds each, triangles), {found.active} of {runs} active; features as the estimator sees "
            "them, in units of a circuit's usual noise, around its mean. Beside each feature: the share of the "
            f"variance that is a circuit's own noise (random-effects analysis of variance), with its 95 % interval. "
            f"Neighbours among {found.circuits.source}."
        )
        self.saving.figures = self.dots.object

    def __panel__(self) -> Any:
        return self._layout
