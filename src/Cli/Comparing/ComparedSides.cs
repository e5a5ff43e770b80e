using Ckpt.Cli.Export;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Megatron;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Maps;
using Ckpt.Verify.Comparing;

namespace Ckpt.Cli.Comparing;

/// <summary>Two checkpoints brought under common names: their own where these are the same, else those of Hugging Face (VFY-1.1).</summary>
/// <param name="A">The first.</param>
/// <param name="B">The second.</param>
/// <param name="Note">Which names, where they are not the checkpoints' own, or why not.</param>
sealed record ComparedSides(LogicalSide A, LogicalSide B, string? Note)
{
    internal static ComparedSides Of(ICheckpointReader a, string pathA, ICheckpointReader b, string pathB)
    {
        var own = new ComparedSides(new LogicalSide(a, null), new LogicalSide(b, null), null);
        if (a.Tensors.Select(static tensor => tensor.Name).ToHashSet(StringComparer.Ordinal).SetEquals(b.Tensors.Select(static tensor => tensor.Name))) { return own; }
        try
        {
            // The readers stay the caller's; a model of one holds nothing else.
            var (mapA, mapB) = (CanonicalNames.Of(Model(a, pathA)), CanonicalNames.Of(Model(b, pathB)));
            return new ComparedSides(new LogicalSide(a, mapA), new LogicalSide(b, mapB), "the names differ: compared under Hugging Face's, weights only");
        }
        catch (CheckpointException error) { return own with { Note = $"compared under their own names, because they cannot be brought under common ones: {error.Message}" }; }
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
        var model = Model(reader, path);
        return model.Side.Config.Model.QuantMethod is { } method
            ? throw new UnsupportedCheckpointException("VFY-2.3", path, $"its weights are quantised ({method}) and have no values before they are expanded; --as_stored true takes the bytes under their own names")
            : new LogicalSide(reader, CanonicalNames.Of(model));
    }

    static ModelCheckpoint Model(ICheckpointReader reader, string path) => ModelCheckpoint.Of(reader, path, new ModelOpenOptions { FindModel = ExportSource.FindModel });
}
