"""Prints some spikes of a layer and projection, read from the record with pyarrow, as JSON."""

import glob
import json
import sys

import pyarrow.compute as pc
import pyarrow.dataset as ds

run, layer, projection = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def table(name):
    files = sorted(glob.glob(f"{run}/{name}/part-*.parquet"))
    here = (ds.field("layer") == layer) & (ds.field("projection") == projection)
    return ds.dataset(files).to_table(filter=here)


steps = {row["token"]: row["steps"] for row in table("activity").to_pylist()}
spikes = table("spikes").sort_by([("token", "ascending"), ("step", "ascending"), ("neuron", "ascending")])
every = max(1, spikes.num_rows // 12)
known = [dict(row, steps=steps[row["token"]]) for row in spikes.to_pylist()[every // 2 :: every]]
print(json.dumps({"spikes": spikes.num_rows, "tokens": pc.max(spikes["token"]).as_py() + 1, "known": known}))
