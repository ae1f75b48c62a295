// Tells the server of a box or lasso, as a polygon, and of shift, which Bokeh's own event leaves out. Run by Bokeh's CustomJS on a figure's
// selection geometry with `gesture`.

const {geometry, final} = cb_obj;
if (final) {
  const {type, x0, x1, y0, y1} = geometry;
  const x = type == "rect" ? [x0, x1, x1, x0] : Array.from(geometry.x);
  const y = type == "rect" ? [y0, y0, y1, y1] : Array.from(geometry.y);
  gesture.data = {x, y, adds: x.map(() => window.automind_shift ?? false)};
}
