"""Tables to be read: dense, as all of the page's are, and with an arrow only in the column that they are sorted by."""

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
    """A table whose headings are text: Tabulator takes a heading for HTML."""

    def _get_column_definitions(self, col_names: list[str], df: pd.DataFrame) -> list[Any]:
        columns = super()._get_column_definitions(col_names, df)
        for column in columns:
            column.title = str(escape(column.title))
        return columns


def dense_table(**options: Any) -> Any:
    """Return an empty table to be read, neither edited nor ticked. options: of Tabulator, before the house's."""
    house: dict[str, Any] = {
        "disabled": True, "show_index": False, "selectable": False, "sizing_mode": "stretch_width", "theme": "simple", "row_height": 26,
        "margin": (0, 8), "stylesheets": [DENSE],
    }  # fmt: skip
    return TextTable(options.pop("value", pd.DataFrame()), **(house | options))
