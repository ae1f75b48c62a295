"""A place on the page where figures are exchanged while it is shown."""

from __future__ import annotations

from typing import Any

import panel as pn
from bokeh.layouts import column
from panel.viewable import Viewer


class Place(Viewer):
    """`put` figures here, under the document's lock. They reach the browser in the order of all other changes of Bokeh's models.

    A pane's `object` may be sent after a change that refers to it, which the browser then cannot understand.
    """

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.column = column(sizing_mode="stretch_width")
        self._pane = pn.pane.Bokeh(self.column, sizing_mode="stretch_width", margin=(0, 4))

    def put(self, figure: Any, height: int | None = None) -> None:
        """Show a figure or grid of figures instead of the present one; None shows nothing. height: px."""
        self.column.update(children=[] if figure is None else [figure], height=height)

    @property
    def shown(self) -> Any:
        """The figure or grid that is shown."""
        return self.column.children[0] if self.column.children else None

    def __panel__(self) -> Any:
        return self._pane
