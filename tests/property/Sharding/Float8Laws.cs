using System.Runtime.InteropServices;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Elements;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Sharding;

/// <summary>Against what torch 2.14.1 gives: every code, every tie with both neighbours, random values and random bit patterns.</summary>
public sealed class Float8Laws : IDisposable
{
    static readonly DType[] s_types = [DType.F8E4M3, DType.F8E5M2, DType.F8E4M3Fnuz, DType.F8E5M2Fnuz];

    readonly SafetensorsReader _encode = SafetensorsReader.Open(Repository.Vector("numerics", "encode.safetensors"));
    readonly SafetensorsReader _decode = SafetensorsReader.Open(Repository.Vector("numerics", "decode_fp8.safetensors"));

    public void Dispose()
    {
        _encode.Dispose();
        _decode.Dispose();
    }

    [Theory, Clause("NUM-2.1")]
    [InlineData(DType.F8E4M3, "e4m3fn_f32_bits")]
    [InlineData(DType.F8E5M2, "e5m2_f32_bits")]
    [InlineData(DType.F8E4M3Fnuz, "e4m3fnuz_f32_bits")]
    [InlineData(DType.F8E5M2Fnuz, "e5m2fnuz_f32_bits")]
    public void EveryCodeHasTorchsValue(DType dtype, string expected)
    {
        SameFloats(Floats(_decode, expected), Float8.Values(dtype));
        SameFloats(Floats(_decode, expected), Cast<float>(dtype, AllCodes(), DType.F32));
    }

    [Fact, Clause("NUM-2.1"), Clause("NUM-2.3")]
    public void EveryScaleAndEveryFourBitFloatHasTorchsValue()
    {
        SameFloats(Floats(_decode, "e8m0fnu_f32_bits"), ScaleBits.Values);
        SameFloats(Floats(_decode, "e2m1_f32"), Float4.Values);
    }

    [Theory, Clause("NUM-2.2")]
    [InlineData(DType.F8E4M3, "to_e4m3fn", Float8Overflow.Torch)]
    [InlineData(DType.F8E5M2, "to_e5m2", Float8Overflow.Torch)]
    [InlineData(DType.F8E4M3Fnuz, "to_e4m3fnuz", Float8Overflow.Torch)]
    [InlineData(DType.F8E5M2Fnuz, "to_e5m2fnuz", Float8Overflow.Torch)]
    [InlineData(DType.F8E4M3, "to_e4m3fn_clamped", Float8Overflow.Saturate)]
    [InlineData(DType.F8E5M2, "to_e5m2_clamped", Float8Overflow.Saturate)]
    public void Float32IsRoundedAsTorchRoundsIt(DType dtype, string expected, Float8Overflow overflow)
    {
        var values = Floats(_encode, "x_f32_bits");
        var codes = new byte[values.Length];
        Float8.Encode(dtype, values, codes, overflow);
        SameCodes(dtype, Read(_encode, expected), codes);
        // One at a time and many at once are two ways to one result.
        for (var i = 0; i < codes.Length; i++)
        {
            var one = new byte[1];
            Float8.Encode(dtype, values.AsSpan(i, 1), one, overflow);
            Assert.Equal(codes[i], one[0]);
        }
        if (overflow == Float8Overflow.Torch) { SameCodes(dtype, Read(_encode, expected), Cast<byte>(DType.F32, Read(_encode, "x_f32_bits"), dtype)); }
    }

