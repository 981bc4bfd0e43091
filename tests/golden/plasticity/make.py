"""What NEST 3.10 makes of plastic synapses, for sim/tests/plasticity.rs.

    python make.py        # writes plasticity.safetensors beside this file; needs nest-simulator, numpy, safetensors

Times of spikes are in steps of 0.1 ms. For each set of parameters two neurons with given spikes and one synapse: `pre`, `post`, and
`weight`, what each presynaptic spike carried. Then networks of 200 neurons of the type `iaf_psc_exp` with plastic synapses between
the excitatory ones: every spike, and the weight that the last spike of its source left at each synapse. Who is connected with whom,
where potentials start and when given spikes come, comes from a linear congruential generator (Knuth's MMIX) that the test runs too.
"""
import pathlib
import nest
import numpy as np
from safetensors.numpy import save_file

nest.set(verbosity=nest.VerbosityLevel.ERROR)
DT = 0.1
STDP = {
    "stdp.multiplicative": (dict(lam=0.05, alpha=1.05, mu_plus=1.0, mu_minus=1.0, Wmax=2.0, tau_plus=20.0), 20.0, 1.5, 0.6),
    "stdp.additive": (dict(lam=0.1, alpha=0.9, mu_plus=0.0, mu_minus=0.0, Wmax=2.0, tau_plus=16.8), 33.7, 1.0, 1.9),
    "stdp.between": (dict(lam=0.08, alpha=1.2, mu_plus=0.4, mu_minus=0.3, Wmax=3.0, tau_plus=12.0), 25.0, 0.1, 1.1),
    "stdp.negative": (dict(lam=0.06, alpha=0.7, mu_plus=0.2, mu_minus=1.0, Wmax=-2.0, tau_plus=30.0), 10.0, 7.3, -1.3),
}
MARKRAM = {
    "tsodyks.depression": dict(U=0.5, u=0.5, tau_rec=800.0, tau_fac=0.0),
    "tsodyks.facilitation": dict(U=0.03, u=0.03, tau_rec=130.0, tau_fac=530.0),
    "tsodyks.both": dict(U=0.3, u=0.3, tau_rec=250.0, tau_fac=90.0),
}


class Generator:
    def __init__(self, state):
        self.state = state

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n

    def train(self, steps, most):
        """Steps of spikes at least one step and up to `most` steps apart."""
        times, at = [], 0
        while (at := at + 1 + self.below(most)) <= steps:
            times.append(at)
        return np.array(times)


def start():
    nest.ResetKernel()
    nest.set(resolution=DT, local_num_threads=1)


def replayed(steps):
    """A neuron that repeats given spikes, one step of 0.1 ms later."""
    source, neuron = nest.Create("spike_generator", params=dict(spike_times=(steps - 1) * DT)), nest.Create("parrot_neuron")
    nest.Connect(source, neuron, syn_spec=dict(delay=DT))
    return neuron


def stdp(parameters):
    named = dict(parameters)
    return {"lambda": named.pop("lam"), **named}


def pair(model, parameters, delay, weight, pre, post, tau_minus=20.0):
    start()
    source, target = replayed(pre), replayed(post)
    target.tau_minus = tau_minus
    recorder = nest.Create("weight_recorder")
    nest.CopyModel(model, "plastic", dict(weight_recorder=recorder))
    # Receptor 1 of a parrot hears and does not repeat.
    nest.Connect(source, target, syn_spec=dict(synapse_model="plastic", receptor_type=1, delay=delay, weight=weight, **parameters))
    nest.Simulate((max(pre[-1], post[-1]) + 100) * DT)
    return np.array(recorder.events["weights"])


N, NE, STEPS = 200, 160, 10_000
CELL = dict(C_m=250.0, t_ref=2.0, E_L=-65.0, V_reset=-70.0, V_th=-50.0, tau_m=15.0, tau_syn_ex=2.0, tau_syn_in=5.0, I_e=300.0)
# Model and parameters of the excitatory synapses, in-degree, weight, delays in ms of both halves of them.
NETWORKS = {
    "network.stdp": ("stdp_synapse", stdp(dict(lam=0.02, alpha=1.1, mu_plus=0.3, mu_minus=0.6, Wmax=120.0, tau_plus=15.0)), 60.0),
    "network.tsodyks": ("tsodyks2_synapse", dict(U=0.25, u=0.25, tau_rec=150.0, tau_fac=60.0), 150.0),
}


