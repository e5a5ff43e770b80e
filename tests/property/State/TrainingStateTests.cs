using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Ckpt.Models.Megatron.State;
using Ckpt.Sharding.Elements;
using Ckpt.Sharding.Layouts;
using Ckpt.Sharding.Running;
using Xunit;

namespace Ckpt.PropertyTests.State;

/// <summary>Param groups, random numbers, arguments: what the loading run looks for is there, and nothing that it would refuse.</summary>
public sealed class TrainingStateTests
{
    [Fact, Clause("STA-1.2"), Clause("STA-1.1"), Clause("STA-4.6")]
    public void StatesGetTheNamesOfTheTarget()
    {
        using var source = Model(("chained_0.optimizer.state.fp32_param.w", DType.F32), ("chained_0.optimizer.state.exp_avg.w", DType.BF16), ("chained_1.chained_0.optimizer.state.exp_avg.e", DType.F32));
        Assert.Equal(["optimizer.state.param.w", "optimizer.state.exp_avg.w", "optimizer.state.exp_avg.e"], Plan(source).Tensors.Select(t => t.Name));
        Assert.Equal(["optimizer.state.fp32_param.w", "optimizer.state.exp_avg.w", "optimizer.state.exp_avg.e"], Plan(source, new() { Optimizer = OptimizerTarget.NonDistributed }).Tensors.Select(t => t.Name));
        Assert.Equal(DType.BF16, Plan(source).Reader.Tensors.Single(t => t.Name == "optimizer.state.exp_avg.w").DType);
    }

    [Fact, Clause("STA-4.6")]
    public void AModelOfFullPrecisionIsItsOwnMasterCopy()
    {
        using var source = new MemoryMegatron();
        byte[] values = [1, 2, 3, 4, 5, 6, 7, 8];
        source.Inner.Add("w", DType.F32, new Shape(2), values);
        source.Inner.Add("optimizer.state.exp_avg.w", DType.F32, new Shape(2), new byte[8]);
        var plan = Plan(source);
        Assert.Equal(["optimizer.state.exp_avg.w", "optimizer.state.param.w"], plan.Tensors.Select(t => t.Name));
        Assert.Equal(values, TensorAssembler.ReadWhole(plan.Reader, plan.Reader.Tensors[^1]));

        using var reshardable = new MemoryMegatron();
        reshardable.Inner.Add("w", DType.F32, new Shape(2), values);
        reshardable.Inner.Add("optimizer.state.param.w", DType.F32, new Shape(2), values);
        reshardable.Inner.Add("optimizer.state.exp_avg.w", DType.F32, new Shape(2), new byte[8]);
        Assert.Equal(["optimizer.state.exp_avg.w"], Plan(reshardable, new() { Optimizer = OptimizerTarget.NonDistributed }).Tensors.Select(t => t.Name));
    }

    [Fact, Clause("STA-1.3"), Clause("STA-1.4"), Clause("STA-1.5")]
    public void NamesThatNobodyKnowsAreRefused()
    {
        using var unknown = Model(("optimizer.master.w", DType.F32));
        Assert.Equal("STA-1.3", Assert.Throws<UnsupportedCheckpointException>(() => Plan(unknown)).Clause);
        using var twice = Model(("optimizer.state.param.w", DType.F32), ("chained_0.optimizer.state.fp32_param.w", DType.F32));
        Assert.Equal("STA-1.4", Assert.Throws<MalformedCheckpointException>(() => Plan(twice)).Clause);
        using var numbered = Model(("optimizer.state.7.exp_avg", DType.F32));
        Assert.Equal("STA-1.3", Assert.Throws<UnsupportedCheckpointException>(() => Plan(numbered)).Clause);
        using var other = TorchDistReader.Open(Repository.Vector("torch_dist", "dcp-nested-torch2.14.1", "ckpt"));
        Assert.Equal("STA-1.5", Assert.Throws<UnsupportedCheckpointException>(() => Plan(other)).Clause);
    }

