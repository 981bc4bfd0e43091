"""What NEST 3.10 connects by distance, for sim/tests/grid.rs.

    python spatial.py        # writes spatial.csv beside this file; needs nest-simulator, numpy

A grid of 20 rows and 20 columns, 1 from neuron to neuron, is connected with itself, without autapses, by `pairwise_bernoulli` within a
circular mask, with a delay of 1 ms + 0.13 ms times the distance in steps of 0.1 ms, by ten seeds. A row of the table: kernel, squared
distance of a pair in rows and columns, connections of all seeds, their delay in steps. Ordered pairs of a distance are counted
by the test.
"""
import collections
import pathlib
import nest
import numpy as np

N = 20
distance = nest.spatial.distance
KERNELS = {
    "gaussian": (True, 6.0, 0.8 * nest.spatial_distributions.gaussian(distance, std=2.0)),
    "exponential": (False, 7.5, 0.9 * nest.spatial_distributions.exponential(distance, beta=3.0)),
    "disc": (True, 3.0, 0.3),
}

lines = ["kernel,distance_squared,connections,delay_steps"]
for kernel, (wrap, cutoff, p) in KERNELS.items():
    counts, delays = collections.Counter(), {}
    for seed in range(1, 11):
        nest.ResetKernel()
        nest.set(resolution=0.1, local_num_threads=1, rng_seed=seed)
        cells = nest.Create("iaf_psc_exp", positions=nest.spatial.grid([N, N], extent=[float(N), float(N)], edge_wrap=wrap))
        nest.Connect(cells, cells, dict(rule="pairwise_bernoulli", p=p, mask=dict(circular=dict(radius=cutoff)), allow_autapses=False),
                     dict(delay=1.0 + 0.13 * distance))
        place = np.rint(np.array(nest.GetPosition(cells)) + 9.5).astype(int)
        made = nest.GetConnections(cells, cells).get(["source", "target", "delay"])
        apart = abs(place[np.array(made["source"]) - 1] - place[np.array(made["target"]) - 1])
        if wrap:
            apart = np.minimum(apart, N - apart)
        for squared, delay in zip((apart**2).sum(1), made["delay"]):
            counts[squared] += 1
            delays.setdefault(squared, set()).add(round(10 * delay))
    for squared in sorted(counts):
        (delay,) = delays[squared]
        lines.append(f"{kernel},{squared},{counts[squared]},{delay}")
pathlib.Path(__file__).with_name("spatial.csv").write_text("\n".join(lines) + "\n")
