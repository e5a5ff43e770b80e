using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Plans;

namespace Ckpt.Models.Adapters;

/// <summary>An adapter on its way from one format to the other, ready to be planned: nothing is computed but a scale, where that has to change.</summary>
/// <param name="Source">What is read; disposing it closes the adapter.</param>
/// <param name="Map">Left side: the source.</param>
/// <param name="Writer">The format written.</param>
/// <param name="Targets">The tensors written and their boxes, in the types of the source.</param>
/// <param name="Closing">Small files besides.</param>
/// <param name="Notes">Decisions the user should know of.</param>
public sealed record AdapterConversion(
    ICheckpointReader Source, TensorMap Map, ICheckpointWriter Writer, IReadOnlyList<TensorTarget> Targets, IReadOnlyList<SmallFile> Closing, IReadOnlyList<string> Notes)
{
    /// <summary>The plan, with every tensor in the given type; null: as it is.</summary>
    public CopyPlan Plan(DType? cast = null)
    {
        var targets = cast is { } type ? [.. Targets.Select(target => target with { DType = type })] : Targets;
        return CopyPlanner.Plan(Source.Tensors, Map, Writer.LayOut(targets));
    }
}
