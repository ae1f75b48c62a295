"""One part of the Geometry stage: a button that works something out off the event loop, and what it found for each recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import panel as pn
import panel_material_ui as pmui
from numpy.typing import NDArray

from ....circuit.parameters import NAMES
from ....inference.estimators.card import Card
from ....invariance.scaling import to_unit
from ...figures.posterior_words import apart, origin
from ...state.circuit_rows import confirmed_in
from ...state.ensemble import ensemble_of, n_confirmed, n_near, takes_confirmed
from ...state.examined import Examined
from ...state.stage_view import StageView
from ...widgets.plain_text import plain
from ...widgets.quantities import counted


@dataclass(frozen=True, eq=False)
class Circuits:
    """A recording's drawn circuits for the geometry: numbers (n,), theta and u (n, 28), states (n,), and their source.

    taken: (n,) which of them are the ensemble: all of them, or the confirmed ones.
    """

    numbers: NDArray[np.int64]
    theta: NDArray[np.float64]
    u: NDArray[np.float64]
    states: NDArray[Any]
    target: NDArray[np.float64]
    source: str
    taken: NDArray[np.bool_]

    def row(self, number: int) -> int:
        """Return the row of a circuit's number."""
        return int(np.flatnonzero(self.numbers == number)[0])


def circuits_of(examined: Examined, card: Card, *, posterior: bool = False, confirmed: bool = False) -> Circuits:
    """Return the circuits of a recording on the common scale, with words for their source; or those that stand for the recording.

    posterior: only those that stand for it. Circuits that a search drew near others are alike, and would narrow every picture of the
    posterior. confirmed: confirmed circuits stand for it, whether drawn near others or not.
    """
    told, table = examined.provenance, ensemble_of(examined, confirmed) if posterior else examined.configurations
    question = told.question
    k = 1 if question is None else question.oversampling
    best = f", the best of {k} times as many" if k > 1 else ""
    rest = apart(told)
    if posterior and confirmed:
        source = confirmed_words(examined)
    elif posterior or not rest:
        source = f"{counted(len(table), 'circuit')} drawn by the estimator “{examined.drew}”{best}"
    elif told.estimator:
        drawn = len(examined.posterior)
        source = f"{counted(drawn, 'circuit')} drawn by the estimator “{told.estimator}”{best}; besides, {rest}"
    else:
        source = f"{counted(len(table), 'circuit')}, {origin(told)}"
    theta = table[list(NAMES)].to_numpy(dtype=float)
    asked = examined.target.vector if examined.target is not None else np.empty(0)
    target = np.asarray(question.target, dtype=np.float64) if question is not None and question.target else asked
    return Circuits(
        table.index.to_numpy(dtype=np.int64), theta, to_unit(theta, card.prior), table["state"].to_numpy(), target, source,
        confirmed_in(table) if confirmed else np.ones(len(table), dtype=bool),
    )  # fmt: skip


def confirmed_words(examined: Examined) -> str:
    """Return how many confirmed circuits stand for a recording, and how many of them a search drew near others."""
    near = n_near(examined)
    alike = f", {near} of them drawn near others and more alike than draws of the posterior" if near else ""
    return f"{counted(n_confirmed(examined), 'confirmed circuit')} for the estimator “{examined.estimator}”{alike}"


class GeometryPart(StageView):
    """What the parts have in common. Results belong to a recording and its draws; other results are never shown."""

    stage = "Geometry"
    label = "Work it out"
    what = "Working out the geometry"
    first = ""

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.run = pmui.Button(label=self.label, variant="contained", on_click=self._run, margin=(10, 8))
        self.answer = plain()
        self.body = pn.Column(sizing_mode="stretch_width", visible=False, margin=0)
        self._found: WeakKeyDictionary[Examined, tuple[Any, Any]] = WeakKeyDictionary()
        self._drawn: tuple[Any, bool] | None = None
        self._first_selected: int | None = None

    @property
    def examined(self) -> Examined | None:
        """The current recording's state, when it has circuits."""
        examined = self.workspace.current
        return examined if examined is not None and len(examined.configurations) else None

    def card_of(self, examined: Examined) -> Card | None:
        """The card of the estimator that drew the circuits."""
        return self.workspace.cards.get(examined.drew)

    def estimator_of(self, examined: Examined) -> Any:
        """The estimator that drew the circuits."""
        return self.workspace.estimators[examined.drew]

    @property
    def found(self) -> Any:
        """What was found for the circuits that are now in the table; None when nothing was found."""
        examined = self.examined
        drawn, found = (None, None) if examined is None else self._found.get(examined, (None, None))
        return found if examined is not None and drawn == self.circuits_now(examined) else None

    @property
    def confirmed(self) -> bool:
        """Whether confirmed circuits stand for the current recording."""
        return self.examined is not None and takes_confirmed(self.workspace.ensemble, [self.examined])

    def circuits_now(self, examined: Examined) -> tuple[Any, ...]:
        """Return what tells the circuits that stand for a recording from those that stood for it before."""
        confirmed = takes_confirmed(self.workspace.ensemble, [examined])
        return examined.generation, confirmed and n_confirmed(examined)

    def circuits(self, examined: Examined, card: Card, *, posterior: bool = False) -> Circuits:
        """Return a recording's circuits, as `circuits_of` does, for the page's choice of those that stand for it."""
        return circuits_of(examined, card, posterior=posterior, confirmed=self.confirmed)

    async def work(self, function: Any, *args: Any, what: str = "") -> Any:
        """Run a function off the event loop and keep its result for its recording; None when the recording is gone."""
        examined = self.examined
        if examined is None:
            return None
        drawn = self.circuits_now(examined)
        found = await self.workspace.work(examined, what or self.what, function, *args)
        if found is None or self.circuits_now(examined) != drawn:
            return None
        self._found[examined] = (drawn, found)
        self.redraw()
        return found

    async def _run(self, *_: Any) -> None:
        raise NotImplementedError

    def describe(self) -> None:
        """Say what the controls would do."""
        examined = self.examined
        self.run.disabled = examined is None or bool(examined.busy)

    def take_selected(self, field: Any) -> None:
        """Set a field for a circuit's number to the first selected circuit, once each time another one becomes the first."""
        examined = self.examined
        if examined is None:
            return
        first = next(iter(examined.selection), None)
        if first is not None and first != self._first_selected and first in examined.configurations.index:
            field.value = int(first)
        self._first_selected = first

    @staticmethod
    def no_circuit(number: Any) -> str:
        """Return what is said about a number that no circuit has."""
        return f"There is no circuit {number}: take a number from the table."

    def show(self, found: Any) -> None:
        """Show what was found."""
        raise NotImplementedError

    def blank(self) -> str:
        """Return what is shown where nothing has been found yet."""
        return self.first

    def fill(self) -> None:
        """Bring the part up to date; figures are made again only when what they show has changed."""
        if self.examined is None:
            return
        self.describe()
        found, dark = self.found, self.workspace.dark
        self.body.visible = found is not None
        if found is None:
            self._drawn = None
            examined = self.examined
            running = examined.busy if examined.busy != self.what else ""
            self.answer.object = self.blank() + (
                f" {running} is running: wait for it, or cancel it above." if running else ""
            )
        elif self._drawn is None or self._drawn[0] is not found or self._drawn[1] != dark:
            self._drawn = (found, dark)
            self.show(found)


def figure_pane(height: int | None = None) -> Any:
    """Return an empty place for a Bokeh figure."""
    return pn.pane.Bokeh(
        None, sizing_mode="stretch_width", margin=(0, 4), **({} if height is None else {"height": height})
    )
