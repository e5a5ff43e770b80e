namespace Ckpt.Formats.TorchDist;

/// <summary>Which readers a checkpoint is written for (spec/torch-dist.md TDC-4.6).</summary>
public enum TorchDistForm
{
    /// <summary>common.pt beside the index, and the long metadata.json: what every Megatron-core from 0.8 to 0.19 reads.</summary>
    Minimal,

    /// <summary>The common state as an object among the tensors, as Megatron-core 0.19 writes it; nothing earlier reads that.</summary>
    Core019,
}
