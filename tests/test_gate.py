"""What a raw client of a served page gets: no session of its own naming, no other Host, headers and cookies as they must be."""

import asyncio
import http.client
import json
import re
import socket
import subprocess
import sys
import time
from base64 import urlsafe_b64decode
from contextlib import contextmanager
from pathlib import Path

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClosedError, websocket_connect


@contextmanager
def served(*command):
    """Give the port that a command serves."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    for _ in range(600):
        try:
            socket.create_connection(("localhost", port)).close()
            break
        except OSError:
            assert process.poll() is None
            time.sleep(0.1)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def port():
    """The port of a server that may hold few sessions, with none of them kept for long."""
    with served("automind_dash.cli", "serve", "--quiet-arrival", "--max-opening", "3") as port:
        yield port


def get(port, path="/", **headers):
    connection = http.client.HTTPConnection("localhost", port, timeout=60)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    body = answer.read().decode(errors="replace")
    connection.close()
    return answer, body


def token(body):
    return re.search(r'"token":"([^"]+)"', body).group(1)


def payload(given):
    part = given.split(".")[0]
    return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_health_makes_no_session_and_answers(port):
    answer, body = get(port, "/health")
    assert (answer.status, body) == (200, "ok\n")


def test_another_host_is_refused_with_the_option_that_allows_it(port):
    answer, body = get(port, Host="rebound.example:5006")
    assert answer.status == 403
    assert "--allow-origin rebound.example:5006" in body
    assert get(port, Host="<script>")[1].count("<") == 0


@pytest.mark.parametrize("path", ["/?bokeh-session-id=mine", "/ws?bokeh-session-id=mine", "/?bokeh-token=x.y"])
def test_a_session_that_the_caller_names_is_refused(port, path):
    assert get(port, path)[0].status == 403
    assert get(port, Bokeh_Session_Id="mine")[0].status == 403


@pytest.mark.parametrize("path", ["/autoload.js?bokeh-autoload-element=1", "/metadata"])
def test_other_sites_cannot_embed_the_page(port, path):
    assert get(port, path)[0].status == 404


@pytest.mark.parametrize("query", ["session=%E2%91%A0", "session=" + "9" * 5000, "x=%C2%B2", "view=" + "v" * 999])
def test_strange_arguments_are_a_sentence(port, query):
    answer, body = get(port, "/?" + query)
    assert answer.status == 400
    assert "mistyped" in body


def test_headers_cookies_tokens_and_a_flood(port):
    answer, body = get(port)
    assert answer.status == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    policy = answer.headers["Content-Security-Policy"]
    scripts = re.search("script-src ([^;]*);", policy).group(1)
    assert "'unsafe-inline'" not in scripts
    nonce = re.search("'nonce-([^']+)'", scripts).group(1)
    assert len(re.findall("<script", body)) == len(re.findall(f'<script nonce="{nonce}"', body))
    assert nonce not in get(port, "/health")[0].headers["Content-Security-Policy"]

    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    secret = re.match(r"automind_browser=([\w-]+)", cookie).group(1)
    again, second = get(port, Cookie=f"automind_browser={secret}")
    assert again.headers["Set-Cookie"] is None
    for page in (body, second):
        assert page.index('id="opening"') < page.index("bokeh.min.js") < page.index('"token"')
        assert page.count("bokeh.min.js") == 1
    for given in (token(body), token(second)):
        assert given.count(".") == 1, "unsigned"
        assert secret not in json.dumps(payload(given)) + body + second, "scripts can read the cookie in the page"

    forged = payload(token(body)) | {"session_id": "mine"}
    from bokeh.util.token import generate_jwt_token

    unsigned = generate_jwt_token(forged["session_id"], signed=False)
    foreign = generate_jwt_token("mine", signed=True, secret_key=b"another")
    assert asyncio.run(opened(port, token(body)))
    for bad in (unsigned, foreign, token(body)[:-3] + "abc"):
        assert not asyncio.run(opened(port, bad))
    assert not asyncio.run(opened(port, token(body), origin="http://evil.example"))

    answers = [get(port) for _ in range(4)]
    assert answers[-1][0].status == 503
    assert "--max-opening" in answers[-1][1]
    assert get(port, "/health")[0].status == 200


def test_panel_serve_stands_behind_the_same_gate():
    app = Path(__file__).parents[1] / "app.py"
    with served("panel", "serve", str(app)) as port:
        first, body = get(port, "/app?bokeh-session-id=mine", Host=f"localhost:{port}")
        assert (first.status, "http-equiv" in body) == (200, True)  # holds nothing but the wish to be asked for again
        assert get(port, "/app?bokeh-session-id=mine")[0].status == 403
        assert not asyncio.run(opened(port, token(body), path="/app/ws"))
        other, words = get(port, "/app", Host="rebound.example")
        assert other.status == 403
        assert "--allow-websocket-origin rebound.example" in words
        assert get(port, "/app/autoload.js?bokeh-autoload-element=1")[0].status == 404
        page, body = get(port, "/app")
        assert page.status == 200
        assert "http-equiv" not in body
        assert "'nonce-" in page.headers["Content-Security-Policy"]
        assert "HttpOnly" in page.headers["Set-Cookie"]
        assert asyncio.run(opened(port, token(body), path="/app/ws"))


async def opened(port, given, origin=None, path="/ws"):
    """Return whether the server takes a websocket with this token."""
    request = HTTPRequest(f"ws://localhost:{port}{path}", headers={"Origin": origin or f"http://localhost:{port}"})
    try:
        socket_ = await websocket_connect(request, subprotocols=["bokeh", given])
        first = await asyncio.wait_for(socket_.read_message(), 20)
        socket_.close()
    except (HTTPClientError, WebSocketClosedError):  # refused at the handshake
        return False
    return first is not None
