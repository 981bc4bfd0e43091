"""Potentials of single neurons to many digits, for sim/tests/membrane.rs, and how far NEST 3.10 is from them.

    python make.py        # writes membrane.json beside this file; needs scipy, and nest-simulator for the comparison

One neuron gets excitatory and inhibitory spikes at times on the grid of 0.1 ms, which a linear congruential generator (Knuth's
MMIX) draws that the test runs too. Between two times of the grid the equations are solved by scipy's DOP853 with a relative tolerance of
1e-12. Threshold (of the neurons with conductances), reset and arrivals are at times of the grid, in this order; an adaptive exponential neuron resets
at the time at which its potential is V_peak. `v_mv` is the potential at 1, 2, ... ms, `steps` the steps that end with a spike.
"""
import json
import pathlib
import sys

import numpy as np
from scipy.integrate import solve_ivp

H, MS = 0.1, 500
# Spikes that arrive: excitatory, inhibitory.
ARRIVALS = (1500, 100)
COBA = dict(g_l_ns=10.0, c_m_pf=200.0, t_ref_ms=5.0, e_l_mv=-60.0, e_ex_mv=0.0, e_in_mv=-80.0, v_th_mv=-50.0, v_reset_mv=-60.0,
            tau_syn_ex_ms=5.0, tau_syn_in_ms=10.0, i_e_pa=0.0)
FAST = dict(g_l_ns=16.0, c_m_pf=250.0, t_ref_ms=2.0, e_l_mv=-65.0, e_ex_mv=0.0, e_in_mv=-80.0, v_th_mv=-50.0, v_reset_mv=-70.0,
            tau_syn_ex_ms=0.5, tau_syn_in_ms=5.0, i_e_pa=280.0)
ADEX = dict(c_m_pf=281.0, g_l_ns=30.0, e_l_mv=-70.6, v_t_mv=-50.4, delta_t_mv=2.0, v_peak_mv=0.0, v_reset_mv=-60.0, t_ref_ms=2.0,
            tau_w_ms=144.0, a_ns=4.0, b_pa=80.5, tau_syn_ex_ms=2.0, tau_syn_in_ms=5.0, i_e_pa=800.0)
# Model, parameters, weight of an excitatory and of an inhibitory spike.
NEURONS = {
    "coba": ("lif_cond_exp", COBA, (6.0, 67.0)),
    "fast": ("lif_cond_exp", FAST, (20.0, 40.0)),
    "adex": ("adex", ADEX, (60.0, 250.0)),
}
TIGHT = dict(method="DOP853", rtol=1e-12, atol=1e-12)


class Generator:
    def __init__(self, state):
        self.state = state

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n


def arrivals():
    """Number of spikes that arrive at the end of each step, for each receptor."""
    draw = Generator(1)
    counts = np.zeros((2, MS * 10 + 1), int)
    for receptor, spikes in enumerate(ARRIVALS):
        for _ in range(spikes):
            counts[receptor, 2 + draw.below(MS * 10 - 2)] += 1
    return counts


def conductance(p, weights, counts):
    v, g, refractory = p["e_l_mv"], [0.0, 0.0], 0
    taus = (p["tau_syn_ex_ms"], p["tau_syn_in_ms"])
    trace, steps = [], []
    for step in range(1, MS * 10 + 1):
        def slope(t, y):
            ex, inh = g[0] * np.exp(-t / taus[0]), g[1] * np.exp(-t / taus[1])
            return (-p["g_l_ns"] * (y - p["e_l_mv"]) - ex * (y - p["e_ex_mv"]) - inh * (y - p["e_in_mv"]) + p["i_e_pa"]) / p["c_m_pf"]
        if refractory:
            refractory -= 1
        else:
            v = solve_ivp(slope, (0, H), [v], **TIGHT).y[0, -1]
            if v >= p["v_th_mv"]:
                v, refractory = p["v_reset_mv"], round(p["t_ref_ms"] / H)
                steps.append(step)
        g = [g[r] * np.exp(-H / taus[r]) + weights[r] * counts[r, step] for r in (0, 1)]
        if step % 10 == 0:
            trace.append(v)
    return trace, steps


