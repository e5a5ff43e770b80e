namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>What a run's arguments say of its grad buffers.</summary>
/// <param name="Norms">Where norms stand; null where the arguments leave it open.</param>
/// <param name="BucketSizes">Elements after which a bucket may be closed; null is one bucket, as on all stages but the first.</param>
sealed record BufferHints(NormOrder? Norms, IReadOnlyList<long?> BucketSizes)
{
    /// <summary>Source: Megatron-LM core/distributed/distributed_data_parallel.py.</summary>
    internal static BufferHints Of(ArgsReader args, int dataParallel)
    {
        var size = args.Size("ddp_bucket_size") ?? Math.Max(40_000_000L, 1_000_000L * dataParallel);
        return new BufferHints(
            args.Find("transformer_impl") is Formats.Torch.PickleString { Value: "local" } ? NormOrder.BeforeBlock : null,
            [null, size]);
    }
}
