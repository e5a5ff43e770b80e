using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Kit;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Models.Megatron.State;
using Ckpt.Sharding.Layouts;
using Ckpt.Sharding.Running;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.State;

/// <summary>Grad buffers built as Megatron builds them are taken apart into exactly the states that went in, however they are stored.</summary>
public sealed class BucketSpaceLaws
{
    const string Types = "dtype_(torch.bfloat16, torch.float32)";

    static readonly RunOptions s_small = new() { BlockBytes = 1024, Threads = 1 };

    static Gen<SimulatedRunOptions> Runs =>
        from tensor in Gen.Elements(1, 2)
        from pipeline in Gen.Elements(1, 2)
        from chunks in Gen.Elements(1, 2)
        from data in Gen.Elements(1, 2, 3)
        from expert in Gen.Elements(0, 1, 2)
        from tied in Gen.Elements(false, true)
        from local in Gen.Elements(false, true)
        from perLayer in Gen.Elements(false, true)
        from bucket in Gen.Elements(0, 100, 300)
        from seed in Gen.Choose(0, 1 << 20)
        select new SimulatedRunOptions
        {
            Sizes = new ParallelSizes { Tensor = tensor, Pipeline = pipeline, VirtualPipeline = pipeline == 1 ? 1 : chunks, Expert = Math.Max(1, expert), Data = expert == 2 ? 2 * data : data },
            Layers = 4,
            Experts = expert > 0,
            Tied = tied,
            Local = local,
            PerLayer = perLayer,
            BucketSize = bucket == 0 ? null : bucket,
            Seed = seed,
        };

    [Fact, Clause("STA-3.2"), Clause("STA-3.3"), Clause("STA-3.6"), Clause("STA-1.1")]
    public void BucketsWithoutPaddingAreTakenApart() => Law.Holds(Runs, run => IsWhole(run, OptimizerForm.DpReshardable, (simulated, megatron) =>
    {
        foreach (var (buffer, bucket, number) in Buckets(simulated))
        {
            var name = $"{buffer.Chain}optimizer.distributed.dp_group_idx_{buffer.Group}.gbuf_idx_{buffer.Index}.{Types}.bucket_idx_{number}";
            var shape = new Shape(bucket.Numel);
            megatron.Inner.Add(name + ".param", DType.F32, shape, Part(buffer.Param, bucket.Start, bucket.Numel), Cuts.Of(shape, run.Seed, 5));
            megatron.Inner.Add(name + ".exp_avg", DType.F32, shape, Part(buffer.ExpAvg, bucket.Start, bucket.Numel), Cuts.Of(shape, run.Seed + 1, 5));
        }
        AddNumels(simulated, megatron);
        return null;
    }), 200);

    [Fact, Clause("STA-2.1"), Clause("STA-3.3")]
    public void BucketsWithPaddingAreTakenApart() => Law.Holds(Runs, run => IsWhole(run, OptimizerForm.FullyShardedBucketSpace, (simulated, megatron) =>
    {
        foreach (var (buffer, bucket, number) in Buckets(simulated))
        {
            var name = $"{buffer.Chain}optimizer.distributed.dp_group_idx_{buffer.Group}.gbuf_idx_{buffer.Index}.{Types}.bucket_idx_{number}";
            // Core 0.6 to 0.10 kept one axis; later ones made data parallel ranks another.
            var (all, shards) = ((long)(bucket.End - bucket.Start), run.Seed % 2 == 0 ? 1 : 2);
            var shape = shards == 1 ? new Shape(all) : new Shape(shards, all / shards);
            foreach (var (state, values) in new[] { ("param", buffer.Param), ("exp_avg", buffer.ExpAvg) })
            {
                megatron.Inner.Add($"{name}.{state}", DType.F32, shape, Part(values, bucket.Start, (int)all), Cuts.Of(shape, run.Seed, 4));
                if (shards > 1 && run.Seed % 4 == 1) { megatron.Shapes.Add($"{name}.{state}", new Shape(all)); }
            }
        }
        AddNumels(simulated, megatron);
        return null;
    }), 200);