    [Fact, Clause("STA-4.2"), Clause("STA-4.3")]
    public void GroupsOfObjectsComeIntoTheCommonState()
    {
        using var source = TorchDistReader.Open(Repository.Vector("torch_dist", "llama-tp1pp1dp2-optim-dp_reshardable"));
        var plan = Plan(source);
        var optimizer = Dict(plan.Common, "optimizer");
        Assert.Equal("fully_reshardable", Text(optimizer.Find("param_state_sharding_type")));
        Assert.Equal("fully_reshardable", Text(Dict(plan.Common, "content_metadata").Find("distrib_optim_sharding_type")));
        // What Megatron-core 0.16 wrote into the common state of the same run with fully_reshardable.
        var groups = ((PickleList)Dict(optimizer, "optimizer").Find("param_groups")!).Items.Cast<PickleDict>().ToArray();
        Assert.Equal([1.0, 0.0], groups.Select(g => ((PickleFloat)g.Find("wd_mult")!).Value));
        Assert.All(groups, g => Assert.Equal(2.0, ((PickleFloat)g.Find("step")!).Value));
        Assert.DoesNotContain(plan.Objects, o => o.Name.Contains("optimizer", StringComparison.Ordinal));
    }

    [Theory, Clause("STA-4.2"), Clause("STA-4.3")]
    [InlineData(OptimizerTarget.FullyReshardable)]
    [InlineData(OptimizerTarget.NonDistributed)]
    public void StepsAreFoundWhereverTheyAre(OptimizerTarget target)
    {
        var step = new PickleInt(9);
        foreach (var (optimizer, where) in new (PickleNode, string)[]
        {
            (new PickleDict().Add("optimizer", Inner(Group(step: step))), "group"),
            (new PickleDict().Add("optimizer", Inner(Group()).Add("state", new PickleDict().Add("common_step", step))), "common_step"),
            (new PickleDict().Add("optimizer", Inner(Group())).Add("param_state", Numbered(new PickleDict().Add("step", step))), "param_state"),
            (Inner(Group(step: step)), "plain"),
            (Numbered(new PickleDict().Add("optimizer", Inner(Group(step: step)))), "by number"),
            (List(new PickleDict().Add("optimizer", Inner(Group(step: step)))), "legacy list"),
        })
        {
            using var source = Model(new PickleDict().Add("optimizer", optimizer), ("optimizer.state.fp32_param.w", DType.F32));
            var made = Dict(Plan(source, new() { Optimizer = target }).Common, "optimizer");
            var inner = Dict(made, "optimizer");
            Assert.True(ReferenceEquals(step, ((PickleDict)((PickleList)inner.Find("param_groups")!).Items[0]).Find("step")), where);
            Assert.Equal(target == OptimizerTarget.NonDistributed, (inner.Find("state") as PickleDict)?.Find("common_step") == step);
            Assert.Null(((PickleDict)((PickleList)inner.Find("param_groups")!).Items[0]).Find("params"));
        }
    }

    [Fact, Clause("STA-4.1")]
    public void GroupsOfAnotherFormAreMalformed()
    {
        foreach (var groups in (PickleNode[])[new PickleInt(1), List(new PickleInt(1))])
        {
            using var source = Model(new PickleDict().Add("optimizer", new PickleDict().Add("param_groups", groups)), ("optimizer.state.fp32_param.w", DType.F32));
            Assert.Equal("STA-4.1", Assert.Throws<MalformedCheckpointException>(() => Plan(source)).Clause);
        }
        using var empty = Model(("optimizer.state.fp32_param.w", DType.F32)).Add("optimizer.distributed.dp_group_idx_0.optimizer/shard_0_1", new PickleDict());
        Assert.Equal("STA-4.1", Assert.Throws<MalformedCheckpointException>(() => Plan(empty)).Clause);
    }

    [Fact, Clause("STA-4.7")]
    public void ExpertsGetAnOptimizerOfTheirOwnExactlyWithExpertParallelism()
    {
        var one = new PickleDict().Add("optimizer", new PickleDict().Add("optimizer", Inner(Group(), Group())));
        var two = new PickleDict().Add("optimizer", Numbered(new PickleDict().Add("optimizer", Inner(Group())), new PickleDict().Add("optimizer", Inner(Group(expert: true)))));
        Assert.Equal(2, Optimizers(one, 2));
        Assert.Equal(1, Optimizers(one, 1));
        Assert.Equal(2, Optimizers(two, 2));
        Assert.Equal(1, Optimizers(two, 1));

        static int Optimizers(PickleDict common, int experts)
        {
            using var source = Model(common, ("mlp.experts.linear_fc1.weight", DType.BF16), ("optimizer.state.param.w", DType.F32));
            var made = Dict(Plan(source, new() { Sizes = new ParallelSizes { Expert = experts } }).Common, "optimizer");
            if (made.Find("optimizer") is not null) { return 1; }
            var flags = made.Items.Select(item => ((PickleDict)((PickleList)Dict((PickleDict)item.Value, "optimizer").Find("param_groups")!).Items[0]).Find("is_expert_parallel")).Select(flag => ((PickleBool)flag!).Value);
            Assert.Equal([false, true], flags);
            return made.Items.Count;
        }
    }

