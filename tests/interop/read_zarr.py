"""Reads zarr arrays with zarr-python 3 and compares each with its SHA-256.

usage: read_zarr.py FOLDER        FOLDER/expected.json: {"GROUP/ARRAY": {"dtype", "shape", "sha256"}, ...}, hashes of row-major little-endian bytes;
                                  "GROUP/": what the group is, for messages
"""
import hashlib
import json
import os
import sys

import numpy as np
import zarr

folder = sys.argv[1]
expected = json.load(open(os.path.join(folder, "expected.json")))
kinds = {k[:-1]: v for k, v in expected.items() if k.endswith("/")}
bad = read = 0
for name, want in expected.items():
    if name.endswith("/"):
        continue
    group, array = name.split("/", 1)
    try:
        found = zarr.open_group(os.path.join(folder, group), mode="r")[array][...]
        found = np.asarray(found)
        data = found.astype(found.dtype.newbyteorder("<")).tobytes() if found.dtype.itemsize > 1 else found.tobytes()
        same = list(found.shape) == want["shape"] and found.dtype.name == want["dtype"] and hashlib.sha256(data).hexdigest() == want["sha256"]
    except Exception as error:
        same, found = False, None
        print(f"{name}: {type(error).__name__}: {error}"[:300])
    read += 1
    if not same:
        bad += 1
        print(f"{name} differs: {kinds.get(group, '')}")
print(f"zarr {zarr.__version__}: {read - bad} of {read} arrays equal")
sys.exit(1 if bad else 0)
