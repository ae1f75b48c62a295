"""Mends how Panel 1.9 and Bokeh 3.9 queue what they send to the browser, so that every change arrives, and in the order it was made.

Panel sends waiting messages in a task and marks the document as one with messages waiting. While a task awaits its writes, another may be
queued with new messages; the first then removes the mark, and the second, finding none, returns without sending. A page shows this as an
answer that never comes: the last change of a burst of changes, often a button set free again, is the one that stays behind.

Bokeh writes a message when a model changes but sends it at the end of the callback; what Panel sends meanwhile overtakes it. A message
says in full only what the messages before it have not said, so the browser then meets models that it does not know, and drops the message.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from bokeh.server.connection import ServerConnection
from panel.io import document as panel_document

_send_waiting = panel_document._dispatch_msgs
_send_at_the_end = ServerConnection.send_patch_document


async def _send_all(document: Any) -> None:
    """Send what waits for a document, and what came while it was being sent; where the socket is busy, Panel's own task goes on."""
    await _send_waiting(document)
    while panel_document._WRITE_MSGS.get(document) and document not in panel_document._WRITE_BLOCK:
        panel_document._WRITE_BLOCK[document] = True
        await _send_waiting(document)


def _send_in_turn(connection: Any, event: Any) -> Awaitable[None]:
    """Put a change of Bokeh's models in the queue that Panel's changes go through; returns what Bokeh awaits at the callback's end."""
    panel_document.schedule_write_events(event.document, [connection], [event])
    return _send_all(event.document)


def mend_panel() -> None:
    """Let Panel and Bokeh send through one mended queue; a second call changes nothing."""
    panel_document._dispatch_msgs = _send_all
    ServerConnection.send_patch_document = _send_in_turn