    [Fact, Clause("NUM-2.2")]
    public void NarrowTypesAreRoundedOnce()
    {
        SameCodes(DType.F8E4M3, Read(_encode, "bf16_to_e4m3fn"), Cast<byte>(DType.BF16, Read(_encode, "to_bf16"), DType.F8E4M3));
        foreach (var dtype in s_types)
        {
            var doubles = MemoryMarshal.Cast<byte, double>(Read(_encode, "d_f64_bits")).ToArray();
            var codes = Cast<byte>(DType.F64, Read(_encode, "d_f64_bits"), dtype);
            var values = Float8.Values(dtype).ToArray();
            var finite = values.Where(float.IsFinite).ToArray();
            for (var i = 0; i < doubles.Length; i++)
            {
                if (!float.IsFinite(values[codes[i]]) || Math.Abs(doubles[i]) > finite.Max()) { continue; }
                var error = Math.Abs(values[codes[i]] - doubles[i]);
                Assert.True(finite.Min(v => Math.Abs(v - doubles[i])) == error, $"{doubles[i]:R} became {values[codes[i]]:R}");
            }
        }
    }

    [Fact, Clause("NUM-2.2")]
    public void WhatDoesNotFitIsNotFiniteWhereSaturationIsNotWanted()
    {
        float[] large = [464.00003f, 1e9f, float.PositiveInfinity, -465, float.NegativeInfinity];
        var codes = new byte[large.Length];
        Float8.Encode(DType.F8E4M3, large, codes, Float8Overflow.NonFinite);
        Assert.All(codes, code => Assert.True(float.IsNaN(Float8.Values(DType.F8E4M3)[code])));
        Float8.Encode(DType.F8E4M3, [464f, -448f], codes.AsSpan(0, 2), Float8Overflow.NonFinite);
        Assert.Equal([0x7E, 0xFE], codes[..2]);
    }

    [Fact, Clause("NUM-2.3")]
    public void ScalesAreRoundedAsTorchRoundsThem() =>
        Assert.Equal(Read(_encode, "to_e8m0fnu"), Floats(_encode, "x_f32_bits").Select(ScaleBits.Encode));

    [Fact, Clause("NUM-2.2")]
    public void WideningAndBackIsTheIdentity() => Law.Holds(
        from codes in Gen.ArrayOf(Gen.Choose(0, 255))
        from dtype in Gen.Elements(s_types)
        from wide in Gen.Elements(DType.BF16, DType.F16, DType.F32, DType.F64)
        select (codes.Select(c => (byte)c).ToArray(), dtype, wide),
        c =>
        {
            var back = Cast<byte>(c.wide, Cast<byte>(c.dtype, c.Item1, c.wide).ToArray(), c.dtype).ToArray();
            var values = Float8.Values(c.dtype).ToArray();
            // e4m3fn has infinities of its wider types for nothing: only NaN codes may change.
            return back.Zip(c.Item1).All(p => p.First == p.Second || (float.IsNaN(values[p.First]) && float.IsNaN(values[p.Second])));
        });

    static byte[] AllCodes() => [.. Enumerable.Range(0, 256).Select(static i => (byte)i)];

    static ReadOnlySpan<T> Cast<T>(DType from, byte[] source, DType to)
        where T : unmanaged
    {
        var target = new byte[source.Length / from.ByteSize() * to.ByteSize()];
        ElementCast.Cast(from, source, to, target);
        return MemoryMarshal.Cast<byte, T>(target);
    }

    static void SameFloats(ReadOnlySpan<float> expected, ReadOnlySpan<float> found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(
                BitConverter.SingleToUInt32Bits(expected[i]) == BitConverter.SingleToUInt32Bits(found[i]) || (float.IsNaN(expected[i]) && float.IsNaN(found[i])),
                $"code {i}: {found[i]:R}, torch {expected[i]:R}");
        }
    }

    static void SameCodes(DType dtype, byte[] expected, ReadOnlySpan<byte> found)
    {
        var values = Float8.Values(dtype);
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(expected[i] == found[i] || (float.IsNaN(values[expected[i]]) && float.IsNaN(values[found[i]])), $"element {i}: {found[i]:x2}, torch {expected[i]:x2}");
        }
    }

    static float[] Floats(SafetensorsReader reader, string name) => [.. MemoryMarshal.Cast<byte, float>(Read(reader, name))];

    static byte[] Read(SafetensorsReader reader, string name) => TensorAssembler.ReadBox(reader, reader.Tensors.Single(t => t.Name == name), 0);
}
