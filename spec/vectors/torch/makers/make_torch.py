"""Makes spec/vectors/torch/accept with real torch: python3 make_torch.py FOLDER NAME

For each file NAME-*.pt a NAME-*.json says what every tensor in it is: the path to it, dtype, shape, and the SHA-256 of its
elements in row-major order. Deflated and unpadded files are made with Python's own zipfile from the first one.
"""
import argparse, collections, hashlib, io, json, pathlib, sys, types, zipfile
import torch

folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]


def bits(t):
    t = t.detach().contiguous()
    if t.numel() == 0:
        return b""
    return bytes(t.reshape(-1).view(torch.uint8).tolist()) if t.dtype is not torch.bool else bytes(t.reshape(-1).to(torch.uint8).tolist())


def facts(value, path, out):
    if torch.is_tensor(value):
        out.append({"path": path, "dtype": str(value.dtype), "shape": list(value.shape), "sha256": hashlib.sha256(bits(value)).hexdigest()})
    elif isinstance(value, dict):
        for key, item in value.items():
            facts(item, path + [str(key)], out)
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            facts(item, path + [str(i)], out)


def save(what, value, zipped=True):
    path = folder / f"{name}-{what}.pt"
    torch.save(value, path, _use_new_zipfile_serialization=zipped)
    out = []
    facts(value, [], out)
    path.with_suffix(".json").write_text(json.dumps({"torch": torch.__version__, "tensors": out}, indent=1) + "\n")
    return path


base = torch.arange(24, dtype=torch.float32).reshape(4, 6)
tagged = torch.arange(3, dtype=torch.int32)
tagged.note = "kept"
kinds = {
    "strided": base.t(),
    "offset": base[1:3, 2:5],
    "column": base[:, 1],
    "expanded": torch.arange(3, dtype=torch.int16)[None].expand(2, 3),
    "shared": base,
    "parameter": torch.nn.Parameter(torch.ones(2, 2)),
    "tagged": tagged,
    "scalar": torch.tensor(7, dtype=torch.int64),
    "empty": torch.empty(0, 3),
    "f8": torch.arange(6, dtype=torch.float32).reshape(2, 3).to(torch.float8_e4m3fn),
    "f8e5": torch.arange(5, dtype=torch.float32).to(torch.float8_e5m2),
    "u16": torch.tensor([1, 65535], dtype=torch.uint16),
    "u64": torch.tensor([1, 2**40], dtype=torch.uint64),
    "c64": torch.tensor([1 + 2j, 3 - 1j], dtype=torch.complex64),
    "c128": torch.tensor([1 + 2j], dtype=torch.complex128),
    "bool": torch.tensor([True, False, True]),
    "bf16": torch.arange(4, dtype=torch.bfloat16),
    "f16": torch.arange(4, dtype=torch.float16),
    "f64": torch.arange(2, dtype=torch.float64),
    "i8": torch.tensor([-1, 1], dtype=torch.int8),
    "u8": torch.tensor([255, 0], dtype=torch.uint8),
}
first = save("kinds", kinds)
old = {key: value for key, value in kinds.items() if not key.startswith("f8")}
save("sequence", old, zipped=False)
save("many", [torch.full((i + 1,), i, dtype=torch.int32) for i in range(31)])
save("module", torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2)).state_dict())
save("objects", {
    "args": argparse.Namespace(layers=2, dtype=torch.bfloat16, lr=1e-4, name="é", nothing=None, big=2**80, flags=[True, False]),
    "simple": types.SimpleNamespace(a=1),
    "size": torch.Size([2, 3]),
    "device": torch.device("cuda", 1),
    "path": pathlib.PurePosixPath("/a/b"),
    "bytes": b"\x00\xff",
    "io": io.BytesIO(b"abc"),
    "set": {1},
    "od": collections.OrderedDict([("x", 1), ("y", (1, 2, 3, 4))]),
    "ints": {0: "zero", 1: "one"},
    (1, 2): "tuple key",
})
with zipfile.ZipFile(first) as source:
    for what, method, top in (("deflated", zipfile.ZIP_DEFLATED, "other"), ("unpadded", zipfile.ZIP_STORED, "x")):
        with zipfile.ZipFile(folder / f"{name}-{what}.pt", "w") as target:
            for record in source.namelist():
                inner = record.split("/", 1)[1]
                if inner == ".data/serialization_id":
                    continue
                target.writestr(zipfile.ZipInfo(f"{top}/{inner}"), source.read(record), method if inner == "data.pkl" else zipfile.ZIP_STORED)
        (folder / f"{name}-{what}.json").write_text(first.with_suffix(".json").read_text())
