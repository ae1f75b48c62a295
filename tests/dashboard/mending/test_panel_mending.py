"""What Panel queues for the browser is sent, also when it is queued while something else is being written."""

import asyncio

import pytest
from bokeh.document import Document
from bokeh.document.events import MessageSentEvent, ModelChangedEvent
from bokeh.models import Column, Div
from bokeh.server.connection import ServerConnection
from bokeh.server.session import ServerSession
from panel.io import document as panel_document

from automind_dash.dashboard.mending import panel_mending


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


def test_a_change_queued_while_another_is_written_is_sent(connection, unmended):
    panel_mending.mend_panel()
    document = asyncio.run(queue_while_writing(connection))
    assert connection.sent == [["first"], ["second"]]
    assert document not in panel_document._WRITE_MSGS
    assert document not in panel_document._WRITE_BLOCK


def test_the_mending_is_still_needed(connection, unmended):
    """When this fails Panel has mended it itself, and panel_mending can go."""
    asyncio.run(queue_while_writing(connection))
    assert connection.sent == [["first"]]


async def change_in_one_callback(monkeypatch, write):
    """In one callback a model of Bokeh's is changed, then something that Panel sends; return what is written, in order."""
    sent = []

    class Served(Socket):
        def send_message(self, message):
            async def written():
                sent.append(message)

            return written()

    monkeypatch.setitem(panel_document.extra_socket_handlers, Served, lambda _, msg: sent.append(msg) or [])
    document = Document()
    session = ServerSession("session", document)
    connection = ServerConnection(Protocol(), Served(), None, session)
    await session.with_document_locked(write, document, connection)
    return sent


def figure_then_panels(document, connection):
    """Change a Bokeh model, as a view does; then send what Panel sends, as it does where nothing of its own waits."""
    document.callbacks.trigger_on_change(MessageSentEvent(document, "bokeh", None))
    if document in panel_document._WRITE_MSGS or document in panel_document._WRITE_BLOCK:
        panel_document.schedule_write_events(document, [connection], ["panel"])
    else:
        panel_document.extra_socket_handlers[type(connection._socket)](connection, msg=["panel"])


@pytest.fixture
def unmended(monkeypatch):
    """Panel and Bokeh as they come; what a test mends is undone after it."""
    for name, function in panel_mending.UNMENDED.items():
        monkeypatch.setattr(ServerConnection if name == "send_patch_document" else panel_document, name, function)


def written(monkeypatch):
    sent = asyncio.run(change_in_one_callback(monkeypatch, figure_then_panels))
    return [["bokeh" if isinstance(event, MessageSentEvent) else event for event in message] for message in sent]


def test_changes_are_written_as_one_message_in_the_order_they_were_made(unmended, monkeypatch):
    panel_mending.mend_panel()
    assert written(monkeypatch) == [["bokeh", "panel"]]


def test_the_mending_of_the_order_is_still_needed(unmended, monkeypatch):
    """When this fails Bokeh sends in order itself, and `_send_in_turn` can go."""
    assert written(monkeypatch) == [["panel"], ["bokeh"]]


def told_of(monkeypatch):
    """What a browser is told after a model came and went within one change of the layout: what changed, of the root or of the model."""
    child, root = Div(), Column(children=[])

    def come_and_go(document, connection):
        document.add_root(root)
        document.to_json()
        document.hold("combine")  # as Panel does while it changes a layout: the coming is forgotten, what came is not
        root.children = [child]
        child.text = "seen by nobody"
        root.children = []
        root.name = "told"
        document.unhold()

    messages = asyncio.run(change_in_one_callback(monkeypatch, come_and_go))
    events = [event for message in messages for event in message if isinstance(event, ModelChangedEvent)]
    return {("child" if event.model is child else "root", event.attr) for event in events}


def test_changes_of_what_came_and_went_unseen_are_not_sent(unmended, monkeypatch):
    """The browser, which had never heard of it, threw the whole message away, with all else that it said."""
    panel_mending.mend_panel()
    assert told_of(monkeypatch) == {("root", "children"), ("root", "name")}


def test_the_mending_of_what_came_and_went_is_still_needed(unmended, monkeypatch):
    """When this fails Bokeh leaves out what is no longer in the document, and `_is_of` can go."""
    assert ("child", "text") in told_of(monkeypatch)


def messages_of_two_changes(monkeypatch):
    def change_twice(document, connection):
        root = Column(children=[])
        document.add_root(root)
        root.name = "first"
        root.visible = False

    return len(asyncio.run(change_in_one_callback(monkeypatch, change_twice)))


def test_changes_made_in_one_go_are_one_message(unmended, monkeypatch):
    panel_mending.mend_panel()
    assert messages_of_two_changes(monkeypatch) == 1


def test_the_mending_of_many_messages_is_still_needed(unmended, monkeypatch):
    """When this fails Bokeh puts what changes in one callback into one message, and `_collect` can go."""
    assert messages_of_two_changes(monkeypatch) > 1
