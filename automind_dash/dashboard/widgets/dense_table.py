"""Tables to be read: dense, like all tables of the page, with an arrow only in the column that sorts them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import panel as pn
from markupsafe import escape

DENSE = """
.tabulator .tabulator-row .tabulator-cell { font-size: 13px; padding: 3px 6px !important; }
.tabulator .tabulator-header .tabulator-col-title { font-size: 13px; padding-right: 0 !important; }
.tabulator .tabulator-header .tabulator-col[aria-sort="none"] .tabulator-col-sorter { display: none !important; }
.tabulator .tabulator-row, .tabulator .tabulator-row .tabulator-cell { min-height: 26px !important; height: 26px !important; }
.tabulator .tabulator-row:hover { background-color: rgba(128, 128, 128, 0.25) !important; color: inherit !important; }
"""


class TextTable(pn.widgets.Tabulator):  # noqa: TID251
    """A table whose headings are plain text; Tabulator would take a heading for HTML."""

    def _get_column_definitions(self, col_names: list[str], df: pd.DataFrame) -> list[Any]:
        columns = super()._get_column_definitions(col_names, df)
        for column in columns:
            column.title = str(escape(column.title))
        return columns


def dense_table(**options: Any) -> Any:
    """Return an empty table that is read, not edited or ticked. options: of Tabulator; they go before the house's own."""
    house: dict[str, Any] = {
        "disabled": True, "show_index": False, "selectable": False, "sizing_mode": "stretch_width", "theme": "simple", "row_height": 26,
        "margin": (0, 8), "stylesheets": [DENSE],
    }  # fmt: skip
    return TextTable(options.pop("value", pd.DataFrame()), **(house | options))
