// A separator that is dragged up and down, or moved by arrow keys; what it stands on grows when it is let go.

const STEP = 80; // px for a key
const CLOSED = 60; // px below which the drawer is closed
const HIGHEST = 900;

export function render({model}) {
  const edge = document.createElement("div");
  edge.role = "separator";
  edge.tabIndex = 0;
  edge.ariaLabel = "Height of the table of circuits";
  edge.ariaOrientation = "horizontal";
  const told = () => Object.assign(edge, {ariaValueNow: String(model.tall), ariaValueMin: "0", ariaValueMax: String(HIGHEST)});
  const set = tall => { model.tall = tall < CLOSED ? 0 : Math.min(Math.round(tall), HIGHEST, window.innerHeight - 200); };
  let from = null;
  edge.addEventListener("pointerdown", event => {
    from = {y: event.clientY, tall: model.tall};
    edge.setPointerCapture(event.pointerId);
  });
  edge.addEventListener("pointermove", event => {
    if (from) edge.style.transform = `translateY(${event.clientY - from.y}px)`;
  });
  const end = event => {
    if (!from) return;
    set(from.tall + from.y - event.clientY);
    from = null;
    edge.style.transform = "";
  };
  edge.addEventListener("pointerup", end);
  edge.addEventListener("pointercancel", end);
  edge.addEventListener("keydown", event => {
    const step = {ArrowUp: STEP, ArrowDown: -STEP}[event.key];
    if (!step) return;
    set(model.tall + step);
    event.preventDefault();
  });
  model.on("tall", told);
  told();
  return edge;
}
