"""Values of Elephant on small spike trains, for analysis/tests/elephant_single.rs.

    pip install elephant==1.2.1 numpy==2.3.5 && python make.py > elephant.json

Times are seconds, rates Hz. NaN is null. Times are kept in a string, as JSON readers may round the last bit of a number.
"""
import json
import sys
import warnings

import neo
import numpy as np
import quantities as pq
from elephant import kernels
from elephant import spike_train_correlation as correlation
from elephant import statistics
from elephant.conversion import BinnedSpikeTrain

warnings.filterwarnings("ignore")
rng = np.random.default_rng(11)


def train(times, stop, start=0.0):
    return neo.SpikeTrain(np.asarray(times, dtype=float) * pq.s, t_start=start * pq.s, t_stop=stop * pq.s)


def gamma(shape, rate, stop, start=0.0):
    times = start + np.cumsum(rng.gamma(shape, 1 / (shape * rate), size=int(3 * rate * (stop - start)) + 20))
    return times[times < stop]


def number(value):
    return None if np.isnan(value) else float(f"{float(value):.14g}")


def exact(times):
    return " ".join(repr(float(t)) for t in times)


def numbers(values):
    return [number(v) for v in np.asarray(values).ravel()]


TRAINS = {
    "gamma": (gamma(2.0, 30.0, 2.0), 0.0, 2.0),
    "poisson": (gamma(1.0, 20.0, 2.0), 0.0, 2.0),
    "bursty": (gamma(0.3, 25.0, 2.0), 0.0, 2.0),
    "late": (gamma(2.0, 20.0, 1002.0, 1000.0), 1000.0, 1002.0),
    "empty": ([], 0.0, 2.0),
    "one": ([0.7], 0.0, 2.0),
    "two": ([0.7, 1.1], 0.0, 2.0),
    "three": ([0.1, 0.7, 1.1], 0.0, 2.0),
    "identical": ([0.5, 0.5, 0.5, 0.5], 0.0, 2.0),
    "pairs": ([0.5, 0.5, 0.9, 0.9, 1.4], 0.0, 2.0),
    "edges": ([i * 0.1 for i in range(21)], 0.0, 2.0),
    "rounded_edges": ([0.1 * 3, 0.7 - 1e-12, 0.8 - 1e-7, 1.1 + 1e-12, 2.0], 0.0, 2.0),
    "both_ends": ([0.0, 0.0, 1.0, 2.0, 2.0], 0.0, 2.0),
}
OBJECTS = {name: train(times, stop, start) for name, (times, start, stop) in TRAINS.items()}
FROM_ZERO = [name for name, (_, start, _) in TRAINS.items() if start == 0.0]


def variability(spikes):
    isi = statistics.isi(spikes)
    return {
        "rate": number(statistics.mean_firing_rate(spikes).rescale("Hz")),
        "cv": number(statistics.cv(isi.magnitude)) if len(isi) else None,
        "cv2": number(statistics.cv2(isi, with_nan=True)),
        "lv": number(statistics.lv(isi, with_nan=True)),
        "lvr": number(statistics.lvr(isi, with_nan=True)),
        "lvr_2ms": number(statistics.lvr(isi, R=2 * pq.ms, with_nan=True)),
    }


def long_train():
    i = np.arange(100_000)
    return train(0.01 * i + 0.004 * ((i * 7919) % 1000) / 1000, 1001.0)


def histogram(names, width):
    units = [OBJECTS[name] for name in names]
    of = {output: statistics.time_histogram(units, width * pq.s, output=output) for output in ["counts", "mean", "rate"]}
    return {
        "trains": names,
        "width": width,
        "counts": [int(v) for v in of["counts"].magnitude.ravel()],
        "mean": numbers(of["mean"].magnitude),
        "rate": numbers(of["rate"].rescale("Hz").magnitude),
    }


