using System.Text.Json;
using Ckpt.Formats.TorchDist;
using Ckpt.Models.Megatron.State;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>Collects the ranks' random number states into the objects Megatron keeps of them.</summary>
static class RngExchange
{
    /// <summary>An object for each tensor parallel rank; none where a rank gives none.</summary>
    /// <returns>The objects, and whether data parallel ranks have generators of their own.</returns>
    internal static (IReadOnlyList<ObjectTarget> Objects, bool ByDataRank) Objects(TrainerRanks ranks, RngState? own, uint seed)
    {
        var all = ranks.Exchange.Gather(own is null ? [] : JsonSerializer.SerializeToUtf8Bytes(new Wire(own.Torch.ToArray(), own.Trackers.ToDictionary(static entry => entry.Key, static entry => entry.Value.ToArray()))));
        if (all.Any(static bytes => bytes.Length == 0)) { return ([], false); }
        var tensors = ranks.Sizes.Tensor;
        var byData = Enumerable.Range(0, all.Count).Any(rank => !all[rank].AsSpan().SequenceEqual(all[rank % tensors]));
        var objects = new ObjectTarget[tensors];
        for (var tensor = 0; tensor < tensors; tensor++)
        {
            objects[tensor] = RngObjects.Make(tensor, tensors, [.. Enumerable.Range(0, byData ? all.Count / tensors : 1).Select(data => State(all[(data * tensors) + tensor]))], seed);
        }
        return (objects, byData);
    }

    static RngState State(byte[] bytes)
    {
        var wire = JsonSerializer.Deserialize<Wire>(bytes)!;
        return new RngState(wire.Torch, wire.Trackers.OrderBy(static entry => entry.Key, StringComparer.Ordinal).ToDictionary(static entry => entry.Key, static entry => (ReadOnlyMemory<byte>)entry.Value));
    }

    sealed record Wire(byte[] Torch, Dictionary<string, byte[]> Trackers);
}