    [Fact, Clause("STA-3.1"), Clause("STA-3.3")]
    public void GatheredBuffersAreTakenApart() => Law.Holds(Runs, run => IsWhole(run, OptimizerForm.DpZeroGatherScatter, (simulated, megatron) =>
    {
        foreach (var group in simulated.Buffers.GroupBy(b => (b.Chain, b.Group)))
        {
            var storages = new List<ReadOnlyMemory<byte>>();
            megatron.Add($"{group.Key.Chain}optimizer.distributed.dp_group_idx_{group.Key.Group}.param_state/shard_0_1", Coalesced(group, storages), storages);
        }
        return null;
    }), 200);

    [Fact, Clause("STA-3.1")]
    public void BuffersOfLegacyFilesAreTakenApart() => Law.Holds(Runs, run => IsWhole(run, OptimizerForm.DistribOptimFiles, (simulated, _) =>
    {
        var buffers = new List<GradBuffer>();
        foreach (var group in simulated.Buffers.GroupBy(b => (b.Chain, b.Group)))
        {
            var storages = new List<ReadOnlyMemory<byte>>();
            // Half of them in the form before 2024-02-13.
            var root = run.Seed % 2 == 0 ? Coalesced(group, storages) : Bucketed(group, storages);
            var file = TorchFile.Open(new MemoryByteSource("distrib_optim.pt", TorchSave.ToBytes(root, "distrib_optim", storages)));
            buffers.AddRange(DistribOptimParser.Parse(file.Root, file, group.Key.Chain, group.Key.Group, new ObjectInfo("distrib_optim.pt", 0, 0, 0)));
        }
        return buffers;
    }), 200);

    [Theory, Clause("STA-3.1"), Clause("STA-5.4"), Clause("STA-4.2")]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    public void ALegacyCheckpointIsTakenApart(int tensor, int experts)
    {
        var simulated = new SimulatedRun(new SimulatedRunOptions { Sizes = new ParallelSizes { Tensor = tensor, Expert = experts, Data = experts }, Experts = experts > 1, PerLayer = true, Seed = 3 });
        using var folder = new TemporaryFolder();
        for (var rank = 0; rank < tensor; rank++)
        {
            for (var expert = 0; expert < experts; expert++) { WriteRank(folder[$"mp_rank_{rank:D2}{(experts > 1 ? $"_{expert:D3}" : "")}"], simulated, rank, expert, experts > 1); }
        }
        using var source = LegacyTorchReader.Open(folder.Path);
        var plan = MegatronState.Plan(source, new StateOptions { Run = s_small });
        Assert.Equal(OptimizerForm.DistribOptimFiles, plan.Found);
        Assert.Equal(2 * simulated.Shapes.Count, plan.Tensors.Count);
        foreach (var view in plan.Reader.Tensors.Where(t => t.Name.StartsWith("optimizer.", StringComparison.Ordinal)))
        {
            var parts = view.Name.Split('.', 4);
            Assert.Equal(SimulatedRun.Bytes(parts[2] == "param" ? simulated.Param[parts[3]] : simulated.ExpAvg[parts[3]]), TensorAssembler.ReadWhole(plan.Reader, view));
        }
        Assert.Equal(experts > 1, plan.Notes.Any(note => note.Contains("random number", StringComparison.Ordinal)));
        Assert.Equal(experts > 1 ? [] : Enumerable.Range(0, tensor).Select(rank => $"rng_state/shard_0.{rank}_1.{tensor}"), plan.Objects.Select(o => o.Name));
        if (experts > 1) { return; }
        var rng = TorchFile.Open(new MemoryByteSource("rng", plan.Objects[^1].Make()));
        var state = rng.Tensor(((PickleList)rng.Root).Items[0]);
        Assert.Equal([(byte)tensor, 7], TensorAssembler.ReadPayload(rng.Locate(state), state.Shape, state.DType));
        Assert.Equal(5, ((PickleInt)((PickleDict)((PickleList)((PickleDict)((PickleDict)plan.Common.Find("optimizer")!).Find("optimizer")!).Find("param_groups")!).Items[0]).Find("step")!).Value);
        Assert.Empty(MegatronState.Plan(source, new StateOptions { DropRng = true, Run = s_small }).Objects);
    }

