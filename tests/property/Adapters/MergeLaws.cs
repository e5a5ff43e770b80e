using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Adapters;
using Ckpt.Sharding.Elements;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Adapters;

/// <summary>What a merge computes, beside the plain loops that say it.</summary>
public sealed class MergeLaws
{
    static readonly Gen<Case> s_cases =
        from rows in Gen.Choose(1, 40)
        from columns in Gen.Choose(1, 70)
        from ranks in Gen.ArrayOf(Gen.Choose(1, 9), 2)
        from adapters in Gen.Choose(1, 2)
        from dtype in Gen.Elements(DType.F32, DType.BF16, DType.F16)
        from dora in Gen.Elements(false, false, true)
        from seed in Gen.Choose(0, 1 << 20)
        from pieces in Gen.Choose(0, 6)
        select new Case(rows, columns, ranks[..adapters], dtype, dora, seed, pieces);

    [Fact, Clause("ADP-5.1"), Clause("ADP-5.2")]
    public void EveryElementIsTheBasePlusTheChangesRoundedOnceHoweverItIsCutAndRead() => Law.Holds(s_cases, c =>
    {
        using var folder = new TemporaryFolder();
        var random = new Random(c.Seed);
        var weights = Values(random, c.Rows * c.Columns, c.DType);
        var expected = (float[])weights.Clone();
        var adapters = new List<PeftAdapter>();
        foreach (var rank in c.Ranks)
        {
            var made = Adapter(c, rank, random);
            Apply(made, rank, c, expected);
            adapters.Add(PeftAdapter.Open(made.Write(folder, $"a{adapters.Count}")));
        }
        FloatElements.Round(c.DType, expected);
        var shape = new Shape(c.Rows, c.Columns);
        using var reader = new MemoryCheckpoint().Add("w.weight", c.DType, shape, Packed(weights, c.DType), Cuts.Of(shape, c.Seed, c.Pieces));
        using var merge = AdapterMerge.Plan(reader, adapters, null);
        var found = ReadInRuns(merge.Checkpoint, random);
        adapters.ForEach(static adapter => adapter.Dispose());
        return found.AsSpan().SequenceEqual(Packed(expected, c.DType));
    });

    [Fact, Clause("ADP-5.6")]
    public void AReceiptCountsWhatPlainLoopsCount() => Law.Holds(s_cases.Where(static c => c.Ranks.Length == 1 && !c.Dora), c =>
    {
        using var folder = new TemporaryFolder();
        var random = new Random(c.Seed);
        var weights = Values(random, c.Rows * c.Columns, c.DType);
        var exact = (float[])weights.Clone();
        var made = Adapter(c, c.Ranks[0], random);
        Apply(made, c.Ranks[0], c, exact);
        var after = (float[])exact.Clone();
        FloatElements.Round(c.DType, after);
        using var adapter = PeftAdapter.Open(made.Write(folder));
        using var reader = new MemoryCheckpoint().Add("w.weight", c.DType, new Shape(c.Rows, c.Columns), Packed(weights, c.DType));
        using var merge = AdapterMerge.Plan(reader, [adapter], null);
        if (c.Pieces > 3) { ReadInRuns(merge.Checkpoint, random); }
        var receipt = Assert.Single(merge.Receipts());
        var back = after.Zip(exact.Zip(weights, static (x, w) => x - w), static (m, d) => m - d).ToArray();
        FloatElements.Round(c.DType, back);
        return receipt.Name == "w.weight"
            && receipt.Elements == weights.Length
            && Near(receipt.ChangeNorm, Norm(exact.Zip(weights, static (x, w) => x - w)))
            && Near(receipt.BaseNorm, Norm(weights))
            && Near(receipt.LostNorm, Norm(after.Zip(exact, static (m, x) => m - x)))
            && receipt.Unchanged == Same(after, weights)
            && receipt.Restored == Same(back, weights)
            && receipt.MaxSteps == after.Zip(weights, (m, w) => (long)FloatElements.StepsBetween(c.DType, m, w)).Max();
    });

