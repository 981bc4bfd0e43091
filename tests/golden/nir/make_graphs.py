#!/usr/bin/env python3
"""Writes the graphs of this folder with Python's nir, and what reference implementations make of them.

Usage: make_graphs.py FOLDER

For each graph NAME.nir there is NAME.safetensors: `input` [steps, values], and for each neuron node `spikes.NODE` or, of
integrators, `potentials.NODE` [steps, values].

- `recurrent_cuba`, `recurrent_lif`: parameters as snnTorch exports them; run by snnTorch and by NumPy, which must agree.
- `mixed_cuba`: neurons that differ in all parameters; NumPy.
- `convolutions`: strides, dilations, groups, 'same' padding, pooling; PyTorch.
- `every_kind`: one node of each kind, for reading and writing only.

Weights are multiples of 1/64, so that their sums are the same in any order.
"""

import sys
from pathlib import Path

import nir
import numpy as np
import snntorch as snn
import torch
from safetensors.numpy import save_file

F = np.float32
DT = 1e-4


def weights(rng, scale, *shape):
    return (np.round(rng.normal(0, scale, shape) * 64) / 64).astype(F)


def check(condition, message):
    if not condition:
        sys.exit(f"make_graphs.py: {message}")


def coefficients(node, dt):
    """Forward Euler, in double precision and then rounded."""
    f = lambda name: getattr(node, name).astype(np.float64)
    tau = f("tau_mem") if hasattr(node, "tau_mem") else f("tau")
    c = {"v": 1 - dt / tau, "r": f("r") * dt / tau, "leak": f("v_leak") * dt / tau}
    if hasattr(node, "tau_syn"):
        c["i"], c["w"] = 1 - dt / f("tau_syn"), f("w_in") * dt / f("tau_syn")
    return {name: value.astype(F) for name, value in c.items()}


def run_numpy(inputs, w_in, b_in, node, w_rec, b_rec, dt):
    """Input -> affine -> neurons, whose spikes come back through another affine a step later."""
    c = coefficients(node, dt)
    v, i = node.v_leak.astype(F), np.zeros(node.r.shape, F)
    spikes = np.zeros(node.r.shape, F)
    out = []
    for x in inputs.astype(F):
        drive = w_in @ x + b_in + (w_rec @ spikes + b_rec)
        if "i" in c:
            i = c["i"] * i + c["w"] * drive
            drive = i
        v = c["v"] * v + c["r"] * drive + c["leak"]
        spikes = (v > node.v_threshold.astype(F)).astype(F)
        v = np.where(spikes > 0, node.v_reset.astype(F), v)
        out.append(spikes)
    return np.array(out, np.uint8)


def run_snntorch(inputs, w_in, b_in, layer, w_rec, b_rec):
    """snnTorch's neurons with weights around them: its own recurrent layers keep no reset without delay (1.0.0)."""
    linear, t = torch.nn.functional.linear, torch.from_numpy
    state = layer.reset_mem()
    state = state if isinstance(state, tuple) else (state,)
    spikes = torch.zeros(len(w_rec))
    out = []
    with torch.no_grad():
        for x in t(inputs.astype(F)):
            drive = linear(x, t(w_in), t(b_in)) + linear(spikes, t(w_rec), t(b_rec))
            spikes, *state = layer(drive, *state)
            out.append(spikes.numpy())
    return np.array(out).astype(np.uint8)


def recurrent_graph(w_in, b_in, node, w_rec, b_rec):
    return nir.NIRGraph(
        nodes={
            "input": nir.Input(np.array([w_in.shape[1]])),
            "fc": nir.Affine(w_in, b_in),
            "rnn.lif": node,
            "rnn.w_rec": nir.Affine(w_rec, b_rec),
            "output": nir.Output(np.array([w_in.shape[0]])),
        },
        edges=[("input", "fc"), ("fc", "rnn.lif"), ("rnn.lif", "rnn.w_rec"), ("rnn.w_rec", "rnn.lif"), ("rnn.lif", "output")],
    )


