"""Synfire beside SANA-FE on one chip and network: counts, energies, simulated time, and how long each takes.

    pip install sanafe
    cargo build --release -p synfire-sim --example chip_network
    python compare.py ARCHITECTURE.yaml NETWORK.yaml [STEPS] [--repeats N] [--program PATH]

Both read the same files, SANA-FE's own or `tests/golden/chip/`; each is timed over the time steps alone (not reading or
mapping), on one thread, in turns, best of the repeats. Prints JSON; fails if counts differ, energies by more than 1e-9 or
the simulated time by more than 1 %.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
import sanafe  # noqa: E402  (reads the number of threads when it is loaded)

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = HERE.parents[2] / "target" / "release" / "examples" / "chip_network"


def peer(architecture, network, steps):
    chip_description = sanafe.load_arch(architecture)
    chip = sanafe.SpikingChip(chip_description)
    chip.load(sanafe.load_net(network, chip_description))
    start = time.perf_counter()
    result = chip.sim(steps, processing_threads=1)
    return result, time.perf_counter() - start


def ours(program, architecture, network, steps):
    done = subprocess.run([program, architecture, network, str(steps)], check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    return told["totals"], told["wall_s"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("architecture")
    parser.add_argument("network")
    parser.add_argument("steps", type=int, nargs="?", default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--program", default=str(PROGRAM))
    args = parser.parse_args()

    walls = {"sanafe": [], "synfire": []}
    for _ in range(args.repeats):
        result, wall_s = peer(args.architecture, args.network, args.steps)
        walls["sanafe"].append(wall_s)
        totals, wall_s = ours(args.program, args.architecture, args.network, args.steps)
        walls["synfire"].append(wall_s)

    counts = {"spikes": "synaptic_events", "packets_sent": "messages", "neurons_updated": "updated", "neurons_fired": "fired"}
    energies = {"synapse": "synapse_pj", "dendrite": "dendrite_pj", "soma": "soma_pj", "network": "network_pj"}
    wrong = [theirs for theirs, mine in counts.items() if result[theirs] != totals[mine]]
    for theirs, mine in energies.items():
        joule, pj = result["energy"][theirs], totals[mine]
        if abs(pj * 1e-12 - joule) > 1e-9 * abs(joule):
            wrong.append(f"energy of {theirs}: {joule} J, {pj} pJ")
    time_error = totals["time_s"] / result["sim_time"] - 1
    if abs(time_error) > 0.01:
        wrong.append(f"simulated time: {result['sim_time']} s, {totals['time_s']} s")
    best = {name: min(of) for name, of in walls.items()}
    print(json.dumps({
        "steps": args.steps,
        "synaptic_events": totals["synaptic_events"],
        "simulated_time_s": {"sanafe": result["sim_time"], "synfire": totals["time_s"], "relative": time_error},
        "wall_s": best,
        "synaptic_events_per_s": {name: totals["synaptic_events"] / wall_s for name, wall_s in best.items()},
        "times_faster": best["sanafe"] / best["synfire"],
        "differences": wrong,
    }, indent=1))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
