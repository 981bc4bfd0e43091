#!/usr/bin/env python3
"""Reads spike files that Synfire wrote with pyarrow, NumPy and h5py, and checks that all hold the spikes of the CSV file.

Usage: read_formats.py FOLDER

The folder holds spikes.csv and what `synfire convert` made of it: spikes.parquet, spikes.npz and, from a build with the
feature hdf5, spikes.nwb. Prints one line, `N spikes equal in K formats`.
"""

import sys
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        pa.field("time_s", pa.float64(), nullable=False),
        pa.field("unit", pa.int64(), nullable=False),
        pa.field("channel", pa.uint32(), nullable=False),
        pa.field("polarity", pa.bool_(), nullable=False),
    ]
)


def check(condition, message):
    if not condition:
        sys.exit(f"read_formats.py: {message}")


def read_csv(path):
    lines = path.read_text().splitlines()
    rows = np.genfromtxt([line for line in lines if not line.startswith("#")], delimiter=",", names=True)
    keys = dict(line[1:].strip().split("=") for line in lines if line.startswith("#"))
    return rows, keys


def check_columns(what, columns, rows):
    for name in rows.dtype.names:
        check(np.array_equal(np.asarray(columns[name], float), rows[name]), f"{what}: column {name} differs")


def check_parquet(path, rows, keys):
    table = pq.read_table(path)
    check(table.schema.equals(SCHEMA), f"{path}: columns {table.schema}")
    check_columns(path, {name: table[name].to_numpy() for name in SCHEMA.names}, rows)
    metadata = pq.read_metadata(path)
    for key, value in keys.items():
        found = metadata.metadata[f"synfire.{key}".encode()].decode()
        check(found == value, f"{path}: synfire.{key} is {found}, expected {value}")
    # Readers that know no total order of floats pass over the least and largest time; those of units all can use.
    statistics = metadata.row_group(0).column(1).statistics
    check((statistics.min, statistics.max) == (rows["unit"].min(), rows["unit"].max()), f"{path}: {statistics}")


def check_npz(path, rows, keys):
    with np.load(path) as arrays:
        kinds = {name: arrays[name].dtype.str for name in ["time_s", "unit", "channel", "polarity"]}
        check(list(kinds.values()) == ["<f8", "<i8", "<u4", "|b1"], f"{path}: {kinds}")
        check_columns(path, arrays, rows)
        span = arrays["start_s"].item(), arrays["stop_s"].item()
        check(span == (float(keys["start_s"]), float(keys["stop_s"])), f"{path}: span {span}")
        silent = sorted(set(arrays["unit_ids"].tolist()) - set(rows["unit"].astype(int).tolist()))
        check(silent == [int(unit) for unit in keys["silent_units"].split()], f"{path}: silent units {silent}")


def check_nwb(path, rows, keys):
    with h5py.File(path) as file:
        for name, kind in [("/", "NWBFile"), ("units", "Units"), ("units/id", "ElementIdentifiers")]:
            found = file[name].attrs["neurodata_type"]
            check(found == kind, f"{path}: {name} is {found}")
            check(len(file[name].attrs["object_id"]) == 36, f"{path}: {name} has no object_id")
        units = file["units"]
        columns = list(units.attrs["colnames"])
        check(columns == ["spike_times", "obs_intervals", "spike_channels", "spike_polarities"], f"{path}: {columns}")
        for name in columns:
            target = units[f"{name}_index"].attrs["target"]
            check(file[target].name == f"/units/{name}", f"{path}: {name}_index points to {file[target].name}")
        ends = units["spike_times_index"][:]
        check(len(ends) == len(units["id"]), f"{path}: {len(ends)} trains of {len(units['id'])} units")
        for unit, start, end in zip(units["id"], [0, *ends[:-1]], ends):
            own = rows[rows["unit"] == unit]
            for name, column in [("spike_times", "time_s"), ("spike_channels", "channel"), ("spike_polarities", "polarity")]:
                check(np.array_equal(units[name][start:end], own[column]), f"{path}: {name} of unit {unit} differ")
        span = (units["obs_intervals"][:, 0].min(), units["obs_intervals"][:, 1].max())
        check(span == (float(keys["start_s"]), float(keys["stop_s"])), f"{path}: span {span}")


def main():
    check(len(sys.argv) == 2, "give one folder")
    folder = Path(sys.argv[1])
    rows, keys = read_csv(folder / "spikes.csv")
    checks = {"parquet": check_parquet, "npz": check_npz, "nwb": check_nwb}
    there = [kind for kind in checks if (folder / f"spikes.{kind}").exists()]
    check({"parquet", "npz"} <= set(there), f"{folder}: only {there} are there")
    for kind in there:
        checks[kind](folder / f"spikes.{kind}", rows, keys)
    print(f"{len(rows)} spikes equal in {1 + len(there)} formats")


main()
