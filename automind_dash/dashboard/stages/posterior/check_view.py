"""Posterior predictive check: the recording against the features of its own simulated draws, and of the nearest training circuit."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import panel as pn
from bokeh.models import ColumnDataSource, FixedTicker, Range1d, Span
from bokeh.plotting import figure
from numpy.typing import NDArray

from ....features import feature
from ....inference.asking.plausibility import Plausibility, misspecification, plausibility
from ....inference.estimators.card import Card
from ...figures.ensemble_figures import MAX_NAMED
from ...figures.predictive_band import FEW, band, deviations, outside_band
from ...state.examined import Examined
from ...state.stage_view import StageView
from ...widgets.documents import on_document
from ...widgets.figure_saving import save_menu
from ...widgets.notices import report
from ...widgets.plain_text import plain
from ...widgets.quantities import counted, was

REACH = 12.0
"""Limit of the axis, in units of a circuit's own variability. Larger values are drawn at the edge."""


class CheckView(StageView):
    """One figure, in units of the circuit's own variability, the recording at 0, with what it says in words."""

    stage = "Posterior"

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.band = ColumnDataSource({"x": [], "low": [], "high": [], "mid": []})
        self.nearest = ColumnDataSource({"x": [], "y": [], "name": []})
        self.figure = figure(
            height=220, sizing_mode="stretch_width", tools="save", toolbar_location=None, x_range=Range1d(-0.5, 0.5),
            y_range=Range1d(-REACH, REACH), y_axis_label="difference (SDs)", min_border_left=64,
        )  # fmt: skip
        self.figure.grid.visible = False
        self._band = self.figure.vbar(
            x="x", bottom="low", top="high", width=0.7, source=self.band, fill_alpha=0.5, line_color=None
        )
        self._mid = self.figure.scatter(x="x", y="mid", marker="dash", size=10, line_width=2, source=self.band)
        self._dots = self.figure.scatter(x="x", y="y", marker="triangle", size=7, source=self.nearest)
        self.target_line = Span(location=0, dimension="width", line_width=2)
        self.figure.add_layout(self.target_line)
        self.caption = plain(small=True)
        self.plot = pn.Column(
            pn.pane.Bokeh(self.figure, sizing_mode="stretch_width", height=220, margin=(0, 8)),
            save_menu(self.figure, "predictive_check", of=self.workspace),
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self._layout = pn.Column(self.plot, self.caption, sizing_mode="stretch_width", margin=0)
        self._p: dict[tuple[str, bytes], float] = {}
        self.recolour()
        self.follow((self.redraw, ["target", "estimator", "simulations"]))

    def fill(self) -> None:
        pn.state.execute(self.refresh)

    async def refresh(self) -> None:
        """Compare the recording with the simulations, off the event loop, and show the result."""
        examined = self.workspace.current
        if examined is None or examined.target is None or examined.estimator not in self.workspace.estimators:
            self._show(None, None, None, float("nan"))
            return
        estimator, aimed = self.workspace.estimators[examined.estimator], examined.target
        vector, key = aimed.vector, (examined.estimator, aimed.vector.tobytes())
        try:
            near = await asyncio.to_thread(plausibility, estimator, vector)
            if near is not None and key not in self._p:
                self._p[key] = await asyncio.to_thread(misspecification, estimator, vector)
        except Exception as error:  # noqa: BLE001 - a check that fails must not take the page along
            report(error)
            return
        if self.workspace.current is examined and examined.target is aimed:  # else it is asked anew
            self._show(examined, estimator.card, near, self._p.get(key, float("nan")))

    @on_document
    def _show(self, examined: Examined | None, card: Card | None, near: Plausibility | None, p: float) -> None:
        self.plot.visible = examined is not None and card is not None and near is not None
        self.caption.object = ""
        if examined is None or card is None or near is None:
            return
        kept, vector = card.compared, examined.target.vector
        names = [name for name, used in zip(card.feature_set.features, kept, strict=True) if used]
        are_draws = examined.provenance.are_draws(examined.simulations)
        runs = [run for run, is_draw in zip(examined.simulations.values(), are_draws, strict=True) if is_draw]
        drawn = deviations([run.vector for run in runs if run.rejected_after is None], vector, card)
        given_up = sum(run.rejected_after is not None for run in runs)
        x = np.arange(len(names))
        low, mid, high = band(drawn) if len(drawn) >= FEW else (np.full(len(x), np.nan),) * 3
        self.band.data = {"x": x, "low": _cut(low), "high": _cut(high), "mid": _cut(mid)}
        self.nearest.data = {"x": x, "y": _cut(deviations([near.features], vector, card)[0]), "name": names}
        self.figure.x_range.update(start=-0.7, end=len(names) - 0.3)
        labels = [feature(name).label for name in names]
        bands = len(names) > MAX_NAMED  # a spectrum's: their frequencies alone fit beside each other
        self.figure.xaxis.update(
            ticker=FixedTicker(ticks=x[:: max(len(x) // 10, 1)].tolist()), axis_label="band of the spectrum" if bands else None,
            major_label_overrides={int(i): labels[i].removeprefix("power at ") if bands else labels[i] for i in x},
        )  # fmt: skip
        self.caption.object = words(names, drawn, low, high, near, p, given_up)

    def recolour(self) -> None:
        colours = self.colours
        self._band.glyph.fill_color = colours.alive
        self._mid.glyph.line_color = colours.alive
        self._dots.glyph.fill_color = self._dots.glyph.line_color = colours.dead
        self.target_line.line_color = colours.ink

    def __panel__(self) -> Any:
        return self._layout


def _cut(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(values, -REACH, REACH)


def words(
    names: list[str], drawn: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], near: Plausibility, p: float,
    given_up: int = 0,
) -> str:  # fmt: skip
    """Return a description of the figure, and whether the recording lies among the simulations.

    given_up: how many draws were given up as no match, and are not among the drawn.
    """
    lines = [near.sentence] if near.sentence else []
    if len(drawn) >= FEW:
        out = outside_band(names, low, high)
        where = (
            f"outside it in {len(out)} of {len(names)}: {', '.join(out[:6])}"
            if out
            else f"inside it in all {len(names)}"
        )
        lines.append(
            f"Posterior predictive check: bars hold 90 % of the features of {len(drawn)} simulated draws (dash: median), the recording is "
            f"the line at 0, {where}."
        )
        if given_up:
            lines.append(
                f"{counted(given_up, 'draw')} more {was(given_up)} given up as no match and {was(given_up)} not measured: with them the "
                "bars would reach farther from the recording. Simulate draws to have all."
            )
    else:
        lines.append(
            f"Posterior predictive check: simulate {FEW} draws or more, and the band of their features stands here."
        )
    lines.append(
        f"Triangles: the training circuit nearest to the recording, {near.distance:.1f} away; {near.share:.0%} of held-out circuits lie as "
        f"far from theirs. Misspecification (MMD over all features at once): p = {p:.2f}."
    )
    return "\n".join(lines)
