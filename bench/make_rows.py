"""A file of instructions, made up: usage make_rows.py BYTES > rows.jsonl"""
import json, random, sys
random.seed(1)
w = ["".join(random.choice("etaoinshrdlucmfwypvbgk") for _ in range(random.randint(2,9))) for _ in range(30000)]+["你好","世界","数据","naïve","🙂"]*200
target, n = int(sys.argv[1]), 0
while n < target:
    r = {"instruction":" ".join(random.choices(w,k=random.randint(5,40))),"input":"","output":" ".join(random.choices(w,k=random.randint(20,300)))}
    s = json.dumps(r, ensure_ascii=False) + "\n"; sys.stdout.write(s); n += len(s.encode())