    [Fact, Clause("STA-4.8")]
    public void TensorsInGroupsOfObjectsKeepTheirValues()
    {
        var names = new TorchNames();
        byte[] step = [0, 0, 0x10, 0x41], there = [0, 0, 0x80, 0x3F];
        var common = new PickleDict().Add("rest", TorchTensor.Node(DType.F32, new Shape(), "0", names));
        using var source = new MemoryMegatron { Common = common, CommonStorages = [there] };
        source.Inner.Add("optimizer.state.param.w", DType.F32, new Shape(1), new byte[4]);
        source.Add("optimizer.distributed.dp_group_idx_0.optimizer/shard_0_1", Inner(Group(step: TorchTensor.Node(DType.F32, new Shape(), "0", new TorchNames()))), [step]);
        var plan = Plan(source);
        var bytes = TorchSave.ToBytes(plan.Common, "common", plan.CommonStorages);
        var file = TorchFile.Open(new Formats.IO.MemoryByteSource("common.pt", bytes));
        var root = (PickleDict)file.Root;
        Assert.Equal(there, Value(root.Find("rest")!));
        Assert.Equal(step, Value(((PickleDict)((PickleList)Dict(Dict(root, "optimizer"), "optimizer").Find("param_groups")!).Items[0]).Find("step")!));

        PickleNode deep = new PickleList();
        for (var i = 0; i < 200; i++) { deep = List(deep); }
        using var nested = new MemoryMegatron { Common = common, CommonStorages = [there] };
        nested.Inner.Add("optimizer.state.param.w", DType.F32, new Shape(1), new byte[4]);
        nested.Add("optimizer.distributed.dp_group_idx_0.optimizer/shard_0_1", Inner(Group(step: deep)));
        Assert.Equal("STA-4.8", Assert.Throws<UnsupportedCheckpointException>(() => Plan(nested)).Clause);

        byte[] Value(PickleNode node) => TensorAssembler.ReadPayload(file.Locate(file.Tensor(node)), new Shape(), DType.F32);
    }

    [Fact, Clause("STA-4.4")]
    public void WithoutOptimizerNothingOfItIsLeft()
    {
        var common = new PickleDict().Add("optimizer", new PickleDict().Add("optimizer", Inner(Group()))).Add("opt_param_scheduler", new PickleDict()).Add("iteration", new PickleInt(3)).Add("args", MemoryMegatron.Args(("a", new PickleInt(1))));
        using var source = Model(common, ("optimizer.state.param.w", DType.F32));
        source.Add("optimizer.distributed.dp_group_idx_0.optimizer/shard_0_1", new PickleDict()).Add("x._extra_state/shard_0_1", new PickleInt(1));
        var plan = Plan(source, new() { Optimizer = OptimizerTarget.Dropped });
        Assert.Empty(plan.Tensors);
        Assert.Contains(plan.Drops, drop => drop.Names.IsMatch("optimizer.state.param.w"));
        Assert.Equal(["iteration", "args", "content_metadata"], plan.Common.Items.Select(item => Text(item.Key)));
        Assert.True(((PickleBool)Args(plan.Common).Find("no_save_optim")!).Value);
        Assert.Equal(["x._extra_state/shard_0_1"], plan.Objects.Select(o => o.Name));
        // Kept, it is all there.
        var kept = Plan(source);
        Assert.NotNull(kept.Common.Find("opt_param_scheduler"));
        Assert.False(((PickleBool)Args(kept.Common).Find("no_save_optim")!).Value);
        Assert.Empty(kept.Drops);
    }

