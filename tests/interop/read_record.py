#!/usr/bin/env python3
"""Reads a run folder with pyarrow and with Polars and checks that both see the same record.

Usage: read_record.py RUN [COUNTS]

Checks the columns and types against the documented schema, that both readers give the same rows, and that the events
of each (token, layer, projection) and the neurons that they sum to a count on are as many as the activity rows say. COUNTS is the
record of the same run with `--record counts`: its rows must be the sums of the events. Prints one line, `N rows equal`.
"""

import json
import sys
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds

SCHEMAS = {
    "spikes": pa.schema(
        [
            ("token", pa.uint32()),
            ("step", pa.uint32()),
            ("layer", pa.uint16()),
            ("projection", pa.string()),
            ("neuron", pa.uint32()),
            ("value", pa.int32()),
        ]
    ),
    "counts": pa.schema(
        [
            ("token", pa.uint32()),
            ("layer", pa.uint16()),
            ("projection", pa.string()),
            ("neuron", pa.uint32()),
            ("value", pa.int32()),
        ]
    ),
    "activity": pa.schema(
        [
            ("token", pa.uint32()),
            ("layer", pa.uint16()),
            ("projection", pa.string()),
            ("head", pa.uint16()),
            ("threshold", pa.float32()),
            ("steps", pa.uint32()),
            ("zero_point", pa.int32()),
            ("neurons", pa.uint32()),
            ("spikes", pa.uint64()),
            ("silent", pa.uint32()),
            ("synaptic_operations", pa.uint64()),
        ]
    ),
}
VECTOR = ["token", "layer", "projection"]


def check(condition, message):
    if not condition:
        sys.exit(f"read_record.py: {message}")


def read(run, table):
    """The rows of a table, read twice and compared."""
    parts = sorted((run / table).glob("part-*.parquet"))
    expected = SCHEMAS[table]
    if not parts:
        return pl.from_arrow(expected.empty_table())
    arrow = ds.dataset(parts, format="parquet").to_table()
    types = [(f.name, f.type, f.nullable) for f in arrow.schema]
    check(
        types == [(f.name, f.type, False) for f in expected],
        f"{run / table}: columns {types}, expected {expected}",
    )
    polars = pl.read_parquet(parts)
    converted = pl.from_arrow(arrow)
    check(polars.schema == converted.schema, f"{run / table}: {polars.schema} differs from {converted.schema}")
    check(polars.equals(converted), f"{run / table}: Polars and pyarrow read different rows")
    return polars


def main():
    check(len(sys.argv) in (2, 3), "give one or two run folders")
    run = Path(sys.argv[1])
    manifest = json.loads((run / "manifest.json").read_text())
    check(manifest["schema_version"] == 2, f"schema_version {manifest['schema_version']}, expected 2")
    spikes, activity = read(run, "spikes"), read(run, "activity")
    if manifest["status"] == "complete":
        for name, table in [("spike_rows", spikes), ("activity_rows", activity)]:
            check(manifest[name] == table.height, f"manifest counts {manifest[name]} {name}, found {table.height}")

    bounds = spikes.select((pl.col("value").abs().log(2) % 1 == 0).all() & (pl.col("value") != 0).all()).item()
    check(bounds, "a value is not plus or minus a power of two")
    # A run may record the activity of more vectors than the spikes of; those it records both of must agree.
    counted = spikes.group_by(VECTOR).agg(pl.len().cast(pl.UInt64).alias("events"))
    reported = activity.group_by(VECTOR).agg(pl.col("spikes").sum().alias("reported"))
    if activity.height:
        both = counted.join(reported, on=VECTOR, how="left")
        wrong = both.filter(pl.col("reported").is_null() | (pl.col("events") != pl.col("reported")))
        check(wrong.is_empty(), f"spikes disagree with the activity:\n{wrong.head()}")
        recorded = spikes.select("layer", "projection").unique()
        silent = reported.join(recorded, on=["layer", "projection"]).join(counted, on=VECTOR, how="anti")
        check(silent.filter(pl.col("reported") > 0).is_empty(), f"spikes are missing:\n{silent.head()}")
        # Summed over its steps a neuron's value is its spike count: the neurons whose sum is not 0 are not silent.
        counts = spikes.group_by([*VECTOR, "neuron"]).agg(pl.col("value").cast(pl.Int64).sum())
        active = counts.group_by(VECTOR).agg((pl.col("value") != 0).sum().cast(pl.Int64).alias("active"))
        signed = activity.filter((pl.col("zero_point") == 0).all().over(VECTOR))
        told = signed.group_by(VECTOR).agg(
            (pl.col("neurons").cast(pl.Int64) - pl.col("silent").cast(pl.Int64)).sum().alias("told")
        )
        wrong = active.join(told, on=VECTOR).filter(pl.col("active") != pl.col("told"))
        check(wrong.is_empty(), f"summed values disagree with the silent channels:\n{wrong.head()}")
    rows = spikes.height + activity.height
    for other in sys.argv[2:]:
        told = read(Path(other), "counts").select([*VECTOR, "neuron", pl.col("value").cast(pl.Int64)])
        keys = [*VECTOR, "neuron"]
        summed = spikes.group_by(keys).agg(pl.col("value").cast(pl.Int64).sum()).filter(pl.col("value") != 0)
        check(told.sort(keys).equals(summed.sort(keys)), f"{other}: counts differ from the sums of the events")
        check(read(Path(other), "activity").equals(activity), f"{other}: activity differs")
        rows += told.height
    print(f"{rows} rows equal")


main()
