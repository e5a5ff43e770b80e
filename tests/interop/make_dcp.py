"""Makes spec/vectors/dcp with torch's own writers: python3 make_dcp.py HF_MODEL OUT (torch 2.14, two gloo processes; HF_MODEL is spec/vectors/hf/qwen3_moe).

fsdp_dtensor   a slice of HF_MODEL (two layers, two experts) under the names that Megatron-FSDP gives, as Megatron-LM's
               training/checkpointing.py and core/transformer/fsdp_dtensor_checkpoint.py make them
fsdp_optim     a tiny model of that kind with optimizer state, steps, groups by parameter and random number generators
torch_dcp      a tiny model as --ckpt-format torch_dcp nests it
hf_sharded     HuggingFaceStorageWriter, a shard a process
hf_whole       HuggingFaceStorageWriter, one process, with its index
blob           SerializationFormat.SAFETENSORS inside .distcp files
zstd           the extension stream.zstd/1
per_rank       use_collectives=False: an index a process
expected.json  of each: what torch itself put together, hashed
"""
import argparse, hashlib, json, os, pathlib, sys, types
import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
import torch.multiprocessing as mp
from safetensors.torch import load_file
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor, Shard

WORLD = 2


def shard(state, mesh):
    """Every tensor of one axis or more, cut along its first; the last process has less, or nothing."""
    if isinstance(state, dict):
        return {key: shard(value, mesh) for key, value in state.items()}
    if isinstance(state, list):
        return [shard(value, mesh) for value in state]
    if not isinstance(state, torch.Tensor) or state.dim() == 0:
        return state
    # Each process has the whole and takes its part: gloo scatters no bfloat16.
    own = [*state.chunk(WORLD), state[:0]][dist.get_rank()]
    return DTensor.from_local(own.contiguous(), mesh, [Shard(0)], run_check=False, shape=state.shape, stride=state.stride())


def numbers(*shape, start=0.0, dtype=torch.float32):
    count = 1
    for size in shape:
        count *= size
    return (torch.arange(count, dtype=torch.float32) / 64 + start).reshape(shape).to(dtype)


def note(path, tensors, **more):
    def entry(value):
        data = value.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        return {"dtype": str(value.dtype)[6:], "shape": list(value.shape), "sha256": hashlib.sha256(data).hexdigest()}

    if dist.get_rank() == 0:
        (path / "expected.json").write_text(json.dumps({"torch": torch.__version__, "tensors": {k: entry(v) for k, v in tensors.items()}, **more}, indent=1))


def moe(hf, layers, experts):
    """Megatron's parameters of a sliced Qwen3-MoE model: qkv by groups, as Megatron-core's modules hold them."""
    state = {"embedding.word_embeddings.weight": hf["model.embed_tokens.weight"], "output_layer.weight": hf["lm_head.weight"], "decoder.final_layernorm.weight": hf["model.norm.weight"]}
    for i in range(layers):
        h, m = f"model.layers.{i}.", f"decoder.layers.{i}."
        q, k, v = (hf[f"{h}self_attn.{x}_proj.weight"] for x in "qkv")
        dim = hf[f"{h}self_attn.q_norm.weight"].numel()
        groups = k.shape[0] // dim
        state[m + "self_attention.linear_qkv.layer_norm_weight"] = hf[h + "input_layernorm.weight"]
        state[m + "self_attention.linear_qkv.weight"] = torch.cat([torch.cat(part) for part in zip(q.chunk(groups), k.chunk(groups), v.chunk(groups))])
        state[m + "self_attention.q_layernorm.weight"] = hf[h + "self_attn.q_norm.weight"]
        state[m + "self_attention.k_layernorm.weight"] = hf[h + "self_attn.k_norm.weight"]
        state[m + "self_attention.linear_proj.weight"] = hf[h + "self_attn.o_proj.weight"]
        state[m + "pre_mlp_layernorm.weight"] = hf[h + "post_attention_layernorm.weight"]
        state[m + "mlp.router.weight"] = hf[h + "mlp.gate.weight"][:experts]
        for e in range(experts):
            state[m + f"mlp.experts.linear_fc1.weight{e}_w"] = hf[f"{h}mlp.experts.{e}.gate_proj.weight"]
            state[m + f"mlp.experts.linear_fc1.weight{e}_v"] = hf[f"{h}mlp.experts.{e}.up_proj.weight"]
            state[m + f"mlp.experts.linear_fc2.weight{e}"] = hf[f"{h}mlp.experts.{e}.down_proj.weight"]
    return state


