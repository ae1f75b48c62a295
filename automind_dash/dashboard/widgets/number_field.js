// A field for one number, in the look of the page's other fields. What is typed counts on Enter and on leaving the field, within
// `start` and `end`; what is no number is put back. Arrow keys and the two buttons go by `step`, page keys by ten steps.

const ARROWS = {ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10};

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

// Commas set thousands apart where there are three digits after each and no leading 0 before; else one is a decimal comma.
function plain(text) {
  return /^[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(text) ? text.replaceAll(",", "") : text.replace(",", ".");
}

export function render({model, el}) {
  const field = document.createElement("fieldset"), legend = document.createElement("legend");
  const input = Object.assign(document.createElement("input"), {type: "text", inputMode: "decimal", autocomplete: "off"});
  const less = button("−", -1), more = button("+", 1);
  field.setAttribute("role", "presentation");
  legend.setAttribute("aria-hidden", "true");
  field.append(legend, less, input, more);
  el.append(field);

  function button(text, steps) {
    const made = Object.assign(document.createElement("button"), {type: "button", textContent: text});
    made.addEventListener("click", () => step(steps));
    return made;
  }

  const written = value => (value === null ? "" : String(Number(value.toPrecision(12))));

  function put() {
    input.value = written(model.value);
  }

  function take(value) {
    const whole = model.whole ? Math.round(value) : value;
    const bounded = Math.min(model.end ?? Infinity, Math.max(model.start ?? -Infinity, whole));
    if (bounded !== model.value) model.value = bounded;
    put();
  }

  function commit() {
    const text = plain(input.value.trim().replace("−", "-"));
    if (!NUMBER.test(text)) put();
    else if (text !== written(model.value)) take(Number(text));
    else put();
  }

  function step(steps) {
    commit();
    take(Number(((model.value ?? 0) + steps * model.step).toPrecision(12)));
  }

  input.addEventListener("focus", () => input.select());
  input.addEventListener("blur", commit);
  input.addEventListener("keydown", event => {
    if (event.key === "Enter") commit();
    else if (event.key === "Escape") put();
    else if (event.key in ARROWS) step(ARROWS[event.key]);
    else return;
    if (event.key in ARROWS) event.preventDefault();
  });

  function describe() {
    legend.textContent = model.label;
    input.setAttribute("aria-label", model.label);
    less.setAttribute("aria-label", `Decrease ${model.label}`);
    more.setAttribute("aria-label", `Increase ${model.label}`);
    field.title = model.description;
    field.classList.toggle("small", model.size === "small");
    field.disabled = model.disabled;
  }

  for (const property of ["label", "description", "size", "disabled"]) model.on(property, describe);
  model.on("value", put);
  describe();
  put();
}
