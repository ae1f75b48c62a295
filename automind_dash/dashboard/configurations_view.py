"""The table under every stage: one row a circuit; its selection is the selection everywhere."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from ..circuit.domain import oddities
from ..circuit.parameters import NAMES, PARAMETERS
from .colours import OUTCOME_WORDS
from .plain_text import plain
from .workspace import Workspace

HEADERS = {spec.name: spec.label for spec in PARAMETERS}
PAGE_SIZE = 12


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table as it is read: state in words, distance, warnings as a sign, three digits."""
    out = pd.DataFrame(index=table.index)
    out["state"] = [OUTCOME_WORDS.get(state, "") for state in table["state"]]
    out["distance"] = np.where(np.isfinite(table["distance"]), table["distance"].round(2), np.nan)
    out["log-density"] = table["log_density"].round(1)
    out["note"] = ["⚠" * len(oddities(row)) for row in table[list(NAMES)].to_dict("records")]
    for spec in PARAMETERS:
        decimals = max(2 - int(np.floor(np.log10(spec.high - spec.low))), 0)
        out[HEADERS[spec.name]] = table[spec.name].round(decimals)
    out.index.name = "circuit"
    return out


class ConfigurationsView(Viewer):
    """Rows are selected here, in the plots or by the buttons: `selection` of the current recording is what all of them show."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.table = pn.widgets.Tabulator(
            pd.DataFrame(), selectable="checkbox", pagination="remote", page_size=PAGE_SIZE, disabled=True, show_index=True,
            sizing_mode="stretch_width", height=330, frozen_columns=["circuit"], theme="simple", layout="fit_data",
        )  # fmt: skip
        self.caption = plain(small=True)
        self.consistent = pmui.Button(label="Select consistent", size="small", variant="text", on_click=self._pick)
        self.invert = pmui.Button(label="Invert", size="small", variant="text", on_click=self._invert)
        self.clear = pmui.Button(label="Clear", size="small", variant="text", on_click=lambda _: self._select([]))
        self.csv = pn.widgets.FileDownload(callback=self._csv, filename="circuits.csv", label="CSV", width=80)
        self.parquet = pn.widgets.FileDownload(
            callback=self._parquet, filename="circuits.parquet", label="Parquet", width=95
        )
        self.note = plain(small=True)
        self._layout = pn.Column(
            pn.FlexBox(self.consistent, self.invert, self.clear, self.csv, self.parquet, align_items="center"),
            self.caption,
            self.table,
            self.note,
            sizing_mode="stretch_width",
            visible=False,
        )
        self._watched: tuple[Any, list[Any]] | None = None
        self._following = False
        self.table.param.watch(self._ticked, "selection")
        self.workspace.param.watch(self._switch, "current")
        self._switch()

    def _switch(self, *_: Any) -> None:
        if self._watched is not None:
            target, watchers = self._watched
            for watcher in watchers:
                target.param.unwatch(watcher)
        target = self.workspace.current
        self._watched = None
        if target is not None:
            self._watched = (
                target,
                [
                    target.param.watch(lambda *_: self._fill(), "configurations"),
                    target.param.watch(lambda *_: self._mark(), "selection"),
                ],
            )
        self._fill()

    def _fill(self) -> None:
        """Show the current recording's table."""
        target = self.workspace.current
        have = target is not None and bool(len(target.configurations))
        self._layout.visible = have
        if not have:
            return
        self._following = True
        self.table.value = shown(target.configurations)
        self._following = False
        self._mark()

    def _mark(self) -> None:
        """Tick the selected rows."""
        target = self.workspace.current
        if target is None or not len(target.configurations):
            return
        positions = target.configurations.index.get_indexer(target.selection).tolist()
        if sorted(positions) != sorted(self.table.selection):
            self._following = True
            self.table.selection = positions
            self._following = False
        n, chosen = len(target.configurations), len(target.selection)
        self.caption.object = f"{chosen} of {n} circuits selected, drawn by {target.provenance.get('estimator', '')}"
        notes = {}
        for number in target.selection[:50]:
            for sentence in oddities(target.configurations.loc[number, list(NAMES)]):
                notes.setdefault(sentence, []).append(str(number))
        self.note.object = "\n".join(
            f"⚠ {sentence} ({', '.join(numbers[:8])}{', …' * (len(numbers) > 8)})"
            for sentence, numbers in notes.items()
        )

    def _ticked(self, event: Any) -> None:
        """Take the rows ticked in the table as the selection."""
        target = self.workspace.current
        if self._following or target is None or not len(target.configurations):
            return
        self._select(target.configurations.index[list(event.new)].tolist())

    def _select(self, numbers: list[int]) -> None:
        if self.workspace.current is not None:
            self.workspace.current.selection = [int(number) for number in numbers]

    def _pick(self, *_: Any) -> None:
        target = self.workspace.current
        self._select(target.configurations.index[target.configurations["state"] == "consistent"].tolist())

    def _invert(self, *_: Any) -> None:
        target = self.workspace.current
        self._select(target.configurations.index.difference(target.selection).tolist())

    def _rows(self) -> pd.DataFrame:
        """Return what is downloaded: the selected rows, all of them when none is."""
        target = self.workspace.current
        table = target.configurations.loc[target.selection] if target.selection else target.configurations
        return table.rename_axis("circuit").reset_index()

    def _csv(self) -> io.StringIO:
        return io.StringIO(self._rows().to_csv(index=False))

    def _parquet(self) -> io.BytesIO:
        out = io.BytesIO()
        self._rows().to_parquet(out, index=False)
        out.seek(0)
        return out

    def __panel__(self) -> Any:
        return self._layout
