"""What NEST 3.10 makes of a deterministic network of 1000 neurons in 1 s, for sim/tests/nest.rs.

    python make.py        # writes nest.safetensors beside this file; needs nest-simulator, numpy, safetensors

800 excitatory and 200 inhibitory neurons, a constant current, no noise. Who is connected with whom, and where potentials start,
comes from a linear congruential generator (Knuth's MMIX) that the test runs too. Times of spikes are in steps of 0.1 ms;
`v` is the potential in mV of neurons 0, 100, ..., 900 at 1, 2, ... 1000 ms. `precise` is the first network once more with
`iaf_psc_exp_ps`, whose spikes are bound to no grid.
"""
import pathlib
import nest
import numpy as np
from safetensors.numpy import save_file

N, NE, STEPS = 1000, 800, 10_000
COMMON = dict(C_m=250.0, t_ref=2.0, E_L=-65.0, V_reset=-70.0, V_th=-50.0)
CURRENT = dict(COMMON, tau_m=15.0, tau_syn_ex=2.0, tau_syn_in=5.0, I_e=300.0)
# Model, its parameters, and for each projection: source, in-degree, weight, delay in ms.
MODELS = {
    "lif_exp": ("iaf_psc_exp", CURRENT, [("E", 40, 30.0, 1.5), ("E", 40, 25.5, 0.8), ("I", 20, -120.0, 1.1)]),
    "lif_alpha": ("iaf_psc_alpha", CURRENT, [("E", 40, 15.0, 1.5), ("E", 40, 12.5, 0.8), ("I", 20, -60.0, 1.1)]),
    "lif_delta": ("iaf_psc_delta", dict(COMMON, tau_m=15.0, I_e=300.0),
                  [("E", 40, 0.15, 1.5), ("E", 40, 0.1, 0.8), ("I", 20, -0.6, 1.1)]),
    "lif_cond_exp": ("iaf_cond_exp", dict(COMMON, g_L=16.0, tau_syn_ex=2.0, tau_syn_in=5.0, E_ex=0.0, E_in=-80.0, I_e=280.0),
                     [("E", 40, 0.5, 1.5), ("E", 40, 0.4, 0.8), ("I", 20, -6.0, 1.1)]),
    "izhikevich": ("izhikevich", dict(a=0.02, b=0.2, c=-65.0, d=8.0, V_th=30.0, U_m=-13.0, I_e=6.0, consistent_integration=True),
                   [("E", 40, 0.4, 1.5), ("E", 40, 0.3, 0.8), ("I", 20, -1.0, 1.1)]),
    "adex": ("aeif_psc_exp", dict(C_m=281.0, g_L=30.0, E_L=-70.6, V_th=-50.4, Delta_T=2.0, V_peak=0.0, V_reset=-60.0, t_ref=2.0,
                                  tau_w=144.0, a=4.0, b=80.5, tau_syn_ex=2.0, tau_syn_in=5.0, I_e=800.0, gsl_error_tol=1e-9),
             [("E", 40, 20.0, 1.5), ("E", 40, 15.0, 0.8), ("I", 20, -60.0, 1.1)]),
}


class Generator:
    def __init__(self, state):
        self.state = state

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n


def run(model, parameters, projections, precise=False):
    nest.ResetKernel()
    nest.set(resolution=0.1, local_num_threads=1)
    cells = nest.Create(model, N, parameters)
    draw = Generator(1)
    cells.V_m = [-65.0 + draw.below(15_000) / 1000.0 for _ in range(N)]
    for source, degree, weight, delay in projections:
        first, size = (0, NE) if source == "E" else (NE, N - NE)
        pairs = [(first + draw.below(size), target) for target in range(N) for _ in range(degree)]
        ids = np.array(pairs) + 1
        nest.Connect(ids[:, 0], ids[:, 1], dict(rule="one_to_one"),
                     dict(weight=np.full(len(ids), weight), delay=np.full(len(ids), delay)))
    spikes = nest.Create("spike_recorder")
    nest.Connect(cells, spikes)
    meter = nest.Create("multimeter", dict(record_from=["V_m"], interval=1.0))
    nest.Connect(meter, cells[::100])
    if precise:
        nest.Simulate(STEPS * 0.1)
        events = spikes.events
        order = np.argsort(events["times"], kind="stable")
        return events["times"][order], events["senders"][order].astype(np.uint16) - 1
    # Values at the last ms are handed over one step later.
    nest.Simulate(STEPS * 0.1 + 0.1)
    events = spikes.events
    step, neuron = np.rint(events["times"] * 10).astype(np.int32), events["senders"].astype(np.int32) - 1
    keep = step <= STEPS
    order = np.lexsort((neuron[keep], step[keep]))
    traces = meter.events
    v = np.array([traces["V_m"][traces["senders"] == sender] for sender in range(1, N + 1, 100)]).T
    return step[keep][order], neuron[keep][order], np.ascontiguousarray(v)


tensors = {}
for name, (model, parameters, projections) in MODELS.items():
    step, neuron, v = run(model, parameters, projections)
    print(name, len(step), "spikes", v.shape, "rate", len(step) / N, "Hz; per neuron std", np.bincount(neuron, minlength=N).std())
    tensors |= {f"{name}.step": step.astype(np.uint16), f"{name}.neuron": neuron.astype(np.uint16), f"{name}.v": v}
_, parameters, projections = MODELS["lif_exp"]
times, neuron = run("iaf_psc_exp_ps", parameters, projections, precise=True)
print("precise", len(times))
tensors |= {"precise.time_ms": times, "precise.neuron": neuron.astype(np.uint16)}
save_file(tensors, pathlib.Path(__file__).with_name("nest.safetensors"))
