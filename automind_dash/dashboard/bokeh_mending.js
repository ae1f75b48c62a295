// Two things that Bokeh 3.9's browser side gets wrong under Panel, mended once, when this component is first shown.

const KEPT = 200; // patches that wait for a model; more than a page ever sends at once
const EARLY = /reference \S+ isn't known/;

// A layout that has figures lays out its children's children, and stops there: what lies deeper, in a part without a layout of its own (a
// FlexBox, a grid of plots), is never measured and stays blank. Here it goes on to the leaves.
function lay_out_to_the_leaves() {
  const {LayoutDOMView} = Bokeh.require("models/layouts/layout_dom");
  LayoutDOMView.prototype._propagate_layout = function () {
    for (const child of this.layoutable_views) child.layout == null ? child._compute_layout() : child._propagate_layout();
  };
}

// Panel sends new parts of the page through a queue of its own; a change of a model in them may overtake it. Bokeh refuses such a change and
// forgets it: a button stays disabled, a figure empty. Here it waits until the model is there. Decoding fails before anything is applied.
function wait_for_models() {
  const {Document} = Bokeh.require("document/document");
  if (Document.prototype.automind_waits) return;
  Document.prototype.automind_waits = true;
  const apply = Document.prototype.apply_json_patch;
  const early = globalThis.__early = new WeakMap();
  function tried(target, patch) {
    try {
      apply.apply(target, patch);
      return true;
    } catch (error) {
      if (!EARLY.test(error.message)) throw error;
      return false;
    }
  }
  Document.prototype.apply_json_patch = function (...patch) {
    const waiting = early.get(this) ?? [];
    if (tried(this, patch)) {
      early.set(this, waiting.filter(one => !tried(this, one)));
    } else {
      waiting.push(patch);
      early.set(this, waiting);
      if (waiting.length > KEPT) {
        waiting.shift();
        console.error("A change of a model that never arrived was dropped.");
      }
    }
  };
}

export function render() {
  lay_out_to_the_leaves();
  wait_for_models();
  return document.createElement("span");
}
