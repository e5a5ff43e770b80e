using System.Runtime.InteropServices;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Comparing;
using Ckpt.Verify.Diagnosing;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Verify;

/// <summary>A fault is planted by plain loops; the comparison must name it, and must name nothing where there is only noise.</summary>
public sealed class DiagnosisTests
{
    const int Rows = 48;
    const int Columns = 24;

    /// <summary>Row of the changed matrix → row of the right one.</summary>
    static readonly Dictionary<DiagnosisKind, Func<int, int>> s_rows = new()
    {
        [DiagnosisKind.HalvesSwapped] = static i => (i + 24) % Rows,
        [DiagnosisKind.HeadsPermuted] = static i => i switch { < 8 => i + 16, >= 16 and < 24 => i - 16, _ => i },
        [DiagnosisKind.RowsPermuted] = static i => i switch { 3 => 20, 20 => 37, 37 => 3, _ => i },
        [DiagnosisKind.RotaryOrder] = static i => (i / 16 * 16) + (i % 16 < 8 ? i % 16 * 2 : ((i % 16 - 8) * 2) + 1),
        [DiagnosisKind.TensorParallelOrder] = static i => i switch { < 12 => i, < 24 => i + 12, < 36 => i - 12, _ => i }, // [g0, u0, g1, u1] of [g, u]
        [DiagnosisKind.RowsShifted] = static i => Math.Max(0, i - 3),
    };

    public static TheoryData<DiagnosisKind> Orders => [.. s_rows.Keys];

    [Theory, MemberData(nameof(Orders)), Clause("VFY-1.5")]
    public void AnOrderOfRowsIsRecognised(DiagnosisKind kind)
    {
        var a = Noise(1);
        Assert.Equal(kind, Diagnose(a, Made((row, column) => a[(s_rows[kind](row) * Columns) + column])));
    }

