"""components.json: what the reference library does with one component at a time. usage: make_components.py OUT [CASES_JSON]
made with: tokenizers 0.23.1"""
import json, sys
from tokenizers import Tokenizer, __version__

STRINGS = ["", " ", "Hello", " Hello  world ", "don't I'LL you'ſ x's", "a1b22c٣४ ½", "Hi!?  ok—«x» $5", "naïve e\u0301 Ångström ﬁ İstanbul ẞ", "한국어 \u1112\u1161\u11ab", "你好 中文abc",
    "👨\u200d👩 \U0001F600x", "tab\tnew\nline\r\n \n", "the-final--countdown", "--a--", "▁a ▁ b", "<x> <x>a <y>b a<y> <Y>  <z>", "a<x>  \u3000<x> b", "Ⓐ<w> <w>-<w>_ ◌̰<w> <w>", "ab" * 40, "q\u0323\u0307 q\u0307\u0323 \u0344", "nbsp\u00a0x\u2003y", "xyzzy unk ☃☃ a☃", "\x00\x07 \u180e\ufeff", "\U00020000\U0002a6d6𝒳𝟙"]
CHARS = sorted(set("".join(STRINGS)))
def say(t, ids, skip):
    try: return t.decode(ids, skip_special_tokens=skip)
    except BaseException: return None  # some decoders of the reference panic on nothing; nothing is asked of us then


at = lambda i, c, **k: dict(id=i, content=c, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True) | k
wordlevel = {"type": "WordLevel", "unk_token": "[U]", "vocab": {"[U]": 0, "Hello": 1, "world": 2, "a": 3}}
bpe = lambda **k: {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False} | k
few = {c: i for i, c in enumerate("abHelo▁ <>xyw")}
pairs = [["a", "b"], ["l", "o"], ["l", "l"], ["H", "e"], ["ab", "ab"], ["▁", "a"]]
vocab = dict(few)
for a, b in pairs: vocab[a + b] = len(vocab)
vocab["[U]"] = len(vocab)
B = bpe(vocab=vocab, merges=pairs, unk_token="[U]", fuse_unk=True)
every = {c: i for i, c in enumerate(CHARS)}  # every character a token, so that offsets of all are seen
E = bpe(vocab=every | {c: len(every) + i for i, c in enumerate(dict.fromkeys(x for x in "ḣẓ̈́iIılåßùéEeﬁ" if x not in every))}, merges=[])
bytemap = {}
n = 0
for b in range(256):
    if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174: bytemap[b] = chr(b)
    else: bytemap[b] = chr(256 + n); n += 1
BL = bpe(vocab={c: i for i, c in enumerate(bytemap.values())} | {"ab": 256, "Ġa": 257, "ĠĠ": 258}, merges=["a b", "Ġ a", "Ġ Ġ"])
bytesvocab = {f"<0x{b:02X}>": b for b in range(256)}
U = {"type": "Unigram", "unk_id": 0, "byte_fallback": False, "vocab": [["[U]", 0.0], ["a", -1.5], ["b", -1.5], ["ab", -2.0], ["aba", -2.5], ["▁", -3.0], ["Hel", -4.0], ["lo", -3.5], ["l", -4.0], ["o", -4.0], ["H", -6.0], ["e", -6.0], ["<x>", -1.0]]}
ws = {"type": "WhitespaceSplit"}
rx = lambda p, b="Isolated", i=False: {"type": "Split", "pattern": {"Regex": p}, "behavior": b, "invert": i}
tx = lambda p, b, i=False: {"type": "Split", "pattern": {"String": p}, "behavior": b, "invert": i}
seq = lambda k, f, *p: {"type": "Sequence", f: list(p)}
repl = lambda p, c: {"type": "Replace", "pattern": p, "content": c}
BD = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
R = {}
def add(name, model, normalizer=None, pre=None, post=None, dec=None, added=()): R[name] = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": list(added), "normalizer": normalizer, "pre_tokenizer": pre, "post_processor": post, "decoder": dec, "model": model}
add("wordlevel-whitespace", wordlevel, pre={"type": "Whitespace"})
add("wordlevel-whitespace-split", wordlevel, pre=ws)
add("bpe-unk-fused", B); add("bpe-unk-not-fused", B | {"fuse_unk": False}); add("bpe-no-unk", B | {"unk_token": None})
add("bpe-ignore-merges", B | {"ignore_merges": True, "vocab": vocab | {"Hello": 900}}, pre=ws)
add("bpe-affixes", bpe(vocab={"a": 0, "b": 1, "##b": 2, "##a": 3, "b</w>": 4, "##b</w>": 5, "##a</w>": 6, "a##b": 9, "ab": 7, "ab</w>": 8}, merges=[["a", "##b"], ["a", "##b</w>"]], continuing_subword_prefix="##", end_of_word_suffix="</w>"), pre=ws, dec={"type": "BPEDecoder", "suffix": "</w>"})
add("bpe-byte-fallback-partial", bpe(vocab={"a": 300, "[U]": 301} | {k: v for k, v in bytesvocab.items() if v != 0xE4}, merges=[], byte_fallback=True, unk_token="[U]"), dec={"type": "ByteFallback"})
add("unigram", U); add("unigram-bytes", U | {"byte_fallback": True, "vocab": U["vocab"] + [[k, -20.0] for k in bytesvocab]})
for f in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents"): add("normalizer-" + f, E, normalizer={"type": f})
add("normalizer-nfd-strip", E, normalizer=seq(0, "normalizers", {"type": "NFD"}, {"type": "StripAccents"}, {"type": "Lowercase"}))
add("normalizer-strip", E, normalizer={"type": "Strip", "strip_left": True, "strip_right": True})
add("normalizer-prepend", E, normalizer={"type": "Prepend", "prepend": "▁▁"})
add("normalizer-replace-longer", E, normalizer=repl({"String": "a"}, "--b")); add("normalizer-replace-regex", E, normalizer=repl({"Regex": "[ab]+"}, "x")); add("normalizer-replace-nothing", E, normalizer=repl({"String": " "}, ""))
add("normalizer-bytelevel", BL, normalizer={"type": "ByteLevel"}, dec=BD)
for b in ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"):
    add("split-" + b, wordlevel, pre=tx("-", b)); add("split-inverted-" + b, wordlevel, pre=rx("[a-z]+", b, True))