def network(model, parameters, weight):
    start()
    cells = nest.Create("iaf_psc_exp", N, dict(CELL, tau_minus=25.0))
    draw = Generator(1)
    cells.V_m = [-65.0 + draw.below(15_000) / 1000.0 for _ in range(N)]
    recorder = nest.Create("weight_recorder")
    nest.CopyModel(model, "plastic", dict(weight_recorder=recorder, **parameters))
    for plastic, first, size, degree, weight, delay in (
        (True, 0, NE, 20, weight, 1.5), (True, 0, NE, 20, weight, 0.8), (False, NE, N - NE, 10, -120.0, 1.1)
    ):
        targets = NE if plastic else N
        pairs = [(first + draw.below(size), target) for target in range(targets) for _ in range(degree)]
        ids = np.array(pairs) + 1
        nest.Connect(ids[:, 0], ids[:, 1], dict(rule="one_to_one"),
                     dict(synapse_model="plastic" if plastic else "static_synapse",
                          weight=np.full(len(ids), weight), delay=np.full(len(ids), delay)))
    spikes = nest.Create("spike_recorder")
    nest.Connect(cells, spikes)
    # What is sent in the last steps is delivered after them.
    nest.Simulate(STEPS * DT + 5.0)
    events = spikes.events
    step, neuron = np.rint(events["times"] / DT).astype(np.int32), events["senders"].astype(np.int32) - 1
    keep = step <= STEPS
    order = np.lexsort((neuron[keep], step[keep]))
    return step[keep][order], neuron[keep][order], recorder.events


tensors = {}
draw = Generator(7)
for name, (parameters, tau_minus, delay, weight) in STDP.items():
    pre, post = draw.train(20_000, 300), draw.train(20_000, 400)
    weights = pair("stdp_synapse", stdp(parameters), delay, weight, pre, post, tau_minus)
    tensors |= {f"{name}.pre": pre.astype(np.uint16), f"{name}.post": post.astype(np.uint16), f"{name}.weight": weights}
    print(name, len(pre), len(post), weights.min(), weights.max())
for name, parameters in MARKRAM.items():
    pre = draw.train(20_000, 700)
    weights = pair("tsodyks2_synapse", parameters, 1.0, 2.0, pre, pre)
    tensors |= {f"{name}.pre": pre.astype(np.uint16), f"{name}.weight": weights}
    print(name, len(pre), weights.min(), weights.max())
for name, (model, parameters, weight) in NETWORKS.items():
    step, neuron, events = network(model, parameters, weight)
    tensors |= {f"{name}.step": step.astype(np.uint16), f"{name}.neuron": neuron.astype(np.uint16)}
    print(name, len(step), "spikes, excitatory", np.sum(neuron < NE))
    if model == "stdp_synapse":
        # Events carry the time at which the source fired; several synapses of a pair of neurons are told apart by their port.
        sent, source, target = np.rint(events["times"] / DT), events["senders"] - 1, events["targets"] - 1
        order = np.lexsort((sent, events["ports"], target, source))
        order = order[sent[order] <= STEPS]
        synapse = np.stack([source, target, events["ports"]])[:, order]
        last = order[np.append(np.any(synapse[:, 1:] != synapse[:, :-1], axis=0), True)]
        order = last[np.lexsort((events["weights"][last], target[last], source[last]))]
        tensors |= {f"{name}.source": source[order].astype(np.uint16), f"{name}.target": target[order].astype(np.uint16),
                    f"{name}.weight": events["weights"][order]}
        print(len(order), "synapses", np.histogram(events["weights"][order], 8))
save_file(tensors, pathlib.Path(__file__).with_name("plasticity.safetensors"))
