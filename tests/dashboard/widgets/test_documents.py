"""Changes that a view makes in one go have Bokeh look through the page once at most."""

import pytest
from bokeh.document import Document
from bokeh.document.models import DocumentModelManager
from bokeh.models import Column, Div

from automind_dash.dashboard.widgets.documents import _together


@pytest.fixture
def looks(monkeypatch):
    """Count how often all models are looked at."""
    given, counted = DocumentModelManager.recompute, []
    monkeypatch.setattr(DocumentModelManager, "recompute", lambda models: counted.append(models) or given(models))
    return counted


def page():
    document, root = Document(), Column(children=[])
    document.add_root(root)
    return document, root


def test_changes_that_bring_no_model_have_nothing_looked_at(looks):
    document, root = page()
    looks.clear()
    _together(document, lambda: setattr(root, "name", "another"))
    assert not looks


def test_models_that_come_together_are_looked_for_once(looks):
    document, root = page()
    looks.clear()

    def fill():
        for _ in range(3):
            root.children = [*root.children, Div()]
        _together(document, lambda: setattr(root, "children", [*root.children, Div()]))

    _together(document, fill)
    assert len(looks) == 1
    assert len(document.models) == 5


def test_after_an_error_models_are_looked_for_as_before(looks):
    document, root = page()

    def fail():
        root.children = [Div()]
        raise ValueError("seen")

    with pytest.raises(ValueError, match="seen"):
        _together(document, fail)
    assert len(document.models) == 2
    looks.clear()
    root.children = []
    assert len(looks) == 1
