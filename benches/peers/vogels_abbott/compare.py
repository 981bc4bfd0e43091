"""The Vogels-Abbott network with currents (cuba) or conductances (coba) in Brian 2 (C++ standalone), NEST and Synfire, in turn on
the same cores.

    python benches/peers/vogels_abbott/compare.py cuba [--threads 1] [--rounds 3] [--seconds 10] [--nest-seconds 1]

4000 neurons, 0.32 M synapses, most of the time goes into neurons. Brian's compiled program, NEST's and Synfire's run loop are timed
without building the network; the least of all rounds counts, by second of biological time. Brian takes `exact` for currents and
`exponential_euler` for conductances, NEST an adaptive Runge-Kutta method for conductances. Potentials start at random between reset and
threshold; in coba 20 neurons of 100 Hz stimulate a hundredth of the network each for 50 ms. Needs brian2 2.9 with numpy 2.3,
nest-simulator 3.10, and Synfire built with `cargo build --release`.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
N, NE, P = 4000, 3200, 0.02


def nest_side(model, threads, seconds):
    import time
    import nest
    import numpy as np
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(resolution=0.1, local_num_threads=threads, rng_seed=1)
    rng = np.random.default_rng(1)
    common = dict(C_m=200.0, V_th=-50.0, V_reset=-60.0, t_ref=5.0, tau_syn_ex=5.0, tau_syn_in=10.0)
    if model == "cuba":
        cells, weights = nest.Create("iaf_psc_exp", N, dict(common, tau_m=20.0, E_L=-49.0)), (16.2, -90.0)
    else:
        cells, weights = nest.Create("iaf_cond_exp", N, dict(common, g_L=10.0, E_L=-60.0, E_ex=0.0, E_in=-80.0)), (6.0, -67.0)
        source, stimulus = nest.Create("poisson_generator", params=dict(rate=100.0, stop=50.0)), nest.Create("parrot_neuron", 20)
        nest.Connect(source, stimulus)
        nest.Connect(stimulus, cells, dict(rule="pairwise_bernoulli", p=0.01), dict(weight=100.0, delay=0.1))
    cells.V_m = rng.uniform(-60.0, -50.0, N).tolist()
    spikes = nest.Create("spike_recorder")
    rule = dict(rule="pairwise_bernoulli", p=P)
    nest.Connect(cells[:NE], cells, rule, dict(weight=weights[0], delay=0.1))
    nest.Connect(cells[NE:], cells, rule, dict(weight=weights[1], delay=0.1))
    nest.Connect(cells, spikes)
    nest.Prepare()
    start = time.perf_counter()
    nest.Run(seconds * 1000.0)
    print(json.dumps(dict(run_s=time.perf_counter() - start, spikes=int(spikes.n_events), seconds=seconds)))


def brian_side(model, threads, seconds, folder):
    from brian2 import NeuronGroup, PoissonGroup, SpikeMonitor, Synapses, defaultclock, device, mV, ms, prefs, run, second, set_device
    set_device("cpp_standalone", directory=folder, build_on_run=False)
    prefs.devices.cpp_standalone.openmp_threads = threads if threads > 1 else 0
    defaultclock.dt = 0.1 * ms
    names = dict(taum=20 * ms, taue=5 * ms, taui=10 * ms, Vt=-50 * mV, Vr=-60 * mV, Ee=0 * mV, Ei=-80 * mV)
    conductances = "dge/dt = -ge/taue : {0}\ndgi/dt = -gi/taui : {0}\n"
    if model == "cuba":
        names["El"], weights, method = -49 * mV, ("1.62*mV", "-9*mV"), "exact"
        equations = "dv/dt = (ge+gi-(v-El))/taum : volt (unless refractory)\n" + conductances.format("volt")
    else:
        names["El"], weights, method = -60 * mV, ("0.6", "6.7"), "exponential_euler"
        equations = "dv/dt = (ge*(Ee-v)+gi*(Ei-v)-(v-El))/taum : volt (unless refractory)\n" + conductances.format("1")
    cells = NeuronGroup(N, equations, threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method=method, namespace=names)
    cells.v = "Vr + rand()*(Vt-Vr)"
    if model == "coba":
        source = PoissonGroup(20, rates="100*Hz*int(t < 50*ms)")
        stimulus = Synapses(source, cells, on_pre="ge += 10")
        stimulus.connect(p=0.01)
    excitatory = Synapses(cells[:NE], cells, on_pre=f"ge += {weights[0]}")
    excitatory.connect(p=P)
    inhibitory = Synapses(cells[NE:], cells, on_pre=f"gi += {weights[1]}")
    inhibitory.connect(p=P)
    spikes = SpikeMonitor(cells)
    run(seconds * second)
    device.build(compile=True, run=False, directory=folder)


def brian_program(folder, seconds):
    subprocess.run(["./main"], cwd=folder, capture_output=True, check=True)
    own_s = float((pathlib.Path(folder) / "results/last_run_info.txt").read_text().split()[0])
    spikes = max(pathlib.Path(folder, "results").glob("_dynamic_array_spikemonitor*_i_*"), key=lambda p: p.stat().st_size).stat().st_size // 4
    return dict(run_s=own_s, spikes=spikes, seconds=seconds)


def synfire_side(binary, model, threads, seconds, seed):
    out = subprocess.run([binary, "simulate", f"vogels-abbott-{model}", "--threads", str(threads), "--duration-ms", str(seconds * 1000),
                          "--seed", str(seed), "--no-record", "--json"], capture_output=True, text=True, check=True).stdout
    found = json.loads(out)
    return dict(run_s=found["run_s"], spikes=found["spikes"], seconds=seconds)


def child(side, *arguments):
    command = [sys.executable, __file__, "cuba", "--side", side, *map(str, arguments)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return out.strip().splitlines()[-1] if out.strip() else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=["cuba", "coba"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--nest-seconds", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--binary", default=str(ROOT / "target/release/synfire"))
    parser.add_argument("--brian-folder", help="where Brian's program lies, or is put")
    parser.add_argument("--only-build", action="store_true", help="build Brian's program and stop")
    parser.add_argument("--side", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        side, model, threads, seconds, *rest = arguments.side
        if side == "nest":
            return nest_side(model, int(threads), float(seconds))
        return brian_side(model, int(threads), float(seconds), *rest)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.threads])
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
        os.environ[name] = str(arguments.threads)
    model, threads, seconds = arguments.model, arguments.threads, arguments.seconds
    folder = arguments.brian_folder or tempfile.mkdtemp(prefix="vogels-abbott-")
    if not (pathlib.Path(folder) / "main").exists():
        child("brian", model, threads, seconds, folder)
    if arguments.only_build:
        return
    sides = {
        "Brian 2 standalone": lambda: brian_program(folder, seconds),
        "NEST": lambda: json.loads(child("nest", model, threads, arguments.nest_seconds)),
        "Synfire": lambda: synfire_side(arguments.binary, model, threads, seconds, arguments.seed),
    }
    best = {}
    for _ in range(arguments.rounds):
        for name, run in sides.items():
            found = run()
            if name not in best or found["run_s"] < best[name]["run_s"]:
                best[name] = found
    by_second = {name: found["run_s"] / found["seconds"] for name, found in best.items()}
    print(f"| {model}, {threads} thread(s) | run s by biological s | ns a neuron update | rate Hz | Synfire is faster by |\n|---|---|---|---|---|")
    for name, found in best.items():
        rate_hz = found["spikes"] / N / found["seconds"]
        update_ns = by_second[name] / (N * 10_000) * 1e9
        print(f"| {name} | {by_second[name]:.4f} | {update_ns:.2f} | {rate_hz:.2f} | {by_second[name] / by_second['Synfire']:.2f} |")


if __name__ == "__main__":
    main()
