// Selects the circuits inside a box or lasso. Run by Bokeh's CustomJS on a figure's selection geometry with `source`; the figure's tags name its
// x and y column. Shift adds to what is selected.

const {geometry, final, origin} = cb_obj;
if (final) {
  const xs = source.data[origin.tags[0]], ys = source.data[origin.tags[1]], n = xs.length;
  const added = window.event?.shiftKey ? new Set(source.selected.indices) : new Set();
  for (let i = 0; i < n; i++) if (inside(geometry, xs[i], ys[i])) added.add(i);
  source.selected.indices = [...added].sort((a, b) => a - b);
}

function inside(shape, x, y) {
  if (shape.type == "rect")
    return x >= Math.min(shape.x0, shape.x1) && x <= Math.max(shape.x0, shape.x1) && y >= Math.min(shape.y0, shape.y1) && y <= Math.max(shape.y0, shape.y1);
  let odd = false; // even-odd rule, as invariance.selection
  const {x: px, y: py} = shape;
  for (let i = 0, j = px.length - 1; i < px.length; j = i++)
    if (py[i] > y != py[j] > y && x < ((px[j] - px[i]) * (y - py[i])) / (py[j] - py[i]) + px[i]) odd = !odd;
  return odd;
}
