"""Makes spec/vectors/dcp/reject: python3 make_reject.py VECTORS OUT, from the good checkpoints beside it. Needs Python alone."""
import json, pathlib, shutil, struct, sys

vectors, out = map(pathlib.Path, sys.argv[1:])


def copy(name, source, files=None):
    folder = out / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for file in (vectors / source / "ckpt").iterdir():
        if files is None or file.name in files:
            (folder / file.name).write_bytes(file.read_bytes())
    return folder


def header(path, change, at=0):
    """Rewrites the header of a safetensors file that starts at a byte of a file; the data stays."""
    whole = path.read_bytes()
    length = struct.unpack_from("<Q", whole, at)[0]
    text = json.loads(whole[at + 8 : at + 8 + length])
    change(text)
    made = json.dumps(text).encode()
    path.write_bytes(whole[:at] + struct.pack("<Q", len(made)) + made + whole[at + 8 + length :])


def info(change):
    def edit(text):
        said = json.loads(text["__metadata__"]["DCP_SHARDING_INFO"])
        change(said)
        text["__metadata__"]["DCP_SHARDING_INFO"] = json.dumps(said)

    return edit


def put(value):
    return lambda text: text["__metadata__"].__setitem__("DCP_SHARDING_INFO", value)


def offsets(value):
    return info(lambda said: said["model.embed_tokens.weight"].__setitem__("saved_offsets", value))


SECOND = "shard-00002-model-00002-of-00002.safetensors"
for name, change in {
    "TDC-7.1_no-json": put("{"),
    "TDC-7.1_a-list": put("[]"),
    "TDC-7.1_no-offsets": info(lambda said: said.pop("model.embed_tokens.weight")),
    "TDC-7.1_too-few-axes": offsets([3]),
    "TDC-7.1_negative": offsets([-1, 0]),
    "TDC-7.1_past-63-bits": offsets([(1 << 63) - 1, 0]),
    "TDC-2.6_shards-overlap": offsets([2, 0]),
    "TDC-2.7_shards-leave-a-gap": offsets([4, 0]),
    "TDC-2.18_shards-too-far": offsets([1 << 62, 0]),
}.items():
    header(copy(name, "hf_sharded") / SECOND, change)
copy("TDC-2.7_first-shard-missing", "hf_sharded", [SECOND])
header(copy("TDC-7.3_types", "hf_sharded") / SECOND, lambda text: text["model.embed_tokens.weight"].__setitem__("dtype", "I32"))
header(copy("TDC-7.3_axes", "hf_sharded") / SECOND, lambda text: (text["model.embed_tokens.weight"].__setitem__("shape", [2, 4, 1]), offsets([3, 0, 0])(text)))

first = copy("TDC-3.5_another-place", "blob") / "__0_0.distcp"
header(first, offsets([1, 0]))
first = copy("TDC-3.5_another-name", "blob") / "__0_0.distcp"
header(first, lambda text: (text.__setitem__("other", text.pop("model.embed_tokens.weight")), info(lambda said: said.__setitem__("other", said["model.embed_tokens.weight"]))(text)))

cut = copy("TDC-2.20_cut-stream", "zstd") / "__1_0.distcp"
whole = cut.read_bytes()
frames = [at for at in range(len(whole)) if whole.startswith(b"\x28\xb5\x2f\xfd", at)]
# The last stream loses its second half: what follows is zeros, and no block.
half = (frames[-1] + len(whole)) // 2
cut.write_bytes(whole[:half] + bytes(len(whole) - half))
