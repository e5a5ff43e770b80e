using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Elements;

namespace Ckpt.Sharding.Quantised;

/// <summary>Reads scales as float32, and refuses those that scale nothing (QNT-3.1).</summary>
sealed class ScaleReader(QuantisedTensor tensor, IByteSource scales, IByteSource? global)
{
    readonly DType _dtype = tensor.Scale.DType;
    float _global;

    /// <summary>Whether scales can be of this type; bytes are powers of two, as e8m0.</summary>
    internal static bool CanRead(DType dtype) => dtype is DType.F32 or DType.BF16 or DType.F16 or DType.F64 or DType.F8E8M0 or DType.F8E4M3 or DType.U8;

    /// <summary>The scales from a place of the grid on, row-major.</summary>
    internal void Read(long first, Span<float> values)
    {
        var size = _dtype.ByteSize();
        Span<byte> bytes = stackalloc byte[1024];
        for (var done = 0; done < values.Length;)
        {
            var part = values.Slice(done, Math.Min(bytes.Length / size, values.Length - done));
            var raw = bytes[..(part.Length * size)];
            scales.ReadExactly((first + done) * size, raw);
            if (_dtype is DType.F8E8M0 or DType.U8)
            {
                for (var i = 0; i < part.Length; i++) { part[i] = ScaleBits.Values[raw[i]]; }
            }
            else { ElementCast.Cast(_dtype, raw, DType.F32, System.Runtime.InteropServices.MemoryMarshal.AsBytes(part)); }
            Check(first + done, part);
            done += part.Length;
        }
        if (global is null) { return; }
        var divisor = Global();
        for (var i = 0; i < values.Length; i++) { values[i] /= divisor; }
    }

    void Check(long first, ReadOnlySpan<float> part)
    {
        for (var i = 0; i < part.Length; i++)
        {
            if (!(part[i] >= 0 && part[i] <= float.MaxValue)) { Throw.NotAScale(tensor, first + i, part[i]); }
        }
    }

    float Global()
    {
        if (_global > 0) { return _global; }
        Span<byte> bytes = stackalloc byte[sizeof(float)];
        global!.ReadExactly(0, bytes);
        var value = BitConverter.ToSingle(bytes);
        if (!(value > 0 && value <= float.MaxValue)) { Throw.NotAGlobalScale(tensor.GlobalScale!.Name, value); }
        return _global = value;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotAScale(QuantisedTensor tensor, long place, float value) => throw new MalformedCheckpointException(
            "QNT-3.1", tensor.Scale.Name, $"scale {place} of {tensor.Scale.Shape} is {Text(value)}, allowed are finite numbers from 0");

        [DoesNotReturn]
        internal static void NotAGlobalScale(string name, float value) => throw new MalformedCheckpointException(
            "QNT-3.1", name, $"is {Text(value)}, allowed are finite numbers above 0");

        static string Text(float value) => value.ToString("R", CultureInfo.InvariantCulture);
    }
}
