using System.Numerics.Tensors;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Views;

namespace Ckpt.Sharding.Quantised;

/// <summary>A tensor seen as e4m3fn codes: value / scale of its block, rounded once, saturating (QNT-5.1).</summary>
sealed class QuantisedWeight(string name, Shape shape, int file, BlockMaxima maxima, QuantError? error) : ComputedTensor(name, DType.F8E4M3, shape, file)
{
#if DEBUG // small, so that tests cross every seam
    const int StepElements = 24;
#else
    const int StepElements = 2 << 10;
#endif

    protected override void Compute(long first, Span<byte> elements)
    {
        Span<float> step = stackalloc float[StepElements];
        Span<float> scaled = stackalloc float[StepElements];
        var grid = maxima.Grid;
        var largest = 0f;
        while (elements.Length > 0)
        {
            var (row, column) = Math.DivRem(first, grid.Columns);
            var count = (int)Math.Min(Math.Min(grid.Columns - column, elements.Length), StepElements);
            var values = step[..count];
            maxima.Read(first, values);
            var blocks = maxima.Row(grid.ScaleRow(row));
            for (var i = 0; i < count;)
            {
                var block = (column + i) / grid.BlockColumns;
                var run = (int)Math.Min(count - i, ((block + 1) * grid.BlockColumns) - column - i);
                var scale = maxima.ScaleOf(blocks[block]);
                TensorPrimitives.Divide(values.Slice(i, run), scale, scaled.Slice(i, run));
                Float8.Encode(DType.F8E4M3, scaled.Slice(i, run), elements.Slice(i, run), Float8Overflow.Saturate);
                if (error is not null && blocks[block] > 0) { largest = Math.Max(largest, Error(values.Slice(i, run), elements.Slice(i, run), scale) / blocks[block]); }
                i += run;
            }
            elements = elements[count..];
            first += count;
        }
        error?.Add(largest);
    }

    static float Error(ReadOnlySpan<float> values, ReadOnlySpan<byte> codes, float scale)
    {
        var table = Float8.Values(DType.F8E4M3);
        var largest = 0f;
        for (var i = 0; i < values.Length; i++) { largest = Math.Max(largest, Math.Abs((table[codes[i]] * scale) - values[i])); }
        return largest;
    }
}