add("split-empty-matches", wordlevel, pre=rx("-*", "Isolated")); add("split-lookaround", wordlevel, pre=rx(r"(?<=[a-z])(?=-)|(?<!-)a\b|\p{Lu}\p{Ll}++|[^\s\p{P}]*?o|^\s+$|(?>a|ab)c"))
add("split-classes", wordlevel, pre=rx(r"[\p{Han}\-]|[^\S\r\n]+|\w\W|[[:space:]x-z]|\x{1F600}|(?i)HELLO|\d{1,2}"))
for d in (True, False): add(f"digits-{d}", wordlevel, pre={"type": "Digits", "individual_digits": d})
add("punctuation", wordlevel, pre={"type": "Punctuation", "behavior": "Isolated"}); add("bert", wordlevel, pre={"type": "BertPreTokenizer"}); add("char-delimiter", wordlevel, pre={"type": "CharDelimiterSplit", "delimiter": "a"})
for s in ("always", "never", "first"):
    for sp in (True, False): add(f"metaspace-{s}-{sp}", B, pre={"type": "Metaspace", "replacement": "▁", "prepend_scheme": s, "split": sp}, dec={"type": "Metaspace", "replacement": "▁", "prepend_scheme": s, "split": sp}, added=[at(90, "<x>")])
for p in (True, False):
    for r in (True, False):
        add(f"bytelevel-{p}-{r}", BL, pre={"type": "ByteLevel", "add_prefix_space": p, "trim_offsets": True, "use_regex": r}, dec=BD, post={"type": "ByteLevel", "add_prefix_space": p, "trim_offsets": r, "use_regex": True})
ADD = [at(0, "<x>"), at(0, "<y>", lstrip=True, special=False), at(0, "<z>", rstrip=True, lstrip=True), at(0, "<w>", single_word=True), at(0, "<x> ", special=False), at(0, "<Y>", normalized=True, special=False)]
add("added", E, added=ADD); add("added-lowercase", E, normalizer={"type": "Lowercase"}, added=ADD + [at(0, "HELLO", normalized=True, special=False)]); add("added-in-vocabulary", B, added=[at(0, "ab", special=False), at(0, "<new>"), at(7, "Hello", special=False, single_word=True)])
add("post-template", B, post={"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[C]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[S]", "type_id": 0}}], "pair": [], "special_tokens": {"[C]": {"id": "[C]", "ids": [3, 4], "tokens": ["p", "q"]}, "[S]": {"id": "[S]", "ids": [5], "tokens": ["[S]"]}}})
add("post-bert", B, post={"type": "BertProcessing", "sep": ["[S]", 5], "cls": ["[C]", 3]})
add("decoder-none", B); add("decoder-fuse-strip", B, dec=seq(0, "decoders", {"type": "Fuse"}, {"type": "Strip", "content": "a", "start": 2, "stop": 1}, repl({"String": "l"}, "LL"))); add("decoder-strip", B, dec={"type": "Strip", "content": "a", "start": 1, "stop": 1}); add("decoder-fuse-replace", B, dec=seq(0, "decoders", {"type": "Fuse"}, repl({"Regex": "b+a"}, "_")))
out = {"versions": {"tokenizers": __version__}, "strings": STRINGS, "tokenizers": []}
for name, j in R.items():
    if "-v" in sys.argv: print(name)
    t = Tokenizer.from_str(json.dumps(j)); t2 = Tokenizer.from_str(json.dumps(j)); t2.encode_special_tokens = True
    rows = []
    for s in STRINGS:
        a = t.encode(s, add_special_tokens=True); c = t2.encode(s, add_special_tokens=False)
        rows.append([a.ids, a.tokens, [list(o) for o in a.offsets], c.ids, say(t, a.ids, False), say(t, a.ids, True)])
    out["tokenizers"].append({"name": name, "json": j, "cases": rows})
json.dump(out, open(sys.argv[1], "w"), ensure_ascii=True, separators=(",", ":"))
print(len(R), "tokenizers")
