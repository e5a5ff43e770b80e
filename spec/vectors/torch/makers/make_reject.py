"""Makes spec/vectors/torch/reject: python3 make_reject.py FOLDER. Needs nothing but Python."""
import io, pathlib, pickle, struct, sys, zipfile, zlib

folder = pathlib.Path(sys.argv[1])


def hexfile(name, data, note):
    text = data.hex()
    lines = [text[i : i + 128] for i in range(0, len(text), 128)]
    (folder / f"{name}.hex").write_text("\n".join([f"# {note}", *lines]) + "\n")


P = b"\x80\x04"
pickles = {
    "TOR-1.1_no-opcode": (P + b"\xff.", "0xff is no opcode"),
    "TOR-1.2_protocol-6": (b"\x80\x06N.", "protocol 6"),
    "TOR-1.3_cut-after-proto": (P, "no STOP"),
    "TOR-1.3_string-past-end": (P + b"X\xff\xff\xff\xffabc.", "a string of 4 GiB in a pickle of 12 bytes"),
    "TOR-1.3_string8-past-end": (P + b"\x8d" + b"\xff" * 8 + b"abc.", "a string of 2^64 - 1 bytes"),
    "TOR-1.3_bytes8-past-end": (P + b"\x8e" + struct.pack("<Q", 1 << 40) + b"abc.", "bytes of 1 TiB"),
    "TOR-1.3_bytearray8-past-end": (P + b"\x96" + struct.pack("<Q", (1 << 63) + 1) + b".", "a bytearray of more than 2^63 bytes"),
    "TOR-1.3_long4-negative": (P + b"\x8b" + struct.pack("<i", -1) + b".", "LONG4 of -1 bytes"),
    "TOR-1.3_binstring-negative": (P + b"T" + struct.pack("<i", -(2**31)) + b".", "BINSTRING of -2^31 bytes"),
    "TOR-1.3_frame-past-end": (P + b"\x95" + struct.pack("<Q", 1 << 60) + b"N.", "a frame of 2^60 bytes"),
    "TOR-1.3_line-without-end": (b"ctorch", "GLOBAL without its newlines"),
    "TOR-1.3_float-cut": (P + b"G\x00\x00", "BINFLOAT of two bytes"),
    "TOR-1.4_stop-on-nothing": (P + b".", "STOP with an empty stack"),
    "TOR-1.4_tuple-without-mark": (P + b"Nt.", "TUPLE without a mark"),
    "TOR-1.4_append-to-dict": (P + b"}Na.", "APPEND to a dict"),
    "TOR-1.4_setitem-in-list": (P + b"]NNs.", "SETITEM in a list"),
    "TOR-1.4_odd-setitems": (P + b"}(Nu.", "SETITEMS with a key and no value"),
    "TOR-1.4_build-a-string": (P + b"\x8c\x01a}b.", "BUILD on a str"),
    "TOR-1.4_global-of-ints": (P + b"K\x01K\x02\x93.", "STACK_GLOBAL of two ints"),
    "TOR-1.4_reduce-below-a-mark": (P + b"NN(R.", "REDUCE must not reach below the mark"),
    "TOR-1.4_additems-to-frozenset": (P + b"(\x91(N\x90.", "ADDITEMS to a frozenset"),
    "TOR-1.5_nothing-there": (P + b"h\x00.", "BINGET of a number that nothing has"),
    "TOR-1.5_far": (P + b"Nr\xff\xff\xff\xffj\xfe\xff\xff\xff.", "a memo number of 2^32 - 1 takes no memory, the one before is not there"),
    "TOR-1.5_negative": (P + b"Np-1\n.", "PUT of -1"),
    "TOR-1.6_not-utf8": (P + b"\x8c\x02\xc3\x28.", "C3 28 is not UTF-8"),
    "TOR-1.6_split-pair": (P + b"\x8c\x06\xed\xa0\xbd\xed\xb8\x80.", "a surrogate pair as two times three bytes"),
    "TOR-1.7_int": (b"Iabc\n.", "INT abc"),
    "TOR-1.7_float": (b"F1e\n.", "FLOAT 1e"),
    "TOR-1.7_long-int": (b"L" + b"9" * 5000 + b"L\n.", "LONG of 5000 digits"),
    "TOR-1.8_ext1": (P + b"\x82\x01.", "EXT1"),
    "TOR-1.8_next-buffer": (b"\x80\x05\x97.", "NEXT_BUFFER"),
    "TOR-1.8_readonly-buffer": (b"\x80\x05\x97\x98.", "NEXT_BUFFER comes first"),
    "TOR-1.8_string": (b"S'a'\n.", "STRING of protocol 0"),
    "TOR-1.8_unicode": (b"Va\n.", "UNICODE of protocol 0"),
    "TOR-1.9_after-stop": (P + b"N.N.", "bytes after STOP"),
    "TOR-1.9_two-values": (P + b"NN.", "two values at STOP"),
    "TOR-1.10_marks": (P + b"(" * 10001 + b"N.", "10,001 marks"),
    "TOR-1.10_int": (P + b"\x8b" + struct.pack("<i", 5000) + b"\x01" * 5000 + b".", "an int of 5000 bytes"),
}
for name, (data, note) in pickles.items():
    hexfile(f"{name}.pkl", data, note)


