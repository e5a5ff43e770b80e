using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Quantised;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Sharding;

/// <summary>Random shapes, blocks, codes and cuts against the plain formula, element by element.</summary>
public sealed class QuantisedLaws
{
    static readonly string[] s_kinds = ["e4m3", "e5m2", "int8", "int4", "packed8", "float4", "global"];

    static Gen<Case> Cases { get; } =
        from seed in Gen.Choose(0, int.MaxValue)
        from kind in Gen.Elements(s_kinds)
        from matrices in Gen.Choose(1, 3)
        from rows in Gen.Choose(1, 19)
        from columns in Gen.Choose(1, 230)
        from blockRows in Gen.Choose(1, 20)
        from blockColumns in Gen.Choose(1, 240)
        from scale in Gen.Elements(DType.F32, DType.BF16, DType.F8E8M0)
        from hasZero in Gen.Elements(true, false)
        from pieces in Gen.Choose(0, 3)
        select new Case(seed, kind, matrices, rows, kind is "float4" or "global" ? columns + (columns % 2) : columns, blockRows, blockColumns, scale, hasZero && kind.StartsWith('i'), pieces);

    [Fact, Clause("QNT-2.1"), Clause("QNT-2.3"), Clause("QNT-2.4")]
    public void AnyWindowIsTheFormula() => Law.Holds(
        Cases,
        c =>
        {
            var (stored, tensor, expected) = Make(c);
            using var view = QuantViews.Dequantise(stored, [tensor], DType.F32);
            var info = Assert.Single(view.Tensors);
            var payload = view.Locate(info, 0);
            var random = new Random(c.Seed);
            for (var i = 0; i < 4; i++)
            {
                var first = random.NextInt64(info.ByteLength + 1);
                var window = new byte[random.NextInt64(info.ByteLength - first + 1)];
                payload.Source.ReadExactly(payload.Offset + first, window);
                if (!window.AsSpan().SequenceEqual(MemoryMarshal.AsBytes<float>(expected).Slice((int)first, window.Length))) { return false; }
            }
            return true;
        });

    [Fact, Clause("QNT-2.1")]
    public void TheRoundingIsThatOfACast() => Law.Holds(
        Cases,
        c =>
        {
            var (stored, tensor, expected) = Make(c);
            using var view = QuantViews.Dequantise(stored, [tensor], DType.BF16);
            var rounded = new byte[expected.Length * 2];
            ElementCast.Cast(DType.F32, MemoryMarshal.AsBytes<float>(expected), DType.BF16, rounded);
            return TensorAssembler.ReadWhole(view, view.Tensors[0]).AsSpan().SequenceEqual(rounded);
        });

    [Fact, Clause("QNT-5.1"), Clause("QNT-5.3")]
    public void QuantisingIsWithinHalfAStep() => Law.Holds(
        from seed in Gen.Choose(0, int.MaxValue)
        from rows in Gen.Choose(1, 30)
        from columns in Gen.Choose(1, 60)
        from block in Gen.Choose(1, 33)
        from form in Gen.Elements(ScaleForm.Float32, ScaleForm.PowerOfTwo, ScaleForm.E8M0)
        from exponent in Gen.Choose(-110, 100)
        select (seed, rows, columns, block, form, exponent),
        c =>
        {
            var random = new Random(c.seed);
            var values = Enumerable.Range(0, c.rows * c.columns).Select(_ => random.Next(9) == 0 ? 0 : float.ScaleB((random.NextSingle() * 2) - 1, c.exponent + random.Next(4))).ToArray();
            var shape = new Shape(c.rows, c.columns);
            using var stored = new MemoryCheckpoint().Add("w", DType.F32, shape, [.. MemoryMarshal.AsBytes<float>(values)]);
            var errors = new List<QuantError>();
            using var quantised = QuantViews.Quantise(stored, static _ => true, new QuantOptions(c.block, c.block, c.form), errors);
            var codes = quantised.Tensors[0];
            var tensor = new QuantisedTensor("w", shape, codes, CodeTable.Float8(DType.F8E4M3), c.columns, quantised.Tensors[1], BlockGrid.Of(shape, c.block, c.block));
            using var view = QuantViews.Dequantise(quantised, [tensor], DType.F32);
            var back = MemoryMarshal.Cast<byte, float>(TensorAssembler.ReadWhole(view, Assert.Single(view.Tensors))).ToArray();
            var worst = 0.0;
            for (var i = 0; i < back.Length; i++)
            {
                var largest = Block(values, c.rows, c.columns, i / c.columns / c.block, i % c.columns / c.block, c.block).Max(Math.Abs);
                if (largest > 0) { worst = Math.Max(worst, Math.Abs((double)back[i] - values[i]) / largest); }
            }
            return worst <= (c.form == ScaleForm.Float32 ? 1.0001 / 28 : 2.0001 / 28) && Math.Abs(errors[0].Largest - worst) <= 1e-6;
        });

