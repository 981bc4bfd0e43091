// Draws what a view shows of a panel: axes, the count of spikes over time, and the spikes. Many spikes become a density
// image, one pass over those in sight; few become marks of their own. Both write pixels, so the cost is that of the
// pixels and spikes in sight and not of drawing calls.

const EDGE = { left: 62, right: 14, top: 22, strip: 54, gap: 16, bottom: 42 };
/** More spikes than this in sight are drawn as density. */
const MOST_MARKS = 30000;
const FONT = "12px system-ui, sans-serif";
const buffer = document.createElement("canvas");
let kept = null;
const shades = [0, 1, 2, 3, 4].map(() => new Uint32Array(64));

/** Where things lie on a canvas of the given size in CSS pixels. */
function layout(width, height) {
  const top = EDGE.top + EDGE.strip + EDGE.gap;
  return { left: EDGE.left, top, width: Math.max(10, width - EDGE.left - EDGE.right), height: Math.max(10, height - top - EDGE.bottom) };
}

/** Colours of the page as it is now: light, dark or print. */
function palette() {
  const style = getComputedStyle(document.documentElement);
  const names = ["muted", "line", "faint", "card", "positive", "negative", "count"];
  return Object.fromEntries(names.map(name => [name, style.getPropertyValue("--" + name).trim()]));
}

/** "#rrggbb" as the little-endian pixel of an image, fully opaque. */
function pixel(colour, alpha = 255) {
  const rgb = parseInt(colour.slice(1), 16);
  return ((alpha << 24) | ((rgb & 255) << 16) | (rgb & 0xff00) | (rgb >> 16)) >>> 0;
}

/** Steps of 1, 2 or 5 times a power of ten, at least `least` apart. */
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * [1, 2, 5, 10].find(f => f * power >= least * 0.999);
}

function label(value, step) {
  const decimals = Math.max(0, Math.min(9, -Math.floor(Math.log10(step) + 1e-9)));
  return value.toFixed(decimals).replace(/\B(?=(\d{3})+$)/, value >= 1e4 && !decimals ? "\u202f" : "");
}

/** Draws everything; returns how the spikes were drawn, "marks" or "density". */
function drawRaster(canvas, meta, panel, view, colours) {
  const ratio = devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.fillStyle = colours.card;
  pen.fillRect(0, 0, width, height);
  const box = layout(width, height);
  drawTime(pen, meta, panel, view, box, colours);
  drawRows(pen, meta, view, box, colours);
  drawCounts(pen, meta, panel, view, box, colours);
  const [from, to] = [firstFrom(panel.x, view.x0 - 1), firstFrom(panel.x, view.x1)];
  const many = to - from > MOST_MARKS;
  pen.imageSmoothingEnabled = false;
  if (many) drawDensity(pen, meta, panel, view, box, colours);
  else drawMarks(pen, meta, panel, view, box, colours, ratio, from, to);
  pen.strokeStyle = colours.muted;
  pen.lineWidth = 1;
  pen.strokeRect(box.left - 0.5, box.top - 0.5, box.width + 1, box.height + 1);
  return many ? "density" : "marks";
}

function drawTime(pen, meta, panel, view, box, colours) {
  const scale = box.width / (view.x1 - view.x0);
  const tokens = meta.time === "tokens";
  const step = Math.max(tokens ? 1 : 0, niceStep(72 / scale));
  const bottom = box.top + box.height;
  const place = x => box.left + (x - view.x0) * scale;
  pen.font = FONT;
  pen.textAlign = "center";
  pen.textBaseline = "top";
  // Boundaries of tokens, and within wide ones the virtual time steps.
  for (let t = Math.max(meta.start, Math.floor(view.x0)); tokens && scale >= 9 && t < Math.min(meta.stop, view.x1); t++) {
    pen.fillStyle = colours.line;
    if (t > view.x0) pen.fillRect(Math.round(place(t)), box.top, 1, box.height);
    const steps = panel.steps[t - meta.start];
    for (let s = 1; scale / steps >= 12 && s < steps; s++) {
      const x = place(t + s / steps);
      pen.fillStyle = colours.faint;
      if (x > box.left && x < box.left + box.width) pen.fillRect(Math.round(x), box.top, 1, box.height);
    }
  }
  pen.fillStyle = colours.muted;
  for (let k = Math.ceil(view.x0 / step - 1e-9); k * step <= view.x1 + step * 1e-9; k++) {
    const x = place(k * step);
    if (x > box.left + box.width + 0.5) break;
    pen.fillRect(Math.round(x), bottom, 1, 5);
    pen.fillText(label(k * step, step), x, bottom + 8);
  }
  pen.fillText(tokens ? (box.width > 400 ? "token (each is divided into its virtual time steps)" : "token (divided into steps)") : "time (s)", box.left + box.width / 2, bottom + 25);
}

