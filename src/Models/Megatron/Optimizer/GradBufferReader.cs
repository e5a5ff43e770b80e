using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>Finds the grad buffers of a checkpoint: tensors bucket by bucket, or objects that one rank gathered.</summary>
static class GradBufferReader
{
    const string Gathered = "param_state";

    /// <summary>The buffers, and by which of the formats they are stored.</summary>
    /// <exception cref="MalformedCheckpointException">STA-3.1: parts are missing, or do not fit each other.</exception>
    internal static (OptimizerForm Form, IReadOnlyList<GradBuffer> Buffers) Read(IMegatronReader source)
    {
        var buckets = new List<(BucketStateName Name, TensorInfo Tensor)>();
        foreach (var tensor in source.Tensors)
        {
            if (OptimizerNames.TryBucketState(tensor.Name, out var name)) { buckets.Add((name, tensor)); }
        }
        if (buckets.Count > 0) { return FromTensors(source, buckets); }
        var gathered = new List<GradBuffer>();
        foreach (var item in source.Objects)
        {
            if (!OptimizerNames.TryGroupState(item.Name, out var name) || name.Kind != Gathered) { continue; }
            gathered.AddRange(DistribOptimParser.Parse(source.ReadObject(item.Name), source.OpenObject(item.Name), name.Chain, name.Group, item));
        }
        return (gathered.Count > 0 ? OptimizerForm.DpZeroGatherScatter : OptimizerForm.None, gathered);
    }

    static (OptimizerForm, IReadOnlyList<GradBuffer>) FromTensors(IMegatronReader source, List<(BucketStateName Name, TensorInfo Tensor)> buckets)
    {
        var numels = new Dictionary<(string, int), BucketNumels>();
        foreach (var item in source.Objects)
        {
            if (OptimizerNames.TryGroupState(item.Name, out var name) && name.Kind == "per_bucket_numel_unpadded")
            {
                numels[(name.Chain, name.Group)] = BucketNumels.Parse(source.ReadObject(item.Name), item.Name);
            }
        }
        var padded = false;
        var buffers = new List<GradBuffer>();
        foreach (var buffer in buckets.GroupBy(static b => (b.Name.Chain, b.Name.Group, b.Name.Buffer, b.Name.ParamDType)).OrderBy(static g => g.Key.Chain, ChainOrder.Instance).ThenBy(static g => (g.Key.Group, g.Key.Buffer)))
        {
            var (chain, group, index, dtype) = buffer.Key;
            if (!numels.TryGetValue((chain, group), out var noted)) { Throw.NoNumels(source.Path, chain, group); }
            var recorded = noted.Of(index, dtype);
            var states = new Dictionary<string, FlatState>[recorded.Count];
            foreach (var (name, tensor) in buffer)
            {
                if (name.Bucket >= states.Length) { Throw.Bucket(tensor.Name, states.Length); }
                var state = FlatState.Of(source, tensor, source.OriginalShapes.GetValueOrDefault(tensor.Name) is { Rank: > 0 } shape ? shape : null);
                if (state.Count < recorded[name.Bucket]) { Throw.Short(tensor.Name, state.Count, recorded[name.Bucket]); }
                padded |= tensor.Shape.Rank == 2 || state.Count > recorded[name.Bucket];
                (states[name.Bucket] ??= new(StringComparer.Ordinal))[name.State] = state;
            }
            if (Array.FindIndex(states, static one => one is null) is var gap and >= 0) { Throw.NoBucket(source.Path, chain, group, index, gap); }
            buffers.Add(new GradBuffer(chain, group, index, dtype, [.. recorded.Select((numel, i) => new GradBucket(numel, states[i]))], Coalesced: false));
        }
        return (padded ? OptimizerForm.FullyShardedBucketSpace : OptimizerForm.DpReshardable, buffers);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoNumels(string where, string chain, int group) => throw new MalformedCheckpointException(
            "STA-3.1", where, $"no object {chain}optimizer.distributed.dp_group_idx_{group}.per_bucket_numel_unpadded, which says how long its buckets are");

        [DoesNotReturn]
        internal static void Bucket(string name, int recorded) => throw new MalformedCheckpointException(
            "STA-3.1", name, $"per_bucket_numel_unpadded notes {recorded} buckets");

        [DoesNotReturn]
        internal static void NoBucket(string where, string chain, int group, int buffer, int bucket) => throw new MalformedCheckpointException(
            "STA-3.1", where, $"no tensors of {chain}dp_group_idx_{group}, gbuf_idx_{buffer}, bucket_idx_{bucket}");

        [DoesNotReturn]
        internal static void Short(string name, long found, long recorded) => throw new MalformedCheckpointException(
            "STA-3.1", name, $"has {found} elements, per_bucket_numel_unpadded notes {recorded}");
    }
}
