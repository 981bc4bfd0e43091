#!/usr/bin/env python3
"""Reads the NIR files of one folder, as Synfire wrote them, with Python's nir, and compares them with those it was given.

Usage: read_nir.py GIVEN WRITTEN

Both folders hold files of the same names. Prints one line, `N graphs equal`.
"""

import sys
from pathlib import Path

import nir
import numpy as np


def check(condition, message):
    if not condition:
        sys.exit(f"read_nir.py: {message}")


def compare(what, given, found):
    check(type(given) is type(found), f"{what}: {type(found)}")
    if isinstance(given, nir.NIRGraph):
        check(set(given.nodes) == set(found.nodes), f"{what}: nodes {sorted(found.nodes)}")
        check(set(given.edges) == set(found.edges), f"{what}: edges {found.edges}")
        for name in given.nodes:
            compare(f"{what}/{name}", given.nodes[name], found.nodes[name])
        return
    for field, value in vars(given).items():
        other = getattr(found, field)
        if isinstance(value, dict):
            check(set(value) == set(other), f"{what}: {field} {other}")
            pairs = [(value[key], other[key]) for key in value]
        else:
            pairs = [(value, other)]
        for a, b in pairs:
            check(np.array_equal(np.asarray(a), np.asarray(b)), f"{what}: {field} is {b}, expected {a}")


def main():
    check(len(sys.argv) == 3, "give two folders")
    given, written = map(Path, sys.argv[1:])
    names = sorted(path.name for path in written.glob("*.nir"))
    check(names, f"{written} holds no graphs")
    for name in names:
        # nir 1.0.8 takes kernels for square when it checks types.
        read = lambda folder: nir.read(folder / name, type_check=name != "convolutions.nir")
        compare(name, read(given), read(written))
    print(f"{len(names)} graphs equal")


main()
