"""Changes Bokeh models safely: under the document's lock, whatever caused the change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import panel as pn
from bokeh.document import Document
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
            pn.state.execute(lambda: _together(own, method, self, *args), schedule=True)

    return scheduled


@contextmanager
def models_once(document: Document) -> Iterator[None]:
    """Let Bokeh look for models that came and went once, at the end, and only if some did: it looks through the whole page each time."""
    models, asked = document.models, []
    if "recompute" in vars(models):  # within another such block
        yield
        return
    models.recompute = lambda: asked.append(True)  # type: ignore[method-assign]
    try:
        yield
    finally:
        del models.recompute  # type: ignore[method-assign]
        if asked:
            models.recompute()


def _together(document: Document, method: Callable[..., None], *args: Any) -> None:
    """Call a method whose changes of models are taken up together."""
    with models_once(document):
        method(*args)