function drawRows(pen, meta, view, box, colours) {
  const scale = box.height / (view.y1 - view.y0);
  const step = Math.max(1, niceStep(34 / scale));
  pen.fillStyle = colours.muted;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (let k = Math.ceil(view.y0 / step); k * step < view.y1; k++) {
    // The tick points at the middle of its row.
    const y = box.top + box.height - (k * step + 0.5 - view.y0) * scale;
    if (y < box.top) break;
    pen.fillRect(box.left - 5, Math.round(y), 5, 1);
    pen.fillText(meta.ids.length ? meta.ids[k * step] : label(k * step, step), box.left - 8, y);
  }
  upright(pen, meta.row, box.top + box.height / 2);
}

function upright(pen, text, y) {
  pen.save();
  pen.translate(11, y);
  pen.rotate(-Math.PI / 2);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, 0, 0);
  pen.restore();
}

/** Spikes of all rows in bins of a token or a round number of them (of seconds), at least three pixels wide. */
function drawCounts(pen, meta, panel, view, box, colours) {
  const scale = box.width / (view.x1 - view.x0);
  const bin = Math.max(meta.time === "tokens" ? 1 : 0, niceStep(3 / scale));
  const first = Math.floor(view.x0 / bin + 1e-9);
  const last = Math.ceil(view.x1 / bin - 1e-9);
  const counts = [];
  for (let k = first, before = firstFrom(panel.x, first * bin); k < last; k++) {
    const after = firstFrom(panel.x, (k + 1) * bin);
    counts.push(after - before);
    before = after;
  }
  const most = Math.max(1, ...counts);
  pen.fillStyle = colours.count;
  counts.forEach((count, i) => {
    const left = Math.max(box.left, box.left + ((first + i) * bin - view.x0) * scale + 0.5);
    const right = Math.min(box.left + box.width, box.left + ((first + i + 1) * bin - view.x0) * scale - 0.5);
    const tall = (count / most) * EDGE.strip;
    pen.fillRect(left, EDGE.top + EDGE.strip - tall, Math.max(0.5, right - left), tall);
  });
  pen.fillStyle = colours.muted;
  pen.fillRect(box.left, EDGE.top + EDGE.strip, box.width, 1);
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  pen.fillText(label(most, 1), box.left - 8, EDGE.top + 6);
  pen.fillText("0", box.left - 8, EDGE.top + EDGE.strip);
  const unit = meta.time === "tokens" ? (bin === 1 ? "token" : bin + " tokens") : label(bin, bin) + " s";
  pen.textAlign = "left";
  pen.fillText("spikes in each " + unit, box.left, EDGE.top - 12);
}

/** The buffer as an image of w x h pixels, all transparent, and as many counts, all 0; kept from frame to frame. */
function blank(w, h) {
  if (!kept || buffer.width !== w || buffer.height !== h) {
    [buffer.width, buffer.height] = [w, h];
    const image = buffer.getContext("2d").createImageData(w, h);
    kept = { image, pixels: new Uint32Array(image.data.buffer), cells: new Uint32Array(w * h) };
  }
  kept.pixels.fill(0);
  kept.cells.fill(0);
  return kept;
}