    /// <summary>Two ways that scales are stored have one meaning: a power of two as a float or as its exponent.</summary>
    [Fact, Clause("QNT-5.1")]
    public void ABlockOfZerosKeepsOne()
    {
        using var stored = new MemoryCheckpoint().Add("w", DType.BF16, new Shape(2, 4), new byte[16]);
        using var quantised = QuantViews.Quantise(stored, static _ => true, new QuantOptions(2, 2, ScaleForm.Float32));
        Assert.Equal(new byte[8], TensorAssembler.ReadWhole(quantised, quantised.Tensors[0]));
        Assert.Equal([1f, 1f], MemoryMarshal.Cast<byte, float>(TensorAssembler.ReadWhole(quantised, quantised.Tensors[1])).ToArray());
    }

    [Theory, Clause("QNT-5.2")]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void WhatIsNotFiniteIsNotQuantised(float bad)
    {
        using var stored = new MemoryCheckpoint().Add("layer.weight", DType.F32, new Shape(2, 2), [.. MemoryMarshal.AsBytes<float>([1, 2, bad, 4])]);
        using var quantised = QuantViews.Quantise(stored, static _ => true, QuantOptions.Default);
        var error = Assert.Throws<MalformedCheckpointException>(() => TensorAssembler.ReadWhole(quantised, quantised.Tensors[0]));
        Assert.Equal("QNT-5.2", error.Clause);
        Assert.Contains("layer.weight", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN, "QNT-3.1"), Clause("QNT-3.1")]
    [InlineData(float.PositiveInfinity, "QNT-3.1")]
    [InlineData(-1f, "QNT-3.1")]
    [InlineData(0f, "QNT-3.2"), Clause("QNT-3.2")]
    public void AScaleThatScalesNothingIsNamed(float bad, string clause)
    {
        using var stored = new MemoryCheckpoint().Add("w", DType.F8E4M3, new Shape(1, 4), [0, 0x80, 1, 2]).Add("layer.scale", DType.F32, new Shape(1, 2), [.. MemoryMarshal.AsBytes<float>([0, bad])]);
        var tensor = new QuantisedTensor("w", new Shape(1, 4), stored.Tensors[0], CodeTable.Float8(DType.F8E4M3), 4, stored.Tensors[1], BlockGrid.Of(new Shape(1, 4), 1, 2));
        using var view = QuantViews.Dequantise(stored, [tensor], DType.BF16);
        var error = Assert.Throws<MalformedCheckpointException>(() => TensorAssembler.ReadWhole(view, view.Tensors[0]));
        Assert.Equal(clause, error.Clause);
        Assert.Contains("layer.scale", error.Message, StringComparison.Ordinal);
        // QNT-3.2: zeros divided by zero are zeros.
        var half = new byte[4];
        view.Locate(view.Tensors[0], 0).Source.ReadExactly(0, half);
        Assert.Equal([0, 0, 0, 0x80], half);
    }

