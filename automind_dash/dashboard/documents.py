"""Changing Bokeh models safely: under the document's lock, wherever the change was caused."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import panel as pn


def on_document(method: Callable[..., None]) -> Callable[..., None]:
    """Let a view's method that changes raw Bokeh models run under the document's lock.

    Watchers are called from coroutines and jobs that do not hold the lock; the call is then put off to the document's next tick. Without
    a served document (tests, scripts) it runs at once.
    """

    @wraps(method)
    def scheduled(*args: Any) -> None:
        pn.state.execute(lambda: method(*args), schedule=True)

    return scheduled