function drawMarks(pen, meta, panel, view, box, colours, ratio, from, to) {
  const [w, h] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
  const { image, pixels } = blank(w, h);
  const [sx, sy] = [w / (view.x1 - view.x0), h / (view.y1 - view.y0)];
  const inks = [pixel(colours.positive), pixel(colours.negative)];
  const tall = Math.max(ratio, sy > 4 * ratio ? sy * 0.86 : sy);
  for (let i = from; i < to; i++) {
    const steps = panel.steps ? panel.steps[panel.token[i] - meta.start] : 0;
    const wide = steps ? Math.max(ratio, (sx / steps) * 0.84) : 1.5 * ratio;
    const left = (panel.x[i] - view.x0) * sx;
    const foot = h - (panel.row[i] - view.y0) * sy;
    const x0 = Math.max(0, Math.round(left));
    const x1 = Math.min(w, Math.max(Math.round(left) + 1, Math.round(left + wide)));
    const y1 = Math.min(h, Math.round(foot));
    const y0 = Math.max(0, Math.min(Math.round(foot - tall), Math.round(foot) - 1));
    const ink = inks[panel.negative[i]];
    for (let y = y0; y < y1; y++) pixels.fill(ink, y * w + x0, Math.max(y * w + x0, y * w + x1));
  }
  buffer.getContext("2d").putImageData(image, 0, 0);
  pen.drawImage(buffer, 0, 0, w, h, box.left, box.top, box.width, box.height);
}

/** Counts spikes in cells of one pixel's width and one row's (or pixel's) height; negative ones in the upper 16 bits. */
function drawDensity(pen, meta, panel, view, box, colours) {
  const w = Math.round(box.width);
  const bottom = Math.max(0, Math.floor(view.y0));
  const top = Math.min(panel.rows, Math.ceil(view.y1));
  const h = Math.min(top - bottom, Math.round(box.height));
  const line = new Int32Array(top - bottom);
  for (let r = bottom; r < top; r++) line[r - bottom] = w * (h - 1 - Math.floor(((r - bottom) * h) / (top - bottom)));
  const { image, pixels, cells } = blank(w, h);
  const { x, row, negative } = panel;
  const scale = (w / (view.x1 - view.x0)) * (1 - 1e-12);
  const [from, to] = [firstFrom(x, view.x0), firstFrom(x, view.x1 + (view.x1 - view.x0) * 1e-12)];
  const height = top - bottom;
  for (let i = from; i < to; i++) {
    const r = row[i] - bottom;
    if (r >= 0 && r < height) cells[line[r] + (((x[i] - view.x0) * scale) | 0)] += 1 + 65535 * negative[i];
  }
  paintCells(cells, pixels, colours);
  buffer.getContext("2d").putImageData(image, 0, 0);
  const sy = box.height / (view.y1 - view.y0);
  pen.save();
  pen.beginPath();
  pen.rect(box.left, box.top, box.width, box.height);
  pen.clip();
  pen.drawImage(buffer, 0, 0, w, h, box.left, box.top + (view.y1 - top) * sy, box.width, height * sy);
  pen.restore();
}

/**
 * Darkness goes with the logarithm of the count, colour with the share of either sign. A lone spike is as dark as lone
 * spikes are common, so that thin places stay visible and dense ones do not drown.
 */
function paintCells(cells, pixels, colours) {
  let [spikes, filled] = [0, 0];
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    if (cell === 0) continue;
    spikes += (cell & 65535) + (cell >>> 16);
    filled++;
  }
  const typical = spikes / Math.max(1, filled);
  const lone = Math.max(0.2, typical ** -0.6);
  const top = Math.log(Math.min(63, Math.max(3, 3 * typical)));
  const mix = (p, q, f) => {
    const [a, b] = [parseInt(p.slice(1), 16), parseInt(q.slice(1), 16)];
    const part = shift => Math.round(((a >> shift) & 255) * (1 - f) + ((b >> shift) & 255) * f) << shift;
    return "#" + (part(16) | part(8) | part(0)).toString(16).padStart(6, "0");
  };
  shades.forEach((ramp, k) => {
    const colour = mix(colours.positive, colours.negative, k / 4);
    for (let c = 1; c < 64; c++) {
      const strength = lone + (1 - lone) * Math.min(1, Math.log(c) / top);
      ramp[c] = pixel(colour, Math.round(255 * strength));
    }
  });
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i];
    if (cell === 0) continue;
    const below = cell >>> 16;
    const count = (cell & 65535) + below;
    const share = below === 0 ? 0 : Math.round((4 * below) / count);
    pixels[i] = shades[share][count > 63 ? 63 : count];
  }
}
