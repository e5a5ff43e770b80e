"""Makes the tiny models under spec/vectors/forward and what transformers computes with them.

make_forward.py OUT. Needs torch, transformers 5.12 and safetensors. Every model: random bf16 weights from a fixed seed, config.json,
model.safetensors, and expected.safetensors with
  input_ids      int64 [2, 12]
  logits         float32 [2, 12, vocab]  forward in float32 of the bf16 weights, eager attention
  hidden_states  float32 [layers+1, 2, 12, hidden]  as transformers returns them
  greedy         int64 [1, 20]           12 prompt ids of row 0, then 8 greedy continuations
"""
import json, os, shutil, sys
import torch
from transformers import AutoConfig, AutoModelForCausalLM
from safetensors.torch import save_file

COMMON = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=24, vocab_size=40,
              max_position_embeddings=64, rms_norm_eps=1e-6, tie_word_embeddings=False, bos_token_id=1, eos_token_id=2, pad_token_id=0)
ROPE = dict(rope_theta=10000.0)
MOE = dict(n_routed_experts=4, num_experts_per_tok=2, moe_intermediate_size=8, first_k_dense_replace=1, norm_topk_prob=True)
MLA = dict(kv_lora_rank=8, qk_nope_head_dim=4, qk_rope_head_dim=4, v_head_dim=6, num_key_value_heads=4)
NET = dict(head_dim=8, linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=4, linear_value_head_dim=6, linear_conv_kernel_dim=4,
           layer_types=["linear_attention", "full_attention"])
LONG = [1.0 + 0.5 * i for i in range(2)]

MODELS = {
    "deepseek_v2": ("deepseek_v2", dict(MLA, **MOE, n_shared_experts=2, q_lora_rank=None, topk_method="greedy", routed_scaling_factor=1.5)),
    "deepseek_v3-yarn": ("deepseek_v3", dict(MLA, **MOE, n_shared_experts=1, q_lora_rank=12, n_group=2, topk_group=1, routed_scaling_factor=2.5,
        rope_parameters=dict(ROPE, rope_type="yarn", factor=4.0, mscale=1.0, mscale_all_dim=1.0, original_max_position_embeddings=16, beta_fast=32, beta_slow=1))),
    "dots1": ("dots1", dict(MOE, head_dim=4, n_shared_experts=1, n_group=1, topk_group=1, routed_scaling_factor=1.5)),
    "ernie4_5": ("ernie4_5", dict(head_dim=4, use_bias=True)),
    "ernie4_5_moe": ("ernie4_5_moe", dict(head_dim=4, moe_num_experts=4, moe_k=2, moe_intermediate_size=8, moe_num_shared_experts=1,
        moe_layer_start_index=1, moe_layer_end_index=1, moe_layer_interval=1)),
    "gemma": ("gemma", dict(head_dim=4, tie_word_embeddings=True)),
    "gemma2": ("gemma2", dict(head_dim=4, tie_word_embeddings=True, query_pre_attn_scalar=6, sliding_window=4, attn_logit_softcapping=2.0, final_logit_softcapping=3.0)),
    "gemma3_text": ("gemma3_text", dict(head_dim=4, tie_word_embeddings=True, query_pre_attn_scalar=6, sliding_window=4, layer_types=["sliding_attention", "full_attention"])),
    "glm": ("glm", dict(head_dim=8, partial_rotary_factor=0.5)),
    "glm4": ("glm4", dict(head_dim=8, attention_bias=True, partial_rotary_factor=0.5)),
    "glm4_moe": ("glm4_moe", dict(MOE, head_dim=8, attention_bias=True, use_qk_norm=True, partial_rotary_factor=0.5, n_shared_experts=1, routed_scaling_factor=1.5)),
    "glm4_moe_lite": ("glm4_moe_lite", dict(MLA, num_experts_per_tok=2, n_routed_experts=4, moe_intermediate_size=8, mlp_layer_types=["dense", "sparse"], n_shared_experts=1, q_lora_rank=12)),
    "gpt_oss": ("gpt_oss", dict(head_dim=4, num_local_experts=4, num_experts_per_tok=2, intermediate_size=8, sliding_window=4)),
    "granite": ("granite", dict(embedding_multiplier=3.0, logits_scaling=2.0, residual_multiplier=0.5, attention_multiplier=0.3)),
    "granitemoe": ("granitemoe", dict(num_local_experts=4, num_experts_per_tok=2, intermediate_size=8,
        embedding_multiplier=3.0, logits_scaling=2.0, residual_multiplier=0.5, attention_multiplier=0.3)),
    "llama4_text": ("llama4_text", dict(head_dim=4, num_local_experts=4, num_experts_per_tok=1, intermediate_size=8, intermediate_size_mlp=24, interleave_moe_layer_step=2,
        no_rope_layers=[1, 0], attention_chunk_size=4, floor_scale=4, attn_scale=0.3)),
    "llama-dynamic": ("llama", dict(max_position_embeddings=8, rope_parameters=dict(ROPE, rope_type="dynamic", factor=2.0))),
    "llama-gelu": ("llama", dict(hidden_act="gelu")),
    "llama-linear": ("llama", dict(attention_bias=True, mlp_bias=True, rope_parameters=dict(ROPE, rope_type="linear", factor=2.0))),
    "llama-llama3": ("llama", dict(rope_parameters=dict(rope_theta=500.0, rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16))),
    "llama-yarn": ("llama", dict(rope_parameters=dict(ROPE, rope_type="yarn", factor=4.0, original_max_position_embeddings=16))),
    "minimax_m2": ("minimax_m2", dict(head_dim=4, num_local_experts=4, num_experts_per_tok=2, intermediate_size=8)),
    "ministral": ("ministral", dict(head_dim=4, sliding_window=4, layer_types=["sliding_attention", "full_attention"])),
    "ministral3": ("ministral3", dict(head_dim=4, rope_parameters=dict(ROPE, rope_type="yarn", factor=4.0, original_max_position_embeddings=4,
        mscale=1.0, mscale_all_dim=1.0, beta_fast=32.0, beta_slow=1.0, llama_4_scaling_beta=0.5))),
    "mistral": ("mistral", dict(sliding_window=4)),
    "mixtral": ("mixtral", dict(num_local_experts=4, num_experts_per_tok=2, intermediate_size=8, sliding_window=None)),
    "olmo2": ("olmo2", {}),
    "olmo3": ("olmo3", dict(sliding_window=4, layer_types=["sliding_attention", "full_attention"])),
    "olmoe": ("olmoe", dict(num_experts=4, num_experts_per_tok=2, intermediate_size=8, num_key_value_heads=4, clip_qkv=0.5)),
    "phimoe": ("phimoe", dict(num_local_experts=4, num_experts_per_tok=2, intermediate_size=8, attention_bias=True, lm_head_bias=True, router_jitter_noise=0.2,
        rope_parameters=dict(ROPE, rope_type="longrope", short_factor=LONG, long_factor=[3.0 * f for f in LONG], original_max_position_embeddings=8, short_mscale=1.1, long_mscale=1.3))),
    "phi3-longrope": ("phi3", dict(original_max_position_embeddings=8, sliding_window=6,
        rope_parameters=dict(ROPE, rope_type="longrope", short_factor=LONG, long_factor=[3.0 * f for f in LONG], original_max_position_embeddings=8))),
    "qwen2": ("qwen2", dict(tie_word_embeddings=True, use_sliding_window=True, sliding_window=4, max_window_layers=1)),
    "qwen2_moe": ("qwen2_moe", dict(num_experts=4, num_experts_per_tok=2, moe_intermediate_size=8, shared_expert_intermediate_size=12, mlp_only_layers=[0])),
    "qwen3": ("qwen3", dict(head_dim=8)),
    "qwen3_moe": ("qwen3_moe", dict(head_dim=4, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=8, norm_topk_prob=True)),
    "qwen3_next": ("qwen3_next", dict(NET, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=8, shared_expert_intermediate_size=8, partial_rotary_factor=0.5)),
    "qwen3_5_text": ("qwen3_5_text", dict(NET, rope_parameters=dict(ROPE, rope_type="default", partial_rotary_factor=0.5, mrope_section=[1, 1, 0], mrope_interleaved=True))),
    "qwen3_5_moe_text": ("qwen3_5_moe_text", dict(NET, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=8, shared_expert_intermediate_size=8,
        rope_parameters=dict(ROPE, rope_type="default", partial_rotary_factor=0.5, mrope_section=[1, 1, 0], mrope_interleaved=True))),
    "seed_oss": ("seed_oss", dict(head_dim=4, attention_bias=True, attention_out_bias=True)),
    "smollm3": ("smollm3", dict(no_rope_layers=[1, 0])),
}

