// What Bokeh 3.9's browser side gets wrong under Panel, mended once, when this component is first shown.

// A layout that has figures lays out its children's children, and stops there: what lies deeper, in a part without a layout of its own (a
// FlexBox, a grid of plots), is never measured and stays blank. Here it goes on to the leaves.
function lay_out_to_the_leaves() {
  const {LayoutDOMView} = Bokeh.require("models/layouts/layout_dom");
  LayoutDOMView.prototype._propagate_layout = function () {
    for (const child of this.layoutable_views) child.layout == null ? child._compute_layout() : child._propagate_layout();
  };
}

export function render() {
  lay_out_to_the_leaves();
  return document.createElement("span");
}
