using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Bridge;

/// <summary>
/// Refuses splits that Megatron cannot make of a model, with the numbers that say why: those that the config tells before any tensor is
/// looked at. What a tensor's own shape forbids, <see cref="ParallelLayout.Check"/> says.
/// </summary>
public static class ParallelCheck
{
    /// <summary>Returns where the model can be split so.</summary>
    /// <exception cref="LayoutException">It cannot.</exception>
    public static void Check(ModelConfig config, ParallelSizes sizes, StageOptions? stages = null)
    {
        sizes.Resolve();
        CheckTensor(config, sizes.Tensor);
        StageLayout.Of(config.Layers, sizes, stages);
        CheckExperts(config, sizes);
    }

    static void CheckTensor(ModelConfig config, int size)
    {
        if (config.Heads % size != 0) { Throw.Uneven("NAM-4.1", "query heads", config.Heads, "tensor parallel ranks", size); }
        // Where groups are fewer than ranks, each group is cut over ranks, and Megatron gathers it while it runs.
        if (config.KvGroups % size != 0 && size % config.KvGroups != 0) { Throw.Uneven("NAM-4.1", "key/value heads", config.KvGroups, "tensor parallel ranks", size); }
        if ((!config.IsMoe || !config.IsHomogeneous) && config.Ffn % size != 0) { Throw.Uneven("NAM-4.2", "feed-forward rows", config.Ffn, "tensor parallel ranks", size); }
    }

    static void CheckExperts(ModelConfig config, ParallelSizes sizes)
    {
        if (!config.IsMoe)
        {
            if (sizes.Expert > 1) { Throw.NoExperts(sizes.Expert); }
            return;
        }
        if (config.Experts % sizes.ExpertShares != 0) { Throw.Uneven("NAM-4.5", "experts", config.Experts, "expert parallel ranks", sizes.ExpertShares); }
        if (config.MoeFfn % sizes.ExpertCuts != 0) { Throw.Uneven("NAM-4.6", "rows of an expert", config.MoeFfn, "expert tensor parallel ranks", sizes.ExpertCuts); }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Uneven(string clause, string what, long count, string over, long ranks) => throw new LayoutException(
            clause, ParallelSizes.Where, $"{count} {what} cannot be shared evenly by {ranks} {over}");

        [DoesNotReturn]
        internal static void NoExperts(int size) => throw new LayoutException(
            "NAM-4.5", ParallelSizes.Where, $"expert parallel size is {size}, the model has no experts");
    }
}
