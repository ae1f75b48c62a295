// Paints the circuits of a pair plot as one image a panel. Run by Bokeh's CustomJS with `source`, `marks`, `figures` (tags: x and y
// column) and `images` (one source a figure). Bokeh's own markers take 2 s for 10 000 circuits in 6 panels without a graphics card;
// this takes some 20 ms. Images are changed in place: nothing is sent to the server.

const FEW = 3000; // circuits up to which dots are 5 px wide, 3 px beyond
const FADED = 0.15; // of the opacity of what is not selected, while something is

function paint() {
  const {data} = source, n = data.number.length;
  const chosen = new Uint8Array(n);
  for (const i of source.selected.indices) chosen[i] = 1;
  const any = source.selected.indices.length > 0;
  const scale = window.devicePixelRatio || 1;
  const stamp = disc((n > FEW ? 1.5 : 2.5) * scale);
  const opacity = n > 500 ? Math.max(0.25, 0.75 * (500 / n) ** 0.35) : 0.75;
  figures.forEach((figure, k) => {
    if (figure.properties.inner_width.is_unset) return; // not laid out yet: comes back here when it is
    const width = Math.round(figure.inner_width * scale), height = Math.round(figure.inner_height * scale);
    const {start: x0, end: x1} = figure.x_range, {start: y0, end: y1} = figure.y_range;
    if (!(width > 1 && height > 1 && width * height < 4e7)) return;
    const place = {width, height, x0, y0, x: width / (x1 - x0), y: height / (y1 - y0)};
    const pixels = new Uint32Array(width * height), bytes = new Uint8ClampedArray(pixels.buffer);
    const xs = data[figure.tags[0]], ys = data[figure.tags[1]];
    for (const pass of any ? [0, 1] : [0]) {
      const colours = pass ? data.picked : data.colour;
      const alpha = pass ? Math.max(opacity, 0.5) : any ? opacity * FADED : opacity;
      for (let i = 0; i < n; i++) if (chosen[i] == pass) dot(bytes, place, stamp, xs[i], ys[i], colours[i], alpha);
    }
    const image = images[k], Pixels = image.data.image[0].constructor;
    Object.assign(image.data, {image: [new Pixels(pixels, [height, width])], x: [x0], y: [y0], dw: [x1 - x0], dh: [y1 - y0]});
    image.change.emit();
  });
  const {row, base, alpha} = marks.data;
  for (let i = 0; i < row.length; i++) alpha[i] = base[i] * (!any ? 0.9 : chosen[row[i]] ? 1 : FADED);
  marks.change.emit();
}

// Offsets and coverage of a disc's pixels.
function disc(radius) {
  const found = [], reach = Math.ceil(radius);
  for (let dy = -reach; dy <= reach; dy++)
    for (let dx = -reach; dx <= reach; dx++) {
      const cover = Math.min(1, radius + 0.5 - Math.hypot(dx, dy));
      if (cover > 0) found.push([dx, dy, cover]);
    }
  return found;
}

// Lays a dot over what is there. colour: 0xAABBGGRR.
function dot(bytes, place, stamp, x, y, colour, opacity) {
  const cx = Math.floor((x - place.x0) * place.x), cy = Math.floor((y - place.y0) * place.y);
  if (!(cx >= -4 && cx <= place.width + 4 && cy >= -4 && cy <= place.height + 4)) return; // NaN is outside too
  const r = colour & 255, g = (colour >>> 8) & 255, b = (colour >>> 16) & 255, own = (opacity * (colour >>> 24)) / 255;
  for (const [dx, dy, cover] of stamp) {
    const px = cx + dx, py = cy + dy;
    if (px < 0 || py < 0 || px >= place.width || py >= place.height) continue;
    const o = 4 * (py * place.width + px), a = own * cover, below = bytes[o + 3] / 255, out = a + below * (1 - a);
    const s = a / out;
    bytes[o] += (r - bytes[o]) * s;
    bytes[o + 1] += (g - bytes[o + 1]) * s;
    bytes[o + 2] += (b - bytes[o + 2]) * s;
    bytes[o + 3] = 255 * out;
  }
}

// Several changes of one gesture (both ends of both ranges) are painted once.
const waiting = (window.automind_waiting ??= new WeakSet());
if (!waiting.has(source)) {
  waiting.add(source);
  queueMicrotask(() => {
    waiting.delete(source);
    paint();
  });
}
