"""Makes spec/vectors/torch_dist/reject: python3 make_reject.py FOLDER. Made with torch 2.6; each folder is a good checkpoint with one fault."""
import io, json, pathlib, pickle, sys
import torch
from torch.distributed.checkpoint import metadata as m
from torch.distributed.checkpoint.filesystem import _StorageInfo

root = pathlib.Path(sys.argv[1])


def stream(value):
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


class Checkpoint:
    def __init__(self, size=(4, 2), chunks=(((0, 0), (2, 2)), ((2, 0), (2, 2))), dtype=torch.float32, streams=None, announced=None):
        self.config = {"sharded_backend": "torch_dist", "sharded_backend_version": 1, "common_backend": "torch", "common_backend_version": 1}
        self.common = {"iteration": 1}
        self.data, self.storage = b"", {}
        self.tracker = None
        self.cut = None
        self.edit = lambda text: text
        for i, (offset, extent) in enumerate(chunks):
            made = stream(torch.zeros(extent, dtype=dtype) if streams is None else streams[i])
            self.storage[m.MetadataIndex("w", torch.Size(offset))] = _StorageInfo("__0_0.distcp", len(self.data), len(made))
            self.data += made
        made = stream([None])
        self.storage[m.MetadataIndex("o/shard_0_1")] = _StorageInfo("__0_0.distcp", len(self.data), len(made))
        self.data += made
        properties = m.TensorProperties(dtype=announced or dtype)
        self.entries = {
            "w": m.TensorStorageMetadata(properties, torch.Size(size), [m.ChunkStorageMetadata(torch.Size(o), torch.Size(e)) for o, e in chunks]),
            "o/shard_0_1": m.BytesStorageMetadata(),
        }

    def write(self, name, index=True):
        folder = root / name
        folder.mkdir(parents=True)
        iteration = folder
        if self.tracker is not None:
            (folder / "latest_checkpointed_iteration.txt").write_text(self.tracker)
            iteration = folder / "iter_0000001"
            iteration.mkdir()
        if index:
            whole = m.Metadata(self.entries, None, self.storage)
            (iteration / ".metadata").write_bytes(self.edit(pickle.dumps(whole, 4)))
        if self.config is not None:
            (iteration / "metadata.json").write_text(self.config if isinstance(self.config, str) else json.dumps(self.config))
        if self.common is not None:
            torch.save(self.common, iteration / "common.pt")
        if self.data is not None:
            (iteration / "__0_0.distcp").write_bytes(self.data[: self.cut])


def make(name, change, index=True, **how):
    checkpoint = Checkpoint(**how)
    change(checkpoint)
    checkpoint.write(name, index)


def same(checkpoint):
    pass


def put(**values):
    def change(checkpoint):
        for key, value in values.items():
            setattr(checkpoint, key, value)
    return change


def info(**values):
    def change(checkpoint):
        for key, value in values.items():
            setattr(checkpoint.storage[m.MetadataIndex("w", torch.Size([2, 0]))], key, value)
    return change


make("TDC-1.1_tracker-words", put(tracker="the last one"))
make("TDC-1.1_tracker-negative", put(tracker="-1"))
make("TDC-1.1_tracker-empty", put(tracker=""))
make("TDC-1.2_tracker-elsewhere", put(tracker="2"))
make("TDC-1.3_config-no-json", put(config="{"))
make("TDC-1.3_config-list", put(config=[]))
make("TDC-1.3_config-without-backend", put(config={}))
make("TDC-1.3_config-backend-number", put(config={"sharded_backend": 1}))
make("TDC-1.3_config-version-text", put(config={"sharded_backend": "torch_dist", "sharded_backend_version": "1"}))
make("TDC-1.4_zarr", put(config={"sharded_backend": "zarr", "sharded_backend_version": 1}), index=False)
make("TDC-1.4_version-2", put(config={"sharded_backend": "torch_dist", "sharded_backend_version": 2}))
make("TDC-1.4_common-backend", put(config={"sharded_backend": "torch_dist", "common_backend": "json"}))
make("TDC-1.5_no-index", same, index=False)
make("TDC-1.6_index-per-rank", same, index=False)
(root / "TDC-1.6_index-per-rank" / "__1.metadata").write_bytes(pickle.dumps(None))  # and none of rank 0
make("TDC-1.8_common-list", put(common=[1, 2]))


class Other:
    pass


Other.__module__ = "torch.distributed.checkpoint.metadata"
m.Other = Other
whole = Checkpoint()
whole.write("TDC-2.1_other-class")
(root / "TDC-2.1_other-class" / ".metadata").write_bytes(pickle.dumps({"state_dict_metadata": {}}, 4))


