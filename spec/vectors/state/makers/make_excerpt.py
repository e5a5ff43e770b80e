"""Cuts an excerpt out of a torch_dist checkpoint: the streams of a few tensors and all objects as they were, zeros elsewhere, each file packed by gzip.

Usage: make_excerpt.py ITERATION_FOLDER OUTPUT_FOLDER NAME_END...
"""
import gzip, os, pickle, shutil, sys

class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        try:
            return super().find_class(module, name)
        except Exception:
            return type(name, (object,), {"__setstate__": lambda self, state: None})

source, output, ends = sys.argv[1], sys.argv[2], tuple(sys.argv[3:])
with open(os.path.join(source, ".metadata"), "rb") as file:
    index = Reader(file).load()
files = {}
for key, place in index.storage_data.items():
    path = os.path.join(source, place.relative_path)
    data = files.setdefault(place.relative_path, bytearray(os.path.getsize(path)))
    if key.fqn.endswith(ends) or type(index.state_dict_metadata[key.fqn]).__name__ == "BytesStorageMetadata":
        with open(path, "rb") as file:
            file.seek(place.offset)
            data[place.offset:place.offset + place.length] = file.read(place.length)
with open(os.path.join(source, ".metadata"), "rb") as file:
    files[".metadata"] = file.read()
os.makedirs(output)
for name, data in files.items():
    with open(os.path.join(output, name + ".gz"), "wb") as file:
        file.write(gzip.compress(bytes(data), 9, mtime=0))
for name in ("common.pt", "metadata.json"):
    shutil.copy(os.path.join(source, name), output)
