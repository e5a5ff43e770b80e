using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>
/// Reads what one rank gathered of a distributed optimizer: the file <c>distrib_optim.pt</c> of legacy checkpoints, or the object
/// <c>param_state</c> of <c>dp_zero_gather_scatter</c>. Source: core/optimizer/distrib_optimizer.py get_parameter_state_dp_zero and its earlier form.
/// </summary>
public static class DistribOptimParser
{
    /// <summary>The buffers of a model-parallel group.</summary>
    /// <param name="root">What was saved: a dict, or one for each chained optimizer in a list.</param>
    /// <param name="file">The file it is in.</param>
    /// <param name="chain">The prefix of the chained optimizer, where the entry's name has one.</param>
    /// <param name="group">The model-parallel group's rank.</param>
    /// <param name="place">The object or file it came from, for whoever lists where tensors lie.</param>
    /// <exception cref="MalformedCheckpointException">STA-3.1: it is not what a distributed optimizer gathers.</exception>
    public static IReadOnlyList<GradBuffer> Parse(PickleNode root, TorchFile file, string chain, int group, ObjectInfo place)
    {
        var buffers = new List<GradBuffer>();
        if (root is PickleList list)
        {
            for (var i = 0; i < list.Items.Count; i++)
            {
                if (list.Items[i] is not PickleNone) { Read(list.Items[i], file, $"{chain}chained_{i}.", group, place, buffers); }
            }
        }
        else { Read(root, file, chain, group, place, buffers); }
        return buffers;
    }

    static void Read(PickleNode node, TorchFile file, string chain, int group, ObjectInfo place, List<GradBuffer> buffers)
    {
        if (node is not PickleDict dict) { Throw.Kind(place.Name, "the state of a distributed optimizer", node); return; }
        var coalesced = dict.Find("buckets_coalesced") is PickleBool { Value: true };
        var numels = coalesced ? null : BucketNumels.Parse(dict.Find("per_bucket_numel_unpadded"), place.Name);
        foreach (var (key, value) in dict.Items)
        {
            if (key is not PickleInt { Value: var number } || number < 0 || number > int.MaxValue) { continue; }
            if (value is not PickleDict types) { Throw.Kind(place.Name, $"gbuf_idx {number}", value); continue; }
            foreach (var (type, states) in types.Items)
            {
                var dtype = BucketNumels.ParamDType(type, place.Name);
                buffers.Add(coalesced
                    ? new GradBuffer(chain, group, (int)number, dtype, [Coalesced(states, file, place)], Coalesced: true)
                    : new GradBuffer(chain, group, (int)number, dtype, Bucketed(states, file, place, numels!, (int)number, dtype), Coalesced: false));
            }
        }
    }

    static GradBucket Coalesced(PickleNode node, TorchFile file, ObjectInfo place)
    {
        if (node is not PickleDict dict || dict.Find("numel_unpadded") is not PickleInt { Value: var numel } || numel < 0 || numel > long.MaxValue)
        {
            Throw.Kind(place.Name, "a coalesced buffer, which says numel_unpadded", node);
            return null;
        }
        return Bucket(dict, (long)numel, file, place);
    }

    static List<GradBucket> Bucketed(PickleNode node, TorchFile file, ObjectInfo place, BucketNumels numels, int buffer, string dtype)
    {
        if (node is not PickleList list) { Throw.Kind(place.Name, "the list of a buffer's buckets", node); return []; }
        var recorded = numels.Of(buffer, dtype);
        if (recorded.Count != list.Items.Count) { Throw.Count(place.Name, buffer, list.Items.Count, recorded.Count); }
        var buckets = new List<GradBucket>(list.Items.Count);
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (list.Items[i] is not PickleDict dict) { Throw.Kind(place.Name, "a bucket", list.Items[i]); continue; }
            buckets.Add(Bucket(dict, recorded[i], file, place));
        }
        return buckets;
    }

    static GradBucket Bucket(PickleDict dict, long numel, TorchFile file, ObjectInfo place)
    {
        var states = new Dictionary<string, FlatState>(StringComparer.Ordinal);
        foreach (var (key, value) in dict.Items)
        {
            if (key is not PickleString { Value: var name } || !TorchTensor.IsTensor(value)) { continue; }
            var tensor = file.Tensor(value);
            if (tensor.Shape.Rank != 1 || tensor.Shape.Count < numel) { Throw.Length(place.Name, name, tensor.Shape, numel); }
            states[name] = FlatState.Of(file, tensor, place);
        }
        return new GradBucket(numel, states);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Kind(string where, string what, PickleNode found) => throw new MalformedCheckpointException(
            "STA-3.1", where, $"{found.GetType().Name} where {what} belongs");

        [DoesNotReturn]
        internal static void Count(string where, int buffer, int found, int recorded) => throw new MalformedCheckpointException(
            "STA-3.1", where, $"gbuf_idx {buffer} has {found} buckets, per_bucket_numel_unpadded says {recorded}");

        [DoesNotReturn]
        internal static void Length(string where, string state, Shape shape, long numel) => throw new MalformedCheckpointException(
            "STA-3.1", where, $"{state} has shape {shape}, a bucket of {numel} elements was recorded");
    }
}
