"""The finders: extreme circuits at the press of a button, and what sets them apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import panel as pn
import panel_material_ui as pmui
import param

from ....circuit.parameters import NAMES
from ...widgets.dense_table import dense_table
from ...widgets.number_fields import CountField
from ...widgets.plain_text import plain
from . import finding
from .geometry_part import GeometryPart


class FindersView(GeometryPart):
    """Four buttons, one answer, one table, and a button that selects."""

    what = "Looking for circuits"
    first = "Press a button: the answer comes as a sentence with the parameters that differ most."

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.circuit = CountField(label="This circuit (number)", value=0, start=0, size="small", width=170)
        asked = {
            "Most different pair": self.pair, "Sloppiest neighbour of this circuit": self.sloppiest,
            "Farthest along its sloppiest direction": self.along, "Ends of the subspace": self.ends,
        }  # fmt: skip
        self.buttons = [
            pmui.Button(label=label, variant="outlined", size="small", on_click=ask, margin=(10, 6))
            for label, ask in asked.items()
        ]
        self.table = dense_table()
        self.caption, self.note = plain(small=True), plain(small=True)
        self.select = pmui.Button(
            label="Select these", variant="contained", size="small", on_click=self._select, margin=(6, 10)
        )
        self.add = pmui.Button(
            label="Add it to the table and select both",
            variant="contained",
            size="small",
            on_click=self._add,
            margin=(6, 10),
        )
        self.body.extend([pn.Row(self.select, self.add, margin=0), self.table, self.caption])
        self._layout = pn.Column(
            pn.FlexBox(self.circuit, *self.buttons, align_items="center", sizing_mode="stretch_width", margin=0),
            self.note, self.answer, self.body, sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.circuit.param.watch(lambda _: self.describe(), "value")

    def describe(self) -> None:
        examined = self.examined
        if examined is None:
            return
        self.take_selected(self.circuit)
        known = self.circuit.value in examined.configurations.index
        self.note.object = "" if known else self.no_circuit(self.circuit.value)
        self.note.visible = not known
        for i, button in enumerate(self.buttons):
            button.disabled = bool(examined.busy) or (i in (1, 2) and not known)

    async def pair(self, *_: Any) -> None:
        """Look for the most different pair with the same dynamics."""
        examined, card = self._asked()
        if examined is not None:
            # features were measured for the estimator that is asked, which may not be the one that drew the circuits
            simulated = self.workspace.cards.get(examined.estimator, card)
            runs, nothing = examined.simulations, np.full(len(simulated.feature_set), np.nan)
            vectors = np.array([runs[n].vector if n in runs else nothing for n in examined.configurations.index])
            await self.work(finding.find_pair, self.circuits(examined, card), vectors, simulated, examined.judge(card))

    async def sloppiest(self, *_: Any) -> None:
        """Look for the drawn circuit that this one can be moved farthest to."""
        examined, card = self._asked()
        if examined is not None:
            await self.work(
                finding.find_neighbour, self.circuits(examined, card), self.circuit.value, self.estimator_of(examined)
            )

    async def along(self, *_: Any) -> None:
        """Walk along this circuit's sloppiest direction."""
        examined, card = self._asked()
        if examined is not None:
            await self.work(
                finding.walk, self.circuits(examined, card), self.circuit.value, self.estimator_of(examined)
            )

    async def ends(self, *_: Any) -> None:
        """Look for the ends of the subspace."""
        examined, card = self._asked()
        if examined is not None:
            await self.work(finding.find_ends, self.circuits(examined, card))

    def _asked(self) -> tuple[Any, Any]:
        examined = self.examined
        card = None if examined is None else self.card_of(examined)
        return (None, None) if card is None else (examined, card)

    def show(self, found: finding.Extremes) -> None:
        _, card = self._asked()
        self.answer.object, self.caption.object = found.sentence, found.caption
        self.table.value = finding.differences(found, card)
        self.select.visible, self.add.visible = found.new is None, found.new is not None

    def _select(self, *_: Any) -> None:
        """Select what was found, in every view."""
        examined, found = self.examined, self.found
        if examined is not None and found is not None:
            examined.selection = list(found.numbers)

    def _add(self, *_: Any) -> None:
        """Put the new circuit into the table, once only, so that it can be simulated."""
        examined, found = self.examined, self.found
        if examined is None or found is None or found.new is None:
            return
        same = (examined.configurations[list(NAMES)].to_numpy() == found.new).all(axis=1)
        if same.any():
            examined.selection = [*found.numbers, int(examined.configurations.index[same][0])]
            return
        with param.parameterized.batch_call_watchers(examined):
            (new,) = examined.add_circuits(
                found.new[None], np.array([found.log_density]), f"the sloppiest way from circuit {found.numbers[0]}"
            )
            examined.selection = [*found.numbers, new]
        self.answer.object = f"{found.sentence} It is circuit {new} now."

    def __panel__(self) -> Any:
        return self._layout
