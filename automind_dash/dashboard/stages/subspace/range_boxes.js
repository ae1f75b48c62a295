// Selects the circuits inside all ranges of the diagonal. Run by Bokeh's CustomJS with `source` and `boxes` (quantity → BoxAnnotation):
// on a dragged interval, which opens or replaces a range; on a double click, which closes it; and when a range is moved or resized.

const open = () => Object.entries(boxes).filter(([, box]) => box.visible);

function choose() {
  const ranges = open().map(([name, box]) => [source.data[name], Math.min(box.left, box.right), Math.max(box.left, box.right)]);
  const found = [];
  const n = source.data.number.length;
  for (let i = 0; ranges.length && i < n; i++)
    if (ranges.every(([values, low, high]) => values[i] >= low && values[i] <= high)) found.push(i);
  source.selected.indices = found;
}

const event = cb_obj.event_name ? cb_obj : null;
if (event?.event_name == "selectiongeometry") {
  const {geometry, final, origin} = event;
  if (final) {
    const xs = geometry.type == "rect" ? [geometry.x0, geometry.x1] : Array.from(geometry.x);
    const [low, high] = [Math.min(...xs), Math.max(...xs)];
    const box = boxes[origin.tags[0]];
    if (high > low) {
      window.automind_ranging = true; // both ends change as one
      box.setv({left: low, right: high, visible: true});
      window.automind_ranging = false;
      choose();
    }
  }
} else if (event) {
  boxes[event.origin.tags[0]].visible = false;
  choose();
} else if (!window.automind_ranging) {
  const waiting = (window.automind_ranges ??= new WeakSet());
  if (!waiting.has(source)) { // both ends of a range that is moved, and the many steps of a drag, are one change a frame
    waiting.add(source);
    requestAnimationFrame(() => {
      waiting.delete(source);
      choose();
    });
  }
}
