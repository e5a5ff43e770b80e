"""Keeps what the tests read of make_training.py's output: python3 compact.py OUT_OF_MAKE_TRAINING TARGET

curves.json: per model and run the loss and the gradient norm of every step. init-MODEL-MODE: the A factors an adapter starts from (its B
factors are zero). final-MODEL-MODE: a few tensors of the end, of the float32 run.
"""
import json, struct, sys

source, target = sys.argv[1], sys.argv[2]
RUNS = ("float32", "bf16_fp32_master")

def read(path):
    raw = open(path, "rb").read()
    n = struct.unpack("<Q", raw[:8])[0]
    head = json.loads(raw[8:8 + n])
    head.pop("__metadata__", None)
    return {k: (v, raw[8 + n + v["data_offsets"][0]:8 + n + v["data_offsets"][1]]) for k, v in head.items()}

def write(path, tensors):
    head, at = {}, 0
    for k in sorted(tensors):
        info, raw = tensors[k]
        head[k] = {"dtype": info["dtype"], "shape": info["shape"], "data_offsets": [at, at + len(raw)]}
        at += len(raw)
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(tensors[k][1] for k in sorted(tensors)))

curves = {}
for model in ("qwen3", "llama", "qwen3_moe"):
    runs = json.load(open(f"{source}/{model}_curves.json"))["runs"]
    curves[model] = {name: {"loss": [float(s["loss"]) for s in run["steps"]], "grad_norm": [float(s["grad_norm"]) for s in run["steps"]]}
                     for name, run in runs.items() if name.endswith(RUNS)}
    for mode in ("lora", "lora_attn") if model == "qwen3_moe" else ("lora",):
        init = read(f"{source}/{model}_{mode}_init/adapter_model.safetensors")
        write(f"{target}/init-{model}-{mode}.safetensors", {k: v for k, v in init.items() if ".lora_A." in k})
        assert not any(any(v[1]) for k, v in init.items() if ".lora_B." in k)
        final = read(f"{source}/{model}_{mode}_final/adapter_model.safetensors")
        write(f"{target}/final-{model}-{mode}.safetensors", {k: v for k, v in final.items() if ".layers.1." in k and ".lora_B." in k})
    full = read(f"{source}/{model}_full_final_float32.safetensors")
    keep = ("model.layers.1.self_attn.k_proj.weight", "model.layers.1.self_attn.q_norm.weight", "model.layers.2.input_layernorm.weight", "model.layers.0.mlp.gate.weight",
            "model.layers.3.mlp.down_proj.weight", "model.norm.weight", "lm_head.weight" if model == "qwen3" else "")
    write(f"{target}/final-{model}-full.safetensors", {k: v for k, v in full.items() if k in keep})
json.dump(curves, open(f"{target}/curves.json", "w"), separators=(",", ":"))