def small(dtype=torch.float32):
    """One layer, hidden size 6, two experts and a dense layer: what parts are joined to."""
    whole = {
        "embedding.word_embeddings.weight": numbers(10, 6),
        "decoder.layers.0.self_attention.linear_qkv.weight": numbers(12, 6, start=1),
        "decoder.layers.0.mlp.linear_fc1.layer_norm_weight": numbers(6, start=2),
        "decoder.layers.0.mlp.linear_fc1.weight": numbers(10, 6, start=3),
        "decoder.layers.0.mlp.linear_fc2.weight": numbers(6, 5, start=4),
        "decoder.layers.1.mlp.experts.experts.linear_fc1.weight": numbers(2, 10, 6, start=5),
        "decoder.layers.1.mlp.experts.experts.linear_fc2.weight": numbers(2, 6, 5, start=6),
    }
    return {key: value.to(dtype) for key, value in whole.items()}


def master(value):
    """Full precision that rounds to the value."""
    return value.float() * (1 + 2**-12)


def parts(whole, halves=True):
    state = {}
    for key, value in whole.items():
        pieces = {key: value}
        if ".experts.experts." in key:
            pieces = {key.replace("experts.experts", "experts") + str(e): value[e] for e in range(value.shape[0])}
        for name, piece in pieces.items():
            if halves and "linear_fc1.weight" in name:
                state[name + "_w"], state[name + "_v"] = piece.chunk(2)
            else:
                state[name] = piece
    return state


def save(path, state, **how):
    dcp.save(state, checkpoint_id=str(path), **how)


ARGS = dict(num_layers=2, hidden_size=6, ckpt_format="fsdp_dtensor", bf16=False, swiglu=True, num_experts=2, world_size=WORLD, tensor_model_parallel_size=1)
GENERATOR = {"random_rng_state": (3, (1, 2, 3), None), "torch_rng_state": torch.arange(16, dtype=torch.uint8), "rng_tracker_states": {"model-parallel-rng": torch.arange(8, dtype=torch.uint8)}}


def fsdp_dtensor(out, hf, mesh):
    model = moe(hf, 2, 2)
    state = {"args": types.SimpleNamespace(num_layers=2), "checkpoint_version": 3.0, "iteration": 5,
             "model": {"module." + key: value for key, value in model.items()},
             "content_metadata": {"distrib_optim_sharding_type": "fsdp_dtensor"}}
    save(out / "iter_0000005", shard(state, mesh))


def fsdp_optim(out, hf, mesh):
    whole = small()
    flat = parts(whole)
    meta = lambda key: {"lr": 0.001, "wd_mult": 0.0 if "norm" in key else 1.0, "is_expert_parallel": ".experts." in key, "betas": (0.9, 0.95)}
    name = lambda key: "module.module.module." + key
    states = {"exp_avg": 100, "exp_avg_sq": 200}
    joined = {key: value + 0 for key, value in whole.items()}
    for state, start in states.items():
        joined |= {f"optimizer.state.{state}.{key}": value + start for key, value in whole.items()}
    state = {
        "args": types.SimpleNamespace(**ARGS), "checkpoint_version": 3.0, "iteration": 7, "num_floating_point_operations_so_far": 1.5e9,
        "model": {"module." + key: value for key, value in flat.items()} | {"module.decoder.layers.0.self_attention.linear_qkv._extra_state": torch.zeros(4, dtype=torch.uint8)},
        "optimizer": {"state": {name(key): {**{s: value + start for s, start in states.items()}, "step": torch.tensor(7.0)} for key, value in flat.items()},
                      "param_to_group_meta": {name(key): meta(key) for key in flat}},
        "opt_param_scheduler": {"max_lr": 0.001, "num_steps": 7},
        "rng_state": {"(0, 0)": [GENERATOR]},
        "rerun_state_machine": {"mode": "disabled"},
    }
    save(out / "iter_0000007", shard(state, mesh))
    note(out, joined)