    [Theory, Clause("QNT-3.1")]
    [InlineData(0f)]
    [InlineData(float.NaN)]
    [InlineData(-2f)]
    public void AGlobalScaleDividesSoThatItIsNotZero(float bad)
    {
        var (stored, tensor, _) = Make(new Case(1, "global", 1, 2, 4, 1, 4, DType.F8E4M3, false, 0));
        var broken = new MemoryCheckpoint();
        foreach (var info in stored.Tensors) { broken.Add(info.Name, info.DType, info.Shape, info.Name == "g" ? [.. MemoryMarshal.AsBytes<float>([bad])] : TensorAssembler.ReadWhole(stored, info)); }
        using var view = QuantViews.Dequantise(broken, [tensor], DType.F32);
        var error = Assert.Throws<MalformedCheckpointException>(() => TensorAssembler.ReadWhole(view, view.Tensors[0]));
        Assert.Equal("QNT-3.1", error.Clause);
    }

    static IEnumerable<float> Block(float[] values, int rows, int columns, int blockRow, int blockColumn, int block) =>
        from r in Enumerable.Range(blockRow * block, Math.Min(block, rows - (blockRow * block)))
        from k in Enumerable.Range(blockColumn * block, Math.Min(block, columns - (blockColumn * block)))
        select values[(r * columns) + k];

