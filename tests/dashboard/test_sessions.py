"""Sessions that outlive their tab: who gets which workspace, when, and what is stopped."""

import asyncio
from types import SimpleNamespace

import pytest

from automind_dash.dashboard import sessions
from automind_dash.dashboard.sessions import Sessions
from automind_dash.dashboard.state.examined import Examined
from automind_dash.dashboard.state.saved_session import SavedSession
from automind_dash.features import BURST_FEATURES
from tests.dashboard.made_up import estimator, steady


def page(connections=1):
    """A document of a served page with so many connections."""
    session = SimpleNamespace(connection_count=connections, request_expiration=lambda: None)
    return SimpleNamespace(session_context=SimpleNamespace(session=session))


def close(kept):
    kept.document.session_context.session.connection_count = 0


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(sessions, "_let_go", lambda before: None)


@pytest.fixture
def begun():
    """A server with one session that holds a recording and was shown."""
    server = Sessions()
    kept, resumed = server.enter("first browser", "", page())
    assert not resumed
    kept.seen = True
    asyncio.run(kept.workspace.add(steady()))
    return server, kept


def test_a_closed_tab_is_gone_on_with_and_an_open_one_is_not_taken(begun):
    server, kept = begun
    other, resumed = server.enter("first browser", "", page())
    assert (resumed, other.number) == (False, 2)
    assert not other.workspace.recordings
    close(kept)
    again, resumed = server.enter("first browser", "", page())
    assert (resumed, again.number) == (True, 1)
    assert [examined.recording.name for examined in again.workspace.recordings] == ["steady"]
    assert again.workspace.current is again.workspace.recordings[0]
    assert not kept.workspace.recordings
    assert kept.workspace.current is None


def test_the_number_in_the_address_moves_a_session_that_is_open(begun):
    server, _ = begun
    again, resumed = server.enter("first browser", "1", page())
    assert (resumed, again.number) == (True, 1)
    assert len(again.workspace.recordings) == 1
    fresh, resumed = server.enter("first browser", "new", page())
    assert (resumed, fresh.number) == (False, 2)


def entered(server, monkeypatch, **arguments):
    """Load a page of the first browser with these arguments in its address."""
    document = page()
    document.js_on_event = lambda *_: None
    state = SimpleNamespace(
        curdoc=document, cookies={sessions.COOKIE: "the-first-browser-of-all"}, onload=lambda _: None,
        session_args={name: [value.encode()] for name, value in arguments.items()}, on_session_destroyed=lambda _: None,
    )  # fmt: skip
    monkeypatch.setattr(sessions, "SESSIONS", server)
    monkeypatch.setattr(sessions.pn, "state", state)
    return sessions.enter_session()


def test_a_link_to_a_view_begins_a_session_and_its_reload_goes_on_with_that(monkeypatch):
    server = Sessions()
    kept, _ = server.enter("the-first-browser-of-all", "", page())
    kept.seen = True
    close(kept)
    linked, resumed = entered(server, monkeypatch, view="x" * 22)
    assert not resumed, "the view is opened in sessions that begin"
    assert linked is not kept.workspace
    again, resumed = entered(server, monkeypatch, view="x" * 22, session="2")
    assert resumed
    assert again is not linked
    _, resumed = entered(server, monkeypatch, session="1")
    assert resumed, "the session of before is still there"


def test_another_browser_gets_nothing_even_with_the_number(begun):
    server, kept = begun
    close(kept)
    for browser, wanted in (("second browser", ""), ("third browser", "1")):
        stranger, resumed = server.enter(browser, wanted, page())
        assert not resumed
        assert not stranger.workspace.recordings
    assert kept.workspace.recordings


def test_a_page_that_is_loading_is_not_taken():
    server = Sessions()
    server.enter("first browser", "", page(0))
    assert not server.enter("first browser", "", page(0))[1]


def test_what_the_server_gives_up_is_forgotten_and_stopped(begun):
    server, kept = begun
    examined = kept.workspace.current
    cancelled = []
    examined.job = SimpleNamespace(cancel=lambda: cancelled.append(True))
    close(kept)
    server.leave(kept.document)
    assert cancelled
    assert examined.stop.is_set()
    assert not server.enter("first browser", "1", page())[1]


def test_what_runs_for_a_recording_that_is_removed_is_stopped(begun):
    space = begun[1].workspace
    examined = space.current
    cancelled = []
    examined.job = SimpleNamespace(cancel=lambda: cancelled.append(True))
    space.remove(examined)
    assert cancelled
    assert examined.stop.is_set()


def test_what_runs_for_a_recording_that_gives_way_to_a_saved_session_is_stopped(begun):
    space = begun[1].workspace
    kept = asyncio.run(space.add(steady("worked on", seed=2)))
    example = asyncio.run(space.add(steady("example", seed=3, provenance={"kind": "synthetic"})))
    saved = SavedSession([Examined(steady("saved", seed=4))])
    asyncio.run(space.open_session(saved))
    assert [examined.recording.name for examined in space.recordings] == ["steady", "worked on", "saved"]
    assert example.stop.is_set()
    assert not kept.stop.is_set()


def test_closed_sessions_are_bounded(monkeypatch):
    monkeypatch.setattr(sessions, "MAX_SESSIONS", 2)
    server = Sessions()
    begun = []
    for _ in range(4):
        kept, _ = server.enter("first browser", "new", page())
        kept.seen = True
        begun.append(kept)
        close(kept)
    server.enter("first browser", "new", page())
    assert not server.enter("first browser", str(begun[0].number), page())[1]
    assert server.enter("first browser", str(begun[3].number), page())[1]


def test_work_goes_on_while_nobody_looks(begun):
    server, kept = begun
    examined = kept.workspace.current

    async def leave_and_come_back():
        gate = asyncio.Event()
        loop = asyncio.get_running_loop()

        def job(*, progress, should_stop):
            asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(20)
            progress(1.0)
            return "found"

        work = asyncio.ensure_future(kept.workspace.work(examined, "Working", job))
        await asyncio.sleep(0.05)
        close(kept)
        again, _ = server.enter("first browser", "", page())
        assert again.workspace.current.busy == "Working"
        gate.set()
        assert await work == "found"
        assert again.workspace.current.busy == ""

    asyncio.run(leave_and_come_back())


def test_an_estimator_whose_folder_has_gone_goes_on_in_the_session_that_asks_it(begun):
    """The session lost it with a reload, and drawing ended in a KeyError."""
    space = begun[1].workspace
    gone = estimator(BURST_FEATURES, "gone")
    space.estimators = {"gone": gone}
    space.current.estimator = "gone"
    heir = space.hand_over()
    assert heir.estimators["gone"] is gone
    assert len(heir.estimators) > 1
