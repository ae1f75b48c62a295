"""Walks through the page's models are cheap, and find what they found before."""

import panel as pn
import param
import pytest
from bokeh.core.property.descriptors import PropertyDescriptor
from bokeh.document import Document
from bokeh.document.models import DocumentModelManager
from bokeh.model import util as model_util
from bokeh.model.util import collect_models
from bokeh.plotting import figure
from panel.reactive import ReactiveCustomBase, Syncable

from automind_dash.dashboard.mending import model_walks


class Frame(pn.custom.JSComponent):
    inner = pn.custom.Child()
    busy = param.Boolean(default=False)

    _esm = "export function render({model}) { return model.get_child('inner') }"


@pytest.fixture
def unmended(monkeypatch):
    """Bokeh and Panel as they come; what a test mends is undone after it."""
    monkeypatch.setattr(
        model_util, "visit_immediate_value_references", model_walks.UNMENDED["visit_immediate_value_references"]
    )
    monkeypatch.setattr(ReactiveCustomBase, "_patch_datamodel_ref", model_walks.UNMENDED["_patch_datamodel_ref"])
    monkeypatch.setattr(Syncable, "_change_event", model_walks.UNMENDED["_change_event"])


def page():
    """Return a frame in a frame with a table, a figure and a slider, and its root model."""
    plot = pn.pane.Bokeh(figure())
    inner = Frame(inner=pn.Column(pn.widgets.FloatSlider(), plot))
    outer = Frame(inner=pn.Row(inner))
    return outer, inner, outer.get_root(Document())


def ids_of(root):
    return [model.id for model in collect_models(root)]


def defaults_asked(root, monkeypatch):
    """Return how often a walk asks for a default, once it has been walked before."""
    ids_of(root)
    asked = []
    given = PropertyDescriptor._get_default
    monkeypatch.setattr(
        PropertyDescriptor, "_get_default", lambda self, model: asked.append(self.name) or given(self, model)
    )
    ids_of(root)
    return len(asked)


def test_the_short_walk_finds_the_same_models(unmended):
    root = page()[2]
    before = ids_of(root)
    model_walks.mend_walks()
    assert len(before) > 30
    assert ids_of(root) == before == ids_of(root)


def test_a_model_that_comes_after_a_walk_is_found(unmended):
    model_walks.mend_walks()
    _, inner, root = page()
    known = set(ids_of(root))
    inner.inner.append(pn.widgets.TextInput())
    assert set(ids_of(root)) > known


def test_no_default_is_asked_for_twice(unmended, monkeypatch):
    model_walks.mend_walks()
    assert defaults_asked(page()[2], monkeypatch) == 0


def test_the_mending_of_the_walk_is_still_needed(unmended, monkeypatch):
    """When this fails Bokeh keeps its defaults itself, and `_visit_references` can go."""
    assert defaults_asked(page()[2], monkeypatch) > 100


def walked_for_a_value(monkeypatch):
    """Return how many models are looked at when a value of the outer frame changes."""
    outer, _, root = page()
    given, seen = model_util.visit_immediate_value_references, []
    monkeypatch.setattr(
        model_util,
        "visit_immediate_value_references",
        lambda value, visitor: seen.append(value) or given(value, visitor),
    )
    outer.busy = True
    assert root.data.busy
    return len(seen)


def test_every_component_has_the_name_of_its_root(unmended):
    model_walks.mend_walks()
    outer, inner, root = page()
    for component in (outer, inner):
        model = component._models[root.ref["id"]][0]
        assert f"__ref:{root.ref['id']}" in model.data.tags
    outer.inner = pn.Row(another := Frame(inner=pn.Row()))
    assert f"__ref:{root.ref['id']}" in another._models[root.ref["id"]][0].data.tags


def test_a_changed_value_is_no_reason_to_look_at_the_page(unmended, monkeypatch):
    model_walks.mend_walks()
    assert walked_for_a_value(monkeypatch) < 3


def test_the_mending_of_the_names_is_still_needed(unmended, monkeypatch):
    """When this fails Panel looks no further than the component, and `_name_root` can go."""
    assert walked_for_a_value(monkeypatch) > 20


def looked_for_a_choice(monkeypatch):
    """Return how often models are looked for when a user's choice changes three layouts."""
    document, choice = Document(), pn.widgets.Select(options=["a", "b"])
    layouts = [pn.Column() for _ in range(3)]
    choice.param.watch(lambda _: [layout.append(pn.Spacer()) for layout in layouts], "value")
    page = pn.Column(choice, *layouts)
    document.add_root(page.get_root(document))
    given, looks = DocumentModelManager.recompute, []
    monkeypatch.setattr(DocumentModelManager, "recompute", lambda models: looks.append(models) or given(models))
    choice._events = {"value": "b"}
    choice._change_event(document)
    assert choice.value == "b"
    assert all(len(layout) == 1 for layout in layouts)
    return len(looks)


def test_what_a_choice_changes_is_looked_for_once(unmended, monkeypatch):
    model_walks.mend_walks()
    assert looked_for_a_choice(monkeypatch) == 1


def test_the_mending_of_a_choice_is_still_needed(unmended, monkeypatch):
    """When this fails Panel changes models together itself, and `_change_once` can go."""
    assert looked_for_a_choice(monkeypatch) > 1
