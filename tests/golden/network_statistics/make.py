"""Statistics of the ready-made networks in NEST 3.10, for tests/network_statistics.rs.

    python make.py NAME ... [--binary target/debug/synfire] [--seeds 5] [--jobs 1]

writes NAME.json beside this file for every NAME of NETWORKS. Needs nest-simulator and numpy. The network is what
`synfire simulate --show` prints, built here from that TOML, so that no number of it is typed twice. Each seed runs in a process of
its own, on one thread. A population's statistics are those of its spikes after `start_ms`:

  rate_hz      spikes by neurons and time
  cv           mean coefficient of variation of the intervals, of neurons with at least three spikes
  correlation  mean Pearson correlation of spike counts in bins of 5 ms, of all pairs of the first 200 neurons that are not silent
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
# Ready-made network: its scale, how long it runs, and from when on it counts.
NETWORKS = {
    "brunel2000": dict(scale=1.0, duration_ms=600.0, start_ms=100.0),
    "vogels-abbott-cuba": dict(scale=1.0, duration_ms=2000.0, start_ms=200.0),
    "vogels-abbott-coba": dict(scale=1.0, duration_ms=1000.0, start_ms=200.0),
    "potjans-diesmann": dict(scale=0.1, duration_ms=2000.0, start_ms=200.0),
}
BIN_MS, NEURONS = 5.0, 200

MODELS = {"lif_delta": "iaf_psc_delta", "lif_exp": "iaf_psc_exp", "lif_cond_exp": "iaf_cond_exp"}
NAMES = dict(tau_m_ms="tau_m", c_m_pf="C_m", t_ref_ms="t_ref", e_l_mv="E_L", v_th_mv="V_th", v_reset_mv="V_reset", i_e_pa="I_e",
             tau_syn_ex_ms="tau_syn_ex", tau_syn_in_ms="tau_syn_in", g_l_ns="g_L", e_ex_mv="E_ex", e_in_mv="E_in",
             v_mv="V_m", g_ex_ns="g_ex", g_in_ns="g_in", i_ex_pa="I_syn_ex", i_in_pa="I_syn_in")


def value(given):
    """A number, or what NEST draws numbers from."""
    import nest
    if not isinstance(given, dict):
        return given
    (kind, of), = given.items()
    if kind == "uniform":
        return nest.random.uniform(min=of["low"], max=of["high"])
    if kind != "normal":
        raise ValueError(f"distribution {kind}")
    drawn = nest.random.normal(mean=of["mean"], std=of["sd"])
    if "min" in of or "max" in of:
        drawn = nest.math.redraw(drawn, min=of.get("min", -1e9), max=of.get("max", 1e9))
    return drawn


def weight(of):
    return next(of[key] for key in ("weight_mv", "weight_pa", "weight_ns") if key in of)


def signed(given, of):
    """A conductance of an inhibitory receptor is positive in the description and negative in NEST."""
    inhibitory = of.get("receptor") == "inhibitory" and "weight_ns" in of
    return -given if inhibitory and given > 0 else given


def rule(given, of):
    kind, number = (given, None) if isinstance(given, str) else next(iter(given.items()))
    names = dict(fixed_indegree=("fixed_indegree", "indegree"), fixed_outdegree=("fixed_outdegree", "outdegree"),
                 fixed_total=("fixed_total_number", "N"), fixed_probability=("pairwise_bernoulli", "p"))
    more = dict(allow_autapses=of.get("allow_autapses", True), allow_multapses=of.get("allow_multapses", True))
    if kind in names:
        name, key = names[kind]
        # A Bernoulli draw makes a pair at most once.
        return {"rule": name, key: number} | (dict(allow_autapses=more["allow_autapses"]) if key == "p" else more)
    return dict(rule=kind)


def population(of, run):
    """Neurons, or generators with a relay for each, which sends the spikes of its own generator to all its targets."""
    import nest
    (kind, parameters), = of["neuron"].items()
    if kind in MODELS:
        cells = nest.Create(MODELS[kind], of["size"], {NAMES[key]: number for key, number in parameters.items()})
        start = {NAMES[key]: value(number) for key, number in of.get("initial", {}).items()}
        # The start lies at rest where the description does not say other.
        cells.set({"V_m": parameters["e_l_mv"]} | start)
        return cells
    if kind != "inhomogeneous_poisson":
        raise ValueError(f"neuron {kind}")
    cells = nest.Create("parrot_neuron", of["size"])
    times = [max(time, run["dt_ms"]) for time in parameters["times_ms"]]
    source = nest.Create("inhomogeneous_poisson_generator", params=dict(rate_times=times, rate_values=parameters["rates_hz"]))
    nest.Connect(source, cells)
    return cells


def simulate(network, seed):
    """Times in ms and neuron of each spike, by population."""
    import nest
    nest.verbosity = nest.VerbosityLevel.ERROR
    run = network["run"]
    nest.ResetKernel()
    nest.set(resolution=run["dt_ms"], local_num_threads=1, rng_seed=seed)
    cells = {of["name"]: population(of, run) for of in network["population"]}
    for of in network.get("projection", []):
        synapse = dict(weight=signed(value(weight(of)), of), delay=value(of["delay_ms"]))
        nest.Connect(cells[of["source"]], cells[of["target"]], rule(of["rule"], of), synapse)
    for of in network.get("drive", []):
        noise = nest.Create("poisson_generator", params=dict(rate=of["rate_hz"]))
        nest.Connect(noise, cells[of["target"]], syn_spec=dict(weight=signed(weight(of), of), delay=run["dt_ms"]))
    recorders = {name: nest.Create("spike_recorder") for name in cells}
    for name, of in cells.items():
        nest.Connect(of, recorders[name])
    nest.Simulate(run["duration_ms"])
    found = {}
    for name, recorder in recorders.items():
        events = recorder.events
        order = np.argsort(events["times"], kind="stable")
        found[name] = events["times"][order], events["senders"][order] - cells[name][0].global_id
    return found


def statistics(times_ms, neurons, size, start_ms, stop_ms):
    keep = times_ms > start_ms + 1e-6
    times_ms, neurons = times_ms[keep], neurons[keep]
    order = np.argsort(neurons, kind="stable")
    trains = np.split(times_ms[order], np.searchsorted(neurons[order], np.arange(1, size)))
    intervals = [np.diff(train) for train in trains if len(train) > 2]
    cvs = [of.std() / of.mean() for of in intervals]
    edges = np.arange(start_ms, stop_ms + 0.5 * BIN_MS, BIN_MS) - 1e-6
    counts = np.array([np.histogram(train, edges)[0] for train in trains[:NEURONS]])
    counts = counts[counts.std(axis=1) > 0]
    pairs = np.corrcoef(counts)[np.triu_indices(len(counts), 1)] if len(counts) > 1 else []
    return dict(rate_hz=len(times_ms) / size / (stop_ms - start_ms) * 1000.0,
                cv=float(np.mean(cvs)) if cvs else None, correlation=float(np.mean(pairs)) if len(pairs) else None)


def describe(binary, name):
    of = NETWORKS[name]
    settings = ["--scale", str(of["scale"]), "--duration-ms", str(of["duration_ms"])]
    return subprocess.run([binary, "simulate", name, "--show", *settings], capture_output=True, text=True, check=True).stdout


def one(path, seed, start_ms):
    network = tomllib.loads(pathlib.Path(path).read_text())
    spikes = simulate(network, seed)
    found = {of["name"]: statistics(*spikes[of["name"]], of["size"], start_ms, network["run"]["duration_ms"])
             for of in network["population"]}
    print(json.dumps(found))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="some of NETWORKS; all if none is given")
    parser.add_argument("--binary", default=str(HERE.parents[2] / "target/debug/synfire"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1, help="seeds at a time")
    parser.add_argument("--folder", default=str(HERE), help="where to write")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        path, seed, start_ms = arguments.one
        return one(path, int(seed), float(start_ms))
    folder = pathlib.Path(arguments.folder)
    for name in arguments.names or NETWORKS:
        path = folder / f"{name}.toml"
        path.write_text(describe(arguments.binary, name))

        def child(seed):
            command = [sys.executable, __file__, "--one", str(path), str(seed), str(NETWORKS[name]["start_ms"])]
            out = subprocess.run(command, capture_output=True, text=True)
            if out.returncode:
                sys.exit(out.stderr[-2000:])
            print(name, seed, out.stdout.strip().splitlines()[-1], flush=True)
            return json.loads(out.stdout.strip().splitlines()[-1])

        with ThreadPoolExecutor(arguments.jobs) as pool:
            runs = list(pool.map(child, range(1, arguments.seeds + 1)))
        by_population = {of: {key: [run[of][key] for run in runs] for key in runs[0][of]} for of in runs[0]}
        path.unlink()
        result = dict(nest="3.10.0", network=name, **NETWORKS[name], seeds=list(range(1, arguments.seeds + 1)), populations=by_population)
        (folder / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
