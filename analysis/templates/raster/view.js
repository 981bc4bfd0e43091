// The raster as the reader handles it: which panel, which part of it, and what the pointer, fingers and keys do.

const rasterMeta = document.getElementById("raster-meta");
if (rasterMeta) startRaster(JSON.parse(rasterMeta.textContent));

function startRaster(meta) {
  const canvas = document.getElementById("raster-canvas");
  const mark = document.getElementById("raster-mark");
  const say = document.getElementById("raster-say");
  const select = document.getElementById("raster-panel");
  const panels = new Map();
  const pointers = new Map();
  let [panel, shown, view, colours, pending, chosen] = [null, 0, null, palette(), 0, -1];
  let [start, stop] = [meta.start, meta.stop];
  if (!(stop > start)) stop = start + 1;

  const whole = () => ({ x0: start, x1: stop, y0: 0, y1: Math.max(1, panel.rows) });
  const box = () => layout(canvas.clientWidth, canvas.clientHeight);

  function draw() {
    pending = 0;
    if (!panel) return;
    const began = performance.now();
    const how = drawRaster(canvas, meta, panel, view, colours);
    canvas.dataset.frameMs = (performance.now() - began).toFixed(2);
    canvas.dataset.drawn = how;
    canvas.dataset.view = [view.x0, view.x1, view.y0, view.y1].join(" ");
    canvas.dataset.box = Object.values(box()).join(" ");
  }
  const redraw = () => (pending ||= requestAnimationFrame(draw));

  /** Shows panel `index`; the view stays where it is in time. */
  async function show(index) {
    shown = index;
    if (!panels.has(index)) panels.set(index, decodePanel(meta, index));
    const decoded = await panels.get(index);
    if (shown !== index) return;
    panel = decoded;
    view = view ? { ...view, y0: 0, y1: Math.max(1, panel.rows) } : whole();
    canvas.setAttribute("aria-label", `Spike raster: ${meta.panels[index].name}, ${panel.n} spikes, ${panel.rows} ${meta.row}s`);
    forget();
    redraw();
  }

  /** Sets the view, kept within the data and no closer than can be told apart. */
  function look(next) {
    const fit = (from, to, low, high, least) => {
      const size = Math.min(Math.max(to - from, least), high - low);
      const middle = (from + to) / 2;
      const begin = Math.min(Math.max(middle - size / 2, low), high - size);
      return [begin, begin + size];
    };
    const all = whole();
    const [x0, x1] = fit(next.x0, next.x1, all.x0, all.x1, meta.time === "tokens" ? 0.5 : 1e-4);
    const [y0, y1] = fit(next.y0, next.y1, all.y0, all.y1, 4);
    view = { x0, x1, y0, y1 };
    forget();
    redraw();
  }

  /** Zooms by `fx` in time and `fy` in rows about the point (px, py) of the canvas. */
  function zoom(fx, fy, px, py) {
    const b = box();
    const x = view.x0 + ((px - b.left) / b.width) * (view.x1 - view.x0);
    const y = view.y1 - ((py - b.top) / b.height) * (view.y1 - view.y0);
    look({ x0: x - (x - view.x0) / fx, x1: x + (view.x1 - x) / fx, y0: y - (y - view.y0) / fy, y1: y + (view.y1 - y) / fy });
  }
  function zoomMiddle(fx, fy) {
    const b = box();
    zoom(fx, fy, b.left + b.width / 2, b.top + b.height / 2);
  }

  /** Moves by pixels. */
  function pan(dx, dy) {
    const b = box();
    const [mx, my] = [(dx / b.width) * (view.x1 - view.x0), (dy / b.height) * (view.y1 - view.y0)];
    look({ x0: view.x0 - mx, x1: view.x1 - mx, y0: view.y0 + my, y1: view.y1 + my });
  }

  function forget() {
    chosen = -1;
    mark.hidden = true;
    hideTip();
  }

  /** Points out spike `i` and says what it is; `near` is where the tooltip goes, or null to say it below the raster. */
  function point(i, near) {
    chosen = i;
    const at = placeOf(panel, meta, view, box(), i);
    mark.style.left = canvas.offsetLeft + at.left - 4 + "px";
    mark.style.top = canvas.offsetTop + at.top - 4 + "px";
    mark.style.width = at.width + 8 + "px";
    mark.style.height = at.height + 8 + "px";
    mark.hidden = false;
    const text = describe(panel, meta, i);
    if (near) showTip(text, near.clientX, near.clientY);
    else say.textContent = text.replaceAll("\n", ", ");
  }

  function hover(event) {
    const i = panel ? spikeAt(panel, meta, view, box(), event.offsetX, event.offsetY) : -1;
    if (i < 0) forget();
    else point(i, event);
  }

  /** Goes to the next or previous spike in sight. */
  function step(direction) {
    const inSight = i => panel.row[i] >= view.y0 && panel.row[i] < view.y1;
    let i = chosen >= 0 ? chosen + direction : firstFrom(panel.x, view.x0);
    while (i >= 0 && i < panel.n && !inSight(i)) i += direction;
    if (i >= 0 && i < panel.n && panel.x[i] >= view.x0 && panel.x[i] < view.x1) point(i, null);
    else say.textContent = "no further spike in sight";
  }

  const actions = {
    in: () => zoomMiddle(2, 1),
    out: () => zoomMiddle(0.5, 1),
    "rows-in": () => zoomMiddle(1, 2),
    "rows-out": () => zoomMiddle(1, 0.5),
    whole: () => look(whole()),
  };
  for (const button of document.querySelectorAll("[data-do]")) {
    button.addEventListener("click", () => panel && actions[button.dataset.do]());
  }

  const keys = {
    ArrowLeft: shift => (shift ? actions.out() : pan(80, 0)),
    ArrowRight: shift => (shift ? actions.in() : pan(-80, 0)),
    ArrowUp: shift => (shift ? actions["rows-in"]() : pan(0, 60)),
    ArrowDown: shift => (shift ? actions["rows-out"]() : pan(0, -60)),
    "+": () => actions.in(), "=": () => actions.in(), "-": () => actions.out(), 0: () => actions.whole(),
    ".": () => step(1), ",": () => step(-1),
  };
  canvas.addEventListener("keydown", event => {
    if (!panel || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key](event.shiftKey);
  });

  // The wheel scrolls the page until the raster was chosen, so that nobody gets stuck in it on the way down.
  canvas.addEventListener("wheel", event => {
    if (!panel || !(event.ctrlKey || document.activeElement === canvas)) return;
    event.preventDefault();
    const pixels = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY || event.deltaX;
    const factor = Math.exp(-Math.max(-200, Math.min(200, pixels)) * (event.ctrlKey ? 0.01 : 0.002));
    if (event.shiftKey) zoom(1, factor, event.offsetX, event.offsetY);
    else zoom(factor, 1, event.offsetX, event.offsetY);
  }, { passive: false });
  canvas.addEventListener("dblclick", event => panel && zoom(4, 2, event.offsetX, event.offsetY));

  // One pointer drags, two pinch: each direction by how far the fingers are apart in it.
  canvas.addEventListener("pointerdown", event => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, { x: event.offsetX, y: event.offsetY, moved: false });
  });
  canvas.addEventListener("pointermove", event => {
    const last = pointers.get(event.pointerId);
    if (!panel) return;
    if (!last) return hover(event);
    const [x, y] = [event.offsetX, event.offsetY];
    if (!last.moved && Math.hypot(x - last.x, y - last.y) < 4) return;
    canvas.classList.add("drag");
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const spread = (a, b) => Math.max(30, Math.abs(a - b));
      zoom(spread(x, other.x) / spread(last.x, other.x), spread(y, other.y) / spread(last.y, other.y), (x + other.x) / 2, (y + other.y) / 2);
    } else {
      pan(x - last.x, y - last.y);
    }
    pointers.set(event.pointerId, { x, y, moved: true });
  });
  const release = event => {
    const last = pointers.get(event.pointerId);
    pointers.delete(event.pointerId);
    canvas.classList.remove("drag");
    if (panel && event.type === "pointerup" && last && !last.moved) hover(event);
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", event => event.pointerType === "mouse" && !pointers.size && forget());

  // Colours follow the page; on paper everything is shown.
  function recolour() {
    colours = palette();
    redraw();
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  const paper = matchMedia("print");
  paper.addEventListener("change", () => {
    if (paper.matches && panel) [colours, view] = [palette(), whole()];
    else colours = palette();
    draw();
  });
  new ResizeObserver(redraw).observe(canvas);

  const legend = meta.signed ? [["positive", meta.time === "tokens" ? "excitatory" : "ON"], ["negative", meta.time === "tokens" ? "inhibitory" : "OFF"]] : [];
  for (const [colour, name] of legend) {
    const item = document.createElement("span");
    const patch = document.createElement("i");
    patch.style.background = `var(--${colour})`;
    item.append(patch, name);
    document.getElementById("raster-legend").append(item);
  }
  select?.addEventListener("change", () => show(+select.value));
  show(select ? +select.value : 0).catch(() => {
    say.textContent = "This browser cannot unpack the spikes; a newer one can.";
  });
}