def torch_dcp(out, hf, mesh):
    """bfloat16 with the full-precision copies of Float16OptimizerWithFloat16Params; parameters by number, those without decay apart."""
    whole = small(torch.bfloat16)
    flat = parts(whole, halves=False)
    groups = [[key for key, value in flat.items() if value.dim() > 1], [key for key, value in flat.items() if value.dim() == 1]]
    order = [key for group in groups for key in group]
    joined = dict(whole)
    joined |= {f"optimizer.state.param.{key}": master(value) for key, value in whole.items()}
    for state, start in (("exp_avg", 100), ("exp_avg_sq", 200)):
        joined |= {f"optimizer.state.{state}.{key}": value.float() + start for key, value in whole.items()}
    state = {
        "args": types.SimpleNamespace(**ARGS | {"ckpt_format": "torch_dcp", "bf16": True}), "checkpoint_version": 3.0, "iteration": 7,
        "model": flat,
        "optimizer": {
            "optimizer": {
                "state": {i: {"step": torch.tensor(7.0), "exp_avg": flat[key].float() + 100, "exp_avg_sq": flat[key].float() + 200} for i, key in enumerate(order)},
                "param_groups": [{"lr": 0.001, "wd_mult": 1.0 - g, "is_expert_parallel": False, "params": [order.index(key) for key in group]} for g, group in enumerate(groups)],
            },
            "fp32_from_fp16_params": [[master(flat[key]) for key in group] for group in groups],
        },
        "opt_param_scheduler": {"max_lr": 0.001, "num_steps": 7},
        "rng_state": [GENERATOR],
    }
    save(out / "iter_0000007", shard(state, mesh))
    note(out, joined)


HF = {"model.embed_tokens.weight": numbers(5, 4), "model.norm.weight": numbers(4, start=2, dtype=torch.bfloat16), "model.layers.0.mlp.up_proj.weight": numbers(3, 4, start=3, dtype=torch.float16)}


def hf_sharded(out, hf, mesh):
    from torch.distributed.checkpoint import HuggingFaceStorageWriter
    files = {key: 1 if "norm" in key else 2 for key in HF}
    dcp.save(shard(HF, mesh), storage_writer=HuggingFaceStorageWriter(str(out / "ckpt"), fqn_to_index_mapping=files, save_distributed=True))
    note(out, HF)


def hf_consolidated(out, hf, mesh):
    from torch.distributed.checkpoint import HuggingFaceStorageWriter
    dcp.save(shard(HF, mesh), storage_writer=HuggingFaceStorageWriter(str(out / "ckpt"), save_distributed=True, enable_consolidation=True))
    note(out, HF)


def blob(out, hf, mesh):
    from torch.distributed.checkpoint.filesystem import FileSystemWriter, SerializationFormat
    state = shard({**HF, "extra": {"steps": 12}}, mesh)
    dcp.save(state, storage_writer=FileSystemWriter(str(out / "ckpt"), serialization_format=SerializationFormat.SAFETENSORS))
    note(out, HF)


def zstd(out, hf, mesh):
    from torch.distributed.checkpoint.filesystem import FileSystemWriter
    from torch.distributed.checkpoint._extension import ZStandard
    state = shard({**HF, "extra": {"steps": 12, "words": ["one"] * 50}}, mesh)
    dcp.save(state, storage_writer=FileSystemWriter(str(out / "ckpt"), _extensions=[ZStandard()]))
    note(out, HF)


def per_rank(out, hf, mesh):
    rank = dist.get_rank()
    state = {"shared": HF["model.norm.weight"], f"own.{rank}": HF["model.embed_tokens.weight"] + rank, "words": f"of {rank}"}
    dcp.save(state, checkpoint_id=str(out / "ckpt"), use_collectives=False)
    note(out, {"shared": HF["model.norm.weight"], "own.0": HF["model.embed_tokens.weight"], "own.1": HF["model.embed_tokens.weight"] + 1})


def run(rank, name, model, out):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29571", USE_LIBUV="0")
    if name == "zstd":
        # Debian has no zstandard; Python 3.14's own binds the same library and has pyzstd's interface.
        import compression.zstd
        sys.modules["pyzstd"] = types.SimpleNamespace(ZstdCompressor=compression.zstd.ZstdCompressor)
        import torch.distributed.checkpoint._extension as extension
        extension.pyzstd = sys.modules["pyzstd"]
    dist.init_process_group("gloo", rank=rank, world_size=WORLD)
    hf = {}
    for file in pathlib.Path(model).glob("*.safetensors"):
        hf |= load_file(file)
    folder = pathlib.Path(out) / name
    folder.mkdir(parents=True, exist_ok=True)
    dist.barrier()
    globals()[name](folder, hf, init_device_mesh("cpu", (WORLD,)))
    dist.destroy_process_group()


if __name__ == "__main__":
    for name in sys.argv[3:] or ["fsdp_dtensor", "fsdp_optim", "torch_dcp", "hf_sharded", "hf_consolidated", "blob", "zstd", "per_rank"]:
        mp.spawn(run, (name, sys.argv[1], sys.argv[2]), nprocs=WORLD)
