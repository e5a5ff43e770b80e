"""Loads what `ckpt export --to_hf` wrote with transformers, and compares its logits with stored ones.

    python3 read_hf.py HF EXPECTED.safetensors      (EXPECTED: input_ids, logits in float32)

Needs torch, transformers and safetensors (5.12.1 was tried). Exits 1 where weights lack or are left over, or logits part.
"""
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

model, info = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.bfloat16, output_loading_info=True)
expected = load_file(sys.argv[2])
with torch.no_grad():
    difference = (model.float()(expected["input_ids"]).logits - expected["logits"]).abs().max().item()
left = {k: sorted(v) for k, v in info.items() if v}
print(f"{sys.argv[1]}: largest difference of a logit {difference:.2e}, loading said {left or 'nothing'}")
sys.exit(bool(left) or difference > 1e-4)
