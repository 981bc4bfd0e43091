"""Brunel's network in Brian 2 (C++ standalone), NEST and Synfire, in turn on the same cores.

    python benches/peers/brunel/compare.py [--threads 1] [--rounds 3] [--seconds 1] [--binary target/release/synfire]

12 500 neurons, 15.6 M synapses, every neuron with the same number of inputs in all three: where each pair is connected with one
probability instead, inputs differ from neuron to neuron, and rates from network to network by 4 per cent. Brian's compiled program,
NEST's and Synfire's run loop are timed without building the network; the least of all rounds counts. Rates differ by some per cent
between tools and seeds, so events a second stand beside times.
Needs brian2 2.9 with numpy 2.3, nest-simulator 3.10, and Synfire built with `cargo build --release`.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
NE, NI, CE, CI = 10_000, 2_500, 1_000, 250
J, G, DELAY, DRIVE_HZ = 0.1, 5.0, 1.5, 20_000.0


def nest_side(threads, seconds):
    import resource
    import time
    import nest
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(resolution=0.1, local_num_threads=threads, rng_seed=1)
    cells = nest.Create("iaf_psc_delta", NE + NI, dict(C_m=1.0, tau_m=20.0, t_ref=2.0, E_L=0.0, V_reset=10.0, V_m=0.0, V_th=20.0))
    noise, spikes = nest.Create("poisson_generator", params=dict(rate=DRIVE_HZ)), nest.Create("spike_recorder")
    nest.Connect(noise, cells, syn_spec=dict(weight=J, delay=DELAY))
    nest.Connect(cells[:NE], cells, dict(rule="fixed_indegree", indegree=CE), dict(weight=J, delay=DELAY))
    nest.Connect(cells[NE:], cells, dict(rule="fixed_indegree", indegree=CI), dict(weight=-G * J, delay=DELAY))
    nest.Connect(cells, spikes)
    nest.Prepare()
    start = time.perf_counter()
    nest.Run(seconds * 1000.0)
    run_s = time.perf_counter() - start
    print(json.dumps(dict(run_s=run_s, spikes=int(spikes.n_events), mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)))


def brian_side(threads, seconds, folder):
    import numpy as np
    from brian2 import Hz, NeuronGroup, PoissonInput, SpikeMonitor, Synapses, defaultclock, device, mV, ms, prefs, run, second, set_device
    set_device("cpp_standalone", directory=folder, build_on_run=False)
    prefs.devices.cpp_standalone.openmp_threads = threads if threads > 1 else 0
    defaultclock.dt = 0.1 * ms
    tau = 20 * ms
    cells = NeuronGroup(NE + NI, "dv/dt = -v/tau : volt (unless refractory)", threshold="v > 20*mV", reset="v = 10*mV",
                        refractory=2 * ms, method="exact", namespace=dict(tau=tau))
    rng, targets = np.random.default_rng(1), np.arange(NE + NI)
    excitatory = Synapses(cells[:NE], cells, on_pre="v_post += 0.1*mV", delay=DELAY * ms)
    excitatory.connect(i=rng.integers(0, NE, targets.size * CE), j=np.repeat(targets, CE))
    inhibitory = Synapses(cells[NE:], cells, on_pre="v_post -= 0.5*mV", delay=DELAY * ms)
    inhibitory.connect(i=rng.integers(0, NI, targets.size * CI), j=np.repeat(targets, CI))
    drive = PoissonInput(cells, "v", CE, DRIVE_HZ / CE * Hz, J * mV)
    spikes = SpikeMonitor(cells)
    run(seconds * second)
    device.build(compile=True, run=False, directory=folder)


def brian_program(folder):
    from time import perf_counter
    start = perf_counter()
    report = subprocess.run(["/usr/bin/env", "time", "-f", "%M", "./main"], cwd=folder, capture_output=True, text=True) \
        if pathlib.Path("/usr/bin/time").exists() else subprocess.run(["./main"], cwd=folder, capture_output=True, text=True)
    wall_s = perf_counter() - start
    own_s = float((pathlib.Path(folder) / "results/last_run_info.txt").read_text().split()[0])
    spikes = max(pathlib.Path(folder, "results").glob("_dynamic_array_spikemonitor*_i_*"), key=lambda p: p.stat().st_size).stat().st_size // 4
    mib = float(report.stderr.split()[-1]) / 1024 if report.stderr.split()[-1:] and report.stderr.split()[-1].isdigit() else float("nan")
    return dict(run_s=own_s, wall_s=wall_s, spikes=spikes, mib=mib)


def synfire_side(binary, threads, seconds):
    out = subprocess.run([binary, "simulate", "brunel2000", "--threads", str(threads), "--duration-ms", str(seconds * 1000), "--no-record",
                          "--json"], capture_output=True, text=True, check=True).stdout
    found = json.loads(out)
    return dict(run_s=found["run_s"], spikes=found["spikes"], mib=found["peak_mib"], bytes=found["synapse_bytes"] / found["synapses"])


def child(side, *arguments):
    command = [sys.executable, __file__, "--side", side, *map(str, arguments)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return out.strip().splitlines()[-1] if out.strip() else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--binary", default=str(ROOT / "target/release/synfire"))
    parser.add_argument("--brian-folder", help="where Brian's program lies, or is put")
    parser.add_argument("--only-build", action="store_true", help="build Brian's program and stop")
    parser.add_argument("--side", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        side, threads, seconds, *rest = arguments.side
        if side == "nest":
            return nest_side(int(threads), float(seconds))
        return brian_side(int(threads), float(seconds), *rest)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: arguments.threads])
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
        os.environ[name] = str(arguments.threads)
    threads, seconds = arguments.threads, arguments.seconds
    folder = arguments.brian_folder or tempfile.mkdtemp(prefix="brunel-")
    if not (pathlib.Path(folder) / "main").exists():
        child("brian", threads, seconds, folder)
    if arguments.only_build:
        return
    sides = {
        "Brian 2 standalone": lambda: brian_program(folder),
        "NEST": lambda: json.loads(child("nest", threads, seconds)),
        "Synfire": lambda: synfire_side(arguments.binary, threads, seconds),
    }
    best = {}
    for _ in range(arguments.rounds):
        for name, run in sides.items():
            found = run()
            if name not in best or found["run_s"] < best[name]["run_s"]:
                best[name] = found
    ours = best["Synfire"]["run_s"]
    print(f"| {threads} thread(s), {seconds} s biological | run s | spikes | M events/s | peak MiB | Synfire is faster by |\n|---|---|---|---|---|---|")
    for name, found in best.items():
        events = found["spikes"] * (CE + CI) / found["run_s"] / 1e6
        print(f"| {name} | {found['run_s']:.3f} | {found['spikes']} | {events:.0f} | {found['mib']:.0f} | {found['run_s'] / ours:.2f} |")
    print(json.dumps(best))


if __name__ == "__main__":
    main()