# A torch.save zip of Python's own zipfile, with one fault each.
def tensor(rebuild="_rebuild_tensor_v2", storage="FloatStorage", count=6, offset=0, size=(2, 3), stride=(3, 1), rest=b"", module="torch", key="0"):
    def ints(values):
        return b"(" + b"".join(b"J" + struct.pack("<i", v) for v in values) + b"t"
    def text(value):
        return b"X" + struct.pack("<I", len(value)) + value.encode()
    persistent = b"(" + text("storage") + f"c{module}\n{storage}\n".encode() + text(key) + text("cpu") + b"\x8a\x08" + struct.pack("<q", count) + b"tQ"
    return (b"\x80\x02" + f"ctorch._utils\n{rebuild}\n".encode() + b"(" + persistent + b"\x8a\x08" + struct.pack("<q", offset)
            + ints(size) + ints(stride) + b"\x89ccollections\nOrderedDict\n)R" + rest + b"tR.")


class Archive:
    def __init__(self):
        self.records, self.flags, self.crc = [], {}, {}

    def put(self, name, data, method=0, length=None, stored=None):
        self.records.append((name, data, method, length, stored))
        return self

    def bytes(self, edit=None):
        out, directory = bytearray(), bytearray()
        for name, data, method, length, stored in self.records:
            raw = data if method != 8 else zlib.compressobj(9, zlib.DEFLATED, -15)
            if method == 8:
                raw = raw.compress(data) + raw.flush()
            size = len(data) if length is None else length
            held = len(raw) if stored is None else stored
            encoded = name.encode() if isinstance(name, str) else name
            crc = self.crc.get(name, zlib.crc32(data))
            at = len(out)
            local = self.flags.get(("local", name), encoded)
            out += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, self.flags.get(name, 0), method, 0, 0, crc, held, size, len(local), 0) + local + raw
            directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, self.flags.get(name, 0), method, 0, 0, crc, held, size, len(encoded), 0, 0, 0, 0, 0, self.flags.get(("at", name), at)) + encoded
        start = len(out)
        count = self.flags.get("count", len(self.records))
        out += directory + struct.pack("<IHHHHIIH", 0x06054B50, self.flags.get("disk", 0), 0, count, count, len(directory) + self.flags.get("more", 0), start, 0)
        return bytes(out)


def good(pkl=None, data=bytes(24)):
    return (Archive().put("a/data.pkl", pkl or tensor()).put("a/byteorder", b"little").put("a/data/0", data).put("a/version", b"3\n"))


def flagged(archive, **flags):
    archive.flags.update(flags)
    return archive


def keyed(archive, key, value):
    archive.flags[key] = value
    return archive