def recurrent(folder, cuba):
    rng = np.random.default_rng(5)
    n_in, n, steps = 40, 64, 250
    inputs = (rng.random((steps, n_in)) < 0.08).astype(np.uint8)
    w_in, b_in = weights(rng, 0.3, n, n_in), weights(rng, 0.05, n)
    w_rec, b_rec = weights(rng, 0.15, n, n), weights(rng, 0.02, n)
    one = np.ones(n)
    alpha, beta = 0.8125, 0.9375
    tau_syn, tau_mem = DT / (1 - alpha) * one, DT / (1 - beta) * one
    args = dict(threshold=1.0, reset_mechanism="zero", reset_delay=False)
    if cuba:
        node = nir.CubaLIF(
            tau_syn=tau_syn, tau_mem=tau_mem, r=tau_mem / DT, v_leak=0 * one, v_threshold=one, v_reset=0 * one, w_in=tau_syn / DT
        )
        layer = snn.Synaptic(alpha=alpha, beta=beta, **args)
    else:
        node = nir.LIF(tau=tau_mem, r=tau_mem / DT, v_leak=0 * one, v_threshold=one, v_reset=0 * one)
        layer = snn.Leaky(beta=beta, **args)
    ours = run_numpy(inputs, w_in, b_in, node, w_rec, b_rec, DT)
    theirs = run_snntorch(inputs, w_in, b_in, layer, w_rec, b_rec)
    check(np.array_equal(ours, theirs), f"snnTorch differs from NumPy in {(ours != theirs).sum()} spikes")
    name = "recurrent_cuba" if cuba else "recurrent_lif"
    nir.write(folder / f"{name}.nir", recurrent_graph(w_in, b_in, node, w_rec, b_rec))
    save_file({"input": inputs, "spikes.rnn.lif": theirs}, folder / f"{name}.safetensors")
    print(f"{name}: {theirs.sum()} spikes of {n} neurons in {steps} steps, snnTorch and NumPy equal")


def mixed_cuba(folder):
    rng = np.random.default_rng(6)
    n_in, n, steps, dt = 30, 50, 300, 1e-3
    inputs = (rng.random((steps, n_in)) < 0.1).astype(np.uint8) * rng.integers(1, 3, (steps, n_in), dtype=np.uint8)
    w_in, b_in = weights(rng, 8.0, n, n_in), weights(rng, 0.5, n)
    w_rec, b_rec = weights(rng, 2.0, n, n), weights(rng, 0.5, n)
    node = nir.CubaLIF(
        tau_syn=rng.uniform(2e-3, 1e-2, n),
        tau_mem=rng.uniform(5e-3, 3e-2, n),
        r=rng.uniform(5, 20, n),
        v_leak=rng.uniform(-70, -60, n),
        v_threshold=rng.uniform(-52, -48, n),
        v_reset=rng.uniform(-75, -65, n),
        w_in=rng.uniform(0.5, 2, n),
    )
    spikes = run_numpy(inputs, w_in, b_in, node, w_rec, b_rec, dt)
    nir.write(folder / "mixed_cuba.nir", recurrent_graph(w_in, b_in, node, w_rec, b_rec))
    save_file({"input": inputs, "spikes.rnn.lif": spikes}, folder / "mixed_cuba.safetensors")
    print(f"mixed_cuba: {spikes.sum()} spikes of {n} neurons in {steps} steps")


