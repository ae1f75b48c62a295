"""How many of the simulated circuits are consistent, in words, numbers and one bar."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import param
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure
from numpy.typing import NDArray
from panel.viewable import Viewer

from ..inference.verification import Tally, tally
from .check_view import FEW, band, deviations, outside_band
from .colours import Palette, palette
from .documents import on_document
from .plain_text import plain
from .workspace import Workspace

PARTS = ("consistent", "alive", "non_bursting", "silent", "saturated", "failed")
WORDS = {
    "consistent": "● consistent", "alive": "▲ active, other dynamics", "non_bursting": "△ active, not bursting",
    "silent": "○ silent", "saturated": "■ saturated", "failed": "✕ failed",
}  # fmt: skip


NAMED = 4
"""Features called by name."""

UNDEFINED = "{n} circuits simulated; no yield, for the recording as it is analysed now lacks features that the estimator compares."


def tally_of(table: pd.DataFrame, threshold: float) -> Tally:
    """Count the simulated rows of a configuration table."""
    done = table[table["state"] != ""] if len(table) else table
    if not len(done):
        return Tally()
    outcomes = done["state"].where(done["state"].isin(["silent", "saturated", "failed"]), "active")
    return tally(outcomes, done["distance"], threshold)


def sentence(counts: Tally) -> str:
    """Return the yield with its interval, and the counts, in words."""
    if not counts.n:
        return "No circuit has been simulated yet."
    low, high = counts.interval
    parts = [f"{getattr(counts, name)} {WORDS[name]}" for name in PARTS if getattr(counts, name)]
    return f"Yield {counts.consistent}/{counts.n} ({low:.0%} to {high:.0%}, 95 %): {'  ·  '.join(parts)}"


def one_by_one(names: list[str], drawn: NDArray[np.float64]) -> str:
    """Return in which features a recording lies outside the band of its consistent circuits; empty where in none, or where these are few.

    names: of the features; drawn: (n, n_features) of `check_view.deviations`. A distance over all features lets single ones be off.
    """
    if len(drawn) < FEW:
        return ""
    low, _, high = band(drawn)
    out = outside_band(names, low, high)
    if not out:
        return ""
    more = ", …" if len(out) > NAMED else ""
    return (
        f"Consistent is said of all features together. One by one, the recording lies outside 90 % of the consistent circuits in "
        f"{len(out)} of {len(names)}: {', '.join(out[:NAMED])}{more} (Posterior shows the check)."
    )


class YieldMeter(Viewer):
    """A stacked bar with its sentence, for the current recording."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

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

    @on_document
    def show(self) -> None:
        """Count again."""
        target = self.workspace.current
        card = None if target is None else self.workspace.cards.get(target.estimator)
        counts = Tally() if card is None else tally_of(target.configurations, target.tolerance * card.threshold)
        self.text.object = sentence(counts)
        if card is not None and target is not None and target.comparable and counts.consistent >= FEW:
            table = target.configurations
            consistent = [target.simulations.get(number) for number in table.index[table["state"] == "consistent"]]
            drawn = deviations([run.vector for run in consistent if run is not None], target.target.vector, card)
            more = one_by_one(list(np.array(card.feature_set.features)[card.compared]), drawn)
            self.text.object = "\n".join(filter(None, [sentence(counts), more]))
        if counts.n and target is not None and not target.comparable:
            self.text.object, counts = UNDEFINED.format(n=counts.n), Tally()
        edges = np.cumsum([0, *(getattr(counts, name) for name in PARTS)]) / max(counts.n, 1)
        self.source.data = {"left": edges[:-1], "right": edges[1:], "fill": _fills(palette(self.workspace.dark))}

    def __panel__(self) -> Any:
        return self._layout


def _fills(colours: Palette) -> list[str]:
    return [colours.consistent, colours.alive, colours.prior, colours.grid, colours.dead, colours.selected]
