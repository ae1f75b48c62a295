// The running circuit: raster, population rate and one neuron's potential, scrolling. Frames come as messages of typed arrays; each is
// painted in the next animation frame and answered, so that the server never sends more than the page can show, and nothing queues up.

const LEFT = 64, GAP = 8; // px: room for labels; between panels
const SHARE = [0.56, 0.2, 0.24]; // of the height: raster, rate, potential
const FONT = "11px system-ui, sans-serif";

export function render({model, el}) {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", model.description);
  canvas.style.cssText = "display:block;width:100%;height:" + model.tall + "px";
  el.append(canvas);
  const trace = new Trace(canvas, model);
  let waiting = null, echoed = 0;

  model.on("msg:custom", message => {
    const frame = message.data ?? message;
    if (frame.kind === "clear") return trace.clear();
    if (frame.kind !== "frame") return;
    if (waiting) trace.take(waiting);
    else requestAnimationFrame(show);
    waiting = frame;
  });

  function show() {
    const frame = waiting;
    waiting = null;
    trace.take(frame);
    trace.paint();
    canvas.dataset.frames = frame.number;
    if (frame.echo && frame.echo !== echoed) canvas.dataset.latency = performance.now() - frame.echo;
    echoed = frame.echo;
    model.send_msg({painted: frame.number});
  }

  const resized = new ResizeObserver(() => trace.resize());
  resized.observe(canvas);
  for (const name of ["window", "colours"]) model.on(name, () => trace.resize(true));
  model.on("remove", () => resized.disconnect());
}

// What was painted so far, as rings of one column per pixel: a column is written once and then only moved.
class Trace {
  constructor(canvas, model) {
    Object.assign(this, {canvas, model, context: canvas.getContext("2d"), ring: document.createElement("canvas")});
    this.resize();
  }

  resize(anew) {
    const scale = window.devicePixelRatio || 1;
    const width = Math.max(Math.round(this.canvas.clientWidth * scale), 200), height = Math.round(this.model.tall * scale);
    if (!anew && width === this.canvas.width && height === this.canvas.height) return;
    this.scale = scale;
    this.canvas.width = width;
    this.canvas.height = height;
    this.n = width - Math.round(LEFT * scale);
    const room = height - Math.round((2 * GAP + 16) * scale);
    this.heights = SHARE.map(share => Math.max(Math.floor(share * room), 10));
    this.ring.width = this.n;
    this.ring.height = this.heights[0];
    this.painter = this.ring.getContext("2d");
    this.columns = Object.fromEntries(["e", "i", "count", "low", "high", "w", "samples"].map(name => [name, new Float32Array(this.n)]));
    this.clear();
    this.paint();
  }

  clear() {
    this.head = -1; // the last column written, counted from the circuit's beginning
    this.stop = 0;
    this.first = 0;
    this.painter.clearRect(0, 0, this.n, this.ring.height);
    for (const values of Object.values(this.columns)) values.fill(0);
  }

  take(frame) {
    if (frame.start < this.stop - 1e-6) this.clear();
    const perSecond = this.n / this.model.window, {start, stop} = frame;
    const from = Math.floor(start * perSecond), to = Math.floor(stop * perSecond);
    if (this.head < 0) {
      this.first = start;
      this.head = from - 1;
    }
    for (let p = Math.max(this.head + 1, to - this.n + 1); p <= to; p++) {
      const c = p % this.n;
      this.painter.clearRect(c, 0, 1, this.ring.height);
      for (const values of Object.values(this.columns)) values[c] = 0;
    }
    this.head = to;
    this.stop = stop;
    this.nExcitatory = frame.n_excitatory;
    this.nNeurons = frame.n_neurons;
    this.dots(frame, perSecond);
    this.curves(frame, perSecond);
  }

  dots({start, times, rows, n_excitatory, n_neurons}, perSecond) {
    const height = this.ring.height, tall = Math.max(1, Math.round(height / n_neurons));
    const wide = Math.max(1, Math.round(this.scale));
    for (const [colour, inside] of [[this.model.colours.excitatory, r => r < n_excitatory], [this.model.colours.inhibitory, r => r >= n_excitatory]]) {
      this.painter.fillStyle = colour;
      for (let k = 0; k < times.length; k++) {
        if (!inside(rows[k])) continue;
        const c = Math.floor((start + times[k]) * perSecond) % this.n;
        this.painter.fillRect(c, height - tall - Math.floor((rows[k] * (height - tall)) / n_neurons), wide, tall);
      }
    }
  }

  curves({start, stop, rate_e, rate_i, v, w}, perSecond) {
    const {e, i, count, low, high, w: adaptation, samples} = this.columns;
    const each = (n, put) => {
      const step = (stop - start) / n;
      for (let k = 0; k < n; k++) {
        const a = Math.floor((start + k * step) * perSecond), b = Math.max(a, Math.ceil((start + (k + 1) * step) * perSecond) - 1);
        for (let p = a; p <= b; p++) put(k, p % this.n);
      }
    };
    each(rate_e.length, (k, c) => { e[c] += rate_e[k]; i[c] += rate_i[k]; count[c] += 1; });
    each(v.length, (k, c) => {
      low[c] = samples[c] ? Math.min(low[c], v[k]) : v[k];
      high[c] = samples[c] ? Math.max(high[c], v[k]) : v[k];
      adaptation[c] += w[k];
      samples[c] += 1;
    });
  }

