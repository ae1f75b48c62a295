// Two tab lists in a row: the acts, and the stages of the act that one is in. The digits 1 to 9 and 0 are the stages in their order.

const FIELDS = ["INPUT", "TEXTAREA", "SELECT"];

function tab(name, list, choose) {
  const button = document.createElement("button");
  button.type = "button";
  button.role = "tab";
  button.textContent = name;
  button.addEventListener("click", choose);
  list.append(button);
  return button;
}

function tablist(label, kind) {
  const list = document.createElement("div");
  list.role = "tablist";
  list.ariaLabel = label;
  list.className = kind;
  list.addEventListener("keydown", event => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    const tabs = [...list.children];
    const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
    event.preventDefault();
  });
  return list;
}

function mark(list, name) {
  for (const button of list.children) {
    const here = button.textContent == name;
    button.ariaSelected = String(here);
    button.tabIndex = here ? 0 : -1;
  }
}

// The frames of the stages, among what stands beside the bar.
function frames_beside(view) {
  const place = view.parent?.child_views?.find(one => one.model.tags.includes("stages"));
  return place?.child_views ?? [];
}

// A frame that is shown or left changes its height only, and what surrounds it too: nothing in them needs a new layout, and figures whose
// own size changes hear of it themselves.
function only_taller(view) {
  if (view == null || view.automind_calm) return;
  view.automind_calm = true;
  const after_resize = view.after_resize.bind(view);
  let width = null;
  view.after_resize = () => {
    const now = view.el.getBoundingClientRect().width;
    if (now == width) view.finish();
    else after_resize();
    width = now;
  };
}

// What changes in a stage that is not seen is laid out when the stage is seen again. Until then it is left out of the page's layout, which
// would measure figures that have none yet.
function lay_out_when_seen(frame, is_seen) {
  if (frame.automind_invalidate != null) return;
  const place = frame.parent;
  if (!Object.hasOwn(place, "layoutable_views")) {
    Object.defineProperty(place, "layoutable_views", {get: () => place.child_views.filter(one => !one.automind_changed)});
  }
  frame.automind_invalidate = frame.invalidate_layout.bind(frame);
  frame.invalidate_layout = () => { is_seen() ? frame.automind_invalidate() : frame.automind_changed = true; };
}

export function render({model, view}) {
  const bar = document.createElement("nav");
  bar.ariaLabel = "Acts and stages";
  const stages = model.acts.flatMap(([, own]) => own);
  const act_of = stage => model.acts.find(([, own]) => own.includes(stage));
  const seen = Object.fromEntries(model.acts.map(([act, own]) => [act, model.opens[act] ?? own[0]]));
  const go = stage => { model.active = stages.indexOf(stage); };
  // what is seen changes here and now; the server brings what is new in it
  const show_frame = () => {
    const {style} = view.parent.el;
    stages.forEach((_, number) => {
      const here = number == model.active;
      const values = {"": "visible", "-height": "auto", "-room": "60vh"};
      for (const [end, value] of Object.entries(values)) {
        here ? style.setProperty(`--stage-${number}${end}`, value) : style.removeProperty(`--stage-${number}${end}`);
      }
    });
    const frames = frames_beside(view);
    for (const one of [view.parent, frames[0]?.parent, ...frames]) only_taller(one);
    frames.forEach((frame, number) => lay_out_when_seen(frame, () => number == model.active));
    const frame = frames[model.active];
    if (frame?.automind_changed) {
      frame.automind_changed = false;
      frame.automind_invalidate();
    }
  };
  const acts = tablist("Acts", "acts");
  for (const [act] of model.acts) tab(act, acts, () => go(seen[act]));
  const views = tablist("Stages of this act", "stages");
  bar.append(acts, views);

  const show = () => {
    const stage = stages[model.active];
    const [act, own] = act_of(stage);
    seen[act] = stage;
    mark(acts, act);
    if (views.dataset.act != act) {
      views.dataset.act = act;
      views.replaceChildren();
      for (const name of own) tab(name, views, () => go(name)).title = `${name} (${(stages.indexOf(name) + 1) % 10})`;
    }
    views.hidden = own.length < 2;
    mark(views, stage);
    if (model.addressed) {
      const address = new URL(window.location);
      address.hash = stage.toLowerCase();
      if (address.href != window.location.href) window.history.replaceState(window.history.state, "", address);
    }
  };
  const follow = () => {
    const named = stages.find(stage => `#${stage.toLowerCase()}` == window.location.hash.toLowerCase());
    if (named) go(named);
  };
  const pressed = event => {
    const [target] = event.composedPath();
    if (event.ctrlKey || event.metaKey || event.altKey || FIELDS.includes(target.tagName) || target.isContentEditable) return;
    const stage = /^[0-9]$/.test(event.key) ? stages[(Number(event.key) + 9) % 10] : null;
    if (stage) go(stage);
  };
  let timer = null;
  const measure = () => {
    clearTimeout(timer);
    timer = setTimeout(() => { model.screen = Math.round(window.innerHeight / 10) * 10; }, 200);
  };

  model.on("active", show_frame);
  const wait = () => { bar.ariaBusy = String(model.active != model.shown); };
  model.on("active", show);
  model.on("active", wait);
  model.on("shown", wait);
  if (model.addressed) {
    follow();
    document.addEventListener("keydown", pressed);
    window.addEventListener("hashchange", follow);
    window.addEventListener("resize", measure);
    measure();
  }
  show();
  if (model.addressed) document.getElementById("opening")?.remove(); // the outline of the page, which is here now
  wait();
  show_frame();
  model.on("remove", () => {
    document.removeEventListener("keydown", pressed);
    window.removeEventListener("hashchange", follow);
    window.removeEventListener("resize", measure);
  });
  return bar;
}