    [Fact, Clause("ADP-5.6")]
    public void AReceiptIsTheSameInWhateverOrderRowsAreRead() => Law.Holds(s_cases.Where(static c => c.Ranks.Length == 1), c =>
    {
        using var folder = new TemporaryFolder();
        var random = new Random(c.Seed);
        var weights = Values(random, c.Rows * c.Columns, c.DType);
        using var adapter = PeftAdapter.Open(Adapter(c, c.Ranks[0], random).Write(folder));
        using var reader = new MemoryCheckpoint().Add("w.weight", c.DType, new Shape(c.Rows, c.Columns), Packed(weights, c.DType));
        using var one = AdapterMerge.Plan(reader, [adapter], null);
        using var other = AdapterMerge.Plan(reader, [adapter], null);
        ReadInRuns(one.Checkpoint, random);
        return one.Receipts().SequenceEqual(other.Receipts());
    });

    static MadeAdapter Adapter(Case c, int rank, Random random)
    {
        var made = new MadeAdapter();
        made.Config["r"] = rank;
        made.Config["lora_alpha"] = 3;
        made.Config["use_dora"] = c.Dora;
        made.Config["target_modules"] = new System.Text.Json.Nodes.JsonArray("w");
        made.Add("base_model.model.w.lora_A.weight", new Shape(rank, c.Columns), _ => (float)(random.NextDouble() - 0.5));
        made.Add("base_model.model.w.lora_B.weight", new Shape(c.Rows, rank), _ => (float)(random.NextDouble() - 0.5) / 16);
        if (c.Dora) { made.Add("base_model.model.w.lora_magnitude_vector", new Shape(c.Rows), _ => (float)random.NextDouble() + 0.5f); }
        return made;
    }

    static void Apply(MadeAdapter made, int rank, Case c, float[] values)
    {
        var (a, b) = (made.Tensors["base_model.model.w.lora_A.weight"].Values, made.Tensors["base_model.model.w.lora_B.weight"].Values);
        var scaling = (float)(3.0 / rank);
        for (var row = 0; row < c.Rows; row++)
        {
            var sums = new double[4];
            for (var column = 0; column < c.Columns; column++)
            {
                var sum = 0f;
                for (var j = 0; j < rank; j++) { sum += b[(row * rank) + j] * a[(j * c.Columns) + column]; }
                ref var value = ref values[(row * c.Columns) + column];
                value += sum * scaling;
                sums[column % 4] += (double)value * value;
            }
            if (!c.Dora) { continue; }
            var factor = made.Tensors["base_model.model.w.lora_magnitude_vector"].Values[row] / (float)Math.Sqrt(sums.Sum());
            for (var column = 0; column < c.Columns; column++) { values[(row * c.Columns) + column] *= factor; }
        }
    }

    static byte[] ReadInRuns(ICheckpointReader reader, Random random)
    {
        var tensor = reader.Tensors[0];
        var payload = reader.Locate(tensor, 0);
        var bytes = new byte[tensor.ByteLength];
        var cuts = new SortedSet<int> { 0, bytes.Length };
        for (var i = 0; i < 6; i++) { cuts.Add(random.Next(bytes.Length)); }
        foreach (var (from, to) in cuts.Zip(cuts.Skip(1)).OrderBy(_ => random.Next())) { payload.Source.ReadExactly(payload.Offset + from, bytes.AsSpan(from, to - from)); }
        return bytes;
    }

    static float[] Values(Random random, int count, DType dtype)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++) { values[i] = (float)(random.NextDouble() - 0.5); }
        FloatElements.Round(dtype, values);
        return values;
    }

    static byte[] Packed(float[] values, DType dtype)
    {
        var bytes = new byte[dtype.ByteLength(values.Length)];
        ElementCast.Cast(DType.F32, MadeAdapter.Bytes(values), dtype, bytes);
        return bytes;
    }

    static double Norm(IEnumerable<float> values) => Math.Sqrt(values.Sum(static value => (double)value * value));

    static bool Near(double found, double expected) => Math.Abs(found - expected) <= 1e-5 * expected;

    static long Same(float[] a, float[] b) => a.Zip(b).Count(static pair => BitConverter.SingleToInt32Bits(pair.First) == BitConverter.SingleToInt32Bits(pair.Second));

    internal sealed record Case(int Rows, int Columns, int[] Ranks, DType DType, bool Dora, int Seed, int Pieces);
}