def convolutions(folder):
    rng = np.random.default_rng(7)
    steps, dt = 60, 1e-3
    shape = (2, 12, 10)
    inputs = (rng.random((steps, *shape)) < 0.06).astype(np.uint8)
    full = lambda shape, value: np.full(shape, value, F)
    conv1 = nir.Conv2d((12, 10), weights(rng, 0.5, 4, 1, 3, 3), (1, 1), "same", (1, 1), 2, weights(rng, 0.02, 4))
    if1 = nir.IF(full((4, 12, 10), 1.0 / dt), full((4, 12, 10), 1.0))
    pool1 = nir.SumPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 1]))
    conv2 = nir.Conv2d((6, 6), weights(rng, 0.3, 6, 4, 2, 3), (2, 1), (1, 0), (1, 2), 1, weights(rng, 0.05, 6))
    tau2 = rng.uniform(3e-3, 9e-3, (6, 4, 2)).astype(F)
    lif2 = nir.LIF(tau2, 4 * full(tau2.shape, 1.0), full(tau2.shape, 0), full(tau2.shape, 1.0), full(tau2.shape, -0.25))
    pool2 = nir.AvgPool2d(np.array([2, 2]), np.array([2, 2]), np.array([0, 0]))
    flat = nir.Flatten(np.array([6, 2, 1]), 0, -1)
    fc = nir.Affine(weights(rng, 0.5, 5, 12), weights(rng, 0.1, 5))
    li = nir.LI(full(5, 5e-3), full(5, 1.0), full(5, 0))
    nodes = [nir.Input(np.array(shape)), conv1, if1, pool1, conv2, lif2, pool2, flat, fc, li]
    # nir 1.0.8 takes kernels for square when it checks types.
    graph = nir.NIRGraph.from_list(*nodes, type_check=False)
    t = torch.from_numpy
    out = {"spikes.if": [], "spikes.lif": [], "potentials.li": []}
    v1, v2, v3 = (torch.zeros(s) for s in [(4, 12, 10), tau2.shape, (5,)])
    r1 = t((if1.r.astype(np.float64) * dt).astype(F))
    decay2, r2 = (t((x).astype(F)) for x in [1 - dt / tau2.astype(np.float64), lif2.r * dt / tau2.astype(np.float64)])
    tau3 = li.tau.astype(np.float64)
    decay3, r3 = (t(x.astype(F)) for x in [1 - dt / tau3, dt / tau3])
    conv = torch.nn.functional.conv2d
    for x in t(inputs.astype(F)):
        x = conv(x[None], t(conv1.weight), t(conv1.bias), padding="same", groups=2)[0]
        v1 = v1 + r1 * x
        s1 = (v1 > 1).float()
        v1 = v1 * (1 - s1)
        x = 4 * torch.nn.functional.avg_pool2d(s1[None], 2, 2, (0, 1))
        x = conv(x, t(conv2.weight), t(conv2.bias), stride=(2, 1), padding=(1, 0), dilation=(1, 2))[0]
        v2 = decay2 * v2 + r2 * x
        s2 = (v2 > 1).float()
        v2 = torch.where(s2 > 0, t(lif2.v_reset), v2)
        x = torch.nn.functional.avg_pool2d(s2[None], 2, 2)[0].flatten()
        v3 = decay3 * v3 + r3 * torch.nn.functional.linear(x, t(fc.weight), t(fc.bias))
        for name, value in zip(out, [s1, s2, v3]):
            out[name].append(value.numpy().copy())
    arrays = {name: np.array(values) for name, values in out.items()}
    arrays = {name: v if name.startswith("p") else v.astype(np.uint8) for name, v in arrays.items()}
    nir.write(folder / "convolutions.nir", graph)
    save_file({"input": inputs, **arrays}, folder / "convolutions.safetensors")
    print(f"convolutions: {arrays['spikes.if'].sum()} and {arrays['spikes.lif'].sum()} spikes in {steps} steps")


def every_kind(folder):
    a = lambda *shape: (np.arange(np.prod(shape)).reshape(shape) / 8 + 0.125).astype(F)
    inner = nir.NIRGraph(
        {"in": nir.Input(np.array([3])), "cell": nir.CubaLIF(a(3), a(3), a(3), a(3), a(3)), "w": nir.Linear(a(3, 3)), "out": nir.Output(np.array([3]))},
        [("in", "cell"), ("cell", "w"), ("w", "cell"), ("cell", "out")],
    )
    nodes = {
        "input": nir.Input(np.array([2, 9])),
        "conv1d": nir.Conv1d(9, a(4, 2, 3), 2, 1, 1, 1, a(4)),
        "scale": nir.Scale(a(4, 5)),
        "i": nir.I(a(4, 5)),
        "flatten": nir.Flatten(np.array([4, 5]), 0, -1),
        "linear": nir.Linear(a(3, 20)),
        "threshold": nir.Threshold(a(3)),
        "inner": inner,
        "cuba_li": nir.CubaLI(a(3), a(3), a(3), a(3), a(3)),
        "li": nir.LI(a(3), a(3), a(3)),
        "output": nir.Output(np.array([3])),
    }
    names = list(nodes)
    graph = nir.NIRGraph(nodes, list(zip(names, names[1:])), metadata={"made_by": "make_graphs.py", "numbers": np.arange(3.0)})
    nir.write(folder / "every_kind.nir", graph)


def main():
    check(len(sys.argv) == 2, "give one folder")
    folder = Path(sys.argv[1])
    recurrent(folder, cuba=True)
    recurrent(folder, cuba=False)
    mixed_cuba(folder)
    convolutions(folder)
    every_kind(folder)


main()
