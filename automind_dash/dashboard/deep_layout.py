"""Mends how Bokeh 3.9 lays figures out in nested columns, wherever the explorer is shown: page, notebook, or a layout of one's own."""

from __future__ import annotations

import panel as pn

SCRIPT = """
// A layout that has figures lays out its children's children, and stops there: what lies deeper, in a part without a layout of its own (a
// FlexBox, a grid of plots), is never measured and stays blank. Here it goes on to the leaves.
export function render() {
  const {LayoutDOMView} = Bokeh.require("models/layouts/layout_dom");
  LayoutDOMView.prototype._propagate_layout = function () {
    for (const child of this.layoutable_views) child.layout == null ? child._compute_layout() : child._propagate_layout();
  };
  return document.createElement("span");
}
"""


class DeepLayout(pn.custom.JSComponent):
    """Shows nothing; its script runs when the browser has it."""

    _esm = SCRIPT
