#!/usr/bin/env python3
"""Writes what tonic's transforms and snnTorch's encoders make of small inputs.

Usage: make_values.py FOLDER

events.csv holds 400 events of a camera of 20 x 16 pixels: time in microseconds, column, row, polarity. tonic's transforms of it
are NAME.csv, rows as in events.csv; frames.csv has the counts of tonic's frames as step, index in [2, 16, 20], count. Encoders of
snnTorch have rows step, index, value: latency_linear.csv and latency_log.csv of x_i = i / 40, delta.csv of the course below.
"""

import sys
from pathlib import Path

import numpy as np
import tonic
import torch
from snntorch import spikegen

SENSOR = (20, 16, 2)
DTYPE = np.dtype([("t", np.int64), ("x", np.int16), ("y", np.int16), ("p", np.int8)])


def write(folder, name, rows):
    np.savetxt(folder / f"{name}.csv", np.array(rows), fmt="%.9g", delimiter=",")


def events():
    """Noise, and a spot that moves: first events late enough that tonic's filter knows no neighbour by default."""
    rng = np.random.default_rng(11)
    n = 200
    rows = np.zeros(2 * n, DTYPE)
    rows["t"][:n] = rng.integers(10_000, 60_000, n)
    rows["x"][:n], rows["y"][:n] = rng.integers(0, SENSOR[0], n), rng.integers(0, SENSOR[1], n)
    t = np.sort(rng.integers(10_000, 60_000, n))
    rows["t"][n:] = t
    rows["x"][n:] = np.clip((t - 10_000) // 2_600 + rng.integers(-1, 2, n), 0, SENSOR[0] - 1)
    rows["y"][n:] = 8 + rng.integers(-1, 2, n)
    rows["p"] = rng.integers(0, 2, 2 * n)
    rows = rows[np.argsort(rows["t"], kind="stable")]
    rows["t"][0], rows["t"][-1] = 10_000, 60_000
    return rows


def course():
    steps = np.arange(120)
    return np.stack([np.sin(steps / 9), np.sign(np.sin(steps / 20)), steps % 7 / 7], 1).astype(np.float32)


def spikes(encoded):
    steps, indices = np.nonzero(encoded.numpy())
    return [(step, index, encoded[step, index].item()) for step, index in zip(steps, indices)]


def main():
    folder = Path(sys.argv[1])
    rows = events()
    as_rows = lambda rows: [tuple(row) for row in rows]
    write(folder, "events", as_rows(rows))
    write(folder, "denoise", as_rows(tonic.transforms.Denoise(filter_time=3000.5)(rows.copy())))
    write(folder, "downsample", as_rows(tonic.transforms.Downsample(spatial_factor=0.25)(rows.copy())))
    write(folder, "crop", as_rows(tonic.transforms.CenterCrop(sensor_size=SENSOR, size=(8, 6))(rows.copy())))
    frames = tonic.transforms.ToFrame(sensor_size=SENSOR, time_window=5000, include_incomplete=True)(rows.copy())
    frames = frames.reshape(len(frames), -1)
    steps, indices = np.nonzero(frames)
    write(folder, "frames", [(s, i, frames[s, i]) for s, i in zip(steps, indices)])
    values = torch.arange(41) / 40
    linear = spikegen.latency(values, num_steps=25, threshold=0.01, normalize=True, linear=True, clip=True)
    write(folder, "latency_linear", spikes(linear))
    log = spikegen.latency(values, num_steps=25, threshold=0.2, tau=8.0, clip=True, bypass=True)
    write(folder, "latency_log", spikes(log))
    write(folder, "course", course())
    write(folder, "delta", spikes(spikegen.delta(torch.from_numpy(course()), threshold=0.1, padding=True, off_spike=True)))


main()
