"""What preprocessing must give, from the rules alone (spec/data.md, DAT-6): one token a byte, and a template of three words.
usage: make_preprocess.py OUT (inputs OUT/*.jsonl, and for each case OUT/<case>/... .bin and .idx)"""
import json, os, random, struct, sys
from bisect import bisect_right
out = sys.argv[1]; random.seed(11)
PAD, EOD = 256, 257
words = "eins zwei drei vier und 你好 naïve 🙂 sechs".split()
def text(n): return " ".join(random.choice(words) for _ in range(n))

alpaca = [{"instruction": text(random.randint(1, 9)), "input": text(4) if i % 3 == 0 else "", "output": text(random.randint(1, 14))} for i in range(40)]
alpaca[7]["output"] = ""; alpaca[11]["instruction"] = ""
share = [{"conversations": [{"from": ("human", "gpt")[j % 2], "value": text(random.randint(1, 6))} for j in range(2 * random.randint(1, 3))]} for i in range(25)]
for i in (2, 9): share[i]["conversations"].insert(0, {"from": "system", "value": text(3)})
share[5]["conversations"].pop()   # ends with a question: left out
prefs = [{"q": text(4), "sys": "be kind" if i % 4 else "", "chosen": text(5), "rejected": text(3)} for i in range(15)]
texts = [{"text": text(random.randint(0, 12)), "title": text(2)} for i in range(20)]
for name, rows in dict(alpaca=alpaca, sharegpt=share, prefs=prefs, texts=texts).items():
    with open(f"{out}/{name}.jsonl", "w") as f:
        for r in rows: f.write(json.dumps(r, ensure_ascii=False) + "\n")

b = lambda s: list(s.encode())
def pairs(system, turns, last_only=False):
    """[(source, target)] of a conversation: turns = [question, answer, ...]"""
    ps = []
    for i in range(0, len(turns), 2):
        src = (b(f"S:{system}\n") if i == 0 and system else []) + b(f"U:{turns[i]}\n")
        ps.append((src, b(f"A:{turns[i + 1]}\n")))
    if last_only and len(ps) > 1: ps = [(sum((s + t for s, t in ps[:-1]), []) + ps[-1][0], ps[-1][1])]
    return ps
def infer(s, t, n):
    if 2 * t < n: mt = n
    elif 2 * s < n: mt = n - s
    else: mt = int(n * (t / (s + t)))
    nt = min(mt, t); return min(s, max(n - nt, 0)), nt
def plain(s, t, n):
    mt = max(int(n * (t / (s + t))), 1); nt = min(mt, t); return min(s, max(n - nt, 0)), nt
def flat(ps, n, rule):
    ids, labels = [], []
    total = sum(len(s) + len(t) for s, t in ps)
    for s, t in ps:
        rest = n - len(ids)
        if rest <= 0: break
        a, c = (len(s), len(t)) if len(s) + len(t) <= rest or total <= n else rule(len(s), len(t), rest)
        ids += s[:a] + t[:c]; labels += [-100] * a + t[:c]
    return ids, labels

def again(x, n):
    """Cuts what is still too long once more, fairly, by its turns: a stretch of -100 and the one behind it."""
    ids, labels = x
    if len(ids) <= n: return x
    ps, i = [], 0
    while i < len(ids):
        a = i
        while a < len(ids) and labels[a] == -100: a += 1
        e = a
        while e < len(ids) and labels[e] != -100: e += 1
        ps.append((ids[i:a], ids[a:e])); i = e
    return flat(ps, n, infer)

def write(path, documents, code=4, fmt="i"):
    seqs = [s for d in documents for s in d]; size = struct.calcsize(fmt)
    bounds, offs, at = [0], [], 0
    for d in documents: bounds.append(bounds[-1] + len(d))
    for s in seqs: offs.append(at); at += len(s) * size
    open(path + ".bin", "wb").write(b"".join(struct.pack(f"<{len(s)}{fmt}", *s) for s in seqs))
    open(path + ".idx", "wb").write(b"MMIDIDX\0\0" + struct.pack("<QBQQ", 1, code, len(seqs), len(bounds)) + struct.pack(f"<{len(seqs)}i", *map(len, seqs)) + struct.pack(f"<{len(seqs)}q", *offs) + struct.pack(f"<{len(bounds)}q", *bounds))
