"""How many of the simulated circuits are consistent, in words, numbers and one bar."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure
from numpy.typing import NDArray

from ....inference.asking.consistency import is_consistent
from ....inference.asking.verification import Tally
from ....inference.asking.yields import Yields, yields
from ....inference.estimators.card import Card
from ...figures.predictive_band import FEW, band, deviations, outside_band
from ...figures.yield_words import PARTS, told
from ...state.examined import Examined
from ...state.stage_view import StageView
from ...widgets.colours import Palette
from ...widgets.plain_text import plain

NAMED = 4
"""Features called by name."""

UNDEFINED = (
    "{n} circuits simulated. There is no yield, because the recording lacks features that the estimator compares."
)


def one_by_one(names: list[str], drawn: NDArray[np.float64]) -> str:
    """Return in which features a recording lies outside the band of its consistent circuits; empty where in none, or where these are few.

    names: of the features; drawn: (n, n_features) of `predictive_band.deviations`. A distance over all features lets single ones be off.
    """
    if len(drawn) < FEW:
        return ""
    low, _, high = band(drawn)
    out = outside_band(names, low, high)
    if not out:
        return ""
    more = ", …" if len(out) > NAMED else ""
    return (
        f"Circuits are consistent by all features together. One by one, the recording lies outside 90 % of the consistent circuits in "
        f"{len(out)} of {len(names)}: {', '.join(out[:NAMED])}{more} (Posterior shows the check)."
    )


class YieldMeter(StageView):
    """A stacked bar with its sentence, for the current recording."""

    stage = "Simulate"

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.text = plain()
        self.source = ColumnDataSource({"left": [], "right": [], "fill": []})
        self.figure = figure(
            height=22, sizing_mode="stretch_width", x_range=Range1d(0, 1), y_range=Range1d(0, 1), tools="", toolbar_location=None,
            min_border=0, outline_line_color=None,
        )  # fmt: skip
        self.figure.axis.visible = False
        self.figure.grid.visible = False
        self.figure.quad(
            left="left", right="right", bottom=0, top=1, fill_color="fill", line_color=None, source=self.source
        )
        self._layout = pn.Column(
            self.text,
            pn.pane.Bokeh(self.figure, sizing_mode="stretch_width", margin=(0, 10)),
            sizing_mode="stretch_width",
        )
        self.follow((self.redraw, ["configurations", "reruns", "target", "set_aside"]))

    def fill(self) -> None:
        """Count again."""
        examined = self.workspace.current
        card = None if examined is None else self.workspace.cards.get(examined.estimator)
        if card is None or examined is None or not len(examined.configurations):
            counts, said = Tally(), told(Yields())
        else:
            found = yields(examined.configurations, examined.provenance)
            counts, said = found.draws, told(found)
            if not examined.comparable and found.n:
                counts, said = Tally(), [UNDEFINED.format(n=found.n)]
            else:
                said.append(self._one_by_one(examined, card))
        self.text.object = "\n".join(filter(None, said))
        edges = np.cumsum([0, *(getattr(counts, name) for name in PARTS)]) / max(counts.n, 1)
        self.source.data = {"left": edges[:-1], "right": edges[1:], "fill": _fills(self.colours)}

    @staticmethod
    def _one_by_one(examined: Examined, card: Card) -> str:
        table = examined.configurations
        consistent = [examined.simulations.get(number) for number in table.index[is_consistent(table["state"])]]
        drawn = deviations([run.vector for run in consistent if run is not None], examined.target.vector, card)
        return one_by_one(list(np.array(card.feature_set.features)[card.compared]), drawn)

    def __panel__(self) -> Any:
        return self._layout


def _fills(colours: Palette) -> list[str]:
    return [colours.consistent, colours.alive, colours.prior, colours.grid, colours.dead, colours.selected]