def adex(p, weights, counts):
    y, currents, refractory = [p["e_l_mv"], 0.0], [0.0, 0.0], 0
    taus = (p["tau_syn_ex_ms"], p["tau_syn_in_ms"])
    trace, steps = [], []

    def peak(t, y):
        return y[0] - p["v_peak_mv"]
    peak.terminal, peak.direction = True, 1.0
    for step in range(1, MS * 10 + 1):
        held = refractory > 0

        def slope(t, y):
            w = (p["a_ns"] * (y[0] - p["e_l_mv"]) - y[1]) / p["tau_w_ms"]
            if held:
                return [0.0, w]
            current = currents[0] * np.exp(-t / taus[0]) + currents[1] * np.exp(-t / taus[1]) + p["i_e_pa"]
            spike = p["g_l_ns"] * p["delta_t_mv"] * np.exp((min(y[0], p["v_peak_mv"]) - p["v_t_mv"]) / p["delta_t_mv"])
            return [(-p["g_l_ns"] * (y[0] - p["e_l_mv"]) + spike - y[1] + current) / p["c_m_pf"], w]
        found = solve_ivp(slope, (0, H), y, events=None if held else peak, **TIGHT)
        y = list(found.y[:, -1])
        refractory -= held
        if found.status == 1:
            y, held, refractory = [p["v_reset_mv"], found.y_events[0][0][1] + p["b_pa"]], True, round(p["t_ref_ms"] / H)
            y = list(solve_ivp(slope, (found.t_events[0][0], H), y, **TIGHT).y[:, -1])
            steps.append(step)
        currents = [currents[r] * np.exp(-H / taus[r]) + (1, -1)[r] * weights[r] * counts[r, step] for r in (0, 1)]
        if step % 10 == 0:
            trace.append(y[0])
    return trace, steps


def nest_side(kind, p, weights, counts):
    import nest
    nest.verbosity = nest.VerbosityLevel.ERROR
    names = dict(g_l_ns="g_L", c_m_pf="C_m", t_ref_ms="t_ref", e_l_mv="E_L", e_ex_mv="E_ex", e_in_mv="E_in", v_th_mv="V_th",
                 v_reset_mv="V_reset", tau_syn_ex_ms="tau_syn_ex", tau_syn_in_ms="tau_syn_in", i_e_pa="I_e", v_t_mv="V_th",
                 delta_t_mv="Delta_T", v_peak_mv="V_peak", tau_w_ms="tau_w", a_ns="a", b_pa="b")
    nest.ResetKernel()
    nest.set(resolution=H)
    model = dict(lif_cond_exp="iaf_cond_exp", adex="aeif_psc_exp")[kind]
    cell = nest.Create(model, params={names[key]: number for key, number in p.items()} | dict(V_m=p["e_l_mv"]))
    for receptor, sign in ((0, 1.0), (1, -1.0)):
        times = np.repeat(np.arange(counts.shape[1]), counts[receptor]) * H - H
        source = nest.Create("spike_generator", params=dict(spike_times=np.round(times, 1).tolist()))
        nest.Connect(source, cell, syn_spec=dict(weight=sign * weights[receptor], delay=H))
    meter, spikes = nest.Create("multimeter", params=dict(record_from=["V_m"], interval=1.0)), nest.Create("spike_recorder")
    nest.Connect(meter, cell)
    nest.Connect(cell, spikes)
    nest.Simulate(MS + H)
    return meter.events["V_m"][:MS].tolist(), [int(s) for s in np.rint(spikes.events["times"] / H) if s <= MS * 10]


def main():
    counts, result = arrivals(), {}
    for name, (kind, parameters, weights) in NEURONS.items():
        trace, steps = (conductance if kind == "lif_cond_exp" else adex)(parameters, weights, counts)
        result[name] = dict(neuron={kind: parameters}, weights=weights, v_mv=trace, steps=steps)
        print(name, len(steps), "spikes")
        if "--no-nest" not in sys.argv:
            theirs, their_steps = nest_side(kind, parameters, weights, counts)
            same = next((i for i, (a, b) in enumerate(zip(steps, their_steps)) if a != b), min(len(steps), len(their_steps)))
            until = steps[same] // 10 if same < len(steps) else MS
            error = np.abs(np.array(theirs[:until]) - trace[:until])
            result[name]["nest"] = dict(equal_spikes=same, spikes=len(their_steps), largest_difference_mv=float(error.max()))
            print("  NEST", result[name]["nest"])
    pathlib.Path(__file__).with_name("membrane.json").write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