def case(name): os.makedirs(f"{out}/{name}", exist_ok=True); return f"{out}/{name}/out"
def samples(rows): # alpaca
    r = []
    for x in rows:
        q = "\n".join(p for p in (x["instruction"], x["input"]) if p)
        if q and x["output"]: r.append(("", [q, x["output"]]))
    return r
def shares(rows):
    r = []
    for x in rows:
        t = x["conversations"]; s = ""
        if t[0]["from"] == "system": s, t = t[0]["value"], t[1:]
        if len(t) % 2 == 0: r.append((s, [m["value"] for m in t]))
    return r
def instruct(name, data, n=None, rule=plain, slack=0, eod=False, compat=False):
    docs = []
    for s, t in data:
        ids, labels = flat(pairs(s, t), (n or 100000) - slack, rule)
        if eod: ids, labels = ids + [EOD], labels + [EOD]
        if n and len(ids) >= n:
            if compat: docs.append(None)
            continue
        docs.append((ids, [1] * len(ids), labels))
    p = case(name)
    for k, key in enumerate(("input_ids", "attention_mask", "labels")): write(f"{p}_packed_{key}_document", [[] if d is None else [d[k]] for d in docs])
def pack(name, data, n, neat, rule=plain, slack=0):
    ss = [flat(pairs(s, t), n - slack, rule) for s, t in data]
    if neat: ss = [again(x, n - 1) for x in ss]
    ss = [x for x in ss if len(x[0]) < n]
    lengths = sorted(len(i) for i, _ in ss); by = {}
    for i, (ids, _) in enumerate(ss): by.setdefault(len(ids), []).append(i)
    docs = []
    while lengths:
        room, bag = n - 1, []
        while (at := bisect_right(lengths, room) - 1) >= 0:
            l = lengths.pop(at); room -= l; bag.append(by[l].pop())
        ids, mask, labels = [], [], []
        for o, i in enumerate(bag): ids += ss[i][0]; labels += ss[i][1]; mask += [o + 1 if neat else 1] * len(ss[i][0])
        fill = n - len(ids)
        docs.append((ids + [PAD] * fill, mask + [0 if neat else 1] * fill, labels + [-100] * fill))
    p = case(name)
    for k, key in enumerate(("input_ids", "attention_mask", "labels")): write(f"{p}_packed_{key}_document", [[d[k]] for d in docs])

instruct("alpaca", samples(alpaca))
instruct("alpaca-100", samples(alpaca), 100)
instruct("alpaca-100-fair", samples(alpaca), 100, infer, 1)
instruct("alpaca-100-fair-eod", samples(alpaca), 100, infer, 1, eod=True)
instruct("alpaca-100-mindspeed", samples(alpaca), 100, compat=True)
instruct("sharegpt", shares(share)); instruct("sharegpt-120-fair", shares(share), 120, infer, 1)
pack("alpaca-pack-256", samples(alpaca), 256, False); pack("alpaca-neat-128", samples(alpaca), 128, True)
docs = []
for x in prefs:
    c = flat(pairs(x["sys"], [x["q"], x["chosen"]], True), 100000, plain); r = flat(pairs(x["sys"], [x["q"], x["rejected"]], True), 100000, plain)
    docs.append((c[0], c[1], r[0], r[1]))
p = case("pairwise")
for k, key in enumerate(("chosen_input_ids", "chosen_labels", "rejected_input_ids", "rejected_labels")): write(f"{p}_packed_{key}_document", [[d[k]] for d in docs])
rows = [x for x in texts if x["text"]]
p = case("text"); write(f"{p}_text_document", [[b(x["text"]) + [EOD]] for x in rows]); write(f"{p}_title_document", [[b(x["title"]) + [EOD]] for x in rows])
p = case("text-uint16"); write(f"{p}_text_document", [[b(x["text"])] for x in rows], 8, "H")
