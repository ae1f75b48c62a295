// What Bokeh 3.9's browser side gets wrong or leaves out, mended once, when this component is first shown.

// A layout that has figures lays out its children's children, and stops there: what lies deeper, in a part without a layout of its own (a
// FlexBox, a grid of plots), is never measured and stays blank. Here it goes on to the leaves.
function lay_out_to_the_leaves() {
  const {LayoutDOMView} = Bokeh.require("models/layouts/layout_dom");
  LayoutDOMView.prototype._propagate_layout = function () {
    for (const child of this.layoutable_views) child.layout == null ? child._compute_layout() : child._propagate_layout();
  };
}

// What is brushed while shift is held is added to what is selected. Bokeh's event of a selection does not tell of keys, and its scripts run
// after the browser's own event is over: whether shift was held when the mouse was let go is kept for them.
function keep_shift() {
  if ("automind_shift" in window) return;
  window.automind_shift = false;
  window.addEventListener("pointerup", event => { window.automind_shift = event.shiftKey; }, true);
}

export function render() {
  lay_out_to_the_leaves();
  keep_shift();
  return document.createElement("span");
}
