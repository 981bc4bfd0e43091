// The spikes of a panel, from base64, gzip and columns of varints to typed arrays in order of time.

/** Reads varints: seven bits a byte, lowest first. */
function varints(bytes) {
  let at = 0;
  return () => {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * place;
      if (byte < 128) return value;
    }
  };
}

/**
 * Decodes panel `index` to { n, rows, x, row, negative, value, token, step, steps }: position in time, row, and whether the
 * sign is negative, of each of the n spikes. Of a run also value, token, step, and the number of steps of each token.
 */
async function decodePanel(meta, index) {
  const text = atob(document.getElementById("raster-data-" + index).textContent);
  const packed = Uint8Array.from(text, c => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const next = varints(new Uint8Array(await new Response(stream).arrayBuffer()));
  const { spikes: n, rows } = meta.panels[index];
  const panel = { n, rows, x: new Float64Array(n), row: new Uint32Array(n), negative: new Uint8Array(n) };
  return meta.time === "tokens" ? decodeRun(meta, panel, next) : decodeRecording(meta, panel, next);
}

function decodeRun(meta, panel, next) {
  const { n, x, row, negative } = panel;
  const [token, step, value] = [new Uint32Array(n), new Uint32Array(n), new Int32Array(n)];
  const steps = [];
  let i = 0;
  for (let t = meta.start; t < meta.stop; t++) {
    const count = next();
    steps.push(count);
    for (let s = 0, filled = next(); filled > 0; filled--) {
      s += next();
      for (let left = next(); left > 0; left--, i++) {
        token[i] = t;
        step[i] = s;
        x[i] = t + s / count;
      }
    }
  }
  for (i = 0; i < n; i++) {
    const together = i > 0 && token[i] === token[i - 1] && step[i] === step[i - 1];
    row[i] = next() + (together ? row[i - 1] : 0);
  }
  for (i = 0; i < n; i++) {
    const zigzag = next();
    value[i] = zigzag % 2 ? -(zigzag + 1) / 2 : zigzag / 2;
    negative[i] = value[i] < 0;
  }
  return Object.assign(panel, { token, step, value, steps });
}

function decodeRecording(meta, panel, next) {
  const { n, x, row, negative } = panel;
  for (let i = 0, tick = 0; i < n; i++) x[i] = meta.start + (tick += next()) / 1e6;
  for (let i = 0; i < n; i++) row[i] = next();
  for (let i = 0; meta.signed && i < n; i++) negative[i] = !next();
  return panel;
}

/** First of the ascending `values` that is not below `limit`. */
function firstFrom(values, limit) {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
