// What the page's widgets leave out for people who hear it or use it by keyboard: names of small buttons and fields, roles of tables.
// Widgets stand in shadow roots of their own and are made as stages are opened, so every root is watched as it comes.

const LATER = 150; // ms: a burst of changes is looked at once
const known = new WeakSet();
const waiting = new Set();
let timer = null;

// What is read of an element, shadow roots of what stands in it included; icons drawn by letters are none of it.
function words(element) {
  if (element.matches?.("style, script, .material-icons, [aria-hidden=true]")) return "";
  const own = element.nodeType == Node.TEXT_NODE ? element.data : "";
  const parts = [...(element.shadowRoot?.childNodes ?? []), ...element.childNodes].map(words);
  return [own, ...parts].map(part => part.trim()).filter(part => part).join(" ");
}

const named = element =>
  element.ariaLabel?.trim() || element.title?.trim() || words(element) || element.getAttribute("aria-labelledby");

// What stands on a button is its name, and what its tooltip says describes it: the library lets the tooltip take the place of the name.
function keep_words(root) {
  for (const button of root.querySelectorAll("button.MuiButton-root[aria-label]")) {
    const said = words(button);
    if (!/\p{L}/u.test(said) || button.ariaLabel.includes(said)) continue;
    button.ariaDescription = button.ariaLabel;
    button.removeAttribute("aria-label");
  }
}

// The name that a widget's own label gives it.
function label_in(root) {
  const slider = root.querySelector("input[type=range][aria-label]");
  const text = slider?.ariaLabel || root.querySelector("label, legend, .MuiTypography-root")?.textContent;
  return text?.replace(/[:*\s]+$/, "").trim() ?? "";
}

function name_buttons(root, label) {
  if (!label) return;
  const unnamed = [...root.querySelectorAll("button")].filter(button => !named(button));
  unnamed.forEach((button, i) => {
    const way = unnamed.length == 2 ? ["Decrease", "Increase"][i] : "Change";
    button.ariaLabel = `${way} ${label}`;
  });
}

function name_fields(root, label) {
  const fields = [...root.querySelectorAll("input:not([type=hidden])")];
  const unnamed = fields.filter(field => !(field.labels?.length || field.ariaLabel || field.getAttribute("aria-labelledby")));
  unnamed.forEach((field, i) => {
    const which = unnamed.length == 2 ? ["from", "to"][i] : "typed";
    if (label) field.ariaLabel = `${label}, ${which}`;
  });
}

// Tabulator says that it is a grid, and leaves its parts without the roles that a grid's parts have.
const TABLE = [
  [".tabulator-tableholder", "rowgroup"], [".tabulator-table", "presentation"], [".tabulator-group", "presentation"],
  [".tabulator-footer", "rowgroup"], [".tabulator-footer-contents", "row"], [".tabulator-paginator", "gridcell"],
];
function give_roles(root) {
  for (const [selector, role] of TABLE)
    for (const part of root.querySelectorAll(selector)) if (part.getAttribute("role") != role) part.setAttribute("role", role);
  const held = root.querySelector("[role=combobox][aria-expanded=true]")?.textContent.trim();
  for (const item of root.querySelectorAll("[role=listbox] [role=menuitem]")) {
    item.setAttribute("role", "option"); // what a listbox holds
    item.ariaSelected = String(item.textContent.trim() == held);
  }
  // no cell of the page's tables can be edited, and Tab would stop, unseen, at each of them
  for (const cell of root.querySelectorAll(".tabulator-cell[tabindex]")) cell.removeAttribute("tabindex");
  for (const handle of root.querySelectorAll("[aria-label='Resize sidebar']:not([role])")) {
    handle.setAttribute("role", "separator");
    handle.setAttribute("aria-orientation", "vertical");
  }
  for (const bar of root.querySelectorAll("[role=progressbar]")) if (!named(bar)) bar.ariaLabel = "Working";
}

function mend(root) {
  const label = label_in(root);
  keep_words(root);
  name_buttons(root, label);
  name_fields(root, label);
  give_roles(root);
}

function look_later(root) {
  waiting.add(root);
  timer ??= setTimeout(() => {
    timer = null;
    const roots = [...waiting];
    waiting.clear();
    for (const one of roots) if (one.host?.isConnected) mend(one);
  }, LATER);
}

// A button that was pressed is disabled while its work lasts, and the browser forgets where the keyboard was: it is put back there
// afterwards, unless it went elsewhere.
let left = null;
const enabled_again = new MutationObserver(() => {
  if (!left.disabled && document.activeElement == document.body) left.focus({preventScroll: true});
});
function keep_place(event) {
  enabled_again.disconnect();
  left = event.composedPath()[0];
  if (left.matches("button")) enabled_again.observe(left, {attributeFilter: ["disabled"]});
}

function watch(root) {
  if (known.has(root)) return;
  known.add(root);
  root.addEventListener("focusin", keep_place, true); // does not leave a root in which the focus only moved
  new MutationObserver(() => look_later(root)).observe(root, {childList: true, subtree: true});
  look_later(root);
}

function watch_all(node) {
  for (const element of node.querySelectorAll("*"))
    if (element.shadowRoot) {
      watch(element.shadowRoot);
      watch_all(element.shadowRoot);
    }
}

// The library's choices open by mouse only.
const OPENING = ["Enter", " ", "ArrowDown", "ArrowUp"];
function open_by_keys(event) {
  const choice = event.composedPath()[0];
  if (!OPENING.includes(event.key) || !choice.matches?.("[role=combobox].MuiSelect-select[aria-expanded=false]")) return;
  event.preventDefault();
  choice.click();
}

export function render() {
  if (!Element.prototype.automind_watched) {
    Element.prototype.automind_watched = true;
    document.addEventListener("keydown", open_by_keys, true);
    document.addEventListener("pointerdown", () => enabled_again.disconnect(), true);
    const attach = Element.prototype.attachShadow;
    Element.prototype.attachShadow = function (options) {
      const root = attach.call(this, options);
      watch(root);
      return root;
    };
    watch_all(document);
  }
  return document.createElement("span");
}
