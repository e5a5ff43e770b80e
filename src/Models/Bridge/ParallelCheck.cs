using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Models.Configs;

namespace Ckpt.Models.Bridge;

/// <summary>Refuses splits that Megatron cannot make of a model, with the numbers that say why.</summary>
public static class ParallelCheck
{
    /// <summary>The place that messages name: the sizes come from the user, not from a file.</summary>
    public const string Where = "parallel sizes";

    /// <summary>Returns where the model can be split so.</summary>
    /// <exception cref="LayoutException">It cannot.</exception>
    public static void Check(ModelConfig config, ParallelSizes sizes)
    {
        var expertTensor = sizes.ExpertTensor ?? sizes.Tensor;
        Positive("tensor parallel size", sizes.Tensor);
        Positive("pipeline parallel size", sizes.Pipeline);
        Positive("virtual pipeline size", sizes.VirtualPipeline);
        Positive("expert parallel size", sizes.Expert);
        Positive("expert tensor parallel size", expertTensor);
        Positive("context parallel size", sizes.Context);
        CheckTensor(config, sizes.Tensor);
        CheckPipeline(config, sizes);
        CheckExperts(config, sizes.Expert, expertTensor);
        if (sizes.World is { } world) { CheckWorld(sizes, expertTensor, world); }
    }

    static void CheckTensor(ModelConfig config, int size)
    {
        if (config.Heads % size != 0) { Throw.Uneven("NAM-4.1", "query heads", config.Heads, "tensor parallel ranks", size); }
        // Where groups are fewer than ranks, each group is cut over ranks, and Megatron gathers it while it runs.
        if (config.KvGroups % size != 0 && size % config.KvGroups != 0) { Throw.Uneven("NAM-4.1", "key/value heads", config.KvGroups, "tensor parallel ranks", size); }
        if ((!config.IsMoe || !config.IsHomogeneous) && config.Ffn % size != 0) { Throw.Uneven("NAM-4.2", "feed-forward rows", config.Ffn, "tensor parallel ranks", size); }
    }

    static void CheckPipeline(ModelConfig config, ParallelSizes sizes)
    {
        var (stages, layers) = ((long)sizes.Pipeline, (long)config.Layers);
        foreach (var given in new[] { sizes.FirstStageLayers, sizes.LastStageLayers })
        {
            if (given is not { } count) { continue; }
            if (sizes.Pipeline == 1) { Throw.OneStage(count); }
            Positive("layers of the first or last stage", count);
            stages--;
            layers -= count;
        }
        if (layers < 0 || (stages == 0 && layers != 0)) { Throw.StageSum(config.Layers, sizes.FirstStageLayers, sizes.LastStageLayers); }
        if (stages > 0 && (layers % stages != 0 || layers == 0)) { Throw.Uneven("NAM-4.3", "layers", layers, "pipeline stages", stages); }
        foreach (var each in new[] { stages > 0 ? layers / stages : sizes.VirtualPipeline, sizes.FirstStageLayers ?? sizes.VirtualPipeline, sizes.LastStageLayers ?? sizes.VirtualPipeline })
        {
            if (each % sizes.VirtualPipeline != 0) { Throw.Uneven("NAM-4.4", "layers of a stage", each, "virtual chunks", sizes.VirtualPipeline); }
        }
    }

    static void CheckExperts(ModelConfig config, int expert, int expertTensor)
    {
        if (!config.IsMoe)
        {
            if (expert > 1) { Throw.NoExperts(expert); }
            return;
        }
        if (config.Experts % expert != 0) { Throw.Uneven("NAM-4.5", "experts", config.Experts, "expert parallel ranks", expert); }
        if (config.MoeFfn % expertTensor != 0) { Throw.Uneven("NAM-4.6", "rows of an expert", config.MoeFfn, "expert tensor parallel ranks", expertTensor); }
    }

    // Attention and experts fold the same processes differently: world = TP·CP·DP·PP = ETP·EP·EDP·PP.
    static void CheckWorld(ParallelSizes sizes, int expertTensor, int world)
    {
        Positive("number of processes", world);
        var dense = (long)sizes.Tensor * sizes.Pipeline;
        dense = dense > world ? dense : dense * sizes.Context;
        if (world % dense != 0) { Throw.Uneven("NAM-4.7", "processes", world, $"TP {sizes.Tensor} × PP {sizes.Pipeline} × CP {sizes.Context} ranks", dense); }
        var experts = (long)expertTensor * sizes.Expert;
        experts = experts > world ? experts : experts * sizes.Pipeline;
        if (world % experts != 0) { Throw.Uneven("NAM-4.7", "processes", world, $"ETP {expertTensor} × EP {sizes.Expert} × PP {sizes.Pipeline} ranks", experts); }
    }

    static void Positive(string what, int size)
    {
        if (size < 1) { Throw.NotPositive(what, size); }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Uneven(string clause, string what, long count, string over, long ranks) => throw new LayoutException(
            clause, Where, $"{count} {what} cannot be shared evenly by {ranks} {over}");

        [DoesNotReturn]
        internal static void NotPositive(string what, int size) => throw new LayoutException(
            "NAM-4.8", Where, $"{what} is {size}, allowed is 1 or more");

        [DoesNotReturn]
        internal static void NoExperts(int size) => throw new LayoutException(
            "NAM-4.5", Where, $"expert parallel size is {size}, the model has no experts");

        [DoesNotReturn]
        internal static void OneStage(int layers) => throw new LayoutException(
            "NAM-4.3", Where, $"{layers} layers were given to the first or last of 1 pipeline stage; there must be 2 stages or more");

        [DoesNotReturn]
        internal static void StageSum(int layers, int? first, int? last) => throw new LayoutException(
            "NAM-4.3", Where, $"the first stage is to have {first ?? 0} and the last {last ?? 0} of {layers} layers");
    }
}
