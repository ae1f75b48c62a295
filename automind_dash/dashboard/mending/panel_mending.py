"""Mends how Panel and Bokeh queue what they send to the browser: every change arrives, in the order it was made, and cheaply.

Seen with Panel 1.9.4 and Bokeh 3.9.2.

Panel sends waiting messages in a task and marks the document as one with messages waiting. While that task awaits its writes, a second
one may be queued with new messages. The first task then removes the mark, and the second finds no mark and returns without sending. On
the page an answer never comes: the last change of a burst of changes stays behind, often a button that should be enabled again.

Bokeh writes a message when a model changes but sends it at the end of the callback, so whatever Panel sends meanwhile overtakes it. A
message says in full only what earlier messages have not said. The browser then meets models that it does not know, and drops the message.

Panel holds changes back while it changes a layout, and keeps only the last change of each property. When a figure came and went
meanwhile, its coming is forgotten but its changes are told. The browser does not know the figure, and drops the whole message.

Both write a message for every change, and every message begins with a look at all models of the document. That takes some milliseconds on
a page with many figures, hundreds of times for one answer. Here all changes made in one go become one message, written when the event
loop comes to it.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable
from weakref import WeakKeyDictionary

from bokeh.document import Document
from bokeh.document.events import DocumentPatchedEvent
from bokeh.server.connection import ServerConnection
from panel.io import document as panel_document

_send_waiting = panel_document._dispatch_msgs

UNMENDED = {
    "schedule_write_events": panel_document.schedule_write_events, "write_events": panel_document.write_events,
    "_dispatch_msgs": _send_waiting, "send_patch_document": ServerConnection.send_patch_document,
}  # fmt: skip
"""What `mend_panel` replaces. Tests put it back to see whether the mending is still needed."""

_changes: WeakKeyDictionary[Document, dict[ServerConnection, list[DocumentPatchedEvent]]] = WeakKeyDictionary()
"""Changes that are in no message yet, in order."""

_lock = threading.Lock()


def _is_of(document: Document, event: DocumentPatchedEvent) -> bool:
    """Tell whether the changed model is still in the document; a model that comes back is sent whole."""
    return getattr(event, "attr", None) is None or event.model.document is document  # type: ignore[attr-defined]


def _write_changes(document: Document) -> None:
    """Put the changes in the queue, as one message for each connection."""
    with _lock:
        changed = _changes.pop(document, {})
    for connection, events in changed.items():
        known = [event for event in events if _is_of(document, event)]
        if not known:
            continue
        message = connection.protocol.create("PATCH-DOC", known)
        panel_document._WRITE_MSGS.setdefault(document, {}).setdefault(connection, []).append(message)


async def _send_all(document: Document) -> None:
    """Send what waits for a document and what came meanwhile. Where the socket is busy, Panel's own task sends the rest."""
    _write_changes(document)
    await _send_waiting(document)
    while document in _changes or panel_document._WRITE_MSGS.get(document):
        if document in panel_document._WRITE_BLOCK and document not in _changes:
            return  # Panel's task comes back to what the busy socket left
        panel_document._WRITE_BLOCK[document] = True
        _write_changes(document)
        await _send_waiting(document)


def _collect(document: Document, connections: list[ServerConnection], events: list[DocumentPatchedEvent]) -> None:
    """Note changes for the next message. The mark keeps Panel from sending later changes before them."""
    panel_document._WRITE_BLOCK[document] = True
    with _lock:  # Panel's parameters may be set in any thread
        for connection in connections:
            _changes.setdefault(document, {}).setdefault(connection, []).extend(events)


def _send_soon(document: Document, connections: list[ServerConnection], events: list[DocumentPatchedEvent]) -> None:
    """Take Panel's changes, which go out when the event loop comes to it."""
    _collect(document, connections, events)
    panel_document._dispatch_write_task(document, _send_all, document)


def _send_in_turn(connection: ServerConnection, event: DocumentPatchedEvent) -> Awaitable[None]:
    """Take a change of Bokeh's; returns what Bokeh awaits at the end of the callback."""
    _collect(event.document, [connection], [event])
    return _send_all(event.document)


def mend_panel() -> None:
    """Let Panel and Bokeh send through one mended queue. A second call changes nothing."""
    panel_document._dispatch_msgs = _send_all
    panel_document.schedule_write_events = panel_document.write_events = _send_soon
    ServerConnection.send_patch_document = _send_in_turn
