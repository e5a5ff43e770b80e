namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>
/// The optimizer's state of one grad buffer of one model-parallel group, as every bucket-space format has it: parameters one after the other,
/// in an order that is not stored.
/// </summary>
/// <param name="Chain">The prefixes of chained optimizers it belongs to; empty where there are none.</param>
/// <param name="Group">Rank in the model-parallel group: pipeline · tensor size + tensor; of experts, that of their own group.</param>
/// <param name="Index">The buffer's number: model chunk by model chunk, then by types.</param>
/// <param name="ParamDType">Of the parameters, in torch's words: <c>torch.bfloat16</c>.</param>
/// <param name="Buckets">In order; one that says <see cref="Coalesced"/> holds all.</param>
/// <param name="Coalesced">Whether the buckets follow each other without their boundaries being known.</param>
public sealed record GradBuffer(string Chain, int Group, int Index, string ParamDType, IReadOnlyList<GradBucket> Buckets, bool Coalesced)
{
    /// <summary>For messages.</summary>
    public string Where => $"{Chain}dp_group_idx_{Group}, gbuf_idx_{Index} of {ParamDType}";
}

/// <summary>One bucket of a grad buffer.</summary>
/// <param name="Numel">Elements before the padding at its end.</param>
/// <param name="States">By name: <c>param</c>, <c>exp_avg</c>, …; each has at least <paramref name="Numel"/> elements.</param>
public sealed record GradBucket(long Numel, IReadOnlyDictionary<string, FlatState> States);