    /// <summary>A stored tensor, and what it stands for by the formula alone.</summary>
    static (MemoryCheckpoint Stored, QuantisedTensor Tensor, float[] Expected) Make(Case c)
    {
        var random = new Random(c.Seed);
        var shape = new Shape(c.Matrices, c.Rows, c.Columns);
        var count = (int)shape.Count;
        var grid = BlockGrid.Of(shape, c.BlockRows, c.BlockColumns);
        var (scaleRows, scaleColumns) = ((c.Rows + c.BlockRows - 1) / c.BlockRows, (c.Columns + c.BlockColumns - 1) / c.BlockColumns);
        var scales = c.Matrices * scaleRows * scaleColumns;
        var integers = new int[count];
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            integers[i] = random.Next(c.Kind is "int4" ? 16 : c.Kind is "float4" or "global" ? 16 : 256);
            values[i] = c.Kind switch
            {
                "e4m3" => Float8.Values(DType.F8E4M3)[integers[i] = integers[i] % 128 == 127 ? 0 : integers[i]],
                "e5m2" => Float8.Values(DType.F8E5M2)[integers[i] = integers[i] % 128 > 123 ? 0 : integers[i]],
                "int8" => (sbyte)integers[i],
                "int4" => integers[i] - 8,
                "packed8" => integers[i] - 128,
                _ => Float4.Values[integers[i]],
            };
        }
        var (codeType, codeShape, codes, rowBytes) = Codes(c, integers);
        var stored = new MemoryCheckpoint();
        stored.Add("c", codeType, codeShape, codes, Cuts.Of(codeShape, c.Seed, c.Pieces), c.Seed % 2 == 0 ? [1, 0, 2] : null);
        var scaleType = c.Kind == "global" ? DType.F8E4M3 : c.Scale;
        var (scaleBytes, scaleValues) = Scales(random, scaleType, scales);
        var scaleShape = new Shape(c.Matrices, scaleRows, scaleColumns);
        stored.Add("s", scaleType, scaleShape, scaleBytes, Cuts.Of(scaleShape, c.Seed + 1, c.Pieces));
        var tensor = new QuantisedTensor("w", shape, stored.Tensors[0], Table(c.Kind), rowBytes, stored.Tensors[1], grid);
        var zeros = new int[scales];
        if (c.HasZero) { tensor = WithZeros(c, random, stored, tensor, zeros, scaleColumns); }
        if (c.Kind == "global")
        {
            stored.Add("g", DType.F32, new Shape(1), [.. MemoryMarshal.AsBytes<float>([3.7f])]);
            tensor = tensor with { GlobalScale = stored.Tensors[^1] };
            for (var i = 0; i < scales; i++) { scaleValues[i] /= 3.7f; }
        }
        for (var i = 0; i < count; i++)
        {
            var (row, column) = (i / c.Columns % c.Rows, i % c.Columns);
            var at = (((i / c.Columns / c.Rows * scaleRows) + (row / c.BlockRows)) * scaleColumns) + (column / c.BlockColumns);
            values[i] = (values[i] - zeros[at]) * scaleValues[at];
        }
        return (stored, tensor, values);
    }

    static QuantisedTensor WithZeros(Case c, Random random, MemoryCheckpoint stored, QuantisedTensor tensor, int[] zeros, int columns)
    {
        for (var i = 0; i < zeros.Length; i++) { zeros[i] = random.Next(-8, 8); }
        var rows = zeros.Length / columns;
        if (c.Kind == "int8" || rows == 0)
        {
            stored.Add("z", DType.I8, new Shape(rows, columns), [.. zeros.Select(static z => (byte)(sbyte)z)]);
            return tensor with { ZeroPoint = stored.Tensors[^1] };
        }
        var words = new uint[(rows + 7) / 8 * columns];
        for (var i = 0; i < zeros.Length; i++) { words[(i / columns / 8 * columns) + (i % columns)] |= (uint)(zeros[i] + 8) << (4 * (i / columns % 8)); }
        stored.Add("z", DType.I32, new Shape((rows + 7) / 8, columns), [.. MemoryMarshal.AsBytes<uint>(words)]);
        return tensor with { ZeroPoint = stored.Tensors[^1], ZeroPointBits = 4 };
    }

    static (byte[] Bytes, float[] Values) Scales(Random random, DType dtype, int count)
    {
        var bytes = new byte[count * dtype.ByteSize()];
        var values = new float[count];
        for (var i = 0; i < count; i++)
        {
            switch (dtype)
            {
                case DType.F32:
                    values[i] = random.NextSingle() + 0.001f;
                    BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * i), values[i]);
                    break;
                case DType.BF16:
                    var bits = (ushort)random.Next(0x3C00, 0x4200);
                    values[i] = BitConverter.UInt32BitsToSingle((uint)bits << 16);
                    BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2 * i), bits);
                    break;
                case DType.F8E8M0:
                    bytes[i] = (byte)random.Next(100, 140);
                    values[i] = float.ScaleB(1, bytes[i] - 127);
                    break;
                default:
                    bytes[i] = (byte)random.Next(1, 0x7F);
                    values[i] = Float8.Values(dtype)[bytes[i]];
                    break;
            }
        }
        return (bytes, values);
    }

    static (DType, Shape, byte[], long) Codes(Case c, int[] integers)
    {
        if (c.Kind is "e4m3" or "e5m2" or "int8")
        {
            return (c.Kind == "e4m3" ? DType.F8E4M3 : c.Kind == "e5m2" ? DType.F8E5M2 : DType.I8, new Shape(c.Matrices, c.Rows, c.Columns), [.. integers.Select(static i => (byte)i)], c.Columns);
        }
        var perUnit = c.Kind switch { "int4" => 8, "packed8" => 4, _ => 2 };
        var bits = c.Kind == "packed8" ? 8 : 4;
        var units = (c.Columns + perUnit - 1) / perUnit;
        var size = perUnit == 2 ? 1 : 4;
        var rows = integers.Length / c.Columns;
        var bytes = new byte[rows * units * size];
        for (var i = 0; i < integers.Length; i++)
        {
            var bit = (i % c.Columns * bits) + (i / c.Columns * units * size * 8);
            bytes[bit / 8] |= (byte)(integers[i] << (bit % 8));
        }
        return (size == 1 ? DType.U8 : DType.I32, new Shape(c.Matrices, c.Rows, units), bytes, units * size);
    }

    static CodeTable Table(string kind) => kind switch
    {
        "e4m3" => CodeTable.Float8(DType.F8E4M3),
        "e5m2" => CodeTable.Float8(DType.F8E5M2),
        "int8" => CodeTable.Int8,
        "int4" => CodeTable.PackedInt4,
        "packed8" => CodeTable.PackedInt8,
        _ => CodeTable.Float4,
    };

    sealed record Case(int Seed, string Kind, int Matrices, int Rows, int Columns, int BlockRows, int BlockColumns, DType Scale, bool HasZero, int Pieces);
}