    [Theory, Clause("VFY-1.5")]
    [InlineData(DiagnosisKind.RowsZeroed)]
    [InlineData(DiagnosisKind.ColumnsPermuted)]
    [InlineData(DiagnosisKind.Scaled)]
    [InlineData(DiagnosisKind.Added)]
    [InlineData(DiagnosisKind.Rounded)]
    [InlineData(DiagnosisKind.BitsFlipped)]
    public void AChangeOfElementsIsRecognised(DiagnosisKind kind)
    {
        var a = Noise(2);
        float Changed(int row, int column)
        {
            var value = a[(row * Columns) + column];
            return kind switch
            {
                DiagnosisKind.RowsZeroed => row is 5 or 17 ? 0 : value,
                DiagnosisKind.ColumnsPermuted => a[(row * Columns) + (column switch { 2 => 11, 11 => 2, _ => column })],
                DiagnosisKind.Scaled => (float)(value * 0.0625),
                DiagnosisKind.Added => (float)(value - 1.0),
                DiagnosisKind.Rounded => (float)(Half)value,
                _ => row == 7 && column == 9 ? BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) ^ (1 << 27)) : value,
            };
        }
        Assert.Equal(kind, Diagnose(a, Made(Changed)));
    }

    [Theory, Clause("VFY-1.5")]
    [InlineData(24, 24)]
    [InlineData(48, 24)]
    public void ATransposedMatrixIsRecognised(int rows, int columns)
    {
        var a = Noise(3)[..(rows * columns)];
        var b = new float[a.Length];
        for (var i = 0; i < a.Length; i++) { b[(i % columns * rows) + (i / columns)] = a[i]; }
        using var inA = new MemoryCheckpoint().Add("w", DType.F32, new Shape(rows, columns), Bytes(a));
        using var inB = new MemoryCheckpoint().Add("w", DType.F32, new Shape(columns, rows), Bytes(b));
        Assert.Equal(DiagnosisKind.Transposed, Assert.Single(Compare(inA, inB).Tensors).Diagnosis?.Kind);
    }

    [Fact, Clause("VFY-1.5")]
    public void ACastToAnotherTypeIsRecognised()
    {
        var a = Noise(4);
        using var inA = new MemoryCheckpoint().Add("w", DType.F32, new Shape(Rows, Columns), Bytes(a));
        using var inB = new MemoryCheckpoint().Add("w", DType.F16, new Shape(Rows, Columns), [.. a.SelectMany(static value => BitConverter.GetBytes((Half)value))]);
        Assert.Equal(DiagnosisKind.Cast, Assert.Single(Compare(inA, inB).Tensors).Diagnosis?.Kind);
    }

    [Fact, Clause("VFY-1.5")]
    public void TensorsInEachOthersPlaceAreRecognised()
    {
        using var a = Model([("model.layers.0.mlp.gate_proj.weight", 1), ("model.layers.0.mlp.up_proj.weight", 2), ("model.layers.1.mlp.up_proj.weight", 3)]);
        using var b = Model([("model.layers.0.mlp.gate_proj.weight", 2), ("model.layers.0.mlp.up_proj.weight", 1), ("model.layers.1.mlp.up_proj.weight", 3)]);
        var swapped = Compare(a, b);
        Assert.Equal(["B has here what A has as model.layers.0.mlp.up_proj.weight", "B has here what A has as model.layers.0.mlp.gate_proj.weight"], swapped.Tensors.Select(static tensor => tensor.Diagnosis?.Text));

        // A layer is copied over its neighbour, which the first has unchanged.
        using var copied = Model([("model.layers.0.mlp.gate_proj.weight", 1), ("model.layers.0.mlp.up_proj.weight", 2), ("model.layers.1.mlp.up_proj.weight", 2)]);
        Assert.Equal("B has here what A has as model.layers.0.mlp.up_proj.weight", Assert.Single(Compare(a, copied).Tensors).Diagnosis?.Text);

        // A layer dropped: the names that are left over are found under others.
        using var renamed = Model([("model.layers.0.mlp.gate_proj.weight", 1), ("model.layers.0.mlp.up_proj.weight", 2), ("model.layers.7.mlp.up_proj.weight", 3)]);
        Assert.Equal([new RenamedTensor("model.layers.1.mlp.up_proj.weight", "model.layers.7.mlp.up_proj.weight")], Compare(a, renamed).Renamed);
    }

    /// <summary>Read with the wrong order of tensor-parallel ranks, gate holds half of up.</summary>
    [Fact, Clause("VFY-1.5")]
    public void GateAndUpRowsAmongEachOtherAreRecognised()
    {
        var (gate, up) = (Noise(5), Noise(6));
        var half = gate.Length / 2;
        using var a = new MemoryCheckpoint().Add("mlp.gate_proj.weight", DType.F32, new Shape(Rows, Columns), Bytes(gate)).Add("mlp.up_proj.weight", DType.F32, new Shape(Rows, Columns), Bytes(up));
        using var b = new MemoryCheckpoint().Add("mlp.gate_proj.weight", DType.F32, new Shape(Rows, Columns), Bytes([.. gate[..half], .. up[..half]])).Add("mlp.up_proj.weight", DType.F32, new Shape(Rows, Columns), Bytes([.. gate[half..], .. up[half..]]));
        var report = Compare(a, b);
        Assert.Equal(2, report.Tensors.Count);
        Assert.All(report.Tensors, static tensor => Assert.Equal(DiagnosisKind.TensorParallelOrder, tensor.Diagnosis?.Kind));
    }

    /// <summary>Any number of elements off by something of no system: nothing is claimed.</summary>
    [Fact, Clause("VFY-1.5")]
    public void NoiseIsNotDiagnosed() => Law.Holds(
        from seed in Gen.Choose(0, 1 << 20)
        from changed in Gen.Choose(20, Rows * Columns)
        from vector in Gen.Elements(false, true)
        select (seed, changed, vector),
        c =>
        {
            var random = new Random(c.seed);
            var a = Noise(c.seed);
            var b = (float[])a.Clone();
            for (var i = 0; i < c.changed; i++) { b[i] += 0.01f + random.NextSingle(); }
            var shape = c.vector ? new Shape(a.Length) : new Shape(Rows, Columns);
            using var inA = new MemoryCheckpoint().Add("w", DType.F32, shape, Bytes(a));
            using var inB = new MemoryCheckpoint().Add("w", DType.F32, shape, Bytes(b));
            return Compare(inA, inB).Tensors.Single().Diagnosis is null;
        });

    static DiagnosisKind? Diagnose(float[] a, float[] b)
    {
        using var inA = new MemoryCheckpoint().Add("w", DType.F32, new Shape(Rows, Columns), Bytes(a));
        using var inB = new MemoryCheckpoint().Add("w", DType.F32, new Shape(Rows, Columns), Bytes(b), Cuts.Of(new Shape(Rows, Columns), 9, 4));
        return Assert.Single(Compare(inA, inB).Tensors).Diagnosis?.Kind;
    }

    static MemoryCheckpoint Model((string Name, int Seed)[] tensors)
    {
        var model = new MemoryCheckpoint();
        foreach (var (name, seed) in tensors) { model.Add(name, DType.F32, new Shape(Rows, Columns), Bytes(Noise(seed))); }
        return model;
    }

    static float[] Made(Func<int, int, float> element) => [.. Enumerable.Range(0, Rows * Columns).Select(i => element(i / Columns, i % Columns))];

    static float[] Noise(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Rows * Columns).Select(_ => random.NextSingle() - 0.5f)];
    }

    static byte[] Bytes(float[] values) => MemoryMarshal.AsBytes<float>(values).ToArray();

    static WeightReport Compare(MemoryCheckpoint a, MemoryCheckpoint b) =>
        WeightComparison.Run(new LogicalSide(a, null), new LogicalSide(b, null), default, new RunOptions { BlockBytes = 64 << 10, Threads = 2 }, new NoProgress(), CancellationToken.None);
}
