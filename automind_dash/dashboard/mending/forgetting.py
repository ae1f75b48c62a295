"""Lets go of what Panel keeps of a page whose session has ended. It would keep the whole page and its recordings in memory.

Seen with Panel 1.9.4 and panel-material-ui 0.16: the list of views keeps one entry for every session that has ended, and the page watches
whether the server is busy through an object that all sessions share.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from typing import Any

import panel as pn
from bokeh.document import Document

GONE_AFTER = 30.0
"""s until the garbage collector has surely run."""


def forget_page(document: Document, page: Any) -> None:
    """Forget a page and its document. Called when its session has been destroyed."""
    for reference, (_, _, of, _) in list(pn.state._views.items()):
        if of is document:
            pn.state._views.pop(reference, None)
    for (
        _,
        watcher,
    ) in page._param__private.ref_watchers:  # setting page.busy would let go of the reference, and not of its watcher
        if watcher.inst is pn.state:
            pn.state.param.unwatch(watcher)
    later = threading.Timer(GONE_AFTER, _give_back)
    later.daemon = True
    later.start()


def _give_back() -> None:
    """Give unused memory back to the system; glibc would keep a fifth of what a server held."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # missing in other C libraries
        if trim is not None:
            trim(0)
