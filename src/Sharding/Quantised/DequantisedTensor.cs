using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Views;

namespace Ckpt.Sharding.Quantised;

/// <summary>A quantised tensor seen as numbers: (code − zero point) · scale in float32, then one rounding (QNT-2.1).</summary>
sealed class DequantisedTensor : ComputedTensor
{
#if DEBUG // small, so that tests cross every seam
    const int PassElements = 200;
    const int StepElements = 24;
#else
    const int PassElements = 64 << 10;
    const int StepElements = 2 << 10;
#endif

    readonly QuantisedTensor _tensor;
    readonly DType _to;
    readonly IByteSource _codes;
    readonly ScaleReader _scales;
    readonly ZeroPointReader? _zeros;

    internal DequantisedTensor(QuantisedTensor tensor, DType to, Func<TensorInfo, IByteSource> bytes)
        : base(tensor.Name, to, tensor.Shape, tensor.Codes.Boxes.Count > 0 ? tensor.Codes.Boxes[0].File : 0)
    {
        (_tensor, _to, _codes) = (tensor, to, bytes(tensor.Codes));
        _scales = new ScaleReader(tensor, bytes(tensor.Scale), tensor.GlobalScale is { } global ? bytes(global) : null);
        _zeros = tensor.ZeroPoint is { } zero ? new ZeroPointReader(tensor, bytes(zero)) : null;
    }

    protected override void Compute(long first, Span<byte> elements)
    {
        var columns = _tensor.Grid.Columns;
        var size = _to.ByteSize();
        while (elements.Length > 0)
        {
            var (row, column) = Math.DivRem(first, columns);
            var count = elements.Length / size;
            // Whole rows together where they are short; else a stretch of one.
            var isWhole = column == 0 && count >= columns && columns <= PassElements;
            var rows = isWhole ? (int)Math.Min(count, PassElements) / (int)columns : 1;
            var width = isWhole ? (int)columns : (int)Math.Min(Math.Min(columns - column, count), PassElements);
            Pass(row, rows, column, width, elements[..(rows * width * size)]);
            elements = elements[(rows * width * size)..];
            first += (long)rows * width;
        }
    }

    void Pass(long row, int rows, long column, int width, Span<byte> target)
    {
        var (grid, perByte) = (_tensor.Grid, _tensor.Table.PerByte);
        var start = column / perByte;
        var length = checked((int)(((rows - 1) * _tensor.CodeRowBytes) + ((column + width + perByte - 1) / perByte) - start));
        var firstBlock = column / grid.BlockColumns;
        var blocks = (int)(((column + width - 1) / grid.BlockColumns) - firstBlock + 1);
        var firstScaleRow = grid.ScaleRow(row);
        var scaleRows = (int)(grid.ScaleRow(row + rows - 1) - firstScaleRow + 1);
        var codes = ArrayPool<byte>.Shared.Rent(length);
        var scales = ArrayPool<float>.Shared.Rent(blocks * scaleRows);
        var zeros = _zeros is null ? [] : ArrayPool<float>.Shared.Rent(blocks * scaleRows);
        _codes.ReadExactly((row * _tensor.CodeRowBytes) + start, codes.AsSpan(0, length));
        // More rows than one are whole rows, so that their scales follow each other.
        _scales.Read((firstScaleRow * grid.ScaleColumns) + firstBlock, scales.AsSpan(0, blocks * scaleRows));
        for (var i = 0; _zeros is not null && i < scaleRows; i++) { _zeros.Read(firstScaleRow + i, firstBlock, zeros.AsSpan(i * blocks, blocks)); }
        var size = width * _to.ByteSize();
        for (var i = 0; i < rows; i++)
        {
            var at = (int)(grid.ScaleRow(row + i) - firstScaleRow) * blocks;
            var line = codes.AsSpan((int)(i * _tensor.CodeRowBytes), length - (int)(i * _tensor.CodeRowBytes));
            Row(line, column, width, scales.AsSpan(at, blocks), _zeros is null ? [] : zeros.AsSpan(at, blocks), target.Slice(i * size, size));
        }
        ArrayPool<byte>.Shared.Return(codes);
        ArrayPool<float>.Shared.Return(scales);
        if (_zeros is not null) { ArrayPool<float>.Shared.Return(zeros); }
    }

    /// <summary>A stretch of one row; codes begin with the byte of its first element, scales with the block of it.</summary>
    void Row(ReadOnlySpan<byte> codes, long column, int width, ReadOnlySpan<float> scales, ReadOnlySpan<float> zeros, Span<byte> target)
    {
        Span<float> step = stackalloc float[StepElements];
        var (table, block, size) = (_tensor.Table, _tensor.Grid.BlockColumns, _to.ByteSize());
        var skip = (int)(column % table.PerByte);
        var firstBlock = column / block;
        for (var done = 0; done < width;)
        {
            var values = step[..Math.Min(StepElements, width - done)];
            table.Decode(codes[((skip + done) / table.PerByte)..], (skip + done) % table.PerByte, values);
            for (var i = 0; i < values.Length;)
            {
                var at = column + done + i;
                var index = at / block;
                var run = values.Slice(i, (int)Math.Min(values.Length - i, ((index + 1) * block) - at));
                Scale(run, scales[(int)(index - firstBlock)], zeros.IsEmpty ? 0 : zeros[(int)(index - firstBlock)]);
                i += run.Length;
            }
            ElementCast.Cast(DType.F32, MemoryMarshal.AsBytes(values), _to, target.Slice(done * size, values.Length * size));
            done += values.Length;
        }
    }

    void Scale(Span<float> run, float scale, float zero)
    {
        if (zero != 0) { TensorPrimitives.Subtract(run, zero, run); }
        // QNT-3.2: nothing can be said of a number that was divided by zero; of zero it can.
        if (scale == 0 && run.ContainsAnyExcept(0f)) { Throw.ZeroScale(_tensor); }
        TensorPrimitives.Multiply(run, scale, run);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void ZeroScale(QuantisedTensor tensor) => throw new MalformedCheckpointException(
            "QNT-3.2", tensor.Scale.Name, $"a scale is 0 where the block of {tensor.Codes.Name} holds numbers that are not");
    }
}
