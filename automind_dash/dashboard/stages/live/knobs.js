// A slider and a field for every parameter, in groups, searchable. Plain elements of the browser: keyboard and screen reader know them.
// `rows` and `values` come from the server; a change goes there as {index, value, at}, at most one per animation frame.

const THUMB = 8; // px from a slider's end to the middle of its thumb

export function render({model, el}) {
  const root = document.createElement("div");
  root.className = "knobs";
  el.append(root);
  const search = Object.assign(document.createElement("input"), {type: "search", placeholder: "Search 28 parameters"});
  search.setAttribute("aria-label", "Search parameters");
  root.append(search);
  const groups = new Map();
  const pending = new Map(), current = [...model.values]; // what the knobs stand at; the server may lag behind
  const knobs = model.rows.map((row, index) => {
    const knob = make(row, index);
    if (!groups.has(row.group)) groups.set(row.group, group(row.group));
    groups.get(row.group).append(knob.element);
    return knob;
  });
  root.append(...groups.values());

  function group(name) {
    const details = document.createElement("details");
    details.open = true;
    details.append(Object.assign(document.createElement("summary"), {textContent: name}));
    return details;
  }

  function make(row, index) {
    const element = document.createElement("div"), track = document.createElement("div");
    element.className = "knob";
    track.className = "track";
    const name = Object.assign(document.createElement("span"), {className: "name", textContent: row.word, title: `${row.meaning} (${row.name})`});
    name.append(Object.assign(document.createElement("i"), {textContent: row.symbol}));
    const slider = Object.assign(document.createElement("input"), {type: "range"});
    const fit = () => Object.assign(slider, {min: row.low, max: row.high, step: (row.high - row.low) / 400});
    fit();
    const field = Object.assign(document.createElement("input"), {type: "number", step: "any"});
    slider.setAttribute("aria-label", row.meaning);
    slider.title = "Double-click: back to the circuit's own value";
    field.setAttribute("aria-label", `${row.meaning}${row.unit === "1" ? "" : ", " + row.unit}`);
    const unit = Object.assign(document.createElement("span"), {className: "unit", textContent: row.unit === "1" ? "" : row.unit});
    const band = Object.assign(document.createElement("div"), {className: "band"});
    const other = Object.assign(document.createElement("button"), {className: "other", type: "button", textContent: "A"});
    const tick = Object.assign(document.createElement("div"), {className: "tick"});
    other.setAttribute("aria-label", `Take A's ${row.meaning}`);
    track.append(band, tick, slider);
    element.append(name, track, field, unit, other);
    const put = value => {
      current[index] = value;
      slider.value = value;
      if (document.activeElement !== field && field.getRootNode().activeElement !== field) field.value = shorter(value);
      element.classList.toggle("beyond", value < row.low - 1e-9 || value > row.high + 1e-9);
      element.classList.toggle("moved", Math.abs(value - model.defaults[index]) > 1e-9 * Math.max(1, Math.abs(value)));
    };
    const change = value => {
      put(value);
      mark(knobs[index], index);
      send(index, value);
    };
    slider.addEventListener("input", () => change(Number(slider.value)));
    slider.addEventListener("dblclick", () => change(model.defaults[index]));
    field.addEventListener("change", () => Number.isFinite(field.valueAsNumber) ? change(field.valueAsNumber) : (field.value = shorter(current[index])));
    other.addEventListener("click", () => change(model.other[index]));
    return {element, fit, put, band, tick, other, text: `${row.symbol} ${row.word} ${row.name} ${row.meaning} ${row.group}`.toLowerCase(), row};
  }

  function send(index, value) {
    if (!pending.size) requestAnimationFrame(() => {
      for (const [i, v] of pending) model.send_msg({index: i, value: v, at: performance.now()});
      pending.clear();
    });
    pending.set(index, value);
  }

  const place = (row, value) => `calc(${THUMB}px + ${Math.min(Math.max((value - row.low) / (row.high - row.low), 0), 1)} * (100% - ${2 * THUMB}px))`;

  function put(values) {
    knobs.forEach((knob, i) => pending.has(i) || knob.put(values[i]));
    marks();
  }

  function mark({row, band, tick, other}, i) {
    const span = model.bands[i];
    band.hidden = !span;
    if (span) {
      band.style.left = place(row, span[0]);
      band.style.right = `calc(100% - ${place(row, span[1])})`;
      band.title = `Posterior, 5 to 95 %: ${shorter(span[0])} to ${shorter(span[1])}`;
    }
    const there = model.other.length > 0, apart = there && Math.abs(model.other[i] - current[i]) > 1e-9 * Math.max(1, Math.abs(current[i]));
    tick.hidden = !there;
    other.style.visibility = apart ? "visible" : "hidden";
    if (there) {
      tick.style.left = place(row, model.other[i]);
      other.title = `Take A's value: ${shorter(model.other[i])}`;
    }
  }

  function marks() {
    knobs.forEach(mark);
  }

  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    knobs.forEach(({element, text}) => { element.hidden = !words.every(word => text.includes(word)); });
    for (const details of groups.values()) details.hidden = ![...details.querySelectorAll(".knob")].some(one => !one.hidden);
  });
  const dark = () => { root.style.colorScheme = model.dark ? "dark" : "light"; };
  model.on("msg:custom", message => put((message.data ?? message).values));
  model.on("defaults", () => put(current));
  model.on("rows", () => {
    knobs.forEach((knob, i) => { Object.assign(knob.row, model.rows[i]); knob.fit(); });
    put(current);
  });
  model.on("bands", marks);
  model.on("other", marks);
  model.on("dark", dark);
  put(model.values);
  dark();
}

function shorter(value) {
  return String(Number(Number(value).toPrecision(4)));
}
