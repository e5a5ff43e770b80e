using System.Runtime.InteropServices;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Elements;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Sharding;

/// <summary>Against what torch 2.14.1 gives: specials, every tie, random values and random bit patterns.</summary>
public sealed class CastLaws : IDisposable
{
    readonly SafetensorsReader _torch = SafetensorsReader.Open(Repository.Vector("numerics", "encode.safetensors"));

    public void Dispose() => _torch.Dispose();

    [Theory, Clause("NUM-1.1"), Clause("NUM-1.3")]
    [InlineData(DType.BF16, "to_bf16")]
    [InlineData(DType.F16, "to_fp16")]
    public void Float32IsRoundedAsTorchRoundsIt(DType to, string expected) => Equal(to, Cast(DType.F32, Read("x_f32_bits"), to), Read(expected));

    [Theory, Clause("NUM-1.1")]
    [InlineData(DType.BF16, "to_bf16", DType.F16, "bf16_to_fp16")]
    [InlineData(DType.F16, "to_fp16", DType.BF16, "fp16_to_bf16")]
    public void NarrowTypesAreRoundedIntoEachOther(DType from, string source, DType to, string expected) => Equal(to, Cast(from, Read(source), to), Read(expected));

    [Fact, Clause("NUM-1.1")]
    public void Float64IsRoundedToFloat32() => Assert.Equal(Floats(Read("d_to_f32_bits")), Floats(Cast(DType.F64, Read("d_f64_bits"), DType.F32)));

    /// <summary>One rounding: the result is never further from the value than either neighbour, judged in double.</summary>
    [Theory, Clause("NUM-1.1")]
    [InlineData(DType.BF16)]
    [InlineData(DType.F16)]
    public void Float64IsRoundedOnceToTheNearest(DType to)
    {
        var doubles = MemoryMarshal.Cast<byte, double>(Read("d_f64_bits")).ToArray();
        var bits = MemoryMarshal.Cast<byte, ushort>(Cast(DType.F64, Read("d_f64_bits"), to)).ToArray();
        for (var i = 0; i < bits.Length; i++)
        {
            if (!double.IsFinite(doubles[i]) || !double.IsFinite(Value(to, bits[i]))) { continue; }
            var error = Math.Abs(Value(to, bits[i]) - doubles[i]);
            foreach (var neighbour in (ushort[])[(ushort)(bits[i] + 1), (ushort)(bits[i] - 1)])
            {
                var other = Math.Abs(Value(to, neighbour) - doubles[i]);
                Assert.False(other < error || (other == error && (bits[i] & 1) == 1), $"{doubles[i]:R} became {Value(to, bits[i]):R}");
            }
        }
    }

    [Fact, Clause("NUM-1.1")]
    public void WideningAndBackIsTheIdentity() => Law.Holds(
        from bits in Gen.ArrayOf(Gen.Choose(0, 65535))
        from type in Gen.Elements(DType.BF16, DType.F16)
        from wide in Gen.Elements(DType.F32, DType.F64)
        select (bits.Select(b => (ushort)b).ToArray(), type, wide),
        c =>
        {
            var there = Cast(c.type, MemoryMarshal.AsBytes<ushort>(c.Item1).ToArray(), c.wide);
            var back = MemoryMarshal.Cast<byte, ushort>(Cast(c.wide, there, c.type)).ToArray();
            return back.Zip(c.Item1).All(p => p.First == p.Second || (double.IsNaN(Value(c.type, p.First)) && double.IsNaN(Value(c.type, p.Second))));
        });

    static double Value(DType type, ushort bits) => type == DType.F16
        ? (double)BitConverter.UInt16BitsToHalf(bits)
        : BitConverter.UInt32BitsToSingle((uint)bits << 16);

    static byte[] Cast(DType from, byte[] source, DType to)
    {
        var target = new byte[source.Length / from.ByteSize() * to.ByteSize()];
        ElementCast.Cast(from, source, to, target);
        return target;
    }

    static float[] Floats(byte[] bytes) => [.. MemoryMarshal.Cast<byte, float>(bytes)];

    static void Equal(DType to, byte[] found, byte[] expected)
    {
        var (a, b) = (MemoryMarshal.Cast<byte, ushort>(found).ToArray(), MemoryMarshal.Cast<byte, ushort>(expected).ToArray());
        Assert.Equal(b.Length, a.Length);
        for (var i = 0; i < a.Length; i++)
        {
            Assert.True(a[i] == b[i] || (double.IsNaN(Value(to, a[i])) && double.IsNaN(Value(to, b[i]))), $"element {i}: {a[i]:x4}, torch {b[i]:x4}");
        }
    }

    byte[] Read(string name)
    {
        var tensor = _torch.Tensors.Single(t => t.Name == name);
        var payload = _torch.Locate(tensor, 0);
        var bytes = new byte[tensor.ByteLength];
        payload.Source.ReadExactly(payload.Offset, bytes);
        return bytes;
    }
}
