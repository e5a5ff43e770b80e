using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Models.Megatron.State;
using Ckpt.Sharding.Boxes;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.State;

/// <summary>What Megatron-core up to 0.15 flattened gets its shape back, however it was cut.</summary>
public sealed class FlatteningLaws
{
    [Fact, Clause("STA-2.1"), Clause("STA-2.3")]
    public void FlattenedTensorsGetTheirShapesBack() => Law.Holds(
        from local in Cuts.Shapes(3, 5).Where(shape => shape.Rank > 0)
        from seed in Gen.Choose(0, 1 << 20)
        select (Local: local, Seed: seed),
        c =>
        {
            var random = new System.Random(c.Seed);
            var grid = new long[c.Local.Rank];
            for (var axis = 0; axis < grid.Length; axis++) { grid[axis] = random.Next(1, 4); }
            var original = new Shape([.. grid.Select((cells, axis) => cells * c.Local[axis])]);
            var values = new byte[original.Count * 4];
            random.NextBytes(values);
            var stored = new Shape([.. grid, c.Local.Count]);
            using var source = new MemoryMegatron();
            source.Inner.Add("w", DType.BF16, original, new byte[original.Count * 2]);
            // Cut along cells as well, which only a later tool would do: as long as each box is one row of memory.
            source.Inner.Add("chained_0.optimizer.state.exp_avg.w", DType.F32, stored, Flatten(values, original, c.Local, stored), Cuts.Of(stored, c.Seed, random.Next(12)));
            if (c.Seed % 2 == 0) { source.Shapes.Add("chained_0.optimizer.state.exp_avg.w", original); }
            var plan = MegatronState.Plan(source, new StateOptions());
            var tensor = plan.Reader.Tensors[^1];
            return plan.Found == OptimizerForm.FullyShardedModelSpace && tensor.Name == "optimizer.state.exp_avg.w" && tensor.Shape == original
                && TensorAssembler.ReadWhole(plan.Reader, tensor).AsSpan().SequenceEqual(values);
        });

    [Fact, Clause("STA-2.1")]
    public void RunsAreCutIntoFewBoxesThatFollowEachOther() => Law.Holds(
        from shape in Cuts.Shapes(4, 5)
        from seed in Gen.Choose(0, 1 << 20)
        select (Shape: shape, Seed: seed),
        c =>
        {
            var random = new System.Random(c.Seed);
            var first = random.NextInt64(c.Shape.Count + 1);
            var count = random.NextInt64(c.Shape.Count - first + 1);
            var strides = c.Shape.RowMajorStrides();
            var at = first;
            var boxes = RowMajorRuns.Boxes(c.Shape, first, count);
            foreach (var run in boxes)
            {
                if (run.First != at) { return false; }
                // Every element of the box, in its own order, is the next of the tensor.
                foreach (var index in MemoryCheckpoint.Indices(run.Box.Shape))
                {
                    var place = 0L;
                    for (var axis = 0; axis < index.Length; axis++) { place += (run.Box.Offset[axis] + index[axis]) * strides[axis]; }
                    if (place != at++) { return false; }
                }
            }
            return at == first + count && boxes.Count <= Math.Max(1, (2 * c.Shape.Rank) - 1);
        });

    [Fact, Clause("STA-2.4")]
    public void OneAxisMayHaveBeenKept()
    {
        using var source = new MemoryMegatron();
        source.Inner.Add("w", DType.BF16, new Shape(8), new byte[16]);
        source.Inner.Add("optimizer.state.exp_avg.w", DType.F32, new Shape(8), [.. Enumerable.Range(0, 32).Select(i => (byte)i)], [new Box([0], [3]), new Box([3], [5])]);
        var plan = MegatronState.Plan(source, new StateOptions());
        Assert.Equal([.. Enumerable.Range(0, 32).Select(i => (byte)i)], TensorAssembler.ReadWhole(plan.Reader, plan.Reader.Tensors[^1]));
    }

    [Fact, Clause("STA-2.2")]
    public void AShapeThatIsNotTheOriginalsIsMalformed()
    {
        foreach (var (stored, original) in new[] { (new Shape(2, 5), new Shape(8)), (new Shape(3, 4), new Shape(8)), (new Shape(2, 2, 2), new Shape(8)), (new Shape(0, 8), new Shape(8)) })
        {
            using var source = new MemoryMegatron();
            source.Inner.Add("optimizer.state.exp_avg.w", DType.F32, stored, new byte[stored.Count * 4], stored.Count == 0 ? [] : null);
            source.Shapes.Add("optimizer.state.exp_avg.w", original);
            Assert.Equal("STA-2.2", Assert.Throws<MalformedCheckpointException>(() => MegatronState.Plan(source, new StateOptions())).Clause);
        }
    }

    [Fact, Clause("STA-2.5")]
    public void VeryManyCellsAreRefused()
    {
        var original = new Shape((1L << 20) + 1);
        using var source = new MemoryMegatron();
        source.Inner.Add("optimizer.state.exp_avg.w", DType.U8, new Shape(original.Count, 1), new byte[original.Count]);
        source.Shapes.Add("optimizer.state.exp_avg.w", original);
        Assert.Equal("STA-2.5", Assert.Throws<UnsupportedCheckpointException>(() => MegatronState.Plan(source, new StateOptions())).Clause);
    }

    [Fact, Clause("STA-2.6")]
    public void ElementsThatDoNotFollowEachOtherAreRefused()
    {
        using var source = new MemoryMegatron();
        source.Inner.Add("optimizer.state.exp_avg.w", DType.F32, new Shape(2, 4), new byte[32], null, [1, 0]);
        source.Shapes.Add("optimizer.state.exp_avg.w", new Shape(8));
        var plan = MegatronState.Plan(source, new StateOptions());
        Assert.Equal("STA-2.6", Assert.Throws<UnsupportedCheckpointException>(() => plan.Reader.Locate(plan.Reader.Tensors[0], 0)).Clause);
    }

    [Fact, Clause("STA-2.7")]
    public void AStateOfAnotherShapeThanItsTensorIsMalformed()
    {
        using var source = new MemoryMegatron();
        source.Inner.Add("w", DType.BF16, new Shape(8), new byte[16]);
        source.Inner.Add("optimizer.state.exp_avg.w", DType.F32, new Shape(9), new byte[36]);
        Assert.Equal("STA-2.7", Assert.Throws<MalformedCheckpointException>(() => MegatronState.Plan(source, new StateOptions())).Clause);
    }

    /// <summary>Row-major cells, row-major inside: element by element.</summary>
    static byte[] Flatten(byte[] values, Shape original, Shape local, Shape stored)
    {
        var result = new byte[values.Length];
        var (from, inside, cells) = (original.RowMajorStrides(), local.RowMajorStrides(), stored.RowMajorStrides());
        foreach (var index in MemoryCheckpoint.Indices(original))
        {
            var (source, target) = (0L, 0L);
            for (var axis = 0; axis < index.Length; axis++)
            {
                source += index[axis] * from[axis];
                target += (index[axis] / local[axis] * cells[axis]) + (index[axis] % local[axis] * inside[axis]);
            }
            values.AsSpan((int)source * 4, 4).CopyTo(result.AsSpan((int)target * 4));
        }
        return result;
    }
}
