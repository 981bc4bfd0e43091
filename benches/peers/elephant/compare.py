"""Elephant and Synfire side by side on the same spike trains, both on one core.

    python benches/peers/elephant/compare.py [--repeats 3] [--binary PATH] [--cpu 0]

1000 gamma-renewal units (shape 2, 10 Hz, 100 s), about a million spikes. Each round runs Elephant, then Synfire; the least time of
all rounds counts. Both sides hold the trains in memory, Elephant's in its own types, before a clock starts. The sums of the results
must agree to 1e-9. Needs elephant 1.2.1 and numpy; builds Synfire's side with cargo unless --binary names it.
"""
import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

PINNED = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")}
ROOT = pathlib.Path(__file__).resolve().parents[3]
UNITS, STOP_S = 1000, 100.0


def make_trains():
    import numpy as np
    rng = np.random.default_rng(1)
    trains = (np.cumsum(rng.gamma(2.0, 0.05, size=1200)) for _ in range(UNITS))
    return [t[t < STOP_S] for t in trains]


def elephant():
    """One round of Elephant: seconds and sum by line, as JSON on the last line of the output."""
    import logging
    import warnings

    import neo
    import numpy as np
    import quantities as pq
    from elephant import kernels, spike_train_correlation, spike_train_dissimilarity, statistics
    from elephant.conversion import BinnedSpikeTrain

    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    trains = [neo.SpikeTrain(t * pq.s, t_stop=STOP_S * pq.s) for t in make_trains()]
    short = [neo.SpikeTrain(t[:200].magnitude * pq.s, t_stop=STOP_S * pq.s) for t in trains[:50]]
    fine = [BinnedSpikeTrain(t, bin_size=1 * pq.ms) for t in trains[:41]]
    lines = {}

    def timed(name, run, total):
        start = time.perf_counter()
        result = run()
        lines[name] = dict(seconds=time.perf_counter() - start, sum=float(total(result)))
        return result

    values = lambda arrays: sum(float(np.sum(a)) for a in arrays)
    timed("mean_rate", lambda: [statistics.mean_firing_rate(t) for t in trains], values)
    intervals = timed("isi", lambda: [statistics.isi(t).rescale("s").magnitude for t in trains], values)
    timed("cv", lambda: [np.std(i) / np.mean(i) for i in intervals], values)
    timed("cv2", lambda: [statistics.cv2(i) for i in intervals], values)
    timed("lv", lambda: [statistics.lv(i) for i in intervals], values)
    timed("fano", lambda: statistics.fanofactor(trains), float)
    timed("time_histogram_5ms", lambda: statistics.time_histogram(trains, 5 * pq.ms), lambda h: np.sum(h.magnitude))
    timed("inst_rate_100units_1ms",
          lambda: statistics.instantaneous_rate(trains[:100], 1 * pq.ms, kernels.GaussianKernel(50 * pq.ms)),
          lambda r: np.sum(r.magnitude))
    binned = timed("bin_5ms", lambda: BinnedSpikeTrain(trains, bin_size=5 * pq.ms),
                   lambda b: np.sum(b.sparse_matrix.data.astype(float) ** 2))
    timed("corrcoef_matrix", lambda: spike_train_correlation.correlation_coefficient(binned), np.sum)
    timed("cch_200pairs",
          lambda: [spike_train_correlation.cross_correlation_histogram(fine[i], fine[j], window=[-50, 50])
                   for i in range(20) for j in range(20, 30)],
          lambda histograms: sum(float(np.dot(h.magnitude.ravel(), lags + 51)) for h, lags in histograms))
    timed("van_rossum_50", lambda: spike_train_dissimilarity.van_rossum_distance(short, time_constant=20 * pq.ms), np.sum)
    timed("victor_purpura_50",
          lambda: spike_train_dissimilarity.victor_purpura_distance(short, cost_factor=20 * pq.Hz), np.sum)
    pairs = [(i, j) for i in range(10) for j in range(i)]
    tiling = lambda: [spike_train_correlation.spike_time_tiling_coefficient(trains[i], trains[j]) for i, j in pairs]
    timed("sttc_45pairs", tiling, sum)
    # Elephant's tolerance grows with absolute time (1e-5 t); its sum is compared without that, outside the clock.
    isclose = np.isclose
    np.isclose = lambda a, b, atol: isclose(a, b, rtol=0, atol=atol)
    lines["sttc_45pairs"]["sum"] = float(sum(tiling()))
    print(json.dumps(lines))


def write_trains(path):
    trains = make_trains()
    header = [float(len(trains)), STOP_S, *(float(len(t)) for t in trains)]
    path.write_bytes(struct.pack(f"<{len(header)}d", *header) + b"".join(t.astype("<f8").tobytes() for t in trains))
    return sum(map(len, trains))


def run(command, cpu):
    command = ["taskset", "-c", str(cpu), *map(str, command)]
    output = subprocess.run(command, env={**os.environ, **PINNED}, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.strip().splitlines()[-1])


def build():
    subprocess.run(["cargo", "build", "--release", "-p", "synfire-analysis", "--example", "elephant_bench"],
                   cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return target / "release" / "examples" / "elephant_bench"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--binary", type=pathlib.Path)
    parser.add_argument("--cpu", type=int, default=0)
    options = parser.parse_args()
    binary = (options.binary or build()).resolve()
    best = {}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "trains.f64"
        spikes = write_trains(path)
        for _ in range(options.repeats):
            for who, command in (("elephant", [sys.executable, __file__, "--elephant"]), ("synfire", [binary, path])):
                for name, line in run(command, options.cpu).items():
                    known = best.setdefault(name, {}).setdefault(who, line)
                    known["seconds"] = min(known["seconds"], line["seconds"])

    print(f"{UNITS} units, {spikes} spikes, one core, least of {options.repeats} rounds\n")
    print("| line | Elephant s | Synfire s | ratio | results |\n|---|---|---|---|---|")
    totals, failed, missing = {True: [0.0, 0.0], False: [0.0, 0.0]}, False, []
    for name, sides in best.items():
        if "synfire" not in sides:
            missing.append(name)
            continue
        peer, ours = sides["elephant"], sides["synfire"]
        agree = abs(peer["sum"] - ours["sum"]) <= 1e-9 * abs(peer["sum"])
        failed |= not agree or ours["seconds"] > peer["seconds"]
        for with_victor_purpura, total in totals.items():
            if with_victor_purpura or name != "victor_purpura_50":
                total[0] += peer["seconds"]
                total[1] += ours["seconds"]
        row(name, peer["seconds"], ours["seconds"], "equal" if agree else f"{peer['sum']!r} against {ours['sum']!r}")
    row("**total**", *totals[True], "")
    row("total without Victor-Purpura", *totals[False], "")
    if missing:
        print(f"\nnot run by Synfire: {', '.join(missing)}")
    sys.exit("a line differs or is slower than Elephant" if failed else 0)


def row(name, peer, ours, note):
    print(f"| {name} | {peer:.4f} | {ours:.5f} | {peer / ours:.0f} | {note} |")


if __name__ == "__main__":
    elephant() if sys.argv[1:] == ["--elephant"] else main()
