"""Values of Elephant 1.2.1 and PySpike 0.9 for pairs of spike trains; writes expected.json beside this file.

    pip install elephant==1.2.1 pyspike==0.9.0 && python make.py

Times in seconds, those of spikes in microseconds. Each case holds trains over one span and what the two libraries return for them.
"""
import json
import pathlib
import warnings

import neo
import numpy as np
import pyspike
import quantities as pq
from elephant import spike_train_correlation as correlation
from elephant import spike_train_dissimilarity as dissimilarity
from elephant.conversion import BinnedSpikeTrain
from elephant.spike_train_synchrony import spike_contrast

warnings.filterwarnings("ignore")
np.seterr(all="ignore")
BIN_S, DT_S, TAUS_S, COSTS_HZ = 0.005, 0.005, [0.002, 0.02, 1.0], [0.5, 20.0, 400.0]


def tiling(a, b, bounded):
    """Elephant's coefficient; `bounded` takes away the part of its tolerance that grows with absolute time."""
    isclose = np.isclose
    if bounded:
        np.isclose = lambda x, y, atol: isclose(x, y, rtol=0, atol=atol * (1 + 1e-8))
    try:
        return correlation.spike_time_tiling_coefficient(a, b, dt=DT_S * pq.s)
    finally:
        np.isclose = isclose


def histograms(binned):
    """Cross-correlation histograms of units 0 and 1 over several windows, with Elephant's options."""
    i, j = binned[0], binned[1]
    out = []
    for window in ([-50, 50], [-7, 7], [0, 5], [-2, 6], [3, 9], [-9, -3]):
        for border in (False, True):
            for kernel in (None, [1.0, 2.0, 1.0], [1.0, 3.0]):
                options = dict(window=window, border_correction=border, method="memory",
                               kernel=None if kernel is None else np.array(kernel))
                value = correlation.cross_correlation_histogram(i, j, **options)[0]
                coefficient = correlation.cross_correlation_histogram(
                    i, j, cross_correlation_coefficient=True, **options)[0]
                out.append(dict(window=window, border_correction=border, kernel=kernel,
                                values=value.magnitude.ravel().tolist(),
                                coefficients=coefficient.magnitude.ravel().tolist()))
    full = correlation.cross_correlation_histogram(i, j, window="full", method="memory")[0]
    binary = correlation.cross_correlation_histogram(i, j, window=[-7, 7], binary=True, method="memory")[0]
    return dict(windows=out, full=full.magnitude.ravel().tolist(), binary_7=binary.magnitude.ravel().tolist())


def matrix(units, function):
    return [[function(i, j) for j in range(units)] for i in range(units)]


def case(name, trains, start, stop):
    # Whole microseconds, so that every reader of the file gets the same floating-point times.
    trains_us = [[round(1e6 * t) for t in train] for train in trains]
    trains = [[us / 1e6 for us in train] for train in trains_us]
    neo_trains = [neo.SpikeTrain(np.array(t) * pq.s, t_start=start * pq.s, t_stop=stop * pq.s) for t in trains]
    py_trains = [pyspike.SpikeTrain(t, [start, stop]) for t in trains]
    units = len(trains)
    binned = BinnedSpikeTrain(neo_trains, bin_size=BIN_S * pq.s)
    singles = [BinnedSpikeTrain(t, bin_size=BIN_S * pq.s) for t in neo_trains]
    sparse = binned.sparse_matrix.tocoo()
    out = dict(name=name, start_s=start, stop_s=stop, trains_us=trains_us)
    out["bins"] = int(binned.n_bins)
    out["cells"] = sorted([int(r), int(c), int(n)] for r, c, n in zip(sparse.row, sparse.col, sparse.data))
    out["covariance"] = correlation.covariance(binned, fast=False).tolist()
    out["correlation"] = correlation.correlation_coefficient(binned, fast=False).tolist()
    out["correlation_binary"] = correlation.correlation_coefficient(binned, binary=True, fast=False).tolist()
    if binned.n_bins > 50:
        out["histograms"] = histograms(singles)
        out["timescale_20_bins_s"] = [
            float(correlation.spike_train_timescale(b, 20 * BIN_S * pq.s)) for b in singles]
    out["tiling_elephant"] = matrix(units, lambda i, j: tiling(neo_trains[i], neo_trains[j], False))
    out["tiling"] = matrix(units, lambda i, j: tiling(neo_trains[i], neo_trains[j], True))
    out["van_rossum"] = [dict(tau_s=tau, values=dissimilarity.van_rossum_distance(
        neo_trains, time_constant=tau * pq.s).tolist()) for tau in TAUS_S]
    out["victor_purpura"] = [dict(cost_hz=cost, values=dissimilarity.victor_purpura_distance(
        neo_trains, cost_factor=cost * pq.Hz).tolist()) for cost in COSTS_HZ]
    out["isi_distance"] = matrix(units, lambda i, j: pyspike.isi_distance(py_trains[i], py_trains[j]))
    out["spike_distance"] = matrix(units, lambda i, j: pyspike.spike_distance(py_trains[i], py_trains[j]))
    out["spike_synchronization"] = matrix(units, lambda i, j: pyspike.spike_sync(py_trains[i], py_trains[j]))
    try:
        value, trace = spike_contrast(neo_trains, return_trace=True)
        out["spike_contrast"] = dict(value=float(value), bin_s=trace.bin_size.magnitude.tolist(),
                                     contrast=list(map(float, trace.contrast)),
                                     active=list(map(float, trace.active_spiketrains)))
    except ValueError:
        out["spike_contrast"] = None
    return out


def not_numbers_as_null(value):
    if isinstance(value, dict):
        return {key: not_numbers_as_null(item) for key, item in value.items()}
    if isinstance(value, list):
        return [not_numbers_as_null(item) for item in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return float(value) if isinstance(value, np.floating) else value


def main():
    rng = np.random.default_rng(7)

    def poisson(rate, start, stop):
        return np.sort(rng.uniform(start, stop, rng.poisson(rate * (stop - start)))).tolist()

    common = poisson(8, 0, 2)
    jittered = sorted(min(max(t + d, 0.0), 2.0) for t, d in zip(common, rng.normal(0, 0.002, len(common))))
    ticks = [sorted(rng.integers(0, 401, 40) * 0.005) for _ in range(3)]
    cases = [
        case("poisson", [poisson(20, 0, 2), poisson(12, 0, 2), poisson(3, 0, 2)], 0.0, 2.0),
        case("jittered copies", [common, jittered, common], 0.0, 2.0),
        case("late start", [poisson(25, 30, 31), poisson(10, 30, 31)], 30.0, 31.0),
        case("5.5 ms apart, late", [[100.0], [100.0055]], 99.0, 101.0),
        case("multiples of the bin, with repeats", ticks, 0.0, 2.0),
        case("few spikes", [[], [0.25], [0.0], [1.0], [0.0, 1.0], [0.25, 0.75], [0.5, 1.0], [0.0, 0.5]], 0.0, 1.0),
        case("short and empty", [[0.01, 0.02], [], [0.02]], 0.0, 0.05),
    ]
    path = pathlib.Path(__file__).with_name("expected.json")
    path.write_text(json.dumps(not_numbers_as_null(cases), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