def sequence(protocol=b"\x80\x02M\xe9\x03.", order=b"\x88", keys=b"X\x01\x00\x00\x000", count=6, data=24, storage="FloatStorage", view=b"", tensors=1):
    """What torch before 1.6 wrote: magic number, protocol, machine, object, keys of the storages, storages."""
    system = b"\x80\x02}X\x0d\x00\x00\x00little_endian" + order + b"s."
    one = tensor(storage=storage)[2:-1].replace(b"\x8a\x08" + struct.pack("<q", 6) + b"tQ", b"\x8a\x08" + struct.pack("<q", 6) + view + b"tQ")
    return (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." + protocol + system + b"\x80\x02" + one + b"." + b"\x80\x02](" + keys + b"e."
            + struct.pack("<q", count) + bytes(data))


tar = bytearray(1024)
tar[257:262] = b"ustar"
bad_crc = good()
bad_crc.crc["a/data.pkl"] = 1
files = {
    "TOR-6.1_protocol": (sequence(protocol=b"\x80\x02M\xe8\x03."), "protocol 1000 of the format before 1.6"),
    "TOR-6.1_big-endian": (sequence(order=b"\x89"), "of a big-endian machine"),
    "TOR-1.3_sequence-cut": (sequence()[:40], "ends inside the second pickle's successor"),
    "TOR-6.2_past-end": (sequence(data=23), "the storage is cut by a byte"),
    "TOR-6.2_no-length": (sequence()[:-28], "the file ends inside a storage's length"),
    "TOR-6.2_huge": (sequence(count=2**62), "a storage of 2^62 elements"),
    "TOR-6.2_negative": (sequence(count=-1), "a storage of -1 elements"),
    "TOR-6.2_unknown-key": (sequence(keys=b"X\x01\x00\x00\x009"), "a storage that no tensor has"),
    "TOR-6.2_twice": (sequence(keys=b"X\x01\x00\x00\x000" * 2, data=56), "a storage listed twice"),
    "TOR-6.2_view": (sequence(view=b"X\x01\x00\x00\x001K\x00K\x06\x87"), "a storage inside another, of torch before 0.4"),
    "TOR-5.5_sequence-shorter": (sequence(count=5, data=20), "the storage has five elements, the tensor says six"),
    "TOR-5.5_sequence-missing": (sequence(keys=b""), "no storage is listed"),
    "TOR-3.1_tar": (bytes(tar), "a tar"),
    "TOR-3.1_torchscript": (good().put("a/constants.pkl", b"\x80\x02).").bytes(), "a TorchScript module"),
    "TOR-3.2_no-zip": (b"hello", "no zip"),
    "TOR-3.2_empty": (b"", "nothing"),
    "TOR-3.2_cut": (good().bytes()[:-1], "cut by one byte"),
    "TOR-3.2_parts": (flagged(good(), disk=1).bytes(), "a zip in parts"),
    "TOR-3.2_zip64-record-elsewhere": (good().bytes()[:-22] + struct.pack("<IIQI", 0x07064B50, 0, 5, 1) + good().bytes()[-22:], "the zip64 locator points nowhere"),
    "TOR-3.3_count": (flagged(good(), count=5).bytes(), "five entries announced, four there"),
    "TOR-3.3_many": (flagged(good(), count=60000).bytes(), "60,000 entries announced"),
    "TOR-3.3_length": (flagged(good(), more=1).bytes(), "the directory is a byte longer than it is"),
    "TOR-3.3_few": (flagged(good(), count=3).bytes(), "three entries announced, four there"),
    "TOR-3.4_two-folders": (good().put("b/extra", b"x").bytes(), "two top-level folders"),
    "TOR-3.4_no-folder": (good().put("extra", b"x").bytes(), "a record in no folder"),
    "TOR-3.4_twice": (good().put("a/data/0", bytes(24)).bytes(), "a record twice"),
    "TOR-3.4_name-not-utf8": (good().put(b"a/\xc3\x28", b"x").bytes(), "a name that is not UTF-8"),
    "TOR-3.5_encrypted": (keyed(good(), "a/data/0", 1).bytes(), "an encrypted record"),
    "TOR-3.5_bzip2": (Archive().put("a/data.pkl", tensor(), 12).bytes(), "method 12"),
    "TOR-3.5_deflated-storage": (Archive().put("a/data.pkl", tensor()).put("a/version", b"3\n").put("a/data/0", bytes(24), 8).bytes(), "a deflated storage"),
    "TOR-3.6_overlap": (keyed(good(), ("at", "a/data/0"), 0).bytes(), "two records at the same place"),
    "TOR-3.6_past-directory": (Archive().put("a/data.pkl", tensor()).put("a/version", b"3\n").put("a/data/0", b"", 0, 24, 24).bytes(), "a record that reaches into the directory"),
    "TOR-3.6_lengths-differ": (Archive().put("a/data.pkl", tensor()).put("a/version", b"3\n").put("a/data/0", bytes(24), 0, 23, 24).bytes(), "stored in 24 bytes that are 23"),
    "TOR-3.7_other-name": (keyed(good(), ("local", "a/data.pkl"), b"a/data.pkX").bytes(), "the header in front of data.pkl names another"),
    "TOR-3.8_no-pickle": (Archive().put("a/version", b"3\n").bytes(), "no data.pkl"),
    "TOR-3.8_no-version": (Archive().put("a/data.pkl", tensor()).bytes(), "no version"),
    "TOR-3.8_version-11": (Archive().put("a/data.pkl", tensor()).put("a/version", b"11\n").bytes(), "version 11"),
    "TOR-3.8_big-endian": (Archive().put("a/data.pkl", tensor()).put("a/version", b"3\n").put("a/byteorder", b"big").bytes(), "big-endian"),
    "TOR-3.9_bomb": (Archive().put("a/data.pkl", b"N" * 100, 8, 1 << 29).put("a/version", b"3\n").bytes(), "inflates to 512 MiB, it says"),
    "TOR-3.9_too-long": (Archive().put("a/data.pkl", b"", 8, 0xFFFFFFFE).put("a/version", b"3\n").bytes(), "4 GiB of pickle"),
    "TOR-3.9_too-short": (Archive().put("a/data.pkl", tensor(), 8, 300).put("a/version", b"3\n").bytes(), "inflates to less than announced"),
    "TOR-3.9_no-deflate": (Archive().put("a/version", b"3\n").put("a/data.pkl", tensor(), 8, len(tensor())).bytes().replace(zlib.compress(tensor(), 9)[2:-4][:8], b"\xff" * 8), "no deflate data"),
    "TOR-3.10_checksum": (bad_crc.bytes(), "a wrong checksum of data.pkl"),
    "TOR-5.2_quantised": (good(tensor(storage="QInt8Storage")).bytes(), "quantised elements"),
    "TOR-5.2_float4": (good(tensor("_rebuild_tensor_v3", "UntypedStorage", rest=b"ctorch\nfloat4_e2m1fn_x2\n", module="torch.storage")).bytes(), "float4 by pairs"),
    "TOR-5.3_negative-stride": (good(tensor(stride=(-3, 1))).bytes(), "a negative stride"),
    "TOR-5.3_sizes-and-strides": (good(tensor(stride=(1,))).bytes(), "two sizes and one stride"),
    "TOR-5.3_no-storage": (good(b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(NK\x00))\x89NtR.").bytes(), "None for a storage"),
    "TOR-5.3_few-arguments": (good(b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(NtR.").bytes(), "one argument"),
    "TOR-5.3_storage-too-large": (good(tensor(count=(1 << 63) - 1)).bytes(), "2^63 - 1 floats"),
    "TOR-5.4_past-storage": (good(tensor(offset=1)).bytes(), "an element past the storage"),
    "TOR-5.4_overflow": (good(tensor(size=(2**31 - 1,) * 5, stride=(2**31 - 1,) * 5)).bytes(), "strides whose product overflows"),
    "TOR-5.4_count-overflows": (good(tensor(size=(2**31 - 1,) * 5, stride=(0,) * 5)).bytes(), "more elements than 63 bits, all at one place"),
    "TOR-5.5_missing": (good(tensor(key="1")).bytes(), "no such storage"),
    "TOR-5.5_shorter": (good(data=bytes(20)).bytes(), "the record is shorter than the storage"),
    "TOR-5.6_conjugated": (good(tensor(storage="ComplexFloatStorage", count=6, rest=b"}X\x04\x00\x00\x00conj\x88s"), bytes(48)).bytes(), "a conjugated view"),
}
for name, (data, note) in files.items():
    hexfile(f"{name}.pt", data, note)
