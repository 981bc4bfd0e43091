#!/usr/bin/env bash
# Opens reports in a real browser: tables sort, the raster tells what the record holds, a million spikes stay fluid, nothing
# is loaded from elsewhere. Screenshots are left in target/browser. Needs a built `synfire`; gets Chromium and
# playwright-core where they are missing. PYTHON may name an interpreter that has pyarrow.
set -euo pipefail
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-target}"
work="$target/browser"
mkdir -p "$work"

need() { command -v "$1" >/dev/null || { apt-get update && apt-get install -y "$2"; }; }
need chromium chromium
need node nodejs
need npm npm
[ -d "$work/node_modules/playwright-core" ] || npm install --no-audit --no-fund --silent --prefix "$work" playwright-core@1

python="${PYTHON:-$target/interop/bin/python}"
if ! "$python" -c 'import pyarrow' 2>/dev/null; then
  python3 -m venv "$target/interop"
  "$target/interop/bin/pip" install --quiet pyarrow
  python="$target/interop/bin/python"
fi

cargo build --quiet --workspace --bin synfire --example report
"$target/debug/synfire" run --tokens 60 --no-baseline --out "$work/run" --overwrite >/dev/null
"$target/debug/synfire" report "$work/run" -o "$work/run.html" >/dev/null
"$target/debug/examples/report" "$work/million.html" 1000000 >/dev/null
"$python" tests/browser/known_spikes.py "$work/run" 2 down_in > "$work/known.json"

cp tests/browser/report.mjs "$work/report.mjs"
node "$work/report.mjs"
