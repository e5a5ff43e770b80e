using Ckpt.Formats.Tensors;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Quantised;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Quantisation;

/// <summary>How a checkpoint is quantised: what its config says and what its tensors are, which agree.</summary>
/// <param name="Config">What config.json says.</param>
/// <param name="Tensors">Every quantised tensor.</param>
/// <param name="Dropped">Stored tensors that belong to quantising and hold no weights: scales of activations, shapes.</param>
public sealed record QuantScheme(QuantConfig Config, IReadOnlyList<QuantisedTensor> Tensors, IReadOnlyList<string> Dropped)
{
    /// <summary>The rule by which <see cref="Dropped"/> are left out.</summary>
    public const string DropRule = "part of the quantised form: activations are scaled anew, shapes are known";

    /// <summary>
    /// The scheme of a checkpoint, or null where nothing is quantised. Reads no tensor data but the shapes that compressed-tensors stores as
    /// tensors.
    /// </summary>
    /// <param name="config">The config that goes with it; for a Megatron checkpoint that of the model it came from or goes to.</param>
    /// <param name="reader">The checkpoint.</param>
    /// <exception cref="Formats.MalformedCheckpointException">QNT-1.1, QNT-1.3 to QNT-1.6: the config, or tensors that do not fit it or each other.</exception>
    /// <exception cref="Formats.UnsupportedCheckpointException">QNT-1.2: a method that is not read.</exception>
    public static QuantScheme? Of(HfConfig config, ICheckpointReader reader) => QuantSchemeBuilder.Build(config, reader);

    /// <summary>The checkpoint with all weights as numbers; the reader is disposed with it.</summary>
    public ViewedCheckpoint Dequantise(ICheckpointReader reader, DType to) => QuantViews.Dequantise(reader, Tensors, to, IsDropped());

    /// <summary>The conversion that keeps 8-bit codes where it can; the reader is owned by the result.</summary>
    public KeptMap Keep(ICheckpointReader reader, TensorMap map, Misaligned misaligned, DType to) => QuantMaps.Keep(reader, Tensors, map, misaligned, to, IsDropped());

    Predicate<string> IsDropped() => Dropped.ToHashSet(StringComparer.Ordinal).Contains;
}
