using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Views;

namespace Ckpt.Sharding.Quantised;

/// <summary>Checkpoints seen with quantised weights as numbers, or with numbers as quantised weights; computed when read.</summary>
public static class QuantViews
{
    /// <summary>What follows a tensor's name in the name of its block scales, in Hugging Face files and in ours (QNT-4.1).</summary>
    public const string ScaleSuffix = "_scale_inv";

    /// <summary>
    /// The checkpoint with these tensors as numbers of type <paramref name="to"/>, and without what they are stored in. The inner reader is
    /// disposed with it.
    /// </summary>
    /// <param name="reader">The checkpoint that holds codes and scales.</param>
    /// <param name="tensors">What to dequantise.</param>
    /// <param name="to">The type to round to, once.</param>
    /// <param name="hidden">Other names not to be seen (scales of activations).</param>
    public static ViewedCheckpoint Dequantise(ICheckpointReader reader, IReadOnlyList<QuantisedTensor> tensors, DType to, Predicate<string>? hidden = null) =>
        ElementCast.IsKnown(DType.F32, to) ? Dequantise(reader, tensors, _ => to, hidden) : throw new ArgumentOutOfRangeException(nameof(to), to, "not a floating-point type");

    internal static ViewedCheckpoint Dequantise(ICheckpointReader reader, IReadOnlyList<QuantisedTensor> tensors, Func<QuantisedTensor, DType> to, Predicate<string>? hidden)
    {
        var pool = new AssemblerPool(reader);
        IByteSource Bytes(TensorInfo tensor) => new TensorBytes(reader, tensor, pool);
        var views = new List<TensorView>(tensors.Count);
        var parts = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
        {
            var view = new DequantisedTensor(tensor, to(tensor), Bytes);
            views.Add(tensor.IsTransposed ? new TransposedTensor(view) : view);
            parts.UnionWith(tensor.Parts.Select(static part => part.Name));
        }
        return new ViewedCheckpoint(reader, views, name => parts.Contains(name) || hidden?.Invoke(name) == true);
    }

    /// <summary>
    /// The checkpoint with some of its tensors as e4m3fn codes, and for each a tensor of scales behind all others. The inner reader is disposed with
    /// it.
    /// </summary>
    /// <param name="reader">The checkpoint.</param>
    /// <param name="which">Chooses among the tensors that can be quantised: floating-point, of two axes or more.</param>
    /// <param name="options">Block and form of scale.</param>
    /// <param name="errors">Where given, gets one entry for each tensor, whose number is known after a run.</param>
    public static ViewedCheckpoint Quantise(ICheckpointReader reader, Predicate<TensorInfo> which, QuantOptions options, ICollection<QuantError>? errors = null)
    {
        var pool = new AssemblerPool(reader);
        var cache = new MaximaCache();
        var views = new List<TensorView>();
        foreach (var tensor in reader.Tensors)
        {
            if (tensor.Shape.Rank < 2 || tensor.DType is not (DType.BF16 or DType.F16 or DType.F32 or DType.F64) || !which(tensor)) { continue; }
            views.AddRange(Quantised(tensor, new TensorBytes(reader, tensor, pool), options, cache, errors));
        }
        return new ViewedCheckpoint(reader, views);
    }

    /// <summary>A tensor's codes and scales; scales of one byte are of type <paramref name="scale"/> where that is one, too.</summary>
    internal static TensorView[] Quantised(TensorInfo tensor, IByteSource bytes, QuantOptions options, MaximaCache cache, ICollection<QuantError>? errors, DType scale = DType.F8E8M0)
    {
        var error = errors is null ? null : new QuantError(tensor.Name);
        if (error is not null) { errors!.Add(error); }
        var file = tensor.Boxes.Count > 0 ? tensor.Boxes[0].File : 0;
        var maxima = new BlockMaxima(tensor.Name, tensor.DType, bytes, BlockGrid.Of(tensor.Shape, options.BlockRows, options.BlockColumns), options.Scale, cache);
        var shape = BlockGrid.ScaleShape(tensor.Shape, options.BlockRows, options.BlockColumns);
        return
        [
            new QuantisedWeight(tensor.Name, tensor.Shape, file, maxima, error),
            new QuantisedScale(tensor.Name + ScaleSuffix, options.Scale == ScaleForm.E8M0 ? scale : DType.F32, shape, file, maxima),
        ];
    }
}