    [Theory, Clause("STA-5.1"), Clause("STA-5.2")]
    [InlineData("rng_state/shard_0.1_1.2", 2, 1, 1, 1, true)]
    [InlineData("rng_state/shard_0.1_1.2", 1, 1, 1, 1, false)]
    [InlineData("rng_state/shard_0.1_1.2", 2, 2, 1, 1, false)]
    [InlineData("rng_state/shard_0.1.0_1.2.4", 2, 1, 2, 4, true)]
    [InlineData("rng_state/shard_0.1.0_1.2.4", 2, 1, 2, 2, false)]
    [InlineData("rng_state/shard_0.1.0_1.2.4", 2, 1, 1, 4, false)]
    [InlineData("vision.rng_state/shard_0.1_1.2", 4, 1, 1, 1, false)]
    public void RandomNumbersAreCarriedToTheSameGridOnly(string name, int tensor, int pipeline, int expert, int data, bool carried)
    {
        using var source = Model().Add(name, new PickleInt(1));
        var plan = Plan(source, new() { Sizes = new ParallelSizes { Tensor = tensor, Pipeline = pipeline, Expert = expert, Data = data } });
        Assert.Equal(carried, plan.Objects.Any(o => o.Name == name));
        Assert.Equal(!carried, plan.Notes.Any(note => note.Contains("random number states", StringComparison.Ordinal)));
        Assert.Contains(Plan(source).Objects, o => o.Name == name);
        Assert.Empty(Plan(source, new() { DropRng = true }).Objects);
    }

    [Fact, Clause("STA-5.4")]
    public void RandomNumbersInTheCommonStateBecomeAnObject()
    {
        using var source = Model(new PickleDict().Add("rng_state", List(new PickleInt(4))));
        var plan = Plan(source);
        Assert.Null(plan.Common.Find("rng_state"));
        var made = Assert.Single(plan.Objects);
        Assert.Equal("rng_state/shard_0.0_1.1", made.Name);
        var root = (PickleList)TorchFile.Open(new Formats.IO.MemoryByteSource("made", made.Make())).Root;
        Assert.Equal(4, ((PickleInt)((PickleList)root.Items[0]).Items[0]).Value);
        var other = Plan(source, new() { Sizes = new ParallelSizes { Tensor = 2 } });
        Assert.Empty(other.Objects);
        Assert.Contains(other.Notes, note => note.Contains("one rank of several", StringComparison.Ordinal));
    }

    [Fact, Clause("STA-5.3")]
    public void TheRerunMachineStaysWithItsProcesses()
    {
        var common = new PickleDict().Add("rerun_state_machine", new PickleDict()).Add("args", MemoryMegatron.Args(("tensor_model_parallel_size", new PickleInt(2)), ("world_size", new PickleInt(2))));
        using var source = Model(common).Add("rerun_state_machine_state/shard_0_2", new PickleInt(1));
        var same = Plan(source, new() { Sizes = new ParallelSizes { Tensor = 2 } });
        Assert.Equal((1, true), (same.Objects.Count, same.Common.Find("rerun_state_machine") is not null));
        var other = Plan(source, new() { Sizes = new ParallelSizes { Tensor = 4 } });
        Assert.Equal((0, true), (other.Objects.Count, other.Common.Find("rerun_state_machine") is null));
        Assert.Contains(other.Notes, note => note.Contains("rerun", StringComparison.Ordinal));
    }

    [Fact, Clause("STA-4.5")]
    public void ArgumentsSayTheSizesOfTheLoadingRun()
    {
        var common = new PickleDict().Add("iteration", new PickleInt(3)).Add("args", MemoryMegatron.Args(
            ("tensor_model_parallel_size", new PickleInt(8)), ("sequence_parallel", new PickleBool(true)), ("consumed_train_samples", new PickleInt(77)), ("pipeline_model_parallel_layout", new PickleString("Et|tL")), ("iteration", new PickleInt(3))));
        using var source = Model(common, ("optimizer.state.param.w", DType.F32));
        var plan = Plan(source, new() { Sizes = new ParallelSizes { Pipeline = 2, Expert = 2, Data = 4 }, Iteration = 5, PaddedVocab = 128 });
        var args = Args(plan.Common);
        Assert.Equal([1, 2, 2, 1, 8, 4, 128, 5, 77], new[] { "tensor_model_parallel_size", "pipeline_model_parallel_size", "expert_model_parallel_size", "expert_tensor_parallel_size", "world_size", "data_parallel_size", "padded_vocab_size", "iteration", "consumed_train_samples" }.Select(name => (int)((PickleInt)args.Find(name)!).Value));
        Assert.False(((PickleBool)args.Find("sequence_parallel")!).Value);
        Assert.True(((PickleBool)args.Find("use_distributed_optimizer")!).Value);
        Assert.IsType<PickleNone>(args.Find("pipeline_model_parallel_layout"));
        Assert.Equal(5, ((PickleInt)plan.Common.Find("iteration")!).Value);
        Assert.Equal(8, ((PickleInt)Args(common).Find("tensor_model_parallel_size")!).Value);
    }

