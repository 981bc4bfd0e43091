// Which spike is meant, and what is said about it.

/** Pixels around the pointer in which a spike is looked for. */
const REACH = 9;

/** Where spike `i` lies on the canvas, in CSS pixels: { left, top, width, height } of its mark. */
function placeOf(panel, meta, view, box, i) {
  const [sx, sy] = [box.width / (view.x1 - view.x0), box.height / (view.y1 - view.y0)];
  const steps = panel.steps ? panel.steps[panel.token[i] - meta.start] : 0;
  const width = Math.max(1.5, steps ? (sx / steps) * 0.84 : 1.5);
  const height = Math.max(1.5, sy * 0.86);
  return {
    left: box.left + (panel.x[i] - view.x0) * sx,
    top: box.top + box.height - (panel.row[i] - view.y0) * sy - height,
    width,
    height,
  };
}

/** The spike nearest to (px, py), or -1: distance to its mark, and among equals the first. */
function spikeAt(panel, meta, view, box, px, py) {
  const scale = box.width / (view.x1 - view.x0);
  const x = view.x0 + (px - box.left) / scale;
  // A mark is at most one token wide and lies to the right of its time.
  const back = REACH / scale + (panel.steps ? 1 : 0);
  const [from, to] = [firstFrom(panel.x, Math.max(view.x0 - 1, x - back)), firstFrom(panel.x, x + REACH / scale)];
  let [best, nearest] = [-1, REACH];
  for (let i = from; i < to; i++) {
    const mark = placeOf(panel, meta, view, box, i);
    const dx = Math.max(mark.left - px, 0, px - mark.left - mark.width);
    const dy = Math.max(mark.top - py, 0, py - mark.top - mark.height);
    const distance = Math.hypot(dx, dy);
    if (distance < nearest) [best, nearest] = [i, distance];
  }
  return best;
}

/** What spike `i` is, in words. */
function describe(panel, meta, i) {
  const row = panel.row[i];
  if (meta.time === "tokens") {
    const [token, step, value] = [panel.token[i], panel.step[i], panel.value[i]];
    const sign = value < 0 ? "−" + -value : "+" + value;
    return `neuron ${row}\ntoken ${token}, step ${step} of ${panel.steps[token - meta.start]}\nvalue ${sign}`;
  }
  const number = meta.ids.length ? meta.ids[row] : row;
  const where = meta.width ? `pixel x ${number % meta.width}, y ${Math.floor(number / meta.width)}` : `unit ${number}`;
  return `${where}\ntime ${panel.x[i].toFixed(6)} s` + (meta.signed ? (panel.negative[i] ? "\nOFF" : "\nON") : "");
}
