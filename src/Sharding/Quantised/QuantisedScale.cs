using System.Runtime.InteropServices;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Views;

namespace Ckpt.Sharding.Quantised;

/// <summary>The scales that go with a <see cref="QuantisedWeight"/>.</summary>
sealed class QuantisedScale(string name, DType dtype, Shape shape, int file, BlockMaxima maxima) : ComputedTensor(name, dtype, shape, file)
{
    protected override void Compute(long first, Span<byte> elements)
    {
        var columns = maxima.Grid.ScaleColumns;
        var count = elements.Length / Info.DType.ByteSize();
        var floats = Info.DType == DType.F32 ? MemoryMarshal.Cast<byte, float>(elements) : default;
        for (var i = 0; i < count; i++)
        {
            var (row, column) = Math.DivRem(first + i, columns);
            var scale = maxima.ScaleOf(maxima.Row(row)[column]);
            if (Info.DType == DType.F32) { floats[i] = scale; } else { elements[i] = ScaleBits.Encode(scale); }
        }
    }
}
