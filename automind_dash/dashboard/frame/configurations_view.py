"""The table under every stage: one row a circuit; its selection is the selection everywhere."""

from __future__ import annotations

from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param
from panel.viewable import Viewer

from ...errors import SessionError
from ...inference.asking.consistency import is_consistent
from ..figures.posterior_words import origin
from ..files.exports import EXPORTS
from ..state.examined import Examined
from ..state.following import follow_current
from ..state.workspace import Workspace
from ..widgets.dense_table import TextTable
from ..widgets.download import Download
from ..widgets.plain_text import plain
from ..widgets.tokens import filled
from .configuration_table import FORMATTERS, HEADER_TOOLTIPS, WIDTHS, notes, shown

PAGE_SIZE = 25
"""Rows sent at once: three screens of the table at its usual height, so that turning pages is rare and quick."""

HEIGHT = 226
"""px: six rows, beside a stage on a laptop's screen."""


class ConfigurationsView(Viewer):
    """Rows are selected here, in the plots or by the buttons: `selection` of the current recording is what all of them show."""

    workspace = param.ClassSelector(class_=Workspace, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.table = TextTable(
            pd.DataFrame(), selectable="checkbox", pagination="remote", page_size=PAGE_SIZE, disabled=True, show_index=True,
            sizing_mode="stretch_width", height=HEIGHT, frozen_columns=["circuit"], theme="simple", layout="fit_data",
            formatters=FORMATTERS, header_tooltips=HEADER_TOOLTIPS, widths=WIDTHS, row_height=26, name="Configurations",
            configuration={"columnDefaults": {"tooltip": True}}, stylesheets=[stylesheet()], margin=(0, 8),
        )  # fmt: skip
        self.caption = plain(small=True, width=265, margin=(8, 10, 0, 10))
        self.consistent = self._button("Select consistent", lambda _: self._pick())
        self.invert = self._button("Invert", lambda _: self._invert())
        self.clear = self._button("Clear", lambda _: self._select([]))
        self.only = pmui.Switch(label="Only selected", value=False, size="small", margin=(4, 8))
        self.format = pmui.Select(
            label="Export as", options=list(EXPORTS), value="CSV", size="small", width=170, margin=(2, 4)
        )
        self.download = Download(
            self._file, filename="circuits.csv", label="Export", size="small", variant="text", margin=(2, 2)
        )
        self.fold = self._button("Hide table", lambda _: self._fold())
        buttons = (self.consistent, self.invert, self.clear, self.only, self.format, self.download, self.fold)
        self._layout = pn.Column(
            pn.FlexBox(self.caption, *buttons, align_items="center", margin=0),
            self.table,
            sizing_mode="stretch_width",
            visible=False,
        )
        self._following = False
        self._theta: Any = None
        self._notes: list[str] = []
        self.table.param.watch(self._ticked, "selection")
        self.only.param.watch(lambda _: self._fill(), "value")
        self.format.param.watch(lambda _: self._describe_export(), "value")
        self.workspace.remember("only selected", self.only)
        self.workspace.remember("export as", self.format)
        follow_current(self.workspace, self._fill, (self._fill, ["configurations"]), (self._mark, ["selection"]))

    def _button(self, label: str, action: Any) -> Any:
        return pmui.Button(label=label, size="small", variant="text", on_click=action, margin=(2, 2))

    @property
    def _examined(self) -> Examined | None:
        """The current recording's state, when it has circuits."""
        examined = self.workspace.current
        return examined if examined is not None and len(examined.configurations) else None

    def _fill(self) -> None:
        """Show the current recording's table."""
        examined = self._examined
        self._layout.visible = examined is not None
        if examined is None:
            return
        table = examined.configurations
        if self.only.value:
            table = table.loc[examined.selection]
        self._following = True
        self.table.value = shown(table, self._notes_of(examined).loc[table.index])
        self._following = False
        self.consistent.disabled = not is_consistent(examined.configurations["state"]).any()
        self._mark(fresh=True)

    def _notes_of(self, examined: Examined) -> pd.Series:
        """Return the notes on each circuit, worked out once for a set of draws."""
        draws = examined.provenance, examined.configurations.index
        if self._theta is None or self._theta[0] != draws[0] or not self._theta[1].equals(draws[1]):
            self._theta = draws
            self._notes = notes(examined.configurations, examined.provenance.parents(examined.configurations.index))
        return pd.Series(self._notes, index=examined.configurations.index, dtype=object)

    def _mark(self, fresh: bool = False) -> None:
        """Tick the selected rows."""
        examined = self._examined
        if examined is None:
            return
        if self.only.value and not fresh:
            self._fill()
            return
        positions = self.table.value.index.get_indexer(examined.selection)
        positions = positions[positions >= 0].tolist()
        if sorted(positions) != sorted(self.table.selection):
            self._following = True
            self.table.selection = positions
            self._following = False
        n, chosen = len(examined.configurations), len(examined.selection)
        self.caption.object = f"{chosen} of {n} circuits selected, {origin(examined.provenance)}"
        self._describe_export()
        self.clear.disabled = not chosen

    def _ticked(self, event: Any) -> None:
        """Take the rows ticked in the table as the selection."""
        if not self._following and self._examined is not None:
            self._select(self.table.value.index[list(event.new)].tolist())

    def _select(self, numbers: list[int]) -> None:
        if self.workspace.current is not None:
            self.workspace.current.selection = [int(number) for number in numbers]

    def _pick(self) -> None:
        if (examined := self._examined) is not None:
            self._select(examined.configurations.index[is_consistent(examined.configurations["state"])].tolist())

    def _invert(self) -> None:
        if (examined := self._examined) is not None:
            self._select(examined.configurations.index.difference(examined.selection, sort=False).tolist())

    def _fold(self) -> None:
        """Hide the rows, or show them again; caption and buttons stay."""
        self.table.visible = not self.table.visible
        self.fold.label = "Hide table" if self.table.visible else "Show table"

    def _describe_export(self) -> None:
        """Say how many circuits an export holds: the selected ones, all where none is."""
        examined, export = self._examined, EXPORTS[self.format.value]
        chosen = 0 if examined is None else len(examined.selection)
        self.download.filename = export.file
        self.download.label = "Export" if export.whole else f"Export ({chosen})" if chosen else "Export (all)"

    def _file(self) -> bytes:
        """Make the chosen export. Raises UserError when it cannot be made."""
        examined, export = self._examined, EXPORTS[self.format.value]
        if examined is None:
            raise SessionError("There are no circuits to export: draw some first.")
        numbers = [int(n) for n in examined.selection] or examined.configurations.index.astype(int).tolist()
        card = self.workspace.cards.get(examined.drew)
        return export.make(examined, card, numbers)

    def __panel__(self) -> Any:
        return self._layout


def stylesheet() -> str:
    """Return the table's style: dense, selected rows tinted with the colour of what is selected everywhere."""
    return filled("""
.tabulator .tabulator-row .tabulator-cell { font-size: 12px; padding: 3px 6px !important; }
.tabulator .tabulator-header .tabulator-col-title { font-size: 12px; padding-right: 0 !important; }
.tabulator .tabulator-header .tabulator-col { padding: 2px 4px !important; }
.tabulator .tabulator-header .tabulator-col input, .tabulator .tabulator-row input { margin: 0; width: 14px; height: 14px; }
.tabulator .tabulator-header .tabulator-col .tabulator-col-content { padding: 2px 0 !important; }
.tabulator .tabulator-row, .tabulator .tabulator-row .tabulator-cell { min-height: 24px !important; height: 24px !important; }
.tabulator .tabulator-header .tabulator-col[aria-sort="none"] .tabulator-col-sorter { display: none !important; }
.tabulator .tabulator-footer .tabulator-footer-contents { padding: 1px 6px !important; }
.tabulator .tabulator-footer .tabulator-page {
  padding: 0 7px !important; min-width: 24px; min-height: 24px !important; line-height: 20px !important;
}
.tabulator .tabulator-footer { font-size: 12px; padding: 2px !important; background-color: $ground !important;
  color: $text !important; border: none !important; }
.tabulator .tabulator-footer .tabulator-page { background: none !important; color: $text !important; }
.tabulator .tabulator-footer .tabulator-page.active { background-color: $accent !important; color: $ground !important; }
.tabulator .tabulator-tableholder .tabulator-row.tabulator-selected,
.tabulator .tabulator-tableholder .tabulator-row.tabulator-selected .tabulator-cell {
  background-color: color-mix(in srgb, $selected 24%, $ground) !important; color: $text !important; }
""")
