"""Indexed data sets by hand, from the description of Megatron-core's format (indexed_dataset.py): struct.pack and nothing else.
usage: make_indexed.py OUT (accept/NAME.{bin,idx,json} and reject/ are written; a NAME.json is {dtype, documents: [[sequence, ...], ...]})"""
import json, os, random, struct, sys
out = sys.argv[1]; os.makedirs(f"{out}/accept", exist_ok=True); os.makedirs(f"{out}/reject", exist_ok=True)
codes = {"UInt8": (1, "B"), "Int8": (2, "b"), "Int16": (3, "h"), "Int32": (4, "i"), "Int64": (5, "q"), "UInt16": (8, "H")}
def build(dtype, documents, modes=False):
    code, fmt = codes[dtype]; size = struct.calcsize("<" + fmt)
    sequences = [s for d in documents for s in d]
    data = b"".join(struct.pack(f"<{len(s)}{fmt}", *s) for s in sequences)
    bounds, offsets, at = [0], [], 0
    for d in documents: bounds.append(bounds[-1] + len(d))
    for s in sequences: offsets.append(at); at += len(s) * size
    index = b"MMIDIDX\0\0" + struct.pack("<Q", 1) + struct.pack("<B", code) + struct.pack("<QQ", len(sequences), len(bounds))
    index += struct.pack(f"<{len(sequences)}i", *map(len, sequences)) + struct.pack(f"<{len(sequences)}q", *offsets) + struct.pack(f"<{len(bounds)}q", *bounds)
    return data, index + (bytes(len(sequences)) if modes else b"")
random.seed(3)
def seqs(n, low, high): return [[random.randint(low, high) for _ in range(random.randint(0, 40))] for _ in range(n)]
sets = {
 "int32": ("Int32", [[s] for s in seqs(60, -100, 151_642)]),
 "uint16": ("UInt16", [seqs(random.randint(1, 5), 0, 65535) for _ in range(20)]),
 "int64": ("Int64", [seqs(3, -2**40, 2**40), []]),
 "int8": ("Int8", [seqs(2, -128, 127)]), "uint8": ("UInt8", [seqs(2, 0, 255)]), "int16": ("Int16", [seqs(2, -32768, 32767)]),
 "dropped": ("Int32", [[[1, 2, 3]], [], [], [[4]], []]),  # each document that is skipped leaves its boundary
 "empty": ("Int32", []),
}
for name, (dtype, documents) in sets.items():
    data, index = build(dtype, documents)
    open(f"{out}/accept/{name}.bin", "wb").write(data); open(f"{out}/accept/{name}.idx", "wb").write(index)
    json.dump({"dtype": dtype, "documents": documents}, open(f"{out}/accept/{name}.json", "w"))
data, index = build("Int32", [[[1, 2]], [[3]]], modes=True)
open(f"{out}/accept/modes.bin", "wb").write(data); open(f"{out}/accept/modes.idx", "wb").write(index)
json.dump({"dtype": "Int32", "documents": [[[1, 2]], [[3]]]}, open(f"{out}/accept/modes.json", "w"))

# Indexes that must be refused beside a .bin of 12 bytes: two sequences of two and one int32.
_, good = build("Int32", [[[1, 2]], [[3]]])
def put(at, fmt, *v): b = bytearray(good); struct.pack_into("<" + fmt, b, at, *v); return bytes(b)
bad = {
 "IDX-1.1_empty": b"", "IDX-1.1_cut-in-the-head": good[:33], "IDX-1.1_another-magic": b"TNTIDX\0\0\0" + good[9:], "IDX-1.1_json": b'{"text": "not an index at all, just a line of text"}',
 "IDX-1.2_version-2": put(9, "Q", 2), "IDX-1.2_version-0": put(9, "Q", 0), "IDX-1.3_type-0": put(17, "B", 0), "IDX-1.3_type-9": put(17, "B", 9), "IDX-1.3_type-255": put(17, "B", 255),
 "IDX-1.4_sequences-past-the-end": put(18, "Q", 1000), "IDX-1.4_sequences-all-ones": put(18, "Q", 2**64 - 1), "IDX-1.4_boundaries-all-ones": put(26, "Q", 2**64 - 1), "IDX-1.4_no-boundary": put(26, "Q", 0),
 "IDX-1.4_one-byte-short": good[:-1], "IDX-1.4_bytes-behind": good + b"123", "IDX-1.4_product-wraps": put(18, "Q", 2**62),
 "IDX-1.5_first-is-not-0": put(34 + 24, "q", 1), "IDX-1.5_last-is-not-the-count": put(34 + 24 + 16, "q", 1), "IDX-1.5_boundary-past-the-end": put(34 + 24 + 8, "q", 9), "IDX-1.5_negative-boundary": put(34 + 24 + 8, "q", -1),
 "IDX-1.6_length-past-the-data": put(34 + 4, "i", 2), "IDX-1.6_negative-length": put(34, "i", -1), "IDX-1.6_offset-past-the-data": put(34 + 8, "q", 13), "IDX-1.6_negative-offset": put(34 + 8, "q", -4), "IDX-1.6_offset-largest": put(34 + 8, "q", 2**63 - 1),
 "IDX-1.7_floats": put(17, "B", 7),
}
for name, b in bad.items():
    with open(f"{out}/reject/{name}.hex", "w") as f:
        for i in range(0, len(b), 64): f.write(b[i:i + 64].hex() + "\n")
