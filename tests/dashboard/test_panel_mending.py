"""What Panel queues for the browser is sent, also when it is queued while something else is being written."""

import asyncio

import pytest
from bokeh.document import Document
from panel.io import document as panel_document

from automind_dash.dashboard import panel_mending


class Socket:
    """A socket whose writes end when the test says so."""


class Protocol:
    def create(self, kind, events):
        return events


class Connection:
    def __init__(self):
        self._socket, self.protocol = Socket(), Protocol()
        self.sent, self.writes = [], []


@pytest.fixture
def connection(monkeypatch):
    def write(connection, msg):
        connection.sent.append(msg)
        connection.writes.append(asyncio.get_running_loop().create_future())
        return [connection.writes[-1]]

    monkeypatch.setitem(panel_document.extra_socket_handlers, Socket, write)
    return Connection()


async def queue_while_writing(connection):
    document = Document()
    panel_document.schedule_write_events(document, [connection], ["first"])
    await asyncio.sleep(0)
    connection.writes[0].set_result(None)  # the first task goes on before the second begins
    panel_document.schedule_write_events(document, [connection], ["second"])
    for _ in range(20):
        await asyncio.sleep(0)
        [write.set_result(None) for write in connection.writes if not write.done()]
    return document


def test_a_change_queued_while_another_is_written_is_sent(connection, monkeypatch):
    monkeypatch.setattr(panel_document, "_dispatch_msgs", panel_document._dispatch_msgs)
    panel_mending.mend_panel()
    document = asyncio.run(queue_while_writing(connection))
    assert connection.sent == [["first"], ["second"]]
    assert document not in panel_document._WRITE_MSGS
    assert document not in panel_document._WRITE_BLOCK


def test_the_mending_is_still_needed(connection, monkeypatch):
    """When this fails Panel has mended it itself, and panel_mending can go."""
    monkeypatch.setattr(panel_document, "_dispatch_msgs", panel_mending._send_waiting)
    asyncio.run(queue_while_writing(connection))
    assert connection.sent == [["first"]]
