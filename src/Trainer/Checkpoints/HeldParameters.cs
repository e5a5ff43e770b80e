using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Models.Megatron.Ranks;
using Ckpt.Sharding.Holding;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>A rank's parameters as global tensors.</summary>
static class HeldParameters
{
    /// <summary>Of a state of a parameter, the name by which a rank holds it while it is written.</summary>
    internal static string StatePart(string kind, string parameter) => $"{kind}|{parameter}";

    /// <summary>A checkpoint of these parameters, all of them held.</summary>
    internal static HeldCheckpoint Checkpoint(IReadOnlyList<HeldTensor> tensors, IReadOnlyList<SavedParameter> parameters, TrainerRanks ranks, PickleDict? common)
    {
        var held = new HeldCheckpoint(tensors, ranks.Rank, ranks.World) { Common = common };
        foreach (var parameter in parameters) { held.Hold(parameter.Name, parameter.Elements); }
        return held;
    }

    /// <summary>The global tensors of parameters.</summary>
    /// <exception cref="UnsupportedCheckpointException">TRN-12.5: an embedding's adapter is among them.</exception>
    internal static IReadOnlyList<HeldTensor> Tensors(RankTensors ranks, IReadOnlyList<SavedParameter> parameters, bool stacked)
    {
        if (parameters.FirstOrDefault(static parameter => parameter.Name.Contains(".lora_embedding_", StringComparison.Ordinal)) is { } embedding) { Throw.Embedding(embedding.Name); }
        return ranks.Held(ranks.Globals([.. parameters.Select(static parameter => new RankParameter(parameter.Name, parameter.DType, parameter.Shape))], stacked), byRank: true);
    }

    /// <summary>The optimizer's states of these tensors: as they are cut, in float32 (<c>fully_reshardable</c>).</summary>
    internal static IEnumerable<HeldTensor> States(IReadOnlyList<HeldTensor> tensors, IReadOnlyList<string> kinds) =>
        from tensor in tensors
        from kind in kinds
        select new HeldTensor($"optimizer.state.{kind}.{tensor.Name}", DType.F32, tensor.Shape, [.. tensor.Boxes.Select(box => box with { Part = StatePart(kind, box.Part) })], tensor.PartShape);

    static class Throw
    {
        [DoesNotReturn]
        internal static void Embedding(string name) => throw new UnsupportedCheckpointException(
            "TRN-12.5", Quoted.Name(name), "is of an adapter of an embedding, which Megatron's adapters cannot be: train the embedding whole with --modules_to_save word_embeddings");
    }
}
