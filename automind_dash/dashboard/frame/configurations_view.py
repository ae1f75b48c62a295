"""The table under every stage, with a row for each circuit. Its selection is the selection everywhere."""

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
from ..state.circuit_rows import confirmed_in
from ..state.examined import Examined
from ..state.following import follow_current
from ..state.workspace import Workspace
from ..widgets.dense_table import TextTable
from ..widgets.download import Download
from ..widgets.plain_text import plain
from ..widgets.tokens import TYPE, filled, var
from .configuration_table import HEADER_TOOLTIPS, WIDTHS, formatters, notes, shown
from .drawer_handle import DrawerHandle

PAGE_SIZE = 25
"""Rows sent at once: three screens of the table at its usual height, so that turning pages is rare and quick."""

OPEN, CLOSE = "▴ Table", "▾ Table"

HEIGHT = 226
"""px when the drawer is opened: six rows, beside a stage on a laptop's screen."""

SMALL = {"& .MuiTypography-root, & .MuiFormControlLabel-label": {"fontSize": TYPE["body"]}}

DRAWER = {
    "bottom": "0", "z-index": "4", "margin-top": "auto", "background": var("panel"), "color": var("text"),
}  # fmt: skip
AT_THE_EDGE = ":host { position: sticky; } @media (max-height: 480px) { :host { position: relative; } }"
"""The drawer stays in sight, except where the window is so low that it would cover most of the stage: then it ends the page."""