KERNELS = {
    "gaussian": kernels.GaussianKernel,
    "rectangular": kernels.RectangularKernel,
    "triangular": kernels.TriangularKernel,
    "epanechnikov": kernels.EpanechnikovLikeKernel,
    "laplacian": kernels.LaplacianKernel,
    "exponential": kernels.ExponentialKernel,
    "alpha": kernels.AlphaKernel,
}


def rate(names, shape, sigma, sampling, cutoff=5.0, centred=True, reversed=False, border=False):
    units = [OBJECTS[name] for name in names]
    kernel = KERNELS[shape](sigma * pq.s, invert=reversed)
    values = statistics.instantaneous_rate(
        units, sampling * pq.s, kernel, cutoff=cutoff, center_kernel=centred, border_correction=border,
        pool_spike_trains=len(units) > 1,
    )
    return {
        "trains": names, "kernel": shape, "sigma": sigma, "sampling": sampling, "cutoff": cutoff, "centred": centred,
        "reversed": reversed, "border": border, "rate": numbers(values.rescale("Hz").magnitude),
    }


def rates():
    for shape in KERNELS:
        for centred in [True, False]:
            yield rate(["gamma"], shape, 0.06, 0.02, centred=centred)
        yield rate(["late"], shape, 0.07, 0.03)
        yield rate(["poisson"], shape, 0.0571, 0.02)
        yield rate(["bursty"], shape, 0.06, 0.02, cutoff=1.0)
    for shape in ["exponential", "alpha"]:
        for centred in [True, False]:
            yield rate(["poisson"], shape, 0.06, 0.02, centred=centred, reversed=True)
    for name in ["gamma", "late", "both_ends", "one"]:
        yield rate([name], "gaussian", 0.1, 0.02, border=True)
    for name in ["empty", "edges", "rounded_edges", "both_ends", "identical"]:
        yield rate([name], "gaussian", 0.04, 0.02)
    yield rate(["one"], "gaussian", 3.0, 0.1)
    yield rate(["one"], "exponential", 0.3, 0.2, centred=False)
    yield rate(FROM_ZERO, "gaussian", 0.06, 0.02)
    yield rate(FROM_ZERO, "alpha", 0.06, 0.02)


def bandwidth(times):
    return {"times": exact(times), "sigma": number(statistics.optimal_kernel_bandwidth(np.asarray(times))["optw"])}


def autocorrelation(name, width, lags):
    binned = BinnedSpikeTrain(OBJECTS[name], bin_size=width * pq.s)
    counts, _ = correlation.cross_correlation_histogram(binned, binned, window=[-lags, lags], method="memory")
    return {"train": name, "width": width, "counts": [int(v) for v in counts.magnitude.ravel()[lags:]]}


def serial(name, lag):
    isi = np.diff(TRAINS[name][0])
    return {"train": name, "lag": lag, "r": number(np.corrcoef(isi[:-lag], isi[lag:])[0, 1])}


json.dump(
    {
        "trains": {name: {"times": exact(times), "start": start, "stop": stop} for name, (times, start, stop) in TRAINS.items()},
        "variability": {name: variability(spikes) for name, spikes in OBJECTS.items()},
        "long": variability(long_train()),
        "fano": number(statistics.fanofactor([OBJECTS[name] for name in FROM_ZERO])),
        "fano_of_silence": number(statistics.fanofactor([OBJECTS["empty"], OBJECTS["empty"]])),
        "histograms": [histogram(names, width) for names in (FROM_ZERO, ["rounded_edges"], ["late"]) for width in (0.1, 0.03, 0.5)],
        "rates": list(rates()),
        "bandwidths": [bandwidth(TRAINS[n][0]) for n in ["gamma", "poisson", "bursty", "late", "pairs"]] + [bandwidth(gamma(2.0, 5.0, 40.0))],
        "autocorrelations": [autocorrelation(n, w, k) for n in ["gamma", "bursty", "edges", "both_ends"] for w, k in [(0.01, 20), (0.1, 10)]],
        "serial_correlations": [serial(n, k) for n in ["gamma", "bursty", "late"] for k in [1, 2, 5]],
    },
    sys.stdout,
    separators=(",", ":"),
    allow_nan=False,
)
print()
