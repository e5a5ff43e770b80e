"""The same step with transformers and PEFT: python3 train.py CONFIG full|lora fp32|bf16 BATCH LENGTH STEPS THREADS ATTENTION"""
import json, resource, sys, time
import torch
from transformers import AutoConfig, AutoModelForCausalLM

path, mode, kind, batch, length, steps, threads, attention = sys.argv[1:9]
batch, length, steps = int(batch), int(length), int(steps)
torch.set_num_threads(int(threads)); torch.manual_seed(1)
config = AutoConfig.for_model(**json.load(open(path)))
config.use_cache = False
model = AutoModelForCausalLM.from_config(config, attn_implementation=attention)
if mode == "lora":
    try:
        from peft import LoraConfig, get_peft_model
        model = get_peft_model(model, LoraConfig(r=8, lora_alpha=32, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"))
    except ImportError:  # what peft.tuners.lora.Linear.forward does, without its bookkeeping
        class Lora(torch.nn.Module):
            def __init__(self, base):
                super().__init__()
                self.base_layer = base
                self.lora_A = torch.nn.Linear(base.in_features, 8, bias=False)
                self.lora_B = torch.nn.Linear(8, base.out_features, bias=False)
                torch.nn.init.zeros_(self.lora_B.weight)
            def forward(self, x): return self.base_layer(x) + self.lora_B(self.lora_A(x)) * 4.0
        model.requires_grad_(False)
        for module in [m for n, m in model.named_modules() if n.endswith(("self_attn", "mlp"))]:
            for name, child in list(module.named_children()):
                if isinstance(child, torch.nn.Linear): setattr(module, name, Lora(child))
if kind == "bf16": model = model.to(torch.bfloat16)
model.train()
named = [p for p in model.parameters() if p.requires_grad]
mains = [p.detach().float().clone().requires_grad_(True) for p in named] if kind == "bf16" else named
optimizer = torch.optim.AdamW(mains, lr=1e-4, betas=(0.9, 0.95), weight_decay=0.1)
tokens = torch.randint(0, config.vocab_size, (batch, length))
labels = tokens.roll(-1, 1)
times, work, losses = [], [], []
for step in range(steps):
    a, c = time.perf_counter(), time.process_time()
    logits = model(input_ids=tokens).logits.float()
    loss = torch.nn.functional.cross_entropy(logits.view(-1, logits.shape[-1]), labels.view(-1), reduction="sum") / (batch * length)
    loss.backward()
    if kind == "bf16":
        for p, q in zip(named, mains): q.grad = p.grad.float(); p.grad = None
    torch.nn.utils.clip_grad_norm_(mains, 1.0)
    optimizer.step(); optimizer.zero_grad()
    if kind == "bf16":
        with torch.no_grad():
            for p, q in zip(named, mains): p.copy_(q)
    losses.append(float(loss)); times.append(time.perf_counter() - a); work.append(time.process_time() - c)
best = min(times[2:])
print(json.dumps({"torch": torch.__version__, "tokens_per_second": round(batch * length / best, 1), "seconds": round(best, 4), "processor_seconds": round(min(work[2:]), 4),
                  "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1), "losses": [round(x, 5) for x in losses[:3]]}))
