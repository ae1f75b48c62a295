"""Changes Bokeh models safely: under the document's lock, whatever caused the change."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import panel as pn
from panel.io.state import set_curdoc


def on_document(method: Callable[..., None]) -> Callable[..., None]:
    """Let a view's method change raw Bokeh models under the lock of the document that the view belongs to.

    Watchers are called from coroutines and jobs that do not hold the lock. Once a session has moved to another tab, that tab's
    coroutines call them, too. The call is then put off to the document's next tick. Without a served document (tests, scripts) it runs
    at once.
    """

    @wraps(method)
    def scheduled(self: Any, *args: Any) -> None:
        own = self.__dict__.get("_own_document")
        if own is None:
            own = self.__dict__["_own_document"] = pn.state.curdoc
        if own is None or own.session_context is None:
            method(self, *args)
            return
        with set_curdoc(own):
            pn.state.execute(lambda: method(self, *args), schedule=True)

    return scheduled
