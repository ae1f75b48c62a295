"""Makes Bokeh's and Panel's walks through the page's models cheap: each answer of the server begins with several of them.

Seen with Panel 1.9.4 and Bokeh 3.9.2.

Bokeh looks at all models of the document whenever a model comes or goes, and asks each of its properties for a value. Most properties have
none of their own, and Bokeh works out the default anew each time. Here a default that cannot hold a model is worked out once for a class.

Panel writes the page's name on the data of each component, so that the data can be cleaned up. It looks for such data in everything below
a component, whenever one of the component's values changes; below the page's frame lies the whole page, and the frame hears of every
beginning and end of work. Each component below has had the name written on its own data when it was made, so here the walk ends there.

What the user changes on the page may bring and take many models. Here Bokeh looks for them once, when all that follows has been done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bokeh.core.has_props import HasProps
from bokeh.document import Document
from bokeh.model import DataModel, Model
from bokeh.model import util as model_util
from panel.reactive import ReactiveCustomBase, Syncable

from ..widgets.documents import models_once

UNMENDED = {
    "visit_immediate_value_references": model_util.visit_immediate_value_references,
    "_patch_datamodel_ref": ReactiveCustomBase.__dict__["_patch_datamodel_ref"], "_change_event": Syncable._change_event,
}  # fmt: skip
"""What `mend_walks` replaces. Tests put it back to see whether the mending is still needed."""

_names: dict[type[HasProps], tuple[str, ...]] = {}
"""Class → its properties that may hold models."""

_plain: dict[type[HasProps], set[str]] = {}
"""Class → those of them whose default holds no model and is one object for all."""


def _visit_references(value: Any, visitor: Callable[[Model], None]) -> None:
    """Call the visitor with each model that the value refers to itself, as Bokeh's function does."""
    visit = model_util.visit_value_and_its_immediate_references
    if not isinstance(value, HasProps):
        visit(value, visitor)
        return
    kind = type(value)
    if kind not in _names:
        _names[kind], _plain[kind] = tuple(value.properties_with_refs()), set()
    own, made, themed, plain = (
        value._property_values,
        value._unstable_default_values,
        value._unstable_themed_values,
        _plain[kind],
    )
    for name in _names[kind]:
        if name in own:
            visit(own[name], visitor)
        elif name not in plain:
            default = themed[name] if name in themed else made[name] if name in made else getattr(value, name)
            visit(default, visitor)
            if name not in themed and name not in made:
                plain.add(name)


def _name_root(cls: type[ReactiveCustomBase], props: DataModel, ref: str) -> None:
    """Write the root's name on a component's data and on data inside it, but not on what lies below the component."""
    tag = f"__ref:{ref}"
    below = lambda model: model is not props and (not isinstance(model, DataModel) or tag in model.tags)  # noqa: E731
    for model in model_util.collect_filtered_models(below, props):
        if tag not in model.tags:
            model.tags.append(tag)


def _change_once(component: Syncable, document: Document) -> None:
    """Tell the page's code of what the user changed, as Panel's method does."""
    with models_once(document):
        UNMENDED["_change_event"](component, document)


def mend_walks() -> None:
    """Let Bokeh and Panel walk the short way. A second call changes nothing."""
    model_util.visit_immediate_value_references = _visit_references
    ReactiveCustomBase._patch_datamodel_ref = classmethod(_name_root)
    Syncable._change_event = _change_once
