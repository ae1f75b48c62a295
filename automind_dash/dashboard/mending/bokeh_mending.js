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

// Whatever changes its size or its being visible has the whole page laid out anew, at once: on a page of many figures a tenth of a second
// and more each time, dozens of times for one answer of the server. Here all that is asked for within a frame is done once, and then the
// page rests for as long as that took, so that clicks and keys are heard in between.
function lay_out_once_a_frame(root) {
  if (root.automind_paced) return;
  root.automind_paced = true;
  const compute = root.compute_layout.bind(root);
  let due = false, sizes_too = false, rested = 0;
  const lay_out = () => {
    const began = performance.now();
    due = false;
    if (!root.el.isConnected) return; // taken down meanwhile: a notebook's cell that is run again
    if (sizes_too) root.update_layout();
    sizes_too = false;
    compute();
    rested = 2 * performance.now() - began;
  };
  const later = sizes => {
    sizes_too ||= sizes;
    if (due) return;
    due = true;
    setTimeout(() => requestAnimationFrame(lay_out), Math.max(rested - performance.now(), 0));
  };
  root.compute_layout = () => later(false);
  root.invalidate_layout = () => later(true);
}

// A Panel table whose size changed waits for its stylesheets, asking without a pause; and does not hear of one that was there before it
// listened, or whose element was exchanged: it then asks for ever, with all of a processor. Here what the browser holds counts as loaded, what
// failed counts too, and elements that are exchanged are listened to.
function hear_of_stylesheets() {
  const tables = Bokeh.Models.get("panel.models.tabulator.DataTabulator");
  let boxes = tables?.prototype.default_view.prototype;
  while (boxes != null && !Object.hasOwn(boxes, "watch_stylesheets")) boxes = Object.getPrototypeOf(boxes);
  if (boxes == null || boxes.automind_hears) return;
  boxes.automind_hears = true;
  const watch = boxes.watch_stylesheets;
  boxes.watch_stylesheets = function () {
    watch.call(this);
    const known = this._initialized_stylesheets;
    for (const {el} of this._applied_stylesheets) {
      if (!(el instanceof HTMLLinkElement)) continue;
      if (el.sheet != null) known.set(el.href, true);
      for (const event of ["load", "error"]) el.addEventListener(event, () => known.set(el.href, true), {once: true});
    }
  };
  const update = boxes._update_stylesheets;
  boxes._update_stylesheets = function () {
    update.call(this);
    if (this._initialized_stylesheets != null) this.watch_stylesheets();
  };
}

// A Panel table is drawn anew for each of its stylesheets that has come, half a second every time for a wide one, and all of them come with a
// change of theme: the page was busy for seconds. Here it is drawn anew once for a set of sheets.
function redraw_once_for_stylesheets() {
  const table = Bokeh.Models.get("panel.models.tabulator.DataTabulator")?.prototype.default_view.prototype;
  if (table == null || table.automind_redraws_once) return;
  table.automind_redraws_once = true;
  const redraw = table.style_redraw;
  table.style_redraw = function () {
    const sheets = this._applied_stylesheets.map(({el}) => el);
    if (sheets.some(el => el instanceof HTMLLinkElement && el.sheet == null)) return; // heard of again when it has come
    const known = this.automind_drawn_with;
    if (known?.length == sheets.length && sheets.every((sheet, at) => sheet == known[at])) return;
    redraw.call(this);
    if (!this._initializing && !this._building) this.automind_drawn_with = sheets;
  };
}

// Before each stroke a figure asks the browser for a style of its own element that may say otherwise, and the browser then works out all
// styles that were changed since: with every figure that is laid out. No style of the page's own says otherwise; elsewhere one may.
function ask_no_styles() {
  Bokeh.require("core/visuals/visual").VisualProperties.prototype._get_css_value = () => "";
  const figures = Bokeh.require("models/plots/plot_canvas").PlotView.prototype;
  const {get} = Object.getOwnPropertyDescriptor(figures, "base_font_size");
  Object.defineProperty(figures, "base_font_size", {get() { return this.automind_font_size ??= get.call(this); }, configurable: true});
}

// A figure that has no data yet is no fault: Bokeh tells the console of each, again and again. Its ranges stay as Bokeh would set them.
function let_figures_be_empty() {
  const range = Bokeh.require("models/ranges/data_range1d").DataRange1d.prototype;
  if (range.automind_calm) return;
  range.automind_calm = true;
  const compute = range._compute_range;
  const none = value => !isFinite(value) || value <= 0;
  range._compute_range = function (min, max) {
    return this.scale_hint == "log" && none(min) && none(max) ? compute.call(this, 0.1, 10) : compute.call(this, min, max);
  };
  const ranges = Bokeh.require("models/plots/range_manager").RangeManager.prototype;
  const begin = ranges.compute_initial;
  ranges.compute_initial = function () {
    this.warn_initial_ranges = false;
    return begin.call(this);
  };
}

// A widget of React's takes its values when it is drawn and listens a moment later, the longer the busier the browser is. What the server
// changed between is lost: a button that is to be pressed stays grey for good. Here a widget looks once more when it begins to listen.
function hear_what_came_before() {
  const component = Bokeh.Models.get("panel.models.esm.ReactComponent")?.prototype;
  if (component == null || component.automind_hears) return;
  component.automind_hears = true;
  const watch = component.watch;
  component.watch = function (view, property, heard, from_react = false) {
    watch.call(this, view, property, heard, from_react);
    if (from_react && !this.children.includes(property) && !this.events.includes(property)) heard();
  };
}

export function render({model, view}) {
  hear_what_came_before();
  let_figures_be_empty();
  if (model.own_page) ask_no_styles();
  hear_of_stylesheets();
  redraw_once_for_stylesheets();
  lay_out_to_the_leaves();
  keep_shift();
  lay_out_once_a_frame(view.root);
  return document.createElement("span");
}
