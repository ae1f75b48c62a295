"""A stage that draws in turns lets the page answer between two pieces."""

import panel as pn
import pytest
from bokeh.document import Document

from automind_dash.dashboard.state.stage_view import StageView
from automind_dash.dashboard.state.workspace import Workspace

N = 6


class Slow(StageView):
    """Draws N pieces."""

    stage = "Overview"

    def __init__(self, **params):
        self.drawn = []
        super().__init__(**params)
        self.follow()

    def fill(self):
        self.draw_in_turns(self.pieces(self.workspace.dark))

    def pieces(self, dark):
        for piece in range(N):
            self.drawn.append((dark, piece))
            yield

    def __panel__(self):
        return pn.Column()


@pytest.fixture
def served(monkeypatch):
    """A stage on a served page, and the calls that wait for the page's next tick."""
    waiting = []
    monkeypatch.setattr(pn.state, "execute", lambda call, **_: waiting.append(call))
    document = Document()
    document._session_context = lambda: object()
    view = Slow(workspace=Workspace(stage="Features"))
    view._own_document = document
    return view, waiting


def tick(waiting):
    waiting.pop(0)()


def test_one_piece_is_drawn_at_a_time(served):
    view, waiting = served
    view.workspace.stage = "Overview"
    tick(waiting)
    assert view.drawn == []
    for n in range(1, N + 1):
        tick(waiting)
        assert len(view.drawn) == n
    tick(waiting)
    assert waiting == []


def test_a_later_drawing_takes_the_place_of_one_underway(served):
    view, waiting = served
    view.workspace.stage = "Overview"
    tick(waiting)
    tick(waiting)
    view.workspace.dark = True
    while waiting:
        tick(waiting)
    assert view.drawn[-N:] == [(True, piece) for piece in range(N)]
    assert (False, N - 1) not in view.drawn


def test_a_stage_that_is_left_is_drawn_when_it_comes_back(served):
    view, waiting = served
    view.workspace.stage = "Overview"
    tick(waiting)
    tick(waiting)
    view.workspace.stage = "Features"
    while waiting:
        tick(waiting)
    assert view.drawn == [(False, 0)]
    view.workspace.stage = "Overview"
    while waiting:
        tick(waiting)
    assert view.drawn[-1] == (False, N - 1)
