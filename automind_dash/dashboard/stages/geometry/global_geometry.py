"""The global part: correlations, principal components, a flat map, and whether the subspace is one piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import panel as pn
import panel_material_ui as pmui

from ....circuit.parameters import NAMES
from ....errors import UserError
from ....inference.estimators.prior import Prior
from ....invariance.components import AgainstReference, against_prior_and_shuffled
from ....invariance.correlation import MINIMUM_SAMPLES, Correlations, correlations
from ....invariance.embedding import Embedding, embed
from ....invariance.modes import Humps, Pieces, humps, pieces
from ...figures.colouring import by_value
from ...figures.quantity_axes import LABELS, RAW
from ...state.ensemble import ensemble_of
from ...state.examined import Examined
from ...state.stage_view import drawing
from ...widgets.figure_saving import save_menu
from ...widgets.plain_text import OwnMarkup, plain
from . import geometry_words as words
from .components_plot import HEIGHT as BARS_HEIGHT
from .components_plot import variance_bars
from .correlation_matrix import SIDE, correlation_matrix
from .direction_plots import HEIGHT, direction_bars
from .embedding_plot import HEIGHT as MAP_HEIGHT
from .embedding_plot import EmbeddingPlot
from .geometry_part import Circuits, GeometryPart, figure_pane

MINIMUM = 40
"""Fewest circuits, as the test for pieces needs them; correlations would do with fewer."""

AXES = 3
HUMP_DRAWS = 300
"""Samples of Silverman's bootstrap: p-values down to 1 in 300, in a few seconds for all parameters."""

DENSITY = "log_density"
assert MINIMUM >= MINIMUM_SAMPLES


@dataclass(frozen=True, eq=False)
class GlobalFound:
    """What is shown of the subspace as a whole."""

    circuits: Circuits
    correlations: Correlations
    components: AgainstReference
    map: Embedding
    pieces: Pieces
    humps: Humps


def global_geometry(
    circuits: Circuits, prior: Prior, *, progress: Callable[[float], None], should_stop: Callable[[], bool]
) -> GlobalFound | None:
    """Work out the global geometry of circuits; None when it was stopped. Raises SubspaceError for too few."""
    u, n = circuits.u, len(circuits.u)
    if n < MINIMUM:
        raise UserError(
            f"{n} circuits are too few for their geometry: draw, or find, {MINIMUM} or more under Posterior."
        )
    reference = (prior.draw(n, 0) - prior.low) / (prior.high - prior.low)
    found: list[Any] = []
    steps: tuple[Callable[[], Any], ...] = (
        lambda: correlations(circuits.theta, NAMES),
        lambda: against_prior_and_shuffled(u, reference),
        lambda: embed(u),
        lambda: pieces(u),
        lambda: _humps(u, found[1]),
    )
    for i, step in enumerate(steps):
        if should_stop():
            return None
        found.append(step())
        progress((i + 1) / len(steps))
    return GlobalFound(circuits, *found)


def _humps(u: Any, components: AgainstReference) -> Humps:
    scores = components.samples.scores(u, AXES)
    names = [*NAMES, *(f"component {i + 1}" for i in range(AXES))]
    return humps(np.hstack([u, scores]), names, n_bootstrap=HUMP_DRAWS)


