"""Selections that are kept under names, to be shown again, combined with the present one, compared or exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from ....inference.asking.consistency import is_consistent
from ...state.following import follow_current
from ...state.workspace import Workspace
from ...widgets.dense_table import dense_table
from ...widgets.plain_text import plain

MAX_KEPT = 12
MAX_NAME = 40
COMBINATIONS = {
    "Show": "Select exactly these", "And": "Keep only those of the selected that are in it", "Or": "Add these to the selected",
    "Not": "Remove these from the selected",
}  # fmt: skip


def combined(how: str, selected: Sequence[int], kept: Sequence[int]) -> list[int]:
    """Return circuit numbers, in order: the present selection and a kept one, combined as a button says."""
    now, other = set(selected), set(kept)
    found = {"Show": other, "And": now & other, "Or": now | other, "Not": now - other}[how]
    return sorted(found)


def compared(kept: Mapping[str, Sequence[int]], states: pd.Series) -> pd.DataFrame:
    """Return a table of the kept selections: size, how many of the simulated are consistent, and how many each shares with the others."""
    rows = []
    for name, numbers in kept.items():
        own = states.reindex(list(numbers)).fillna("")
        simulated = int((own != "").sum())
        row: dict[str, Any] = {
            "Selection": name, "Circuits": len(numbers),
            "Consistent": f"{is_consistent(own).sum()} of {simulated}" if simulated else "–",
        }  # fmt: skip
        row |= {f"in {other}": len(set(numbers) & set(rest)) for other, rest in kept.items()}
        rows.append(row)
    return pd.DataFrame(rows)


class KeptSelections(Viewer):
    """A name and a button to keep what is selected; a menu of what is kept and how to combine it."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.name_it = pmui.TextInput(
            label="Name", placeholder="of the selection", max_length=MAX_NAME, size="small", sizing_mode="stretch_width"
        )
        self.keep = pmui.Button(label="Keep the selection", size="small", variant="outlined", on_click=self._keep)
        self.kept = pmui.Select(label="Kept", options=[], size="small", sizing_mode="stretch_width")
        self.buttons = {
            how: pmui.Button(
                label=how,
                size="small",
                variant="text",
                description=meaning,
                margin=(0, 2),
                on_click=lambda _, how=how: self._combine(how),
            )
            for how, meaning in COMBINATIONS.items()
        }
        self.drop = pmui.Button(label="Drop", size="small", variant="text", margin=(0, 2), on_click=self._drop)
        self.table = dense_table()
        self.note = plain(small=True, visible=False)
        self._some = pn.Column(
            self.kept, pn.FlexBox(*self.buttons.values(), self.drop, margin=0), self.table, sizing_mode="stretch_width", margin=0,
            visible=False,
        )  # fmt: skip
        self._layout = pn.Column(self.name_it, self.keep, self.note, self._some, sizing_mode="stretch_width", margin=0)
        follow_current(self.workspace, self._show, (self._show, ["kept", "configurations"]))

    def _show(self) -> None:
        examined = self.workspace.current
        kept = {} if examined is None else examined.kept
        self._some.visible = bool(kept)
        self.kept.options = list(kept)
        if kept:
            table = compared(kept, examined.configurations["state"])
            self.table.value = table
            if self.kept.value not in kept:
                self.kept.value = next(reversed(kept))

    def _say(self, words: str) -> None:
        self.note.object, self.note.visible = words, bool(words)

    def _keep(self, _: Any) -> None:
        examined = self.workspace.current
        if examined is None or not examined.selection:
            self._say("Select some circuits first.")
            return
        free = next(name for k in count(1) if (name := f"selection {k}") not in examined.kept)
        name = (self.name_it.value or "").strip()[:MAX_NAME] or free
        if len(examined.kept) >= MAX_KEPT and name not in examined.kept:
            self._say(f"{MAX_KEPT} selections are kept at most: drop one first.")
            return
        self._say("")
        examined.kept = {**examined.kept, name: sorted(examined.selection)}
        self.kept.value, self.name_it.value = name, ""

    def _combine(self, how: str) -> None:
        examined = self.workspace.current
        if examined is not None and self.kept.value in examined.kept:
            examined.selection = combined(how, examined.selection, examined.kept[self.kept.value])

    def _drop(self, _: Any) -> None:
        examined = self.workspace.current
        if examined is not None:
            examined.kept = {name: numbers for name, numbers in examined.kept.items() if name != self.kept.value}

    def __panel__(self) -> Any:
        return self._layout
