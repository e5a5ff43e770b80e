using Ckpt.Models.Megatron.Optimizer;
using Ckpt.Sharding.Layouts;
using Ckpt.Sharding.Running;

namespace Ckpt.Models.Megatron.State;

/// <summary>What is to become of a checkpoint's training state.</summary>
public sealed record StateOptions
{
    /// <summary>How optimizer state is written; dropped, the scheduler goes with it, as under <c>--no-save-optim</c>.</summary>
    public OptimizerTarget Optimizer { get; init; }

    /// <summary>Whether random number states are left out, as under <c>--no-save-rng</c>.</summary>
    public bool DropRng { get; init; }

    /// <summary>The sizes of the run that will load it; null: those it was saved under.</summary>
    public ParallelSizes? Sizes { get; init; }

    /// <summary>The layout it was saved under, where its args do not say; needed only to take grad buffers apart.</summary>
    public ParallelLayout? SourceLayout { get; init; }

    /// <summary>How parameters are shared by ranks, where names do not tell; needed only to take grad buffers apart.</summary>
    public MegatronCuts? Cuts { get; init; }

    /// <summary>Rules for names that no table knows, or that are cut otherwise.</summary>
    public IReadOnlyList<CutOverride> Overrides { get; init; } = [];

    /// <summary>What <see cref="DistribOptimParser"/> makes of the <c>distrib_optim.pt</c> files of a legacy checkpoint.</summary>
    public IReadOnlyList<GradBuffer>? Buffers { get; init; }

    /// <summary>The iteration to be noted; null: the one that is.</summary>
    public long? Iteration { get; init; }

    /// <summary>Rows of the embedding to be noted; null: those that are.</summary>
    public long? PaddedVocab { get; init; }

    /// <summary>Memory and threads for comparing parameters with the model's.</summary>
    public RunOptions Run { get; init; } = new();
}