def without(name):
    def change(checkpoint):
        checkpoint.edit = lambda data: data.replace(bytes([0x8C, len(name)]) + name.encode(), bytes([0x8C, len(name)]) + b"x" * len(name), 1)
    return change


make("TDC-2.2_no-storage-data", without("storage_data"))
make("TDC-2.2_no-chunks", without("chunks"))
make("TDC-2.2_no-size", without("size"))
make("TDC-2.2_no-offsets", without("offsets"))
make("TDC-2.2_no-properties", without("properties"))
make("TDC-2.2_no-fqn", without("fqn"))
make("TDC-2.2_no-length", without("length"))
make("TDC-2.3_other-entry", lambda c: c.entries.update({"w": Other()}))
make("TDC-2.3_other-storage", lambda c: c.storage.update({m.MetadataIndex("w", torch.Size([2, 0])): Other()}))
make("TDC-2.4_quantised", same, announced=torch.qint8)
make("TDC-2.4_sparse", lambda c: setattr(c.entries["w"].properties, "layout", torch.sparse_coo))
make("TDC-2.5_outside", same, chunks=(((0, 0), (2, 2)), ((3, 0), (2, 2))))
make("TDC-2.5_axes", lambda c: c.entries["w"].chunks.__setitem__(1, m.ChunkStorageMetadata(torch.Size([2]), torch.Size([2]))))
make("TDC-2.6_overlap", same, size=(4, 4), chunks=(((0, 0), (2, 4)), ((1, 0), (2, 4))))
make("TDC-2.6_twice", same, chunks=(((0, 0), (2, 2)), ((0, 0), (2, 2))))
make("TDC-2.7_gap", same, size=(5, 2))
make("TDC-2.7_nothing", lambda c: c.entries["w"].chunks.clear())
make("TDC-2.8_chunk-nowhere", lambda c: c.storage.pop(m.MetadataIndex("w", torch.Size([2, 0]))))
make("TDC-2.8_object-nowhere", lambda c: c.storage.pop(m.MetadataIndex("o/shard_0_1")))
for words, path in (("parent", "../__0_0.distcp"), ("absolute", "/__0_0.distcp"), ("empty", ""), ("drive", "C:x"), ("inner-parent", "a/../../b")):
    make(f"TDC-2.9_{words}", info(relative_path=path))
make("TDC-2.10_past-end", info(length=1 << 20))
make("TDC-2.10_negative", info(offset=-1))
make("TDC-2.10_overflow", info(offset=(1 << 63) - 1))
make("TDC-2.10_beyond-63-bits", info(offset=1 << 70))
make("TDC-2.10_file-cut", put(cut=100))
make("TDC-2.11_missing-file", put(data=None))
make("TDC-2.12_other", info(transform_descriptors=["stream.lzma/1"]))
make("TDC-2.12_twice", info(transform_descriptors=["stream.zstd/1", "stream.zstd/1"]))
make("TDC-2.20_no-zstd", info(transform_descriptors=["stream.zstd/1"]))
make("TDC-2.15_unlisted", lambda c: c.entries.pop("o/shard_0_1"))
rank = 30
cuts = [((0,) * rank, (1,) + (2,) * (rank - 1))]
for axis in range(1, rank):
    cuts.append(((1,) * axis + (0,) * (rank - axis), (1,) * axis + (1,) + (2,) * (rank - axis - 1)))
cuts.append(((1,) * rank, (1,) * rank))
make("TDC-2.16_too-many-axes", same, size=(2,) * rank, chunks=cuts, streams=[torch.zeros(1)] * len(cuts))
make("TDC-2.17_twice", lambda c: (c.entries.update({"v": c.entries["w"]}), setattr(c, "edit", lambda data: data.replace(b"\x8c\x01v", b"\x8c\x01w"))))
make("TDC-2.18_too-large", lambda c: setattr(c.entries["w"], "size", torch.Size([1 << 40, 1 << 40])))
make("TDC-3.1_no-tensor", same, streams=[torch.zeros(2, 2), [None]])
make("TDC-3.2_dtype", same, announced=torch.float16)
make("TDC-3.3_size", same, streams=[torch.zeros(2, 2), torch.zeros(4)])
make("TOR-3.2_stream-is-no-zip", lambda c: setattr(c, "data", bytes(len(c.data))))
make("TOR-1.4_index-is-no-pickle", lambda c: setattr(c, "edit", lambda data: b"\x80\x04."))
