"""Makes ../reject: folders that must be refused, each by the clause in its name. Needs nothing but Python.
usage: make_reject.py OUT"""
import gzip, json, os, shutil, struct, sys, zlib
out = sys.argv[1]
shutil.rmtree(out, ignore_errors=True)

V2 = {"chunks": [2, 2], "compressor": None, "dtype": "<f4", "fill_value": 0.0, "filters": None, "order": "C", "shape": [4, 2], "zarr_format": 2}
V3 = {"shape": [4, 2], "data_type": "float32", "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 2]}},
      "chunk_key_encoding": {"name": "default", "configuration": {"separator": "."}}, "fill_value": 0.0,
      "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}], "attributes": {}, "zarr_format": 3, "node_type": "array", "storage_transformers": []}
CHUNK = bytes(range(16))

def put(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else (data if isinstance(data, str) else json.dumps(data)).encode())

def v2(name, change=None, chunks=None, text=None):
    node = {k: v for k, v in {**V2, **(change or {})}.items() if v != "absent"}
    put(f"{out}/{name}/.zarray", node if text is None else text)
    for key, data in (chunks if chunks is not None else {"0.0": CHUNK, "1.0": CHUNK}).items(): put(f"{out}/{name}/{key}", data)

def v3(name, change=None, chunks=None, text=None):
    node = {k: v for k, v in {**V3, **(change or {})}.items() if v != "absent"}
    put(f"{out}/{name}/zarr.json", node if text is None else text)
    for key, data in (chunks if chunks is not None else {"c.0.0": CHUNK, "c.1.0": CHUNK}).items(): put(f"{out}/{name}/{key}", data)

def codecs(*names): return {"codecs": [n if isinstance(n, dict) else {"name": n} for n in names]}
BYTES = {"name": "bytes", "configuration": {"endian": "little"}}

def crc32c(data):
    crc = 0xFFFFFFFF
    for b in data:
        crc ^= b
        for _ in range(8): crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF

# 1: folders and texts
v2("ZAR-1.1_no-json", text="{")
v2("ZAR-1.1_list", text="[]")
v2("ZAR-1.1_not-utf8", text=b'{"zarr_format": "\xff"}')
v2("ZAR-1.1_half-a-surrogate", text='{"zarr_format": "\\ud800"}')
v2("ZAR-1.1_deep", text='{"a": ' * 200 + "1" + "}" * 200)
v3("ZAR-1.1_something-behind", text=json.dumps(V3) + "{}")
def v2tree(name, consolidated):
    put(f"{out}/{name}/.zgroup", {"zarr_format": 2}); put(f"{out}/{name}/.zmetadata", consolidated)
    put(f"{out}/{name}/a/.zarray", V2); put(f"{out}/{name}/a/0.0", CHUNK); put(f"{out}/{name}/a/1.0", CHUNK)
v2tree("ZAR-1.2_version", {"metadata": {"a/.zarray": V2}, "zarr_consolidated_format": 2})
v2tree("ZAR-1.2_not-an-object", {"metadata": {"a/.zarray": []}, "zarr_consolidated_format": 1})
v2tree("ZAR-1.2_twice", json.dumps({"metadata": {"a/.zarray": V2, "A": 1}, "zarr_consolidated_format": 1}).replace('"A": 1', '"a/.zarray": ' + json.dumps(V2)))
v2tree("ZAR-1.3_not-listed", {"metadata": {".zgroup": {"zarr_format": 2}}, "zarr_consolidated_format": 1})
v2tree("ZAR-1.3_not-there", {"metadata": {"a/.zarray": V2, "../b/.zarray": V2}, "zarr_consolidated_format": 1})
put(f"{out}/ZAR-1.2_kind/zarr.json", {"zarr_format": 3, "node_type": "group", "consolidated_metadata": {"kind": "elsewhere", "metadata": {}}})
put(f"{out}/ZAR-1.4_deep/{'d/' * 70}.zarray", V2)
put(f"{out}/ZAR-1.5_nothing/readme.txt", "nothing here")

# 2: what arrays are
for field in ("zarr_format", "shape", "chunks", "dtype", "order"): v2(f"ZAR-2.1_v2-no-{field.replace('_', '-')}", {field: "absent"})
for field in ("shape", "data_type", "chunk_grid", "chunk_key_encoding", "codecs"): v3(f"ZAR-2.1_v3-no-{field.replace('_', '-')}", {field: "absent"})
v2("ZAR-2.1_version-3-in-zarray", {"zarr_format": 3})
v2("ZAR-2.1_negative", {"shape": [-4, 2]})
v2("ZAR-2.1_fraction", {"shape": [4.5, 2]})
v2("ZAR-2.1_beyond-63-bits", {"shape": [2**63, 2]})
v2("ZAR-2.1_many-axes", {"shape": [1] * 65, "chunks": [1] * 65}, {})
v2("ZAR-2.1_compressor-text", {"compressor": "zlib"})
v3("ZAR-2.1_codec-number", {"codecs": [7]})
v2("ZAR-2.2_rank", {"chunks": [2]})
v3("ZAR-2.2_rank", {"shape": [8]})
v2("ZAR-2.2_empty-chunk", {"chunks": [0, 2]})
v2("ZAR-2.2_too-large", {"shape": [2**32, 2**32], "chunks": [2, 2]}, {})
v2("ZAR-2.2_chunk-too-large", {"chunks": [2**62, 2]}, {})
SHARDING = lambda **kw: {"name": "sharding_indexed", "configuration": {**{"chunk_shape": [2, 2], "codecs": [BYTES], "index_codecs": [BYTES, {"name": "crc32c"}], "index_location": "end"}, **kw}}
v3("ZAR-2.2_shard-no-multiple", {**codecs(SHARDING(chunk_shape=[3, 2])), "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4, 2]}}}, {})
v2("ZAR-2.3_text", {"dtype": "<U4"})
v2("ZAR-2.3_structure", {"dtype": [["a", "<f4"]]})
v2("ZAR-2.3_four-void-bytes", {"dtype": "|V4"})
v2("ZAR-2.3_no-order", {"dtype": "|f4"})
v3("ZAR-2.3_string", {"data_type": "string", "fill_value": ""})
v3("ZAR-2.3_raw", {"data_type": {"name": "raw_bytes", "configuration": {"length_bytes": 2}}})
v2("ZAR-2.4_order", {"order": "A"})
v2("ZAR-2.4_separator", {"dimension_separator": "-"})
v3("ZAR-2.4_separator", {"chunk_key_encoding": {"name": "default", "configuration": {"separator": "::"}}})
v3("ZAR-2.4_rectilinear", {"chunk_grid": {"name": "rectilinear", "configuration": {"chunk_shapes": [[1, 3], [2]]}}})
v3("ZAR-2.4_keys", {"chunk_key_encoding": {"name": "hashed"}})
v2("ZAR-2.5_lzma", {"compressor": {"id": "lzma"}})
v2("ZAR-2.5_filter", {"filters": [{"id": "delta", "dtype": "<f4"}]})
v2("ZAR-2.5_crc32c", {"compressor": {"id": "crc32c"}})
v2("ZAR-2.5_snappy", {"compressor": {"id": "blosc", "cname": "snappy", "clevel": 5, "shuffle": 1}})
v3("ZAR-2.5_unknown", codecs(BYTES, "vlen-utf8"))
v3("ZAR-2.5_encoded-shard", codecs(SHARDING(), {"name": "gzip", "configuration": {"level": 1}}))
v3("ZAR-2.5_encoded-index", codecs(SHARDING(index_codecs=[BYTES, {"name": "gzip", "configuration": {"level": 1}}])))
nested = SHARDING(chunk_shape=[2, 2])
for _ in range(5): nested = SHARDING(codecs=[nested])
v3("ZAR-2.5_nested", codecs(nested))
v3("ZAR-2.6_no-bytes", codecs({"name": "transpose", "configuration": {"order": [1, 0]}}))
v3("ZAR-2.6_nothing", codecs())
v3("ZAR-2.6_bytes-twice", codecs(BYTES, BYTES))
v3("ZAR-2.6_encoding-first", codecs({"name": "gzip", "configuration": {"level": 1}}, BYTES))
v3("ZAR-2.6_no-endian", codecs("bytes"))
v3("ZAR-2.6_endian", codecs({"name": "bytes", "configuration": {"endian": "middle"}}))
v3("ZAR-2.6_transpose-rank", codecs({"name": "transpose", "configuration": {"order": [0]}}, BYTES))
v3("ZAR-2.6_transpose-twice", codecs({"name": "transpose", "configuration": {"order": [0, 0]}}, BYTES))
v3("ZAR-2.6_transpose-outside", codecs({"name": "transpose", "configuration": {"order": [0, 2]}}, BYTES))
v3("ZAR-2.6_transpose-bare", codecs("transpose", BYTES))
v3("ZAR-2.6_blosc-bare", codecs(BYTES, "blosc"))
v3("ZAR-2.6_shard-rank", codecs(SHARDING(chunk_shape=[2])))
v3("ZAR-2.6_shard-of-nothing", codecs(SHARDING(chunk_shape=[0, 2])))
v3("ZAR-2.6_index-location", codecs(SHARDING(index_location="middle")))
v2("ZAR-2.7_text", {"fill_value": "nothing"})
v2("ZAR-2.7_too-large", {"dtype": "|u1", "fill_value": 256, "chunks": [2, 2]})
v2("ZAR-2.7_negative", {"dtype": "<u4", "fill_value": -1})
v2("ZAR-2.7_int-too-low", {"dtype": "|i1", "fill_value": -129})
v2("ZAR-2.7_fraction", {"dtype": "<i4", "fill_value": 0.5})
v2("ZAR-2.7_void", {"dtype": "<V2", "fill_value": "AAAA"})
v2("ZAR-2.7_complex", {"dtype": "<c8", "fill_value": [1]})
v3("ZAR-2.7_null", {"fill_value": None})
v3("ZAR-2.7_hex", {"fill_value": "0x7fc0"})
v3("ZAR-2.7_bool", {"data_type": "bool", "fill_value": 2})
v3("ZAR-2.8_field", {"compression_of_tomorrow": {"must_understand": True}})
v3("ZAR-2.8_bare-field", {"sign": 1})
v3("ZAR-2.8_transformers", {"storage_transformers": [{"name": "mirror"}]})

# 3: chunks
v2("ZAR-3.1_outside", chunks={"0.0": CHUNK, "1.0": CHUNK, "2.0": CHUNK})
v2("ZAR-3.1_rank", chunks={"0.0": CHUNK, "1.0": CHUNK, "0.0.0": CHUNK})
v3("ZAR-3.1_scalar-key", chunks={"c.0.0": CHUNK, "c.1.0": CHUNK, "c": CHUNK})
v2("ZAR-3.2_short", chunks={"0.0": CHUNK, "1.0": CHUNK[:-1]})
v2("ZAR-3.2_long", chunks={"0.0": CHUNK, "1.0": CHUNK + b"x"})
v2("ZAR-3.2_empty", chunks={"0.0": CHUNK, "1.0": b""})
v3("ZAR-3.2_crc-short", codecs(BYTES, "crc32c"), {"c.0.0": CHUNK, "c.1.0": CHUNK})
v2("ZAR-3.3_missing", {"fill_value": None}, {"0.0": CHUNK})
v2("ZAR-3.3_missing-all", {"fill_value": None}, {})
GZ, ZL = {"compressor": {"id": "gzip", "level": 1}}, {"compressor": {"id": "zlib", "level": 1}}
v2("ZAR-3.5_short", GZ, {"0.0": gzip.compress(CHUNK[:-1], mtime=0)})
v2("ZAR-3.5_long", GZ, {"0.0": gzip.compress(CHUNK + b"x", mtime=0)})
v2("ZAR-3.5_bomb", ZL, {"0.0": zlib.compress(bytes(1 << 22))})
v2("ZAR-3.5_chunk-of-nothing", {**ZL, "shape": [1 << 20, 16], "chunks": [1 << 20, 16]}, {"0.0": zlib.compress(b"")})
v2("ZAR-3.5_file-too-long", {"compressor": {"id": "zlib", "level": 1}, "shape": [1, 1], "chunks": [1, 1]}, {"0.0": zlib.compress(CHUNK) + bytes(70000)})
def zstd_frame(announced): return struct.pack("<IBI", 0xFD2FB528, 0xA0, announced) + struct.pack("<I", min(announced, 1 << 17) << 3 | 2 | 1)[:3] + b"\0"  # one RLE block
v2("ZAR-3.5_zstd-announces-more", {"compressor": {"id": "zstd", "level": 1}}, {"0.0": zstd_frame(0x7FFFFFFF)})
def blosc(nbytes, cbytes, body): return struct.pack("<BBBBIII", 2, 1, 0x02, 4, nbytes, nbytes, cbytes) + body
BL = {"compressor": {"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 0}}
v2("ZAR-3.5_blosc-announces-more", BL, {"0.0": blosc(0x7FFFFFF0, 32, CHUNK)})
v2("ZAR-3.5_blosc-announces-less", BL, {"0.0": blosc(8, 32, CHUNK)})
v3("ZAR-3.6_crc32c", codecs(BYTES, "crc32c"), {"c.0.0": CHUNK + struct.pack("<I", crc32c(CHUNK) ^ 1)})
v2("ZAR-3.7_gzip", GZ, {"0.0": b"\x1f\x8b" + CHUNK})
v2("ZAR-3.7_zlib", ZL, {"0.0": CHUNK})
v2("ZAR-3.7_zstd", {"compressor": {"id": "zstd", "level": 1}}, {"0.0": CHUNK})
v2("ZAR-3.7_zstd-cut", {"compressor": {"id": "zstd", "level": 1}}, {"0.0": zstd_frame(16)[:-2]})
v2("ZAR-3.7_blosc-short", BL, {"0.0": CHUNK[:8]})
v2("ZAR-3.7_blosc-length", BL, {"0.0": blosc(16, 33, CHUNK)})
v2("ZAR-3.7_blosc-broken", BL, {"0.0": struct.pack("<BBBBIII", 2, 1, 0x20, 4, 16, 16, 32) + b"\xff" * 16})
v2("ZAR-3.8_too-large", {**ZL, "shape": [1 << 33], "chunks": [1 << 33]}, {"0": zlib.compress(b"")})

# 4: shards
def shard(name, entries, body=CHUNK * 2, crc=None, cut=None, change=None):
    index = b"".join(struct.pack("<QQ", *e) for e in entries)
    data = body + index + struct.pack("<I", crc32c(index) if crc is None else crc)
    v3(name, {**codecs(SHARDING(**(change or {}))), "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [4, 2]}}}, {"c.0.0": data[cut:] if cut else data})
MISSING = (2**64 - 1, 2**64 - 1)
shard("ZAR-4.1_no-room", [(0, 16), (16, 16)], cut=40)
shard("ZAR-4.1_crc", [(0, 16), (16, 16)], crc=1)
shard("ZAR-4.1_start", [(36, 16), (52, 16)], change={"index_location": "start"})
v3("ZAR-4.1_index-too-large", {**codecs(SHARDING(chunk_shape=[1, 1])), "shape": [1 << 40, 2], "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1 << 40, 2]}}}, {"c.0.0": CHUNK})
shard("ZAR-4.2_past-the-end", [(0, 16), (17, 16)])
shard("ZAR-4.2_in-the-index", [(0, 16), (40, 16)])
shard("ZAR-4.2_overflow", [(0, 16), (2**64 - 8, 16)])
shard("ZAR-4.2_long", [(0, 16), (16, 2**64 - 2)])
shard("ZAR-4.2_half-missing", [(0, 16), (2**64 - 1, 16)])
shard("ZAR-4.3_overlap", [(0, 16), (8, 16)])
shard("ZAR-4.3_same", [(0, 16), (0, 16)])
shard("ZAR-3.2_inner-short", [(0, 16), (16, 15)])

# 5: Megatron
CONFIG = {"sharded_backend": "zarr", "sharded_backend_version": 1, "common_backend": "torch", "common_backend_version": 1}
def megatron(name, files, config=CONFIG):
    if config: put(f"{out}/{name}/metadata.json", config)
    put(f"{out}/{name}/key/.zarray", {**V2, "fill_value": None}); put(f"{out}/{name}/key/0.0", CHUNK); put(f"{out}/{name}/key/1.0", CHUNK)
    for path, data in files.items(): put(f"{out}/{name}/{path}", data)
megatron("TDC-1.4_zarr-version", {}, {**CONFIG, "sharded_backend_version": 2})
megatron("ZAR-5.3_no-numbers", {"state/shard_a_b.pt": b""})
megatron("ZAR-5.3_no-shape", {"state/shard_0.pt": b""})
megatron("ZAR-5.3_outside", {"state/shard_2_2.pt": b""})
megatron("ZAR-5.3_too-short", {"state/shard_0.0.0_1.pt": b""})
