using Ckpt.Formats.Tensors;
using Ckpt.Verify.Comparing;

namespace Ckpt.Verify.Doctoring;

/// <summary>What a tensor holds, gathered in one pass.</summary>
sealed class TensorContent(DType dtype, int exponentBits)
{
    readonly long[] _exponents = new long[1 << exponentBits];
    long _elements;

    /// <summary>The first element.</summary>
    internal double First { get; private set; }

    /// <summary>Whether all elements are the same, two zeros and all NaNs among them.</summary>
    internal bool IsConstant { get; private set; } = true;

    internal long NaNs { get; private set; }

    internal long Infinities { get; private set; }

    /// <summary>Shannon entropy of the exponents, in bits.</summary>
    internal double ExponentEntropy => _elements == 0 ? 0 : -_exponents.Where(static count => count > 0).Sum(count => (double)count / _elements * Math.Log2((double)count / _elements));

    internal void Add(ReadOnlySpan<byte> bytes, ReadOnlySpan<double> values)
    {
        if (_elements == 0) { First = values[0]; }
        var size = dtype.ByteSize();
        var shift = (8 * size) - 1 - exponentBits;
        var isFloat = ElementValues.IsFloat(dtype);
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i];
            if (value != First && !(double.IsNaN(value) && double.IsNaN(First))) { IsConstant = false; }
            if (double.IsNaN(value)) { NaNs++; }
            else if (double.IsInfinity(value)) { Infinities++; }
            if (isFloat) { _exponents[(int)(ElementValues.Bits(bytes.Slice(i * size, size)) >> shift) & (_exponents.Length - 1)]++; }
        }
        _elements += values.Length;
    }
}
