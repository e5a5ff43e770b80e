"""Small Parquet files by hand, each broken in one place; written from parquet.thrift and Thrift's compact protocol, with no library.
usage: make_reject.py OUT (the folders reject/ and accept/ below it are filled)"""
import os, struct, sys
out = sys.argv[1]; os.makedirs(f"{out}/reject", exist_ok=True); os.makedirs(f"{out}/accept", exist_ok=True)

def var(n):
    b = bytearray()
    while n > 127: b.append(n & 127 | 128); n >>= 7
    b.append(n); return bytes(b)
def zz(n): return var(((n << 1) ^ (n >> 63)) & (2**64 - 1))
I32, I64, BIN, LST, STR = 5, 6, 8, 9, 12
def val(t, v):
    if t == 3: return bytes([v])
    if t in (I32, I64): return zz(v)
    if t == BIN: v = v.encode() if isinstance(v, str) else v; return var(len(v)) + v
    if t == LST: et, items = v; return (bytes([len(items) << 4 | et]) if len(items) < 15 else bytes([0xF0 | et]) + var(len(items))) + b"".join(val(et, i) for i in items)
    return struct_(v)
def struct_(fields):
    b, last = b"", 0
    for fid, t, v in fields:
        if t in (1, 2): b += bytes([(fid - last) << 4 | t])
        else: b += bytes([(fid - last) << 4 | t]) + val(t, v)
        last = fid
    return b + b"\0"

def element(name, type=None, rep=0, children=None, converted=None, length=None, logical=None):
    f = []
    if type is not None: f.append((1, I32, type))
    if length is not None: f.append((2, I32, length))
    if rep is not None: f.append((3, I32, rep))
    f.append((4, BIN, name))
    if children is not None: f.append((5, I32, children))
    if converted is not None: f.append((6, I32, converted))
    if logical is not None: f.append((10, STR, logical))
    return f
def page(body, count, encoding=0, kind=0, size=None, packed=None, level=3):
    head = [(1, I32, kind), (2, I32, len(body) if size is None else size), (3, I32, len(body) if packed is None else packed)]
    if kind == 0: head.append((5, STR, [(1, I32, count), (2, I32, encoding), (3, I32, level), (4, I32, level)]))
    if kind == 2: head.append((7, STR, [(1, I32, count), (2, I32, encoding)]))
    return struct_(head) + body
def page2(body, count, encoding, reps, defs, codec_on=False, size=None):
    return struct_([(1, I32, 3), (2, I32, len(body) if size is None else size), (3, I32, len(body)),
        (8, STR, [(1, I32, count), (2, I32, 0), (3, I32, count), (4, I32, encoding), (5, I32, defs), (6, I32, reps), (7, 1 if codec_on else 2, None)])]) + body
def column(type, codec, values, size, offset, **extra):
    meta = [(1, I32, type), (2, LST, (I32, [0])), (3, LST, (BIN, ["a"])), (4, I32, codec), (5, I64, values), (6, I64, size), (7, I64, extra.get("length", size)), (9, I64, offset)]
    f = []
    if "path" in extra: f.append((1, BIN, extra["path"]))
    f.append((2, I64, offset))
    if not extra.get("bare"): f.append((3, STR, meta))
    if "crypto" in extra: f.append((8, STR, []))
    return f
def footer(schema, rows, groups, extra=()):
    return struct_([(1, I32, 2), (2, LST, (STR, schema)), (3, I64, rows), (4, LST, (STR, groups))] + list(extra))
def whole(data, foot, magic=b"PAR1", length=None): return b"PAR1" + data + foot + struct.pack("<I", len(foot) if length is None else length) + magic
def group(columns, rows): return [(1, LST, (STR, columns)), (2, I64, 0), (3, I64, rows)]
root = element("schema", rep=None, children=1)
def file(pages, rows=1, values=None, type=6, codec=0, leaf=None, schema=None, total=None, **extra):
    """One column, one row group."""
    schema = schema or [root, leaf or element("a", type, converted=0 if type == 6 else None)]
    c = column(type, codec, rows if values is None else values, len(pages), 4, **extra)
    return whole(pages, footer(schema, rows if total is None else total, [group([c], rows)]))