class GlobalGeometry(GeometryPart):
    """A button, four sentences, four figures."""

    label = "Work out the global geometry"
    what = "Global geometry"
    first = (
        "What will be here, after some seconds: which parameters trade off, in how many directions the circuits spread, and whether they "
        "are one piece."
    )

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        options = {"Log-density": DENSITY} | {LABELS[name]: name for name in LABELS if name in RAW}
        self.colour = pmui.Select(label="Colour the map by", options=options, value=DENSITY, size="small", width=190)
        self.legend = OwnMarkup("", width=170, margin=(8, 10), styles={"font-size": "12px"})
        self.said = {name: plain() for name in ("components", "map")}
        self.modes, self.answer = plain(), plain(bold=True)
        self.captions = {name: plain(small=True) for name in ("modes", "matrix", "bars", "loadings", "map")}
        self.matrix, self.bars = figure_pane(SIDE), figure_pane(BARS_HEIGHT)
        self.loadings, self.map = figure_pane(HEIGHT), figure_pane(MAP_HEIGHT)
        self.saving = save_menu(None, "geometry", of=self.workspace)
        self.plot: EmbeddingPlot | None = None
        self._following = False
        self._tried: WeakKeyDictionary[Examined, tuple[Any, ...]] = WeakKeyDictionary()
        half = {"styles": {"flex": "1 1 440px", "min-width": "0"}}
        self.body.extend([
            self.saving,
            pn.FlexBox(
                pn.Column(self.matrix, self.captions["matrix"], **half),
                pn.Column(
                    self.said["map"], pn.Row(self.colour, self.legend, margin=0), self.map, self.captions["map"], **half
                ),
                sizing_mode="stretch_width", align_items="flex-start", margin=0,
            ),
            self.modes, self.captions["modes"], self.said["components"],
            pn.FlexBox(
                pn.Column(self.bars, self.captions["bars"], **half),
                pn.Column(self.loadings, self.captions["loadings"], styles={"flex": "1 1 560px", "min-width": "0"}),
                sizing_mode="stretch_width", align_items="flex-start", margin=0,
            ),
        ])  # fmt: skip
        self._layout = pn.Column(self.run, self.answer, self.body, sizing_mode="stretch_width", margin=0)
        self.colour.param.watch(lambda _: self._paint(), "value")
        self.remember("colour", self.colour)

    def fill(self) -> None:
        super().fill()
        examined = self.examined
        if examined is None or self.found is not None or examined.busy:
            return
        if len(ensemble_of(examined, self.confirmed)) < MINIMUM:
            return
        now = self.circuits_now(examined)
        if self._tried.get(examined) != now:  # done once for its circuits: whoever cancels it does not want it
            self._tried[examined] = now
            self.unasked(self._run)

    async def _run(self, *_: Any) -> None:
        examined = self.examined
        card = None if examined is None else self.card_of(examined)
        if examined is not None and card is not None:
            await self.work(global_geometry, self.circuits(examined, card, posterior=True), card.prior)

    def describe(self) -> None:
        super().describe()
        examined = self.examined
        if self.plot is not None and self.found is not None and examined is not None:
            self._following = True
            self.plot.mark(examined.selection)
            self._following = False

    def show(self, found: GlobalFound) -> None:
        colours, source = self.colours, found.circuits.source
        self.answer.object = words.correlated(found.correlations)
        self.modes.object = words.one_piece(found.pieces, found.humps)
        self.captions["modes"].object = (
            f"{source}. Gaps: HDBSCAN's tree against uniform samples of the same intrinsic dimension; humps: Silverman's test, corrected. "
            "In 28 dimensions only wide gaps can be seen."
        )
        self.matrix.object = correlation_matrix(found.correlations, colours)
        self.captions["matrix"].object = (
            f"Spearman's ρ of every pair of parameters over {source}; pale and crossed: not significant (Benjamini–Hochberg, 5 %). Similar "
            "parameters stand together (average linkage of 1 − |ρ|). Hover for names and values."
        )
        self.said["components"].object = words.dimensions(found.components)
        self.bars.object = variance_bars(found.components, colours)
        self.captions["bars"].object = (
            f"Share of the variance of each principal component, in shares of the prior's ranges, over {source}; lines: 95 % bootstrap, "
            "corrected for bias, so the first components of a sample stand above theirs. "
            f"Squares: each parameter shuffled on its own; diamonds: {len(found.circuits.u)} circuits of the prior."
        )
        one = found.components.samples
        titles = [f"component {i + 1}: {100 * one.share[i]:.1f} %" for i in range(AXES)]
        self.loadings.object = direction_bars(one.axes[:AXES], titles, colours)
        self.captions[
            "loadings"
        ].object = (
            f"The first {AXES} components in named parameters (largest entries): orange up, blue down. Over {source}."
        )
        self.said["map"].object = words.mapped(found.map)
        self.plot = EmbeddingPlot(found.map.coordinates, found.circuits.numbers, colours)
        self.plot.source.selected.on_change("indices", self._brushed)
        self._paint()
        self.describe()
        self.map.object = self.plot.figure
        self.saving.figures = [self.matrix.object, self.map.object, self.bars.object, self.loadings.object]
        self.captions["map"].object = (
            f"Isomap ({found.map.n_neighbours} neighbours) of {source}: near here is near along the subspace. Drag a box to select "
            "circuits here, in the table and in every other stage."
        )

    @drawing
    def _paint(self) -> None:
        """Colour the map by what is chosen."""
        examined, found, name = self.examined, self.found, self.colour.value
        if self.plot is None or examined is None or found is None:
            return
        values = examined.configurations.loc[found.circuits.numbers, name].to_numpy(dtype=float)
        fill, self.legend.object = by_value(values, LABELS.get(name, "Log-density"), self.colours)
        self.plot.colour(fill)

    def _brushed(self, attr: str, old: list[int], new: list[int]) -> None:
        """Take what was brushed as the selection."""
        examined, found = self.examined, self.found
        if not self._following and examined is not None and found is not None:
            examined.selection = found.circuits.numbers[list(new)].tolist()

    def __panel__(self) -> Any:
        return self._layout
