"""The local part: what is stiff and what is sloppy around one circuit, what moves a feature, and how directions turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
from numpy.typing import NDArray

from ....features.registry import feature
from ....inference.estimators.card import Card
from ....invariance.density import posterior_density, torch_posterior_density
from ....invariance.local import Curvature, Turning, curvature, random_angle, turning
from ....invariance.sensitivity import ActiveDirections, active_directions
from ...state.examined import Examined
from ...widgets.figure_saving import save_menu
from ...widgets.number_fields import CountField
from ...widgets.plain_text import plain
from . import geometry_words as words
from .direction_plots import HEIGHT as BARS_HEIGHT
from .direction_plots import direction_bars
from .geometry_part import Circuits, GeometryPart, circuits_of, figure_pane
from .local_plots import HEIGHT, spectrum_plot, turning_plot

K = 3
"""Stiff and sloppy directions that are shown and compared."""

PLACES = 12
"""Circuits whose directions are compared: 66 pairs, 12 × 813 evaluations."""

ACTIVE_DRAWS = 300
DENSITY = ""
MINIMUM_RUNS = 50
"""Fewest simulations with the feature from which its slopes over 28 parameters are learned."""

LEAST_CIRCUITS = 4


@dataclass(frozen=True, eq=False)
class LocalFound:
    """What is shown around one circuit. active_of: name of the feature, empty for the log-density; n_active: circuits behind it."""

    circuits: Circuits
    circuit: int
    curvature: Curvature
    stiff: Turning
    sloppy: Turning
    random: tuple[float, float, float]
    active: ActiveDirections
    active_of: str
    n_active: int


def local_geometry(
    circuits: Circuits, circuit: int, places: list[int], estimator: Any, name: str, values: NDArray[np.float64] | None, *,
    progress: Callable[[float], None], should_stop: Callable[[], bool],
) -> LocalFound | None:  # fmt: skip
    """Work out the local geometry; None when it was stopped. places: rows whose directions are compared; values: (n,) of the feature."""
    density = posterior_density(estimator, circuits.target)
    u, found = circuits.u, dict[str, Any]()
    used = u[:ACTIVE_DRAWS] if values is None else u
    steps: dict[str, Callable[[], Any]] = {
        "curvature": lambda: curvature(density, u[circuits.row(circuit)]),
        "stiff": lambda: turning(density, u[places], k=K),
        "sloppy": lambda: turning(density, u[places], k=K, sloppy=True),
        "random": lambda: random_angle(K, u.shape[1]),
        "active": lambda: (
            active_directions(used, log_density=torch_posterior_density(estimator, circuits.target))
            if values is None
            else active_directions(used, feature=values)
        ),
    }
    for i, (part, step) in enumerate(steps.items()):
        if should_stop():
            return None
        found[part] = step()
        progress((i + 1) / len(steps))
    n = len(used) if values is None else int(np.isfinite(values).sum())
    return LocalFound(circuits, circuit, **found, active_of=name, n_active=n)


class LocalGeometry(GeometryPart):
    """A circuit's number, a button, sentences and figures."""

    label = "Work it out around this circuit"
    what = "Local geometry"
    first = "What the recording fixes around one circuit, what it leaves free, and whether that is the same elsewhere: some seconds."

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.circuit = CountField(label="Circuit (number)", value=0, start=0, size="small", width=150)
        self.property = pmui.Select(label="What moves", options={"the log-density": DENSITY}, size="small", width=260)
        self.note = plain(small=True)
        self.said = {name: plain() for name in ("active", "turning")}
        self.captions = {name: plain(small=True) for name in ("spectrum", "stiff", "sloppy", "active", "turning")}
        self.spectrum, self.turning = figure_pane(HEIGHT), figure_pane(HEIGHT)
        self.stiff, self.sloppy, self.active = (figure_pane(BARS_HEIGHT) for _ in range(3))
        self.saving = save_menu(None, "local_geometry", of=self.workspace)
        half = {"styles": {"flex": "1 1 500px", "min-width": "0"}}
        self.body.extend([
            pn.FlexBox(
                pn.Column(self.stiff, self.captions["stiff"], **half), pn.Column(self.sloppy, self.captions["sloppy"], **half),
                pn.Column(self.spectrum, self.captions["spectrum"], **half),
                pn.Column(self.said["turning"], self.turning, self.captions["turning"], **half),
                sizing_mode="stretch_width", align_items="flex-start", margin=0,
            ),
            self.said["active"], self.active, self.captions["active"], self.saving,
        ])  # fmt: skip
        controls = pn.FlexBox(
            self.circuit, self.property, self.run, align_items="center", sizing_mode="stretch_width", margin=0
        )
        self._layout = pn.Column(controls, self.note, self.answer, self.body, sizing_mode="stretch_width", margin=0)
        for widget in (self.circuit, self.property):
            widget.param.watch(lambda _: self.describe(), "value")

    def describe(self) -> None:
        super().describe()
        examined = self.examined
        if examined is None:
            return
        self.take_selected(self.circuit)
        card = self._runs_card(examined)
        names = (
            []
            if card is None
            else [n for n, used in zip(card.feature_set.features, card.compared, strict=True) if used]
        )
        options = {"the log-density": DENSITY} | {feature(name).label: name for name in names}
        if options != self.property.options:
            value = self.property.value if self.property.value in options.values() else DENSITY
            self.property.param.update(options=options, value=value)
        trouble = self._trouble()
        self.note.object, self.note.visible = trouble, bool(trouble)
        self.run.disabled = self.run.disabled or bool(trouble)

    def _trouble(self) -> str:
        """Return what prevents the work, as a sentence."""
        examined = self.examined
        if examined is None:
            return ""
        if self.circuit.value not in examined.configurations.index:
            return self.no_circuit(self.circuit.value)
        if len(examined.configurations) < LEAST_CIRCUITS:
            return f"Directions turn between circuits: draw {LEAST_CIRCUITS} or more under Posterior."
        name = self.property.value
        if name:
            runs = int(np.isfinite(self._values(name)).sum())
            if runs < MINIMUM_RUNS:
                return f"{runs} simulated circuits have this feature; what moves it takes {MINIMUM_RUNS}: simulate more under Simulate."
        return ""

    def _runs_card(self, examined: Examined) -> Card | None:
        """The card of the estimator that circuits were simulated for, which may not be the one that drew them."""
        return self.workspace.cards.get(examined.estimator)

    def _values(self, name: str) -> NDArray[np.float64]:
        """(n,) a feature of every circuit as the estimator sees it; NaN where it was not simulated."""
        examined = self.examined
        assert examined is not None
        card = self._runs_card(examined)
        if card is None or name not in card.feature_set.features:
            return np.full(len(examined.configurations), np.nan)
        at = card.feature_set.features.index(name)
        runs = examined.simulations
        return np.array(
            [runs[n].vector[at] if n in runs else np.nan for n in examined.configurations.index], dtype=float
        )

    async def _run(self, *_: Any) -> None:
        examined = self.examined
        card = None if examined is None else self.card_of(examined)
        if examined is None or card is None or self._trouble():
            return
        circuits, number, name = circuits_of(examined, card), self.circuit.value, self.property.value
        chosen = [circuits.row(n) for n in examined.selection[:PLACES] if n in examined.configurations.index]
        spaced = np.linspace(0, len(circuits.u) - 1, min(PLACES, len(circuits.u))).astype(int).tolist()
        places = chosen if len(chosen) >= LEAST_CIRCUITS else spaced
        values = self._values(name) if name else None
        await self.work(local_geometry, circuits, number, places, self.estimator_of(examined), name, values)

    def show(self, found: LocalFound) -> None:
        colours, source, one = self.colours, found.circuits.source, found.curvature
        self.answer.object = words.local(one, found.circuit)
        where = f"around circuit {found.circuit}, one of {source}"
        for pane, kind, which in ((self.stiff, "stiff", one.stiff(K)), (self.sloppy, "sloppy", one.sloppy(K))):
            pane.object = direction_bars(which, [f"{kind} {i + 1}" for i in range(K)], colours)
            self.captions[kind].object = (
                f"The {K} {'stiffest' if kind == 'stiff' else 'sloppiest'} directions {where}: eigenvectors of the curvature of −log p "
                "over shares of the prior's ranges; orange up, blue down. The sign of a whole direction means nothing."
            )
        self.spectrum.object = spectrum_plot(one, colours)
        self.captions["spectrum"].object = (
            f"Curvature of −log p {where}: central differences over 3 % of the prior's ranges. "
            "Orange: the density does not fall."
        )
        m = len(found.stiff.angle)
        self.said["turning"].object = words.turned(found.stiff, found.sloppy, found.random, K)
        self.turning.object = turning_plot(found.stiff, found.sloppy, found.random, colours)
        self.captions["turning"].object = (
            f"Mean principal angle between the {K} directions of two circuits, every pair of "
            f"{m} of {source}. Dashed: random directions, with their 95 % range."
        )
        what = feature(found.active_of).label if found.active_of else "the log-density"
        share = 100 * found.active.eigenvalues[0] / found.active.eigenvalues.sum()
        written = words.written(found.active.directions[0])
        self.said[
            "active"
        ].object = f"Over the whole subspace, what moves {what} most is {written} together: {share:.0f} % of its mean squared slope."
        shares = 100 * found.active.eigenvalues[:K] / found.active.eigenvalues.sum()
        titles = [f"active {i + 1}: {value:.0f} %" for i, value in enumerate(shares)]
        self.active.object = direction_bars(found.active.directions[:K], titles, colours)
        learned = "its slopes learned by a small network" if found.active_of else "its slopes by autograd"
        self.captions[
            "active"
        ].object = f"Active subspace (sbi) of {what} over {found.n_active} circuits of {source}, {learned}; orange up, blue down."
        panes = (self.stiff, self.sloppy, self.spectrum, self.turning, self.active)
        self.saving.figures = [pane.object for pane in panes]

    def __panel__(self) -> Any:
        return self._layout