    [Fact, Clause("STA-3.8")]
    public void LegacyStatesByNumberAreRefused()
    {
        var simulated = new SimulatedRun(new SimulatedRunOptions { PerLayer = true, Seed = 3 });
        using var folder = new TemporaryFolder();
        WriteRank(folder["mp_rank_00"], simulated, 0, 0, apart: false, distributed: false);
        using var source = LegacyTorchReader.Open(folder.Path);
        Assert.Equal("STA-3.8", Assert.Throws<UnsupportedCheckpointException>(() => MegatronState.Plan(source, new StateOptions())).Clause);
        Assert.Empty(MegatronState.Plan(source, new StateOptions { Optimizer = OptimizerTarget.Dropped }).Tensors);
    }

    [Fact, Clause("STA-3.4"), Clause("STA-3.5"), Clause("STA-3.7")]
    public void BuffersThatAreNotTheModelsAreRefused()
    {
        var simulated = new SimulatedRun(new SimulatedRunOptions { Seed = 5 });
        var other = new SimulatedRun(new SimulatedRunOptions { Seed = 6 });
        Assert.Equal("STA-3.5", Refusal(Stored(simulated, simulated.Model(), 0, 0)));
        var foreign = other.Model();
        Assert.Equal("STA-3.5", Assert.Throws<LayoutException>(() => MegatronState.Plan(Stored(simulated, foreign, 0), new StateOptions())).Clause);
        Assert.Equal("STA-3.7", Refusal(Stored(new SimulatedRun(new SimulatedRunOptions { Seed = 5 }), new SimulatedRun(new SimulatedRunOptions { Seed = 5, Sizes = new ParallelSizes { Tensor = 2 } }).Model(), 0)));

        static string Refusal(IMegatronReader source) => Assert.Throws<LayoutException>(() => MegatronState.Plan(source, new StateOptions())).Clause;
    }

    [Fact, Clause("STA-3.5")]
    public void OrdersThatCannotBeToldApartAreRefused()
    {
        // Every norm is ones and every matrix zeros: many orders give the same parameters, and other averages.
        var simulated = new SimulatedRun(new SimulatedRunOptions { Seed = 5 });
        var source = simulated.Model();
        var flat = new MemoryMegatron { Common = source.Common };
        foreach (var tensor in source.Tensors) { flat.Inner.Add(tensor.Name, DType.BF16, tensor.Shape, new byte[tensor.ByteLength]); }
        foreach (var buffer in simulated.Buffers) { Array.Clear(buffer.Param); }
        var error = Assert.Throws<LayoutException>(() => MegatronState.Plan(Stored(simulated, flat, 0), new StateOptions()));
        Assert.Equal("STA-3.5", error.Clause);
        Assert.Contains("more than one way", error.Message, StringComparison.Ordinal);
    }

    [Fact, Clause("STA-3.1")]
    public void BuffersThatDoNotFitTheirNotesAreRefused()
    {
        var simulated = new SimulatedRun(new SimulatedRunOptions { Seed = 5 });
        var noNotes = simulated.Model();
        noNotes.Inner.Add($"optimizer.distributed.dp_group_idx_0.gbuf_idx_0.{Types}.bucket_idx_0.param", DType.F32, new Shape(8), new byte[32]);
        Assert.Equal("STA-3.1", Assert.Throws<MalformedCheckpointException>(() => MegatronState.Plan(noNotes, new StateOptions())).Clause);
        var shortOne = simulated.Model();
        shortOne.Inner.Add($"optimizer.distributed.dp_group_idx_0.gbuf_idx_0.{Types}.bucket_idx_0.param", DType.F32, new Shape(8), new byte[32]);
        AddNumels(simulated, shortOne);
        Assert.Equal("STA-3.1", Assert.Throws<MalformedCheckpointException>(() => MegatronState.Plan(shortOne, new StateOptions())).Clause);
        foreach (var broken in (PickleNode[])[new PickleInt(1), new PickleList(), new PickleDict().Add("buckets_coalesced", new PickleBool(false))])
        {
            var gathered = simulated.Model().Add("optimizer.distributed.dp_group_idx_0.param_state/shard_0_1", broken);
            if (broken is PickleList) { Assert.Equal(OptimizerForm.None, MegatronState.Plan(gathered, new StateOptions()).Found); continue; }
            Assert.Equal("STA-3.1", Assert.Throws<MalformedCheckpointException>(() => MegatronState.Plan(gathered, new StateOptions())).Clause);
        }
    }

