using Ckpt.Formats;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Ckpt.Models.Megatron.State;
using Xunit;

namespace Ckpt.TrainerTests.Checkpoints;

/// <summary>States of runs that are not what they should be, and one that Megatron-core wrote.</summary>
public sealed class StateFormTests
{
    [Fact, Clause("TRN-13.2")]
    public void WhatIsNoNumberIsMalformed()
    {
        foreach (var common in (PickleDict[])
        [
            new PickleDict().Add("iteration", new PickleString("7")),
            new PickleDict().Add("iteration", new PickleInt(System.Numerics.BigInteger.One << 70)),
            new PickleDict().Add("iteration", new PickleFloat(0.5)),
            new PickleDict().Add("opt_param_scheduler", new PickleDict().Add("max_lr", new PickleBool(true))),
            new PickleDict().Add("optimizer", new PickleDict().Add("param_groups", List(new PickleDict().Add("lr", new PickleString("x"))))),
        ])
        {
            Assert.Equal("TRN-13.2", Assert.Throws<MalformedCheckpointException>(() => TrainedState.Read(common, "run")).Clause);
        }
    }

    [Fact, Clause("TRN-13.1")]
    public void GroupsAreReadAsMegatronWroteThem()
    {
        using var reader = TorchDistReader.Open(Repository.Vector("torch_dist", "llama-tp1pp1dp2-optim-dp_reshardable"));
        var run = TrainedState.Read(MegatronState.Plan(reader, new StateOptions()).Common, "run");
        Assert.Equal([(1.0, 2L), (0.0, 2L)], run.Groups.Select(group => (group.WeightDecayFactor, group.Step)));
        Assert.All(run.Groups, group => Assert.Equal((0.001, 0.9, 0.999, 1e-8, 0.1), (group.Lr, group.Beta1, group.Beta2, group.Epsilon, group.WeightDecay)));
    }

    [Fact, Clause("TRN-13.4")]
    public void RandomNumbersOfAnotherFormAreMalformed()
    {
        using var wrong = new MemoryMegatron();
        wrong.Add("rng_state/shard_0.0_1.1", new PickleDict());
        wrong.Add("rng_state/shard_0.0_1.2", List(new PickleDict()));
        wrong.Add("rng_state/shard_0.1_1.2", List(new PickleDict().Add("torch_rng_state", TorchTensor.Node(Formats.Tensors.DType.F32, new Formats.Tensors.Shape(1), "0", new TorchNames()))), [new byte[4]]);
        foreach (var (tensor, tensors) in ((int, int)[])[(0, 1), (0, 2), (1, 2)])
        {
            Assert.Equal("TRN-13.4", Assert.Throws<MalformedCheckpointException>(() => RngObjects.Read(wrong, tensor, tensors)).Clause);
        }
        Assert.Empty(RngObjects.Read(wrong, 0, 4));
    }

    [Fact, Clause("TRN-13.3")]
    public void MegatronsOwnRandomNumbersAreRead()
    {
        using var reader = TorchDistReader.Open(Repository.Vector("torch_dist", "llama-tp1pp1dp2-optim-dp_reshardable"));
        Assert.Equal(5056, Assert.Single(RngObjects.Read(reader, 0, 1)).Torch.Length);
    }

    static PickleList List(params PickleNode[] items)
    {
        var list = new PickleList();
        list.Items.AddRange(items);
        return list;
    }
}