out, only = sys.argv[1], set(sys.argv[2:])
for name, (kind, keys) in MODELS.items():
    if only and name not in only:
        continue
    folder = os.path.join(out, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    try:
        torch.manual_seed(1234)
        config = AutoConfig.for_model(kind, **{**COMMON, **keys})
        model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").to(torch.float32)
        g = torch.Generator().manual_seed(7)
        with torch.no_grad():
            for n, p in list(model.named_parameters()) + [(n, b) for n, b in model.named_buffers() if n.endswith("e_score_correction_bias")]:
                if p.ndim >= 2: p.copy_(torch.randn(p.shape, generator=g) * (0.6 / p.shape[-1] ** 0.5 if "embed" not in n else 0.5))
                elif "A_log" in n: p.copy_(torch.rand(p.shape, generator=g) + 0.2)
                elif "bias" in n or "sinks" in n: p.copy_(torch.randn(p.shape, generator=g) * 0.1)
                else: p.copy_(p + torch.randn(p.shape, generator=g) * 0.1)
        model.tie_weights()
        model = model.to(torch.bfloat16)
        model.save_pretrained(folder)
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        ids = torch.randint(3, COMMON["vocab_size"], (2, 12), generator=torch.Generator().manual_seed(11))
        with torch.no_grad():
            o = model(ids, use_cache=False, output_hidden_states=True)
            greedy = ids[:1].clone()
            for _ in range(8):
                greedy = torch.cat([greedy, model(greedy, use_cache=False).logits[:, -1:].argmax(-1)], 1)
        save_file({"input_ids": ids, "logits": o.logits.float().contiguous(), "hidden_states": torch.stack([h.float() for h in o.hidden_states]).contiguous(), "greedy": greedy},
                  os.path.join(folder, "expected.safetensors"))
        if os.path.exists(os.path.join(folder, "generation_config.json")):
            os.remove(os.path.join(folder, "generation_config.json"))
        print(name, "ok", flush=True)
    except Exception as e:
        print(name, "FAILED", type(e).__name__, str(e)[:200], flush=True)
        shutil.rmtree(folder)
