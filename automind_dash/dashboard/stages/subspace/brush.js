// Selects the circuits inside a box or lasso. Run by Bokeh's CustomJS on a figure's selection geometry with `source`; the figure's tags name its
// x and y column, or the x column alone: then what is between the ends is selected, however high. Shift adds to what is selected (bokeh_mending.js).

const {geometry, final, origin} = cb_obj;
if (final) {
  const [x, y] = origin.tags, xs = source.data[x], n = xs.length;
  const ys = source.data[y], [low, high] = ends(geometry);
  const added = window.automind_shift ? new Set(source.selected.indices) : new Set();
  for (let i = 0; i < n; i++) if (ys ? inside(geometry, xs[i], ys[i]) : xs[i] >= low && xs[i] <= high) added.add(i);
  source.selected.indices = [...added].sort((a, b) => a - b);
}

function ends(shape) {
  const xs = shape.type == "rect" ? [shape.x0, shape.x1] : Array.from(shape.x);
  return [Math.min(...xs), Math.max(...xs)];
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
