using Ckpt.Cli.Export;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Megatron;
using Ckpt.Models.Opening;
using Ckpt.Models.Quantisation;
using Ckpt.Sharding.Maps;
using Ckpt.Verify.Comparing;

namespace Ckpt.Cli.Comparing;

/// <summary>Two checkpoints brought under common names: their own where these are the same, else those of Hugging Face (VFY-1.1).</summary>
/// <param name="A">The first.</param>
/// <param name="B">The second.</param>
/// <param name="Note">Which names, where they are not the checkpoints' own, or why not.</param>
sealed record ComparedSides(LogicalSide A, LogicalSide B, string? Note)
{
    internal static ComparedSides Of(ComparedCheckpoint a, ComparedCheckpoint b)
    {
        var own = new ComparedSides(new LogicalSide(a.Reader, null), new LogicalSide(b.Reader, null), null);
        if (a.Reader.Tensors.Select(static tensor => tensor.Name).ToHashSet(StringComparer.Ordinal).SetEquals(b.Reader.Tensors.Select(static tensor => tensor.Name))) { return own; }
        try
        {
            // The readers stay their owners'; a model of one holds nothing else.
            var (modelA, modelB, type) = Numbers(a.Model, b.Model);
            return new ComparedSides(
                new LogicalSide(modelA.Reader, CanonicalNames.Of(modelA)), new LogicalSide(modelB.Reader, CanonicalNames.Of(modelB)),
                $"the names differ: compared under Hugging Face's, weights only{(type is { } to ? $", quantised ones as {to.DisplayName()}" : "")}");
        }
        catch (CheckpointException error) { return own with { Note = $"compared under their own names, because they cannot be brought under common ones: {error.Message}" }; }
    }

    /// <summary>VER-1.2: both as models of numbers; quantised weights in the type that the other has, or in float32 where both are quantised.</summary>
    internal static (ModelCheckpoint A, ModelCheckpoint B, DType? Type) Numbers(ModelCheckpoint a, ModelCheckpoint b)
    {
        var (schemeA, schemeB) = (ModelNumbers.SchemeOf(a), ModelNumbers.SchemeOf(b));
        DType? type = (schemeA, schemeB) switch
        {
            (null, null) => null,
            (not null, not null) => DType.F32,
            _ => ModelNumbers.MostOf((schemeA is null ? a : b).Reader) ?? DType.F32,
        };
        return (ModelNumbers.Of(a, schemeA, type ?? DType.F32), ModelNumbers.Of(b, schemeB, type ?? DType.F32), type);
    }

    /// <summary>The same with one name a layer, where Megatron's own names have all layers in one tensor: a report tells layers apart.</summary>
    internal ComparedSides ByLayer()
    {
        if (A.Map is not null || B.Map is not null || A.Reader is not IMegatronReader || B.Reader is not IMegatronReader) { return this; }
        return new ComparedSides(Unstacked(A.Reader), Unstacked(B.Reader), Note);
    }

    static LogicalSide Unstacked(ICheckpointReader reader)
    {
        var tensors = reader.Tensors.Where(static tensor => tensor.DType.ByteSize() > 0).Select(static tensor => new MappedTensor(tensor.Name, tensor.Shape)).ToArray();
        return new LogicalSide(reader, tensors.Length == reader.Tensors.Count ? LayerKeys.Unstack(tensors) : null);
    }

    /// <summary>A checkpoint under the canonical names.</summary>
    internal static LogicalSide Canonical(ICheckpointReader reader, string path)
    {
        var model = ModelCheckpoint.Of(reader, path, new ModelOpenOptions { FindModel = ExportSource.FindModel });
        return model.Side.Config.Model.QuantMethod is { } method
            ? throw new UnsupportedCheckpointException("VFY-2.3", path, $"its weights are quantised ({method}) and have no values before they are expanded; --as_stored true takes the bytes under their own names")
            : new LogicalSide(reader, CanonicalNames.Of(model));
    }
}