    [Fact, Clause("STA-6.1")]
    public void ShiftedMasterCopiesAreFound()
    {
        var values = new float[24];
        for (var i = 0; i < values.Length; i++) { values[i] = i; }
        using var source = new MemoryMegatron();
        var (rounded, shifted) = (new byte[48], SimulatedRun.Bytes([.. values[..20], 99, .. values[20..23]]));
        ElementCast.Cast(DType.F32, SimulatedRun.Bytes(values), DType.BF16, rounded);
        foreach (var name in (string[])["good", "bad"]) { source.Inner.Add(name, DType.BF16, new Shape(2, 3, 4), rounded); }
        source.Inner.Add("optimizer.state.param.good", DType.F32, new Shape(2, 3, 4), SimulatedRun.Bytes(values), Cuts.Of(new Shape(2, 3, 4), 3, 5));
        source.Inner.Add("optimizer.state.fp32_param.bad", DType.F32, new Shape(2, 3, 4), shifted);
        source.Inner.Add("optimizer.state.param.w", DType.F32, new Shape(2), new byte[8]);
        source.Inner.Add("w", DType.U8, new Shape(2), new byte[2]);
        var report = MasterWeightCheck.Run(source, new RunOptions { BlockBytes = 64 }, new NoProgress(), CancellationToken.None);
        Assert.Equal((2, false), (report.Tensors, report.IsSound));
        Assert.Equal(["w"], report.Unchecked);
        var difference = Assert.Single(report.Differences);
        Assert.Equal(("bad", 4L), (difference.Key, difference.Elements));
        Assert.Equal([1, 2, 0], difference.First);
    }

    static StatePlan Plan(Formats.Megatron.IMegatronReader source, StateOptions? options = null) => MegatronState.Plan(source, options ?? new StateOptions());

    static MemoryMegatron Model(params (string Name, DType DType)[] tensors) => Model(new PickleDict(), tensors);

    static MemoryMegatron Model(PickleDict common, params (string Name, DType DType)[] tensors)
    {
        var megatron = new MemoryMegatron { Common = common };
        if (!Array.Exists(tensors, t => t.Name == "w")) { megatron.Inner.Add("w", DType.BF16, new Shape(2), new byte[4]); }
        foreach (var (name, dtype) in tensors) { megatron.Inner.Add(name, dtype, new Shape(2), new byte[2 * dtype.ByteSize()]); }
        return megatron;
    }

    static PickleDict Group(bool expert = false, PickleNode? step = null)
    {
        var group = new PickleDict().Add("params", List()).Add("lr", new PickleFloat(0.1)).Add("is_expert_parallel", new PickleBool(expert));
        return step is null ? group : group.Add("step", step);
    }

    static PickleDict Inner(params PickleDict[] groups) => new PickleDict().Add("param_groups", List(groups));

    static PickleDict Numbered(params PickleNode[] values)
    {
        var dict = new PickleDict();
        for (var i = 0; i < values.Length; i++) { dict.Items.Add(new(new PickleInt(i), values[i])); }
        return dict;
    }

    static PickleList List(params PickleNode[] items)
    {
        var list = new PickleList();
        list.Items.AddRange(items);
        return list;
    }

    static PickleDict Dict(PickleDict dict, string name) => Assert.IsType<PickleDict>(dict.Find(name));

    static PickleDict Args(PickleDict common) => ((PickleObject)common.Find("args")!).Attributes!;

    static string Text(PickleNode? node) => Assert.IsType<PickleString>(node).Value;
}
