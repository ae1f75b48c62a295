// A button and what it opens, as HTML's own popover: it closes by Escape or a click elsewhere, and takes no part in the layout.

function paragraph(text) {
  const p = document.createElement("p");
  p.textContent = text;
  return p;
}

export function render({model}) {
  const button = document.createElement("button");
  const box = document.createElement("div");
  button.type = "button";
  button.textContent = model.label;
  button.ariaLabel = model.label == "?" ? `Help on ${model.about}` : model.label;
  box.popover = "auto";
  box.tabIndex = 0;
  box.role = "dialog";
  box.ariaLabel = `Help on ${model.about}`;
  box.append(...model.text.split("\n").filter(line => line).map(paragraph));
  if (model.terms.length) {
    const list = document.createElement("dl");
    for (const [term, meaning] of model.terms) {
      const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
      dt.textContent = term;
      dd.textContent = meaning;
      list.append(dt, dd);
    }
    box.append(list);
  }
  button.addEventListener("click", () => {
    box.togglePopover();
    const {left, bottom} = button.getBoundingClientRect();
    box.style.left = `${Math.max(8, Math.min(left, window.innerWidth - box.offsetWidth - 8))}px`;
    box.style.top = `${Math.max(8, Math.min(bottom + 6, window.innerHeight - box.offsetHeight - 8))}px`;
  });
  const whole = document.createElement("span");
  whole.append(button, box);
  return whole;
}
