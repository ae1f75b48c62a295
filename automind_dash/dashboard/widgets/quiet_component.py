"""A component that talks to the server many times a second."""

from __future__ import annotations

from typing import Any

import panel as pn
from panel.io.state import set_curdoc


class QuietComponent(pn.custom.JSComponent):
    """Its messages do not light the page's busy sign, which would flicker and cost more than the messages' own work."""

    __abstract = True

    def _process_bokeh_event(self, doc: Any, event: Any) -> None:
        with set_curdoc(doc):
            self._process_event(event)
