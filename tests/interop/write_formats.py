#!/usr/bin/env python3
"""Writes spike files with NumPy, pyarrow and h5py, which the tests of the formats read.

Usage: write_formats.py FOLDER

The files of tests/golden/formats were written by it. Spike i of N has time i * i / 1024 s (or a quarter of that in SHD,
which float16 holds) and unit UNITS[i % 3], as datasets/tests/formats.rs expects.
"""

import sys
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

N = 30
UNITS = np.array([12, -3, 700])


def main():
    folder = Path(sys.argv[1])
    i = np.arange(N)
    times_s, units = i * i / 1024.0, UNITS[i % 3]
    polarity = np.where(i % 2 == 0, 1, -1)

    # Plain arrays of narrow and of big-endian numbers, rows in reverse.
    np.savez(folder / "narrow.npz", time_ms=(times_s * 1000)[::-1].astype(">f4"), neuron=units[::-1].astype("<i2"))
    np.savez_compressed(
        folder / "compressed.npz",
        time_us=(i * 1000).astype(np.uint64),
        unit_id=units.astype(np.int32),
        channel=(i % 5).astype(np.uint8),
        polarity=polarity.astype(np.int8),
        note=np.array(["not read"]),
    )

    # Columns that may lack values but do not, as pandas writes them, beside columns of other kinds.
    table = pa.table(
        {
            "note": pa.array([f"spike {n}" for n in i]),
            "time_s": pa.array(times_s, pa.float32()),
            "unit": pa.array(units, pa.int16()),
            "polarity": pa.array(polarity == 1),
            "nested": pa.array([[int(n)] * (n % 3) for n in i]),
        }
    )
    pq.write_table(table, folder / "nullable.parquet", row_group_size=7)
    table = pa.table({"time_us": pa.array(i * 1000, pa.uint32()), "unit": pa.array(units.astype(np.float64))})
    pq.write_table(table, folder / "pages-v2.parquet", data_page_version="2.0", compression="snappy")
    gap = pa.table({"time_s": [0.0, None], "unit": [1, 2]})
    pq.write_table(gap, folder / "gap.parquet")

    with h5py.File(folder / "shd.h5", "w") as file:
        spikes = file.create_group("spikes")
        rows = {"times": (np.float16, times_s / 4), "units": (np.uint16, i % 7)}
        for name, (kind, values) in rows.items():
            data = spikes.create_dataset(name, (3,), dtype=h5py.vlen_dtype(np.dtype(kind)))
            data[0], data[1], data[2] = values[:10].astype(kind), values[:0].astype(kind), values[10:].astype(kind)
        file["labels"] = np.array([4, 0, 19], np.uint16)

    with h5py.File(folder / "units.nwb", "w") as file:
        file.attrs["nwb_version"] = "2.6.0"
        group = file.create_group("units")
        group.create_dataset("id", data=np.array([7, 3, 5], np.int32))
        group.create_dataset("spike_times", data=times_s, chunks=(8,), compression="gzip")
        group.create_dataset("spike_times_index", data=np.array([10, 10, 30], np.uint8))
        group.create_dataset("obs_intervals", data=np.array([[0.0, 0.5], [0.25, 0.5], [0.5, 1.5]]))


main()
