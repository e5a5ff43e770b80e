namespace Ckpt.Formats.Opening;

/// <summary>The names of formats that detection tells apart, and what can be said of those that are not read.</summary>
public static class FormatNames
{
    public const string Safetensors = "safetensors";
    public const string SafetensorsShards = "safetensors_shards";
    public const string TorchDist = "torch_dist";
    public const string TorchDcp = "torch_dcp";
    public const string FsdpDtensor = "fsdp_dtensor";
    public const string Zarr = "zarr";
    public const string LegacyTorch = "torch";
    public const string NvrxLocal = "nvrx_local";
    public const string PyTorchBin = "pytorch_bin";
    public const string Gguf = "gguf";

    /// <summary>One phrase for people: what the format is.</summary>
    public static string Describe(string format) => format switch
    {
        Safetensors => "safetensors",
        SafetensorsShards => "safetensors files with parts of tensors, as torch.distributed.checkpoint writes them (HuggingFaceStorageWriter)",
        TorchDist => "a Megatron torch_dist checkpoint",
        TorchDcp => "a plain torch.distributed.checkpoint folder (torch_dcp)",
        FsdpDtensor => "a Megatron-FSDP checkpoint (fsdp_dtensor)",
        Zarr => "zarr arrays, or a checkpoint of Megatron-core up to 0.15 made of them",
        LegacyTorch => "a legacy Megatron checkpoint of mp_rank_* folders (--ckpt-format torch)",
        NvrxLocal => "local checkpoints of nvidia-resiliency-ext (iter_*_local.pt), which are made for restarting on the same machines: load them there and save a global checkpoint (--ckpt-format torch_dist)",
        PyTorchBin => "PyTorch files (.bin, .pt, .pth): pickled state dicts",
        Gguf => "GGUF, llama.cpp's format",
        _ => $"a checkpoint of the format '{format}'",
    };
}
