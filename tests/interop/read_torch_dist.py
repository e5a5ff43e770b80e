"""Reads what `ckpt export --to_mcore` wrote with torch's own reader, and holds it against the Hugging Face folder by formulas of its own.

    python3 read_torch_dist.py MCORE/iter_0000001 HF

Needs torch (2.6 and 2.14 were tried) and safetensors. Prints one line and exits 1 where anything differs.
"""
import argparse
import glob
import json
import sys

import torch
import torch.distributed.checkpoint as dcp
from safetensors import safe_open
from torch.distributed.checkpoint import FileSystemReader
from torch.distributed.checkpoint.metadata import TensorStorageMetadata

mcore, hf_folder = sys.argv[1:3]
torch.serialization.add_safe_globals([argparse.Namespace])
index = FileSystemReader(mcore).read_metadata()
# Filled with sevens first: what the reader leaves alone does not pass for what was written.
mg = {k: torch.full(tuple(v.size), 7, dtype=v.properties.dtype) for k, v in index.state_dict_metadata.items() if isinstance(v, TensorStorageMetadata)}
try:
    dcp.load(mg, checkpoint_id=mcore, no_dist=True)
except TypeError:  # torch 2.6
    from torch.distributed.checkpoint.state_dict_loader import _load_state_dict

    _load_state_dict(mg, storage_reader=FileSystemReader(mcore), no_dist=True)

hf = {}
for file in glob.glob(hf_folder + "/*.safetensors"):
    with safe_open(file, "pt") as opened:
        hf.update({k: opened.get_tensor(k) for k in opened.keys()})
config = json.load(open(hf_folder + "/config.json"))
groups, hidden = config["num_key_value_heads"], config["hidden_size"]
wrong = []


def same(name, found, expected):
    if not torch.equal(found, expected):
        wrong.append(name)


for i in range(config["num_hidden_layers"]):
    here = f"model.layers.{i}."
    for kind in ("weight", "bias"):
        if here + f"self_attn.q_proj.{kind}" in hf:
            q, k, v = (hf[here + f"self_attn.{x}_proj.{kind}"].reshape(groups, -1, *([hidden] if kind == "weight" else [])) for x in "qkv")
            fused = torch.cat([q, k, v], 1).reshape(-1, *([hidden] if kind == "weight" else []))
            same(f"linear_qkv.{kind} {i}", mg[f"decoder.layers.self_attention.linear_qkv.{kind}"][i], fused)
    same(f"linear_proj {i}", mg["decoder.layers.self_attention.linear_proj.weight"][i], hf[here + "self_attn.o_proj.weight"])
    if "decoder.layers.mlp.linear_fc1.weight" in mg:
        same(f"linear_fc1 {i}", mg["decoder.layers.mlp.linear_fc1.weight"][i], torch.cat([hf[here + "mlp.gate_proj.weight"], hf[here + "mlp.up_proj.weight"]]))
        same(f"linear_fc2 {i}", mg["decoder.layers.mlp.linear_fc2.weight"][i], hf[here + "mlp.down_proj.weight"])
    else:
        for e in range(mg["decoder.layers.mlp.router.weight"].shape[1]):
            there = here + f"mlp.experts.{e}."
            same(f"expert fc1 {i}.{e}", mg["decoder.layers.mlp.experts.experts.linear_fc1.weight"][i, e], torch.cat([hf[there + "gate_proj.weight"], hf[there + "up_proj.weight"]]))
            same(f"expert fc2 {i}.{e}", mg["decoder.layers.mlp.experts.experts.linear_fc2.weight"][i, e], hf[there + "down_proj.weight"])
rows = config["vocab_size"]
embedding = mg["embedding.word_embeddings.weight"]
same("embedding", embedding[:rows], hf["model.embed_tokens.weight"])
same("padding", embedding[rows:], torch.zeros_like(embedding[rows:]))
same("final norm", mg["decoder.final_layernorm.weight"], hf["model.norm.weight"])
common = torch.load(mcore + "/common.pt", weights_only=True)
if common["args"].num_layers != config["num_hidden_layers"] or common["checkpoint_version"] != 3.0:
    wrong.append("common.pt")
print(f"torch {torch.__version__}: {len(mg)} tensors of {mcore}:", "equal" if not wrong else f"DIFFERENT: {wrong}")
sys.exit(bool(wrong))
