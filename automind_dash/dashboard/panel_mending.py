"""Mends how Panel 1.9 queues what it sends to the browser: a change could wait in the queue until the next one came.

Panel sends waiting messages in a task and marks the document as one with messages waiting. While a task awaits its writes, another may be
queued with new messages; the first then removes the mark, and the second, finding none, returns without sending. A page shows this as an
answer that never comes: the last change of a burst of changes, often a button set free again, is the one that stays behind.
"""

from __future__ import annotations

from typing import Any

from panel.io import document as panel_document

_send_waiting = panel_document._dispatch_msgs


async def _send_all(document: Any) -> None:
    """Send what waits for a document, and what came while it was being sent; where the socket is busy, Panel's own task goes on."""
    await _send_waiting(document)
    while panel_document._WRITE_MSGS.get(document) and document not in panel_document._WRITE_BLOCK:
        panel_document._WRITE_BLOCK[document] = True
        await _send_waiting(document)


def mend_panel() -> None:
    """Let Panel send through the mended queue; a second call changes nothing."""
    panel_document._dispatch_msgs = _send_all
