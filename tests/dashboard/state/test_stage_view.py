"""The contract of a stage, held by a toy one."""

import asyncio

import panel as pn
import pytest
from bokeh.document import Document

from automind_dash.dashboard.state.stage_view import StageView, drawing
from automind_dash.dashboard.widgets import documents
from automind_dash.dashboard.widgets.colours import DARK, LIGHT
from automind_dash.dashboard.widgets.number_fields import CountField

from ..made_up import bursting, steady, workspace


class Toy(StageView):
    """Notes what it is asked."""

    stage = "Geometry"

    def __init__(self, **params):
        super().__init__(**params)
        self.done = []
        self.n = CountField(value=3, start=0, end=9)
        self.remember("n", self.n)
        self.follow((self.redraw, ["configurations"]), (self.mark, ["selection"]))

    def fill(self):
        self.done.append("filled")

    @drawing
    def mark(self):
        self.done.append("marked")

    def recolour(self):
        self.done.append(self.colours)

    def entered(self):
        self.done.append("entered")


@pytest.fixture
def space():
    space = workspace(stage="Features")
    for recording in (bursting("first"), steady("second")):
        asyncio.run(space.add(recording))
    return space


@pytest.fixture
def toy(space):
    return Toy(workspace=space)


def did(toy):
    done, toy.done = toy.done, []
    return done


def test_nothing_is_drawn_while_another_stage_is_shown_and_everything_once_when_this_one_is(toy, space):
    assert did(toy) == []
    space.current.param.trigger("configurations")
    space.current.selection = []
    space.current.param.trigger("selection")
    assert did(toy) == []
    space.stage = "Geometry"
    assert did(toy) == ["entered", "filled"]


def test_while_it_is_shown_only_what_changed_is_drawn(toy, space):
    space.stage = "Geometry"
    did(toy)
    space.current.param.trigger("selection")
    assert did(toy) == ["marked"]
    space.current.param.trigger("configurations")
    assert did(toy) == ["filled"]


@pytest.mark.parametrize("field", ["configurations", "selection"])
def test_it_is_drawn_again_only_where_something_changed_meanwhile(toy, space, field):
    space.stage = "Geometry"
    space.stage = "Features"
    did(toy)
    space.stage = "Geometry"
    assert did(toy) == ["entered"]
    space.stage = "Features"
    space.current.param.trigger(field)
    space.stage = "Geometry"
    assert did(toy) == ["entered", "filled"]


def test_it_follows_the_recording_that_is_looked_at_and_no_other(toy, space):
    space.stage = "Geometry"
    left, space.current = space.current, space.recordings[0]
    did(toy)
    left.param.trigger("configurations", "selection")
    assert did(toy) == []
    space.current.param.trigger("selection")
    assert did(toy) == ["marked"]


def test_colours_are_taken_at_once_while_it_is_shown_else_before_it_is_drawn(toy, space):
    space.dark = True
    space.dark = False
    space.dark = True
    assert did(toy) == []
    space.stage = "Geometry"
    assert did(toy) == [DARK, "entered", "filled"]
    space.dark = False
    assert did(toy) == [LIGHT]


def test_choices_are_saved_under_the_stages_name_and_taken_from_a_session(toy, space):
    toy.n.value = 5
    assert space.view == {"geometry n": 5}
    space.view = {"geometry n": 7}
    assert toy.n.value == 7


def test_drawing_waits_for_the_documents_lock(toy, space, monkeypatch):
    """A session's document: what is drawn is put off to its next tick, where the lock is held."""
    document, put_off = Document(), []
    document._session_context = lambda: object()
    monkeypatch.setattr(toy, "_own_document", document, raising=False)
    monkeypatch.setattr(
        documents.pn.state, "execute", lambda callback, schedule: put_off.append((pn.state.curdoc, callback))
    )
    space.stage = "Geometry"
    assert did(toy) == ["entered"]
    ((where, callback),) = put_off
    assert where is document
    callback()
    assert did(toy) == ["filled"]


def test_what_is_put_off_until_the_stage_was_left_is_drawn_when_it_is_shown_again(toy, space, monkeypatch):
    document, put_off = Document(), []
    document._session_context = lambda: object()
    monkeypatch.setattr(toy, "_own_document", document, raising=False)
    monkeypatch.setattr(documents.pn.state, "execute", lambda callback, schedule: put_off.append(callback))
    space.stage = "Geometry"
    space.stage = "Features"
    for callback in put_off:
        callback()
    assert did(toy) == ["entered"]
    assert toy.stale