    /// <summary>A run's buffers as dp_reshardable; the first bucket may be noted shorter than it is.</summary>
    static MemoryMegatron Stored(SimulatedRun simulated, MemoryMegatron megatron, int seed, int shorter = 1)
    {
        foreach (var (buffer, bucket, number) in Buckets(simulated))
        {
            var name = $"{buffer.Chain}optimizer.distributed.dp_group_idx_{buffer.Group}.gbuf_idx_{buffer.Index}.{Types}.bucket_idx_{number}";
            megatron.Inner.Add(name + ".param", DType.F32, new Shape(bucket.Numel), Part(buffer.Param, bucket.Start, bucket.Numel), Cuts.Of(new Shape(bucket.Numel), seed, 3));
            megatron.Inner.Add(name + ".exp_avg", DType.F32, new Shape(bucket.Numel), Part(buffer.ExpAvg, bucket.Start, bucket.Numel));
        }
        AddNumels(simulated, megatron, shorter == 0 ? 64 : 0);
        return megatron;
    }

    /// <summary>The files of one tensor rank, as Megatron's legacy format has them.</summary>
    static void WriteRank(string folder, SimulatedRun simulated, int rank, int expert, bool apart, bool distributed = true)
    {
        Directory.CreateDirectory(folder);
        var (model, names) = (new PickleDict(), new TorchNames());
        var storages = new List<ReadOnlyMemory<byte>>();
        foreach (var (name, shape, values) in simulated.Local(rank, expert))
        {
            model.Add(name, TorchTensor.Node(DType.BF16, shape, Key(), names));
            storages.Add(values);
        }
        var inner = new PickleDict().Add("param_groups", List([new PickleDict().Add("params", List([])).Add("step", new PickleInt(5))]));
        var optimizer = new PickleDict().Add("optimizer", inner);
        if (!distributed) { optimizer.Add("fp32_from_fp16_params", List([List([])])); }
        var rng = TorchTensor.Node(DType.U8, new Shape(2), Key(), names);
        storages.Add(new byte[] { (byte)(rank + 1), 7 });
        var root = new PickleDict().Add("args", simulated.Model().Common!.Find("args")!).Add("checkpoint_version", new PickleFloat(3.0)).Add("iteration", new PickleInt(1))
            .Add("model", model).Add("optimizer", optimizer).Add("rng_state", rng);
        File.WriteAllBytes(Path.Combine(folder, "model_optim_rng.pt"), TorchSave.ToBytes(root, "model_optim_rng", storages));
        if (!distributed) { return; }
        var gathered = new List<ReadOnlyMemory<byte>>();
        // Of several expert ranks the first has the dense part, and every one its experts.
        var dense = simulated.Buffers.Where(b => b.Chain != "chained_1." && b.Group == rank);
        var own = simulated.Buffers.Where(b => b.Chain == "chained_1." && b.Group == (expert * simulated.TensorSize) + rank);
        PickleNode states = !apart ? Coalesced(dense, gathered) : List([expert == 0 ? Coalesced(dense, gathered) : PickleNone.Instance, Coalesced(own, gathered)]);
        File.WriteAllBytes(Path.Combine(folder, "distrib_optim.pt"), TorchSave.ToBytes(states, "distrib_optim", gathered));

        string Key() => storages.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    static bool IsWhole(SimulatedRunOptions run, OptimizerForm form, Func<SimulatedRun, MemoryMegatron, IReadOnlyList<GradBuffer>?> store)
    {
        var simulated = new SimulatedRun(run);
        var megatron = simulated.Model();
        var plan = MegatronState.Plan(megatron, new StateOptions { Buffers = store(simulated, megatron), Run = s_small });
        if (plan.Found != form || plan.Tensors.Count != 2 * simulated.Shapes.Count) { return false; }
        foreach (var tensor in plan.Reader.Tensors)
        {
            var parts = tensor.Name.Split('.', 4);
            if (parts[0] != "optimizer") { continue; }
            var wanted = parts[2] == "param" ? simulated.Param[parts[3]] : simulated.ExpAvg[parts[3]];
            if (tensor.Shape != simulated.Shapes[parts[3]] || !SimulatedRun.Bytes(wanted).AsSpan().SequenceEqual(TensorAssembler.ReadWhole(plan.Reader, tensor))) { return false; }
        }
        return true;
    }

    static IEnumerable<(SimulatedBuffer Buffer, SimulatedBucket Bucket, int Number)> Buckets(SimulatedRun run) =>
        run.Buffers.SelectMany(buffer => buffer.Buckets.Select((bucket, number) => (buffer, bucket, number)));

    static void AddNumels(SimulatedRun run, MemoryMegatron megatron, int less = 0)
    {
        foreach (var group in run.Buffers.GroupBy(b => (b.Chain, b.Group)))
        {
            megatron.Add($"{group.Key.Chain}optimizer.distributed.dp_group_idx_{group.Key.Group}.per_bucket_numel_unpadded/shard_0_1", Numels(group, less));
        }
    }

    static PickleList Numels(IEnumerable<SimulatedBuffer> buffers, int less = 0) => List(buffers.OrderBy(b => b.Index).Select(b => Typed(List(b.Buckets.Select(bucket => new PickleInt(bucket.Numel - less))))));

    static PickleDict Typed(PickleNode value)
    {
        var dict = new PickleDict();
        dict.Items.Add(new(new PickleTuple([new PickleGlobal("torch", "bfloat16"), new PickleGlobal("torch", "float32")]), value));
        return dict;
    }

    static PickleDict Coalesced(IEnumerable<SimulatedBuffer> buffers, List<ReadOnlyMemory<byte>> storages)
    {
        var root = new PickleDict().Add("buckets_coalesced", new PickleBool(true));
        foreach (var buffer in buffers)
        {
            var states = new PickleDict()
                .Add("param", Tensor([.. buffer.Buckets.SelectMany(b => buffer.Param[b.Start..(b.Start + b.Numel)])], storages))
                .Add("exp_avg", Tensor([.. buffer.Buckets.SelectMany(b => buffer.ExpAvg[b.Start..(b.Start + b.Numel)])], storages))
                .Add("numel_unpadded", new PickleInt(buffer.Buckets.Sum(b => b.Numel)));
            root.Items.Add(new(new PickleInt(buffer.Index), Typed(states)));
        }
        return root;
    }

    static PickleDict Bucketed(IEnumerable<SimulatedBuffer> buffers, List<ReadOnlyMemory<byte>> storages)
    {
        var root = new PickleDict().Add("per_bucket_numel_unpadded", Numels(buffers));
        foreach (var buffer in buffers)
        {
            root.Items.Add(new(new PickleInt(buffer.Index), Typed(List(buffer.Buckets.Select(b => new PickleDict()
                .Add("param", Tensor(buffer.Param[b.Start..b.End], storages))
                .Add("exp_avg", Tensor(buffer.ExpAvg[b.Start..b.End], storages)))))));
        }
        return root;
    }

    static PickleObject Tensor(float[] values, List<ReadOnlyMemory<byte>> storages)
    {
        storages.Add(SimulatedRun.Bytes(values));
        return (PickleObject)TorchTensor.Node(DType.F32, new Shape(values.Length), (storages.Count - 1).ToString(System.Globalization.CultureInfo.InvariantCulture), new TorchNames());
    }

    static PickleList List(IEnumerable<PickleNode> items)
    {
        var list = new PickleList();
        list.Items.AddRange(items);
        return list;
    }

    static byte[] Part(float[] values, int start, int count) => SimulatedRun.Bytes(values.AsSpan(start, count));
}
