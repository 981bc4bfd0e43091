#!/usr/bin/env python3
"""Trains the spiking network of this folder on scikit-learn's digits with PyTorch, and writes it as NIR.

Usage: train.py FOLDER

Each image of 8 x 8 pixels becomes one spike a pixel over 20 steps of 1 ms, the brightest first (snnTorch's linear latency
code). The network is 64 inputs, 64 CubaLIF neurons with recurrent weights, 10 leaky integrators; the class is the integrator
with the largest sum of potentials. Trained by surrogate gradients on the first 1437 images, moved and blurred a little, and tested
on the other 360. Weights are rounded to multiples of 1/64, so that their sums are exact.

Writes network.nir; images.csv, a line for each test image with 64 pixels from 0 to 16 and the class; and reference.csv, a line
for each with the class that PyTorch chooses and the number of hidden spikes.
"""

import sys
from pathlib import Path

import nir
import numpy as np
import torch
from sklearn.datasets import load_digits
from snntorch import spikegen, surrogate

STEPS, DT, HIDDEN, TRAIN = 20, 1e-3, 64, 1437
TAU_SYN, TAU_MEM, TAU_OUT = 5e-3, 10e-3, 20e-3
R = TAU_MEM / DT
W_IN = TAU_SYN / DT


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(64, HIDDEN)
        self.back = torch.nn.Linear(HIDDEN, HIDDEN, bias=False)
        self.last = torch.nn.Linear(HIDDEN, 10)
        self.spike = surrogate.fast_sigmoid(slope=10)
        with torch.no_grad():
            self.back.weight *= 0.1
            self.first.weight *= 0.8

    def forward(self, inputs):
        """Sums of potentials and hidden spikes, for inputs [steps, images, 64]; forward Euler, the current first."""
        f = lambda x: float(np.float32(x))
        a_syn, a_mem, a_out, b_out = f(1 - DT / TAU_SYN), f(1 - DT / TAU_MEM), f(1 - DT / TAU_OUT), f(DT / TAU_OUT)
        images = inputs.shape[1]
        i, v, z = (torch.zeros(images, HIDDEN) for _ in range(3))
        out, total, spikes = torch.zeros(images, 10), torch.zeros(images, 10, dtype=torch.float64), 0
        for x in inputs:
            i = a_syn * i + (self.first(x) + self.back(z))
            v = a_mem * v + i
            z = self.spike(v - 1)
            v = v * (1 - z)
            out = a_out * out + b_out * self.last(z)
            total = total + out
            spikes = spikes + z.sum(1)
        return total, spikes


def graph(network):
    w = lambda layer: layer.weight.detach().numpy()
    b = lambda layer: layer.bias.detach().numpy()
    one, ten = np.ones(HIDDEN), np.ones(10)
    hidden = nir.CubaLIF(
        tau_syn=TAU_SYN * one, tau_mem=TAU_MEM * one, r=R * one, v_leak=0 * one, v_threshold=one, v_reset=0 * one, w_in=W_IN * one
    )
    nodes = {
        "input": nir.Input(np.array([64])),
        "first": nir.Affine(w(network.first), b(network.first)),
        "hidden": hidden,
        "back": nir.Linear(w(network.back)),
        "last": nir.Affine(w(network.last), b(network.last)),
        "classes": nir.LI(tau=TAU_OUT * ten, r=ten, v_leak=0 * ten),
        "output": nir.Output(np.array([10])),
    }
    edges = [("input", "first"), ("first", "hidden"), ("hidden", "back"), ("back", "hidden")]
    edges += [("hidden", "last"), ("last", "classes"), ("classes", "output")]
    return nir.NIRGraph(nodes, edges, metadata={"made_by": "examples/digits/train.py"})


def main():
    folder = Path(sys.argv[1])
    torch.manual_seed(3)
    torch.set_num_threads(1)
    digits = load_digits()
    pixels = torch.tensor(digits.data / 16, dtype=torch.float32)
    classes = torch.tensor(digits.target)
    encode = lambda images: spikegen.latency(
        images, num_steps=STEPS, threshold=0.01, normalize=True, linear=True, clip=True
    )
    network = Network()
    optimiser = torch.optim.Adam(network.parameters(), lr=5e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 80)
    for epoch in range(80):
        for batch in torch.randperm(TRAIN).split(64):
            # Pixels a little off, and most images moved by up to one pixel.
            images = pixels[batch].reshape(-1, 8, 8)
            shifts = torch.randint(-1, 2, (len(batch), 2)) * (torch.rand(len(batch), 1) < 0.6)
            images = torch.stack([torch.roll(i, s.tolist(), (0, 1)) for i, s in zip(images, shifts)]).flatten(1)
            images = (images + 0.08 * torch.randn(images.shape) * (images > 0)).clamp(0, 1)
            total, fired = network(encode(images))
            loss = torch.nn.functional.cross_entropy(total.float() / 4, classes[batch]) + 1e-4 * fired.mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_((parameter * 64).round() / 64)
        total, fired = network(encode(pixels[TRAIN:]))
    chosen = total.argmax(1)
    right = (chosen == classes[TRAIN:]).sum().item()
    print(f"{right} of {len(chosen)} right ({right / len(chosen):.1%}), {fired.mean():.1f} hidden spikes an image")
    nir.write(folder / "network.nir", graph(network))
    test = np.column_stack([digits.data[TRAIN:], digits.target[TRAIN:]]).astype(int)
    np.savetxt(folder / "images.csv", test, fmt="%d", delimiter=",")
    np.savetxt(folder / "reference.csv", np.column_stack([chosen.numpy(), fired.numpy()]).astype(int), fmt="%d", delimiter=",")


main()