def text(*words): return b"".join(struct.pack("<I", len(w)) + w for w in (x.encode() if isinstance(x, str) else x for x in words))
def lvl(b): return struct.pack("<I", len(b)) + b
good = file(page(text("hello"), 1))
opt = element("a", 6, rep=1, converted=0)
rept = element("a", 6, rep=2, converted=0)
two = lambda *cols: [element("schema", rep=None, children=len(cols)), *cols]
def two_columns(p1, p2, rows, v1, v2, schema, t1=6, t2=6):
    cols = [column(t1, 0, v1, len(p1), 4), column(t2, 0, v2, len(p2), 4 + len(p1))]
    return whole(p1 + p2, footer(schema, rows, [group(cols, rows)]))
deep = [element("schema", rep=None, children=1)] + [element("g", None, children=1) for _ in range(100)] + [element("a", 6)]
nest = b"\x1c" * 100000
pair = [element("schema", rep=None, children=1), element("g", rep=1, children=2), element("x", 6, rep=1, converted=0), element("y", 6, rep=1, converted=0)]

bad = {
 "PQT-1.1_empty": b"", "PQT-1.1_magic-only": b"PAR1PAR1", "PQT-1.1_cut-short": good[:-3], "PQT-1.1_head-of-another-format": b"PK\3\4" + good[4:], "PQT-1.1_json": b'{"instruction": "not parquet"}',
 "PQT-1.2_footer-longer-than-the-file": whole(b"", b"\0", length=1000), "PQT-1.2_footer-of-four-gigabytes": whole(b"", b"\0", length=0xFFFFFFFF), "PQT-1.2_footer-over-the-head": whole(b"", b"\0", length=2),
 "PQT-1.3_footer-ends-in-a-struct": whole(b"", footer([root, element("a", 6)], 0, [])[:-6]), "PQT-1.3_rows-are-text": whole(b"", struct_([(3, BIN, "x")])), "PQT-1.3_schema-is-a-number": whole(b"", struct_([(2, I32, 1)])),
 "PQT-1.3_nests-without-end": whole(b"", nest), "PQT-1.3_endless-number": whole(b"", b"\x36" + b"\xff" * 20), "PQT-1.3_list-longer-than-the-footer": whole(b"", b"\x29\xfc\xff\xff\xff\xff\x0f"),
 "PQT-1.3_schema-of-numbers": whole(b"", struct_([(2, LST, (I32, [1, 2]))])), "PQT-1.3_no-such-type": whole(b"", b"\x1f\x00"), "PQT-1.3_type-past-32-bits": whole(b"", struct_([(2, LST, (STR, [[(1, I64, 1 << 40), (4, BIN, "a")]]))])),
 "PQT-1.4_encrypted": good[:-4] + b"PARE", "PQT-1.4_encrypted-pages": whole(b"", footer([root, element("a", 6)], 0, [], [(8, STR, [])])),
 "PQT-1.4_column-in-another-file": file(page(text("hello"), 1), path="other.parquet"), "PQT-1.4_column-encrypted": file(page(text("hello"), 1), crypto=1),
 "PQT-1.5_page-of-two-gigabytes": file(page(text("hello"), 1, size=0x7FFFFFFF), codec=6),
 "PQT-1.5_one-row-of-nulls-without-end": file(page(lvl(var(1 << 1) + b"\0" + var(((1 << 30) - 1) << 1) + b"\1") + lvl(var((1 << 30) << 1) + b"\1"), 1 << 30), values=1 << 30,
    schema=[root, element("l", rep=0, children=1, converted=3), element("list", rep=2, children=1), element("element", 6, rep=1, converted=0)]),
 "PQT-2.1_no-schema": whole(b"", footer([], 0, [])), "PQT-2.1_root-alone": whole(b"", footer([root], 0, [])), "PQT-2.1_element-left-over": whole(b"", footer([root, element("a", 6), element("b", 6)], 0, [])),
 "PQT-2.1_a-thousand-million-children": whole(b"", footer([element("schema", rep=None, children=1 << 30), element("a", 6)], 0, [])), "PQT-2.1_negative-children": whole(b"", footer([element("schema", rep=None, children=-1), element("a", 6)], 0, [])),
 "PQT-2.1_too-deep": whole(b"", footer(deep, 0, [])), "PQT-2.1_type-9": whole(b"", footer([root, element("a", 9)], 0, [])), "PQT-2.1_repetition-3": whole(b"", footer([root, element("a", 6, rep=3)], 0, [])),
 "PQT-2.1_same-name-twice": whole(b"", footer(two(element("a", 6), element("a", 6)), 0, [])), "PQT-2.1_group-without-column": whole(b"", footer(two(element("g", children=0), element("a", 6)), 0, [])),
 "PQT-2.1_fixed-length-of-nothing": whole(b"", footer([root, element("a", 7)], 0, [])), "PQT-2.1_columns-none": whole(b"", footer([element("schema", rep=None, children=0)], 0, [])),
 "PQT-2.2_rows-do-not-add-up": file(page(text("hello"), 1), total=2), "PQT-2.2_column-beyond-the-data": file(page(text("hello"), 1), length=1 << 40), "PQT-2.2_negative-length": file(page(text("hello"), 1), length=-1),
 "PQT-2.2_type-is-not-the-schemas": file(page(text("hello"), 1), leaf=element("a", 1)), "PQT-2.2_column-missing": whole(b"", footer([root, element("a", 6)], 0, [group([], 0)])), "PQT-2.2_column-without-metadata": file(page(text("hello"), 1), bare=True),
 "PQT-2.2_negative-rows": whole(b"", footer([root, element("a", 6)], -1, [group([column(6, 0, 0, 0, 4)], -1)])), "PQT-2.2_no-such-type": whole(b"", footer([root, element("a", 6)], 0, [group([column(77, 0, 0, 0, 4)], 0)])),
 "PQT-3.1_page-longer-than-its-column": file(page(text("hello"), 1, packed=1000)), "PQT-3.1_negative-size": file(page(text("hello"), 1, size=-5)), "PQT-3.1_negative-packed-size": file(page(text("hello"), 1, packed=-5)), "PQT-3.1_negative-values": file(page(text("hello"), -1)),
 "PQT-3.1_header-cut": file(page(text("hello"), 1)[:7]), "PQT-3.1_levels-beyond-the-page": file(page(struct.pack("<I", 999) + text("x"), 1), leaf=opt), "PQT-3.1_levels-of-version-2-beyond-the-page": file(page2(text("x"), 1, 0, 0, 4000), leaf=opt),
 "PQT-3.1_two-dictionaries": file(page(text("x"), 1, kind=2) * 2 + page(b"\0\2\0", 1, encoding=8)),
 "PQT-3.2_snappy-of-another-size": file(page(b"\x05\x10hello", 1, size=9), codec=1), "PQT-3.2_snappy-cut": file(page(b"\x09\x20hel", 1, size=9), codec=1), "PQT-3.2_snappy-copy-from-before": file(page(b"\x09\x00\x08\x05\x05\x10", 1, size=9), codec=1),
 "PQT-3.2_snappy-bomb": file(page(b"\x80\x80\x80\x40", 1, size=1 << 27), codec=1), "PQT-3.2_gzip-of-nothing": file(page(b"nothing", 1, size=9), codec=2), "PQT-3.2_zstd-of-nothing": file(page(b"nothing", 1, size=9), codec=6),
 "PQT-3.2_brotli-of-nothing": file(page(b"nothing", 1, size=9), codec=4), "PQT-3.2_lz4-of-nothing": file(page(b"nothing", 1, size=9), codec=7), "PQT-3.2_uncompressed-of-another-size": file(page(text("hello"), 1, size=20)),
 "PQT-3.3_lzo": file(page(text("hello"), 1), codec=3), "PQT-3.3_lz4-hadoop": file(page(text("hello"), 1), codec=5), "PQT-3.3_codec-99": file(page(text("hello"), 1), codec=99),
 "PQT-3.4_encoding-77": file(page(text("hello"), 1, encoding=77)), "PQT-3.4_delta-of-text": file(page(text("hello"), 1, encoding=5)), "PQT-3.4_bit-packed-levels": file(page(b"\1" + text("hello"), 1, level=4), leaf=opt),
 "PQT-3.4_dictionary-in-delta": file(page(text("x"), 1, encoding=5, kind=2) + page(b"\0\2\0", 1, encoding=8)),
 "PQT-3.5_text-beyond-the-page": file(page(struct.pack("<I", 100) + b"hello", 1)), "PQT-3.5_text-of-four-gigabytes": file(page(b"\xff\xff\xff\xffhello", 1)), "PQT-3.5_values-missing": file(page(text("hello"), 2), rows=2),
 "PQT-3.5_no-dictionary": file(page(b"\1\2\0", 1, encoding=8)), "PQT-3.5_index-outside-the-dictionary": file(page(text("x"), 1, kind=2) + page(b"\x08\2\7", 1, encoding=8)), "PQT-3.5_indices-of-40-bits": file(page(text("x"), 1, kind=2) + page(b"\x28\2\7", 1, encoding=8)),
 "PQT-3.5_dictionary-of-two-thousand-million": file(page(text("x"), 0x7FFFFFFF, kind=2) + page(b"\0\2\0", 1, encoding=8)), "PQT-3.5_dictionary-cut": file(page(text("x") + b"\5\0\0\0", 2, kind=2) + page(b"\0\2\0", 1, encoding=8)),
 "PQT-3.5_delta-of-no-miniblocks": file(page(b"\x80\1\0\1\0", 1, encoding=5), type=1), "PQT-3.5_delta-cut": file(page(b"\x80\1\4\3\0\2\5", 3, encoding=5), type=1, rows=3), "PQT-3.5_delta-of-200-bits": file(page(b"\x80\1\4\3\0\2\xc8\0\0\0" + b"\0" * 99, 3, encoding=5), type=1, rows=3),
 "PQT-3.5_delta-fewer-than-announced": file(page(b"\x80\1\4\1\0", 2, encoding=5), type=1, rows=2), "PQT-3.5_delta-length-negative": file(page(b"\x80\1\4\1\1", 1, encoding=6)), "PQT-3.5_prefix-of-nothing": file(page(b"\x80\1\4\1\x0a" + b"\x80\1\4\1\2" + b"x", 1, encoding=7)),
 "PQT-3.5_split-of-five-bytes": file(page(b"12345", 1, encoding=9), type=1), "PQT-3.5_split-values-missing": file(page(b"1234", 2, encoding=9), type=1, rows=2), "PQT-3.5_run-cut": file(page(lvl(b"\4") + text("x"), 1), leaf=opt), "PQT-3.5_levels-missing": file(page(lvl(b"") + text("x"), 1), leaf=opt),
 "PQT-3.5_endless-run": file(page(lvl(b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\1\1") + text("x"), 1), leaf=opt), "PQT-3.5_bits-missing": file(page(b"", 1), type=0), "PQT-3.5_int64-cut": file(page(b"1234", 1), type=2),
 "PQT-3.6_fewer-values-than-announced": file(page(text("a"), 1), rows=2), "PQT-3.6_more-values-than-announced": file(page(text("a", "b"), 2), rows=1), "PQT-3.6_values-behind-the-last-row": file(page(text("a", "b"), 2), rows=1, values=2), "PQT-3.6_level-past-the-schemas": file(page(lvl(b"\2\3") + text("x"), 1), leaf=opt),
 "PQT-3.6_row-begins-amid-a-list": file(page(lvl(b"\2\1") + lvl(b"\2\1") + text("x"), 1), leaf=rept), "PQT-3.6_columns-disagree": two_columns(page(lvl(b"\2\0"), 1), page(lvl(b"\2\2") + text("x"), 1), 1, 1, 1, pair), "PQT-3.6_column-ends-early": two_columns(page(text("a", "b"), 2), page(text("a"), 1), 2, 2, 1, two(element("a", 6), element("b", 6))),
 "PQT-3.6_group-there-and-not": two_columns(page(lvl(b"\2\2") + text("x"), 1), page(lvl(b"\2\0"), 1), 1, 1, 1, pair),
 "PQT-3.7_text-is-not-utf-8": file(page(text(b"\xff\xfe"), 1)), "PQT-3.7_date-of-the-year-six-million": file(page(struct.pack("<i", 2**31 - 1), 1), type=1, leaf=element("a", 1, converted=6)), "PQT-3.7_time-past-midnight": file(page(struct.pack("<i", 2**31 - 1), 1), type=1, leaf=element("a", 1, converted=7)),
 "PQT-3.7_timestamp-past-9999": file(page(struct.pack("<q", 2**62), 1), type=2, leaf=element("a", 2, converted=9)), "PQT-3.7_int96-of-two-days": file(page(struct.pack("<qi", 2**60, 2440588), 1), type=3),
 "PQT-4.3_interval": file(page(b"0" * 12, 1), type=7, leaf=element("a", 7, length=12, converted=21)), "PQT-4.3_bson": file(page(text("x"), 1), leaf=element("a", 6, converted=20)), "PQT-4.3_decimal-of-forty-digits": file(page(b"\x7f" + b"\xff" * 19, 1), type=7, leaf=element("a", 7, length=20, converted=5)),
 "PQT-4.3_number-that-is-a-uuid": file(page(struct.pack("<i", 1), 1), type=1, leaf=element("a", 1, logical=[(14, STR, [])])),
}
for name, data in bad.items():
    with open(f"{out}/reject/{name}.hex", "w") as f:
        for i in range(0, len(data), 64): f.write(data[i:i + 64].hex() + "\n")

# Values of every type by hand, one row of one column each: name -> (file, expected JSON).
import json
types = {
 "date": (file(page(struct.pack("<i", 20000), 1), type=1, leaf=element("a", 1, converted=6)), "2024-10-04"),
 "time-millis": (file(page(struct.pack("<i", 3661001), 1), type=1, leaf=element("a", 1, converted=7)), "01:01:01.001"),
 "timestamp-micros-utc": (file(page(struct.pack("<q", 1_700_000_000_123_456), 1), type=2, leaf=element("a", 2, converted=10)), "2023-11-14T22:13:20.123456Z"),
 "timestamp-nanos-local": (file(page(struct.pack("<q", 1_700_000_000_123_456_700), 1), type=2, leaf=element("a", 2, logical=[(8, STR, [(1, 2, None), (2, STR, [(3, STR, [])])])])), "2023-11-14T22:13:20.1234567"),
 "int96": (file(page(struct.pack("<qi", 3_600_000_000_000, 2440588 + 1), 1), type=3), "1970-01-02T01:00:00"),
 "unsigned": (file(page(struct.pack("<q", -1), 1), type=2, leaf=element("a", 2, converted=14)), 18446744073709551615),
 "unsigned-logical": (file(page(struct.pack("<i", -1), 1), type=1, leaf=element("a", 1, logical=[(10, STR, [(1, 3, 32), (2, 2, None)])])), 4294967295),
 "decimal": (file(page(struct.pack("<i", -12345), 1), type=1, leaf=[(1, I32, 1), (3, I32, 0), (4, BIN, "a"), (6, I32, 5), (7, I32, 2)]), -123.45),
 "decimal-bytes": (file(page(text(b"\xff\x00"), 1), leaf=[(1, I32, 6), (3, I32, 0), (4, BIN, "a"), (6, I32, 5), (7, I32, 1)]), -25.6),
 "uuid": (file(page(bytes(range(16)), 1), type=7, leaf=element("a", 7, length=16, logical=[(14, STR, [])])), "00010203-0405-0607-0809-0a0b0c0d0e0f"),
 "float16": (file(page(b"\x00\x3e", 1), type=7, leaf=element("a", 7, length=2, logical=[(15, STR, [])])), 1.5),
 "bare-text": (file(page(text("grüße"), 1), leaf=element("a", 6)), "grüße"),
 "bare-bytes": (file(page(text(b"\xff\x00\x01"), 1), leaf=element("a", 6)), "/wAB"),
 "two-level-list": (file(page(lvl(b"\2\0\2\1") + lvl(b"\4\1") + text("x", "y"), 2), values=2, schema=[root, element("a", rep=0, children=1, converted=3), element("array", 6, rep=2, converted=0)]), ["x", "y"]),
 "bare-repeated": (file(page(lvl(b"\2\0\2\1") + lvl(b"\4\1") + text("x", "y"), 2), values=2, leaf=rept), ["x", "y"]),
 "booleans-rle": (file(page(lvl(b"\2\1"), 1, encoding=3), type=0), True),
 "bit-packed-levels-of-no-bits": (file(page(text("old"), 1, level=4)), "old"),
 "version-2-uncompressed-amid-snappy": (file(page2(b"\2\1" + text("v2"), 1, 0, 0, 2), codec=1, leaf=opt), "v2"),
}
key = two_columns(page(lvl(b"\2\0\2\1") + lvl(b"\4\1") + text("k", "l"), 2), page(lvl(b"\2\0\2\1") + lvl(b"\2\2\2\1") + struct.pack("<i", 7), 2), 1, 2, 2,
    [root, element("a", rep=0, children=1, converted=1), element("key_value", rep=2, children=2), element("key", 6, converted=0), element("value", 1, rep=1)], t2=1)
types["map"] = (key, {"k": 7, "l": None})
for name, (data, value) in types.items():
    open(f"{out}/accept/{name.replace('-', '_')}-hand.parquet", "wb").write(data)
    json.dump([{"a": value}], open(f"{out}/accept/{name.replace('-', '_')}.json", "w"), ensure_ascii=False)
