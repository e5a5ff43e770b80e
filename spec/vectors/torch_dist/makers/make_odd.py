"""Makes spec/vectors/torch_dist/odd: python3 make_odd.py FOLDER. With torch 2.6: everything a reader may meet and rarely does."""
import hashlib, io, json, pathlib, pickle, sys, zipfile
import torch
from torch.distributed._shard.sharded_tensor import metadata as old
from torch.distributed.checkpoint import metadata as m
from torch.distributed.checkpoint.filesystem import _StorageInfo

folder = pathlib.Path(sys.argv[1])
iteration = folder / "iter_0000001"
iteration.mkdir(parents=True)
data, storage, entries, expected = b"", {}, {}, {}


def stream(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def rezipped(value):
    """By an ordinary zip writer: other folder, no padding, no descriptors, data.pkl deflated, a comment."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(stream(value))) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            inner = name.split("/", 1)[1]
            if inner != ".data/serialization_id":
                target.writestr(f"any name/{inner}", source.read(name), zipfile.ZIP_DEFLATED if inner == "data.pkl" else zipfile.ZIP_STORED)
        target.comment = b"a comment"
    return out.getvalue()


def add(name, whole, chunks, properties=None, chunk_list=None):
    """chunks: (offset, size, stream)"""
    global data
    for number, (offset, size, made) in enumerate(chunks):
        data += b"#" * 3  # bytes that nothing refers to
        # a wrong index hint: only name and offset count
        storage[m.MetadataIndex(name, torch.Size(offset), 7 - number)] = _StorageInfo("__3_1.distcp", len(data), len(made))
        data += made
    listed = [m.ChunkStorageMetadata(torch.Size(o), torch.Size(s)) for o, s, _ in chunks] if chunk_list is None else chunk_list
    entries[name] = m.TensorStorageMetadata(properties or m.TensorProperties(dtype=whole.dtype), whole.shape, listed)
    raw = bytes(whole.contiguous().reshape(-1).view(torch.uint8).tolist())
    expected[name] = {"shape": list(whole.shape), "dtype": str(whole.dtype)[6:], "sha256": hashlib.sha256(raw).hexdigest()}


w = torch.arange(24, dtype=torch.float32).reshape(4, 6)
add("transposed", w, [((0, 0), (4, 6), stream(w.t().contiguous().t()))])
add("larger_storage", w[1:3, 2:5], [((0, 0), (2, 3), stream(w[1:3, 2:5]))])
add("ordinary_zip", w, [((0, 0), (2, 6), rezipped(w[:2].clone())), ((2, 0), (2, 6), rezipped(w[2:].t().contiguous().t()))])
add("parameter", w, [((0, 0), (4, 6), stream(torch.nn.Parameter(w.clone())))])
add("scalar", torch.tensor(3.5, dtype=torch.float64), [((), (), stream(torch.tensor(3.5, dtype=torch.float64)))])
add("pinwheel", torch.arange(9, dtype=torch.int16).reshape(3, 3), [
    (o, s, stream(torch.arange(9, dtype=torch.int16).reshape(3, 3)[o[0] : o[0] + s[0], o[1] : o[1] + s[1]].clone()))
    for o, s in [((0, 0), (1, 2)), ((0, 2), (2, 1)), ((2, 1), (1, 2)), ((1, 0), (2, 1)), ((1, 1), (1, 1))]])
v = torch.arange(8, dtype=torch.bfloat16)
# Chunks of no elements, at the place of a full one and at one of their own that has no stream.
add("with_empty_chunks", v, [((0,), (5,), stream(v[:5].clone())), ((5,), (3,), stream(v[5:].clone()))], chunk_list=[
    m.ChunkStorageMetadata(torch.Size([0]), torch.Size([0])), m.ChunkStorageMetadata(torch.Size([0]), torch.Size([5])),
    m.ChunkStorageMetadata(torch.Size([5]), torch.Size([0])), m.ChunkStorageMetadata(torch.Size([5]), torch.Size([3])),
    m.ChunkStorageMetadata(torch.Size([8]), torch.Size([0]))])
add("old_properties", v, [((0,), (8,), stream(v))], properties=old.TensorProperties(dtype=torch.bfloat16))

whole = m.Metadata(entries, None, storage, m.StorageMeta(checkpoint_id=pathlib.PosixPath("/some/where"), save_id="x"))
whole.all_local_plans = [entries, storage, [entries] * 3]
(iteration / ".metadata").write_bytes(pickle.dumps(whole, 2))
(iteration / "__3_1.distcp").write_bytes(data)
(iteration / "metadata.json").write_text('{"sharded_backend": "torch_dist", "sharded_backend_version": 1, "of_tomorrow": {"a": [1]}}')
(folder / "latest_checkpointed_iteration.txt").write_text("1")
(folder / "expected.json").write_text(json.dumps({"what": "torch_dist checkpoint by hand", "versions": {"torch": torch.__version__}, "tensors": expected}, indent=1) + "\n")
