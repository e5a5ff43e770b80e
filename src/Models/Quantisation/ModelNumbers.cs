using Ckpt.Formats.Tensors;
using Ckpt.Models.Families;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Quantised;

namespace Ckpt.Models.Quantisation;

/// <summary>Quantised models as models of numbers, so that they can be compared and computed with.</summary>
public static class ModelNumbers
{
    /// <summary>How a model's tensors are quantised; null where they are numbers, whatever its config says.</summary>
    /// <exception cref="Formats.CheckpointException">They are quantised in a way that is not read, or not as the config says.</exception>
    public static QuantScheme? SchemeOf(ModelCheckpoint model)
    {
        // A checkpoint of Megatron may hold the numbers that a quantised model was trained from.
        var isPlain = model.Naming == FamilySide.Megatron && model.Reader.Tensors.All(static t => t.DType is DType.BF16 or DType.F16 or DType.F32 && !t.Name.EndsWith(QuantViews.ScaleSuffix, StringComparison.Ordinal));
        return isPlain ? null : QuantScheme.Of(model.Side.Config, model.Reader);
    }

    /// <summary>The model with numbers of a type in place of codes; it takes the place of the one given, which it holds.</summary>
    public static ModelCheckpoint Of(ModelCheckpoint model, QuantScheme? scheme, DType to)
    {
        if (scheme is null && model.Side.Config.Model.QuantMethod is null) { return model; }
        return model.With(scheme?.Dequantise(model.Reader, to) ?? model.Reader, model.Side with { Config = model.Side.Config.WithoutQuantisation() });
    }

    /// <summary>The type that most elements of a checkpoint's weights have, of those that weights are computed in; null: none.</summary>
    public static DType? MostOf(ICheckpointReader reader) => reader.Tensors.Where(static t => t.DType is DType.BF16 or DType.F16 or DType.F32)
        .GroupBy(static t => t.DType).OrderByDescending(static g => g.Sum(static t => t.ByteLength)).ThenBy(static g => g.Key).FirstOrDefault()?.Key;
}
