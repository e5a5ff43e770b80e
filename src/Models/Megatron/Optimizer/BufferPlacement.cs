namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>
/// Places parameters in a grad buffer as Megatron does (STA-3.3): backwards, each beginning at a multiple of 64 elements, bucket by bucket. Source:
/// core/distributed/param_and_grad_buffer.py _ParamAndGradBuffer. Pure.
/// </summary>
static class BufferPlacement
{
    const int Alignment = 64;

    /// <summary>Buckets are padded to a multiple of this many elements and of the data parallel size, or, where asked for, of 2^16 besides.</summary>
    const int LargestPadding = 1 << 24;

    /// <summary>Places parameters into buckets of these lengths; null where they do not fill them exactly.</summary>
    /// <param name="parameters">In the order modules register them.</param>
    /// <param name="numels">Elements of each bucket, without the padding at its end.</param>
    internal static IReadOnlyList<PlacedParameter>? Into(IReadOnlyList<BufferParameter> parameters, IReadOnlyList<long> numels)
    {
        var placed = new List<PlacedParameter>(parameters.Count);
        var (bucket, at) = (0, 0L);
        for (var i = parameters.Count - 1; i >= 0; i--)
        {
            if (bucket == numels.Count) { return null; }
            var first = Aligned(at);
            if (first + parameters[i].Numel > numels[bucket])
            {
                // A parameter that wants a bucket of its own closes the one before, with what aligned or padded it.
                if (at == 0 || !parameters[i].IsShared || numels[bucket] < first || numels[bucket] - at > LargestPadding || ++bucket == numels.Count) { return null; }
                first = 0;
                if (parameters[i].Numel > numels[bucket]) { return null; }
            }
            placed.Add(new PlacedParameter(parameters[i], bucket, first));
            at = first + parameters[i].Numel;
            if (at == numels[bucket]) { (bucket, at) = (bucket + 1, 0); }
        }
        return bucket == numels.Count && at == 0 ? placed : null;
    }

    /// <summary>
    /// Places parameters into buckets that are closed when they have this many elements (null: at the end only), and that follow each other without
    /// the padding at their ends; null where they do not come to <paramref name="numel"/> elements in all.
    /// </summary>
    internal static IReadOnlyList<PlacedParameter>? Coalesced(IReadOnlyList<BufferParameter> parameters, long numel, long? bucketSize)
    {
        var placed = new List<PlacedParameter>(parameters.Count);
        var (bucketStart, at) = (0L, 0L);
        for (var i = parameters.Count - 1; i >= 0; i--)
        {
            var first = Aligned(at);
            if (parameters[i].IsShared && at > 0) { (bucketStart, first) = (bucketStart + first, 0); }
            placed.Add(new PlacedParameter(parameters[i], 0, bucketStart + first));
            at = first + parameters[i].Numel;
            if (at >= (bucketSize ?? long.MaxValue) || parameters[i].IsShared) { (bucketStart, at) = (bucketStart + at, 0); }
        }
        return bucketStart + at == numel ? placed : null;
    }

    static long Aligned(long at) => (at + Alignment - 1) / Alignment * Alignment;
}
