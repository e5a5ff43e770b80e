"""Times the Hugging Face tokenizers library on the text of bench/tokenizers.sh, by processor time: usage TOKENIZER_JSON TEXT [RUNS]"""
import array, hashlib, os, sys, time
from tokenizers import Tokenizer, __version__

start = time.perf_counter()
tokenizer = Tokenizer.from_file(sys.argv[1])
load = time.perf_counter() - start
data = open(sys.argv[2], "rb").read()
documents = data.decode().split("\0")
print(f"{len(data)} bytes in {len(documents)} documents; loaded in {load * 1e3:.0f} ms; tokenizers {__version__}")
for run in range(int(sys.argv[3]) if len(sys.argv) > 3 else 5):
    ids = array.array("i")
    start = time.process_time()
    for document in documents:
        ids.extend(tokenizer.encode(document, add_special_tokens=False).ids)
    seconds = time.process_time() - start
    print(f"run {run}: {len(data) / seconds / 1e6:.1f} MB/s, {len(ids) / seconds / 1e6:.2f} M tokens/s")
print(f"{len(ids)} tokens, SHA-256 of the ids {hashlib.sha256(ids.tobytes()).hexdigest()[:16]}")
