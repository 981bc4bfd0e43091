"""Runs NeuroBench 2.3.0 (torch, snntorch 1.0) on a tiny spiking network and stores what its metrics say and saw.

    python make.py > neurobench.json
"""

import json

import snntorch
import torch
from neurobench.hooks.layer import LayerHook
from neurobench.hooks.neuron import NeuronHook
from neurobench.metrics.static import ConnectionSparsity, Footprint
from neurobench.metrics.workload import ActivationSparsity, MembraneUpdates, SynapticOperations
from neurobench.models import SNNTorchModel

STEPS, BATCH, INPUTS, HIDDEN, OUTPUTS = 7, 3, 6, 5, 4


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(INPUTS, HIDDEN, bias=False)
        self.hidden = snntorch.Leaky(beta=0.9, init_hidden=True)
        self.second = torch.nn.Linear(HIDDEN, OUTPUTS)
        self.out = snntorch.Leaky(beta=0.75, init_hidden=True, output=True)

    def forward(self, x):
        return self.out(self.second(self.hidden(self.first(x))))


def rows(tensor):
    return tensor.detach().double().tolist()


torch.manual_seed(7)
net = Net()
with torch.no_grad():
    for linear in (net.first, net.second):
        linear.weight.mul_(2.0)
        linear.weight[torch.rand_like(linear.weight) < 0.3] = 0.0
model = SNNTorchModel(net)
footprint, connections = Footprint()(model), ConnectionSparsity()(model)
sizes = [[t.numel(), t.element_size()] for t in [*net.parameters(), *net.buffers()]]

connection_hooks = [LayerHook(net.first), LayerHook(net.second)]
neuron_hooks = [NeuronHook(net.hidden), NeuronHook(net.out)]
model.connection_hooks, model.activation_hooks = connection_hooks, neuron_hooks

analog = torch.rand(BATCH, STEPS, INPUTS) * (torch.rand(BATCH, STEPS, INPUTS) < 0.6)
analog[:, 3] = 0.0  # a step at which membranes only decay
predictions = model(analog)
data = (analog, torch.zeros(BATCH))


def neurons(hook):
    return {
        "currents": [rows(i[0]) for i in hook.activation_inputs],
        "spikes": [rows(o) for o in hook.activation_outputs],
        "before": [rows(m) for m in hook.pre_fire_mem_potential],
        "after": [rows(m) for m in hook.post_fire_mem_potential],
    }


seen = {
    "connections": [
        {"weight": rows(hook.layer.weight), "calls": [rows(i[0]) for i in hook.inputs]} for hook in connection_hooks
    ],
    "neurons": [neurons(hook) for hook in neuron_hooks],
}
metrics = {
    "samples": BATCH,
    "footprint_bytes": footprint,
    "connection_sparsity": connections,
    "activation_sparsity": ActivationSparsity()(model, predictions, data),
    "membrane_updates": MembraneUpdates()(model, predictions, data),
    "synaptic_operations": SynapticOperations()(model, predictions, data),
}
print(json.dumps({"metrics": metrics, "sizes": sizes, **seen}))
