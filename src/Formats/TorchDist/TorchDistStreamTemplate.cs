using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;

namespace Ckpt.Formats.TorchDist;

/// <summary>The stream of every box of one element type and size: they differ in the data and its checksum only.</summary>
sealed class TorchDistStreamTemplate
{
    readonly DType _dtype;
    readonly Shape _shape;

    internal TorchDistStreamTemplate(DType dtype, Shape shape)
    {
        (_dtype, _shape) = (dtype, shape);
        var layout = LayOut();
        (HeadLength, DataLength, TailLength) = ((int)layout.DataOffset(0), layout.DataLength(0), (int)layout.TailLength);
        MakeHead = _ => LayOut().Head();
        MakeTail = checksum => LayOut().Tail([checksum]);
    }

    internal int HeadLength { get; }

    internal long DataLength { get; }

    internal int TailLength { get; }

    internal long Length => HeadLength + DataLength + TailLength;

    internal Func<uint, byte[]> MakeHead { get; }

    internal Func<uint, byte[]> MakeTail { get; }

    // Made anew each time: kept, the headers of 100,000 boxes of different sizes would take more memory than the index.
    TorchArchiveLayout LayOut() => new(
        "archive", PickleWriter.Write(TorchTensor.Node(_dtype, _shape, "0", new TorchNames()), 2), [_dtype.ByteLength(_shape.Count)], TorchEra.From27);
}
