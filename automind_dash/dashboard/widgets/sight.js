// Brings what stands after this component to the top of what scrolls, below whatever sticks there, unless it is well in sight.

const LOW = 0.4; // of the height in view: what begins further down has too little of it left
const EVERY = 300; // ms
const SURE = 10; // times: a stage that is new comes in parts
const PATIENCE = 1000; // times, where the page is not yet as long as that takes
const HANDS = ["wheel", "pointerdown", "keydown"]; // whoever scrolls or clicks meanwhile decides

function scroller_of(element) {
  for (let up = element; up; up = up.parentElement ?? up.getRootNode().host)
    if (["auto", "scroll"].includes(getComputedStyle(up).overflowY)) return up;
  return null;
}

const sticking = scroller =>
  [...scroller.querySelectorAll("*")].find(element => getComputedStyle(element).position == "sticky")?.offsetHeight ?? 0;

export function render({model}) {
  const mark = document.createElement("span");
  let timer = null;
  const stop = () => clearInterval(timer);
  const there = () => {
    const scroller = scroller_of(mark);
    if (!scroller) return true;
    const down = mark.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
    const covered = sticking(scroller);
    if (down > covered - 1 && down < Math.max(LOW * scroller.clientHeight, covered + 1)) return true;
    scroller.scrollTop += down - covered;
    return false;
  };
  model.on("asked", () => {
    stop();
    let times = 0;
    timer = setInterval(() => {
      times += 1;
      if ((there() && times > SURE) || times > PATIENCE) stop();
    }, EVERY);
  });
  HANDS.forEach(event => document.addEventListener(event, stop, {passive: true}));
  model.on("remove", () => {
    stop();
    HANDS.forEach(event => document.removeEventListener(event, stop));
  });
  return mark;
}
