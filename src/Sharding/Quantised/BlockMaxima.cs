using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;

namespace Ckpt.Sharding.Quantised;

/// <summary>The largest magnitude of each block of a tensor that is to be quantised, and the scale that follows from it.</summary>
sealed class BlockMaxima(string name, DType dtype, IByteSource source, BlockGrid grid, ScaleForm form, MaximaCache cache)
{
#if DEBUG // small, so that tests cross every seam
    const int StepElements = 24;
#else
    const int StepElements = 8 << 10;
#endif
    const float Largest = 448;

    internal BlockGrid Grid => grid;

    internal string Name => name;

    /// <summary>Elements as float32, row-major, from a place on.</summary>
    internal void Read(long first, Span<float> values)
    {
        var size = dtype.ByteSize();
        if (dtype == DType.F32) { source.ReadExactly(first * size, MemoryMarshal.AsBytes(values)); return; }
        var raw = ArrayPool<byte>.Shared.Rent(values.Length * size);
        source.ReadExactly(first * size, raw.AsSpan(0, values.Length * size));
        ElementCast.Cast(dtype, raw.AsSpan(0, values.Length * size), DType.F32, MemoryMarshal.AsBytes(values));
        ArrayPool<byte>.Shared.Return(raw);
    }

    /// <summary>The maxima of one row of blocks.</summary>
    internal float[] Row(long scaleRow) => cache.Find(this, scaleRow) ?? cache.Add(this, scaleRow, Measure(scaleRow));

    /// <summary>QNT-5.1: the largest value becomes the largest code; a block of zeros keeps 1, and no scale is below the smallest normal number.</summary>
    internal float ScaleOf(float maximum)
    {
        if (maximum == 0) { return 1; }
        var scale = maximum / Largest;
        return form == ScaleForm.Float32 ? Math.Max(scale, float.ScaleB(1, -126)) : ScaleBits.CeilingPower(scale);
    }

    float[] Measure(long scaleRow)
    {
        var maxima = new float[grid.ScaleColumns];
        var step = ArrayPool<float>.Shared.Rent(StepElements);
        var (matrix, inside) = Math.DivRem(scaleRow, grid.ScaleRows);
        var firstRow = (matrix * grid.Rows) + (inside * grid.BlockRows);
        var endRow = (matrix * grid.Rows) + Math.Min(grid.Rows, (inside + 1) * grid.BlockRows);
        for (var (at, end) = (firstRow * grid.Columns, endRow * grid.Columns); at < end;)
        {
            var values = step.AsSpan(0, (int)Math.Min(StepElements, end - at));
            Read(at, values);
            for (var i = 0; i < values.Length;)
            {
                var (block, part) = Math.DivRem((at + i) % grid.Columns, grid.BlockColumns);
                var left = Math.Min(grid.BlockColumns - part, grid.Columns - (block * grid.BlockColumns) - part);
                var run = values.Slice(i, (int)Math.Min(values.Length - i, left));
                var largest = Math.Abs(TensorPrimitives.MaxMagnitude<float>(run));
                if (!float.IsFinite(largest)) { Throw.NotFinite(name, at + i, largest); }
                maxima[block] = Math.Max(maxima[block], largest);
                i += run.Length;
            }
            at += values.Length;
        }
        ArrayPool<float>.Shared.Return(step);
        return maxima;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotFinite(string name, long first, float value) => throw new MalformedCheckpointException(
            "QNT-5.2", name, $"cannot be quantised: it holds {(float.IsNaN(value) ? "NaN" : "infinity")}, at or after element {first}");
    }
}