  paint() {
    const {context: g, canvas, n, scale, heights, model} = this, {colours} = model, left = canvas.width - n;
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, canvas.width, canvas.height);
    const cut = (this.head + 1 + n) % n, gap = GAP * scale;
    const tops = [0, heights[0] + gap, heights[0] + heights[1] + 2 * gap];
    if (cut < n) g.drawImage(this.ring, cut, 0, n - cut, heights[0], left, 0, n - cut, heights[0]);
    if (cut > 0) g.drawImage(this.ring, 0, 0, cut, heights[0], left + n - cut, 0, cut, heights[0]);
    g.font = FONT.replace("11", Math.round(11 * scale));
    g.strokeStyle = colours.grid;
    g.lineWidth = scale;
    tops.forEach((top, k) => g.strokeRect(left - 0.5, top + 0.5, n, heights[k] - 1));
    const share = this.nNeurons ? this.nExcitatory / this.nNeurons : 0.8;
    this.label("E", heights[0] * (1 - share / 2), colours.excitatory);
    this.label("I", heights[0] * (1 - share) / 2 + 4 * scale, colours.inhibitory);
    this.rates(tops[1], heights[1], cut, left);
    this.potential(tops[2], heights[2], cut, left);
    g.fillStyle = colours.ink;
    g.textAlign = "left";
    g.fillText(`−${model.window} s`, left, canvas.height - 3 * scale);
    g.textAlign = "right";
    g.fillText(`now: ${this.stop.toFixed(2)} s`, canvas.width - 2, canvas.height - 3 * scale);
  }

  label(text, y, colour) {
    const {context: g, canvas, n, scale} = this;
    g.fillStyle = colour;
    g.textAlign = "right";
    g.fillText(text, canvas.width - n - 4 * scale, y + 4 * scale);
  }

  // Calls `at` with x and column from the oldest column to the newest that holds something.
  walk(cut, left, held, at) {
    for (let x = 0; x < this.n; x++) {
      const c = (cut + x) % this.n;
      if (held[c]) at(left + x, c);
    }
  }

  rates(top, height, cut, left) {
    const {e, i, count} = this.columns, {colours} = this.model, g = this.context;
    let most = 1;
    this.walk(cut, left, count, (_, c) => { most = Math.max(most, e[c] / count[c], i[c] / count[c]); });
    most = nice(most);
    for (const [values, colour] of [[i, colours.inhibitory], [e, colours.excitatory]]) {
      g.strokeStyle = colour;
      g.beginPath();
      let begun = false;
      this.walk(cut, left, count, (x, c) => {
        const y = top + height * (1 - values[c] / count[c] / most);
        begun ? g.lineTo(x, y) : g.moveTo(x, y);
        begun = true;
      });
      g.stroke();
    }
    this.label(`${most} Hz`, top + 6 * this.scale, colours.ink);
    this.label("0", top + height - 4 * this.scale, colours.ink);
  }

  potential(top, height, cut, left) {
    const {low, high, w, samples} = this.columns, {colours} = this.model, g = this.context;
    let least = Infinity, most = -Infinity, wMin = Infinity, wMax = -Infinity;
    this.walk(cut, left, samples, (_, c) => {
      least = Math.min(least, low[c]);
      most = Math.max(most, high[c]);
      wMin = Math.min(wMin, w[c] / samples[c]);
      wMax = Math.max(wMax, w[c] / samples[c]);
    });
    if (!(most >= least)) return;
    const pad = Math.max(1, 0.08 * (most - least)), at = v => top + height * (1 - (v - least + pad) / (most - least + 2 * pad));
    g.strokeStyle = colours.selected;
    g.beginPath();
    let begun = false;
    this.walk(cut, left, samples, (x, c) => {
      const y = top + height * (0.95 - (0.9 * (w[c] / samples[c] - wMin)) / Math.max(wMax - wMin, 1));
      begun ? g.lineTo(x, y) : g.moveTo(x, y);
      begun = true;
    });
    g.stroke();
    g.fillStyle = colours.excitatory;
    this.walk(cut, left, samples, (x, c) => g.fillRect(x, at(high[c]), 1, Math.max(1, at(low[c]) - at(high[c]))));
    this.label(`${most.toFixed(0)} mV`, top + 6 * this.scale, colours.excitatory);
    this.label(`${least.toFixed(0)}`, top + height - 4 * this.scale, colours.excitatory);
    this.label(current(wMax), top + height / 2, colours.selected);
  }
}

function current(pA) {
  return Math.abs(pA) < 9999.5 ? `w ${pA.toFixed(0)} pA` : `w ${(pA / 1000).toFixed(0)} nA`;
}

function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map(k => k * power).find(k => k >= value * 0.999);
}
