using Ckpt.Formats;
using Ckpt.Formats.Tensors;

namespace Ckpt.Sharding.Views;

/// <summary>A box of a tensor whose elements lie in a stored run of elements.</summary>
/// <param name="Box">The box.</param>
/// <param name="Run">The run; index into those of the view.</param>
/// <param name="First">Where in the run the box's first element is.</param>
/// <param name="Strides">Elements of the run between neighbours, per axis of the box.</param>
public readonly record struct BoxInRun(Box Box, int Run, long First, long[] Strides);

/// <summary>Elements that follow each other in a file, at one stride.</summary>
/// <param name="Count">How many.</param>
/// <param name="File">Index into the checkpoint's files.</param>
/// <param name="Offset">First byte of what stores them.</param>
/// <param name="Length">Bytes of it.</param>
/// <param name="Locate">Finds the first element; the payload has one stride.</param>
public sealed record StoredRun(long Count, int File, long Offset, long Length, Func<BoxPayload> Locate)
{
    /// <summary>The run that a stored box is, row-major.</summary>
    /// <param name="reader">The checkpoint.</param>
    /// <param name="tensor">A tensor of it.</param>
    /// <param name="box">One of its boxes.</param>
    /// <exception cref="UnsupportedCheckpointException">STA-2.6, when located: its elements are not evenly spaced in row-major order.</exception>
    public static StoredRun Of(ICheckpointReader reader, TensorInfo tensor, int box)
    {
        var stored = tensor.Boxes[box];
        return new StoredRun(stored.Box.Volume, stored.File, stored.Offset, stored.Length, () => Even(reader.Locate(tensor, box), tensor, stored.Box));
    }

    static BoxPayload Even(BoxPayload payload, TensorInfo tensor, Box box)
    {
        var (step, inner) = (1L, 1L);
        for (var axis = box.Rank - 1; axis >= 0; axis--)
        {
            if (box.Size[axis] == 1) { continue; }
            if (inner == 1) { step = payload.Strides[axis]; }
            else if (payload.Strides[axis] != step * inner)
            {
                throw new UnsupportedCheckpointException(
                    "STA-2.6", tensor.Name, $"the stored box {box} lies with strides [{string.Join(", ", payload.Strides)}]; flattened tensors are read where elements follow each other evenly");
            }
            inner *= box.Size[axis];
        }
        return payload with { Strides = [step] };
    }
}

/// <summary>A tensor whose boxes are parts of stored runs: what was flattened, cut, and is seen in its own shape again. Nothing is computed.</summary>
public sealed class RunTensor : TensorView
{
    readonly IReadOnlyList<StoredRun> _runs;
    readonly BoxInRun[] _boxes;

    /// <summary>A tensor of these boxes, which cover it once.</summary>
    public RunTensor(string name, DType dtype, Shape shape, IReadOnlyList<StoredRun> runs, IReadOnlyList<BoxInRun> boxes)
    {
        (_runs, _boxes) = (runs, [.. boxes]);
        var stored = new StoredBox[_boxes.Length];
        for (var i = 0; i < stored.Length; i++)
        {
            var run = runs[_boxes[i].Run];
            stored[i] = new StoredBox(_boxes[i].Box, run.File, run.Offset, run.Length);
        }
        Info = new TensorInfo(name, dtype, shape, stored);
    }

    public override TensorInfo Info { get; }

    public override BoxPayload Locate(int box)
    {
        var found = _boxes[box];
        var payload = _runs[found.Run].Locate();
        var step = payload.Strides[0];
        var strides = new long[found.Strides.Length];
        for (var axis = 0; axis < strides.Length; axis++) { strides[axis] = found.Strides[axis] * step; }
        return new BoxPayload(payload.Source, payload.Offset + (found.First * step * Info.DType.ByteSize()), strides);
    }
}
