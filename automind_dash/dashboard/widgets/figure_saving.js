// Saves figures as they are on the screen. Run by Bokeh's CustomJS with `holder` (its args.figures: the figures), `kind` ("svg" or "png")
// and `name` (of the file, without ending). Figures keep their places beside each other; the page's own ground is put behind them, so that
// light text saved from a dark page stays legible.

const GAP = 0;

function view_of(model) {
  const views = [...Bokeh.index];
  for (let i = 0; i < views.length; i++) {
    if (views[i].model === model || views[i].model?.id === model.id) return views[i];
    if (views[i].children) views.push(...views[i].children());
  }
  return null;
}

function ground_of(element) {
  for (let e = element; e; e = e.parentElement ?? e.getRootNode?.()?.host) {
    const colour = getComputedStyle(e).backgroundColor;
    if (colour && colour !== "transparent" && !/, 0\)$/.test(colour)) return colour;
  }
  return "#ffffff";
}

function places(views) {
  const boxes = views.map(view => view.el.getBoundingClientRect());
  const left = Math.min(...boxes.map(b => b.left)), top = Math.min(...boxes.map(b => b.top));
  return {
    at: boxes.map(b => ({x: b.left - left, y: b.top - top})),
    width: Math.ceil(Math.max(...boxes.map(b => b.right)) - left) + GAP,
    height: Math.ceil(Math.max(...boxes.map(b => b.bottom)) - top) + GAP,
  };
}

// One SVG with each figure's as a nested one; ids are made apart, since every figure counts its own from the start.
async function svg(views, {at, width, height}, ground) {
  const parts = [];
  for (const [i, view] of views.entries()) {
    const text = await (await view.export("svg", false).to_blob()).text();
    const own = text.replace(/<\?xml[^>]*\?>/, "").replace(/\bid="/g, `id="f${i}-`)
      .replace(/url\((&quot;|["']?)#/g, `url($1#f${i}-`).replace(/href="#/g, `href="#f${i}-`);
    parts.push(own.replace(/<svg\b/, `<svg x="${at[i].x}" y="${at[i].y}"`));
  }
  const head = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`;
  const text = `${head}<rect width="${width}" height="${height}" fill="${ground}"/>${parts.join("")}</svg>`;
  return new Blob([text], {type: "image/svg+xml"});
}

function png(views, {at, width, height}, ground) {
  const scale = window.devicePixelRatio || 1, canvas = document.createElement("canvas");
  canvas.width = width * scale;
  canvas.height = height * scale;
  const context = canvas.getContext("2d");
  context.fillStyle = ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  views.forEach((view, i) => context.drawImage(view.export("png").canvas, at[i].x * scale, at[i].y * scale));
  return new Promise(resolve => canvas.toBlob(resolve, "image/png"));
}

async function save() {
  const views = holder.args.figures.map(view_of).filter(view => view && view.el.getBoundingClientRect().width > 0);
  if (!views.length) return;
  const place = places(views), ground = ground_of(views[0].el);
  const blob = await (kind == "svg" ? svg : png)(views, place, ground);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${name}.${kind}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

save();