class ConfigurationsView(Viewer):
    """Rows are selected here, in the plots or by the buttons: `selection` of the current recording is what all of them show.

    opened: whether the table is shown at first; a view in a notebook's cell of its own has no other use.
    """

    workspace = param.ClassSelector(class_=Workspace, constant=True)
    opened = param.Boolean(default=False, constant=True)

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.table = TextTable(
            pd.DataFrame(), selectable="checkbox", pagination="remote", page_size=PAGE_SIZE, disabled=True, show_index=True,
            sizing_mode="stretch_width", height=HEIGHT, frozen_columns=["circuit"], theme="simple", layout="fit_data",
            formatters=formatters(), header_tooltips=HEADER_TOOLTIPS, widths=WIDTHS, row_height=26, label="Configurations",
            configuration={"columnDefaults": {"tooltip": True}}, stylesheets=[stylesheet()], margin=(0, 8),
        )  # fmt: skip
        self.caption = plain(small=True, one_line=True, width=300, margin=(4, 10, 4, 6))
        self.consistent = self._button("Select consistent", lambda _: self._pick())
        self.confirmed = self._button("Select confirmed", lambda _: self._pick(confirmed=True))
        self.invert = self._button("Invert", lambda _: self._invert())
        self.clear = self._button("Clear", lambda _: self._select([]))
        self.only = pmui.Switch(label="Only selected", value=False, size="small", margin=(0, 4), sx=SMALL)
        self.sensible = pmui.Switch(
            label="Without ⚠", value=False, size="small", margin=(0, 4), sx=SMALL,
            description="Hide circuits that the prior allows but that are odd, for example with a reset above rest",
        )  # fmt: skip
        self.format = pmui.Select(
            label="Export as", options=list(EXPORTS), value="CSV", size="small", width=150, margin=(2, 4)
        )
        self.download = Download(
            self._file, filename="circuits.csv", label="Export", size="small", variant="text", margin=(2, 2)
        )
        self.fold = self._button(OPEN, lambda _: self._fold())
        self.handle = DrawerHandle()
        self.handle.param.watch(lambda _: self._open(), "tall")
        buttons = (
            self.consistent,
            self.confirmed,
            self.invert,
            self.clear,
            self.only,
            self.sensible,
            self.format,
            self.download,
        )
        self.table.visible = False
        self._for_rows = (self.invert, self.only, self.sensible, self.format)  # of use while the rows are seen
        for one in self._for_rows:
            one.visible = False
        self._layout = pn.Column(
            self.handle,
            pn.FlexBox(self.fold, self.caption, *buttons, align_items="center", margin=0),
            self.table,
            sizing_mode="stretch_width", visible=False, margin=0, styles=DRAWER, stylesheets=[AT_THE_EDGE],
        )  # fmt: skip
        self._following = self._ticking = False
        self._theta: Any = None
        self._notes: list[str] = []
        self.table.param.watch(self._ticked, "selection")
        for switch in (self.only, self.sensible):
            switch.param.watch(lambda _: self._fill(), "value")
        self.format.param.watch(lambda _: self._describe_export(), "value")
        self.workspace.remember("only selected", self.only)
        self.workspace.remember("without warnings", self.sensible)
        self.workspace.remember("export as", self.format)
        follow_current(self.workspace, self._fill, (self._fill, ["configurations"]), (self._mark, ["selection"]))
        if self.opened:
            self._fold()

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
        chosen = table.index.isin(examined.selection)
        if self.only.value:
            table = table[chosen]
        elif chosen.any():  # those that are selected come first
            table = pd.concat([table[chosen], table[~chosen]])
        if self.sensible.value:
            table = table[[not told.count("⚠") for told in self._notes_of(examined).loc[table.index]]]
        self._following = True
        self.table.value = shown(table, self._notes_of(examined).loc[table.index])
        self._following = False
        self.consistent.disabled = not is_consistent(examined.configurations["state"]).any()
        self.confirmed.visible = bool(confirmed_in(examined.configurations).any())
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
        if not fresh and (self.only.value or (self.table.visible and not self._ticking)):
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
            self._ticking = True  # the rows stay where they are under the mouse
            try:
                self._select(self.table.value.index[list(event.new)].tolist())
            finally:
                self._ticking = False

    def _select(self, numbers: list[int]) -> None:
        if self.workspace.current is not None:
            self.workspace.current.selection = [int(number) for number in numbers]

    def _pick(self, *, confirmed: bool = False) -> None:
        """Select the consistent circuits, or only those that matched with every seed."""
        if (examined := self._examined) is not None:
            table = examined.configurations
            chosen = confirmed_in(table) if confirmed else is_consistent(table["state"])
            self._select(table.index[chosen].tolist())

    def _invert(self) -> None:
        if (examined := self._examined) is not None:
            self._select(examined.configurations.index.difference(examined.selection, sort=False).tolist())

    def _fold(self) -> None:
        """Open the drawer, or close it again; caption and buttons stay."""
        self.handle.tall = 0 if self.handle.tall else HEIGHT

    def _open(self) -> None:
        """Give the table the height of the drawer. A closed drawer hides it."""
        tall = self.handle.tall
        if tall:
            self.table.height = tall
            self._fill()
        self.table.visible = bool(tall)
        for one in self._for_rows:
            one.visible = bool(tall)
        self.fold.label = CLOSE if tall else OPEN

    def _describe_export(self) -> None:
        """Say how many circuits an export holds: the selected ones, or all if none is selected."""
        examined, export = self._examined, EXPORTS[self.format.value]
        chosen = 0 if examined is None else len(examined.selection)
        self.download.filename = export.named(examined)
        self.download.label = "Export" if export.whole else f"Export ({chosen})" if chosen else "Export (all)"

    def _file(self) -> bytes:
        """Make the chosen export. Raises UserError when it cannot be made."""
        examined, export = self._examined, EXPORTS[self.format.value]
        if examined is None:
            raise SessionError("There are no circuits to export: draw some first.")
        numbers = [int(n) for n in examined.selection] or examined.configurations.index.astype(int).tolist()
        card = self.workspace.cards.get(examined.drew)
        others = (
            {"others": [one for one in self.workspace.recordings if one is not examined]} if export.compares else {}
        )
        return export.make(examined, card, numbers, **others)

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
