"""A client that speaks a browser's part of the page's protocol: open a session, press buttons, change values, wait for answers.

Twenty Chromiums do not fit on a laptop beside a server, but twenty of these clients do. They ask the server for the
same things as a browser.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

MAX_MESSAGE = 2**28
PATIENCE = 600.0
"""Longest wait for anything, s."""

PIECE = 5_000_000
"""Bytes of an upload that are sent at once, as the page's drop zone does."""

PageModel = dict[str, Any]


class NotServed(RuntimeError):
    """The server refused a session; the message is its sentence."""


def _objects(value: Any) -> Iterator[PageModel]:
    """Yield every model in a piece of a document."""
    if isinstance(value, dict):
        if value.get("type") == "object" and "id" in value:
            yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


class PageClient:
    """One session on a served page. `async with PageClient.opened(address) as page`."""

    def __init__(self, socket: WebSocketClientConnection, cookie: str) -> None:
        self._socket, self.cookie = socket, cookie
        self._numbers = itertools.count()
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.models: dict[str, PageModel] = {}
        self.bytes_received = 0
        self._changed = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, address: str, cookie: str = "", path: str = "/") -> PageClient:
        """Return a loaded and shown page. address: http://host:port with a prefix, if any. Raises NotServed."""
        headers = {"Cookie": cookie} if cookie else {}
        answer = await AsyncHTTPClient().fetch(
            f"{address}{path}", headers=headers, request_timeout=PATIENCE, raise_error=False
        )
        body = answer.body.decode(errors="replace")
        found = re.search(r'"token":"([^"]+)"', body)
        if answer.code != 200 or found is None:
            raise NotServed(f"{answer.code}: {body[:300]}")
        given = answer.headers.get("Set-Cookie", "").split(";")[0]
        origin = re.match(r"https?://[^/]+", address)
        assert origin is not None
        request = HTTPRequest(
            address.replace("http", "ws", 1) + "/ws",
            headers={"Origin": origin.group(), "Cookie": given or cookie}, request_timeout=PATIENCE,
        )  # fmt: skip
        socket = await websocket_connect(request, subprotocols=["bokeh", found.group(1)], max_message_size=MAX_MESSAGE)
        page = cls(socket, given or cookie)
        page._replies[""] = acknowledged = asyncio.get_running_loop().create_future()
        page._listening = asyncio.create_task(page._listen())
        await asyncio.wait_for(acknowledged, PATIENCE)  # messages before the session exists are refused
        reply = await page._ask("PULL-DOC-REQ", {})
        page._learn(reply["doc"])
        await page._send_event({"type": "event", "name": "document_ready", "values": {"type": "map", "entries": []}})
        return page

    async def __aenter__(self) -> PageClient:
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the tab."""
        self._socket.close()
        if self._listening is not None:
            await asyncio.wait([self._listening], timeout=10)

    def kill(self) -> None:
        """Disappear without a message, as a killed browser does."""
        stream = self._socket.protocol.stream if self._socket.protocol is not None else None
        if stream is not None:
            stream.close()

    async def _listen(self) -> None:
        while True:
            parts = []
            for _ in range(3):
                part = await self._socket.read_message()
                if part is None:
                    for waiting in self._replies.values():
                        if not waiting.done():
                            waiting.set_exception(ConnectionError("The server closed the page."))
                    return
                self.bytes_received += len(part)
                parts.append(json.loads(part))
            header, _, content = parts
            for _ in range(2 * header.get("num_buffers", 0)):
                self.bytes_received += len(await self._socket.read_message() or b"")
            if header["msgtype"] == "PATCH-DOC":
                self._learn(content)
                self._changed.set()
            waiting = self._replies.pop(header.get("reqid", ""), None)
            if waiting is not None and not waiting.done():
                waiting.set_result(content | {"msgtype": header["msgtype"]})

    def _learn(self, piece: Any) -> None:
        """Apply the server's message about its models."""
        for model in _objects(piece):
            self.models[model["id"]] = model
        for event in piece.get("events", []) if isinstance(piece, dict) else []:
            if event.get("kind") == "ModelChanged" and event["model"]["id"] in self.models:
                self.models[event["model"]["id"]].setdefault("attributes", {})[event["attr"]] = event["new"]

    async def _ask(self, kind: str, content: Any, buffer: bytes | None = None) -> dict[str, Any]:
        number = f"client{next(self._numbers)}"
        reply: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[number] = reply
        header = {"msgid": number, "msgtype": kind} | ({} if buffer is None else {"num_buffers": 1})
        parts: list[str | bytes] = [json.dumps(header), "{}", json.dumps(content)]
        if buffer is not None:
            parts += [json.dumps({"id": f"buffer{number}"}), buffer]
        sent = [self._socket.write_message(part, binary=isinstance(part, bytes)) for part in parts]
        for one in sent:
            await one
        return await asyncio.wait_for(reply, PATIENCE)

    async def _send_event(self, told: dict[str, Any], buffer: bytes | None = None) -> dict[str, Any]:
        event = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": told}
        return await self._ask("PATCH-DOC", {"events": [event]}, buffer)

    def find(self, label: str) -> str:
        """Return the newest component with a label. Raises KeyError."""
        for number, model in reversed(self.models.items()):
            data = model.get("attributes", {}).get("data")
            if isinstance(data, dict) and "id" in data and self._attribute(data["id"], "label") == label:
                return number
        raise KeyError(f"The page has nothing labelled {label!r}.")

    def has(self, label: str) -> bool:
        """Tell whether something has a label."""
        try:
            self.find(label)
        except KeyError:
            return False
        return True

    def of_kind(self, name: str) -> str:
        """Return the first component whose data have a name, such as "Tabs1". Raises KeyError."""
        for number, model in self.models.items():
            data = model.get("attributes", {}).get("data")
            if isinstance(data, dict) and "id" in data and self.models.get(data["id"], data).get("name") == name:
                return number
        raise KeyError(f"The page has no {name}.")

    def _attribute(self, number: str, name: str) -> Any:
        return self.models.get(number, {}).get("attributes", {}).get(name)

    def value(self, component: str, name: str) -> Any:
        """Return a value of a component's data."""
        return self._attribute(self._attribute(component, "data")["id"], name)

    async def press(self, component: str, **data: Any) -> float:
        """Click, and return the s until the server answered."""
        begun = time.perf_counter()
        entries = [["model", {"id": component}], ["node", "click"], ["data", _map({"type": "click"} | data)]]
        await self._send_event({"type": "event", "name": "dom_event", "values": {"type": "map", "entries": entries}})
        return time.perf_counter() - begun

    async def set(self, component: str, name: str, new: Any) -> float:
        """Change a value of a component's data, and return the s until the server answered."""
        begun = time.perf_counter()
        data = self._attribute(component, "data")
        event = {"kind": "ModelChanged", "model": {"id": data["id"]}, "attr": name, "new": new}
        await self._ask("PATCH-DOC", {"events": [event]})
        self.models[data["id"]]["attributes"][name] = new
        return time.perf_counter() - begun

    def tells(self, text: str) -> bool:
        """Tell whether a text stands anywhere on the page."""
        return any(text in json.dumps(model.get("attributes", {})) for model in self.models.values())

    async def upload(self, name: str, content: bytes, chunks: int | None = None) -> None:
        """Drop a file, piece by piece. chunks: of its pieces, so many are sent, all where that is not given."""
        area = next(number for number, model in self.models.items() if model.get("name", "").endswith("FileDropper"))
        pieces = [content[begin : begin + PIECE] for begin in range(0, len(content), PIECE)]
        for number, piece in enumerate(pieces[:chunks], 1):
            data = {"name": name, "chunk": number, "total_chunks": len(pieces), "mime_type": ""}
            packed = {"type": "bytes", "data": base64.b64encode(gzip.compress(piece, 1)).decode()}
            entries = [["model", {"id": area}], ["data", _map(data | {"data": packed})]]
            await self._send_event(
                {"type": "event", "name": "upload_event", "values": {"type": "map", "entries": entries}}
            )

    async def until(self, holds: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Wait until a condition holds. It is checked whenever the server reports a change. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not holds():
                self._changed.clear()
                await self._changed.wait()


def _map(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "map", "entries": [[name, value] for name, value in values.items()]}
