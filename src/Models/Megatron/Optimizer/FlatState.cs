using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Megatron.Optimizer;

/// <summary>One state of one bucket: elements in a row, in runs stored anywhere.</summary>
public sealed class FlatState
{
    readonly StoredRun[] _runs;
    readonly long[] _starts;

    FlatState(DType dtype, IEnumerable<(long Start, StoredRun Run)> runs)
    {
        var sorted = runs.OrderBy(static run => run.Start).ToArray();
        DType = dtype;
        _starts = [.. sorted.Select(static run => run.Start)];
        _runs = [.. sorted.Select(static run => run.Run)];
        Count = _runs.Length == 0 ? 0 : _starts[^1] + _runs[^1].Count;
    }

    /// <summary>The element type.</summary>
    public DType DType { get; }

    /// <summary>How many elements there are; they are there from 0 on, without gaps.</summary>
    public long Count { get; }

    /// <summary>The elements of a tensor of one axis, or of one flattened over the data parallel ranks.</summary>
    /// <exception cref="MalformedCheckpointException">STA-2.2: it is neither.</exception>
    internal static FlatState Of(ICheckpointReader reader, TensorInfo tensor, Shape? original)
    {
        if (tensor.Shape.Rank == 1)
        {
            return new FlatState(tensor.DType, tensor.Boxes.Select((stored, box) => (stored.Box.Offset[0], StoredRun.Of(reader, tensor, box))));
        }
        if (original is not { Rank: 1 } && tensor.Shape.Rank != 2) { Throw.Shape(tensor); }
        var view = FlattenedTensor.View(reader, tensor, tensor.Name, original ?? new Shape(tensor.Shape.Count));
        return new FlatState(tensor.DType, view.Info.Boxes.Select((stored, box) =>
            (stored.Box.Offset[0], new StoredRun(stored.Box.Volume, stored.File, stored.Offset, stored.Length, () => view.Locate(box)))));
    }

    /// <summary>The elements of a tensor inside a torch.save file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="tensor">A tensor of one axis in it.</param>
    /// <param name="place">What to say of where it lies.</param>
    internal static FlatState Of(TorchFile file, TorchTensor tensor, ObjectInfo place)
    {
        // Found once: every parameter of the buffer asks for it.
        var located = new Lazy<BoxPayload>(() => file.Locate(tensor));
        return new(tensor.DType, tensor.Shape.Count == 0 ? [] : [(0L, new StoredRun(tensor.Shape.Count, place.File, place.Offset, place.Length, () => located.Value))]);
    }

    /// <summary>The runs that hold [first, first + count), which lies inside: which, from which of its elements on, how many.</summary>
    internal IEnumerable<(StoredRun Run, long First, long Count)> Find(long first, long count)
    {
        var at = Array.BinarySearch(_starts, first);
        at = at < 0 ? ~at - 1 : at;
        for (; count > 0; at++)
        {
            var skip = first - _starts[at];
            var take = Math.Min(count, _runs[at].Count - skip);
            yield return (_runs[at], skip, take);
            (first, count) = (first + take, count - take);
        }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Shape(TensorInfo tensor) => throw new MalformedCheckpointException(
            "STA-2.2", tensor.Name, $"stored as {tensor.Shape}; a part of a grad buffer has one axis, or two where data parallel ranks are one");
    }
}
