using System.Globalization;
using Ckpt.Cli.Flags;
using Ckpt.Trainer.Loop.Arguments;

namespace Ckpt.Cli.Training;

/// <summary>The flags and the environment that say how ranks share the work.</summary>
static class PlaceFlags
{
    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        new("tensor_model_parallel_size", FlagKind.Int, "ranks that share each layer") { Aliases = ["tp"] },
        new("sequence_parallel", FlagKind.Bool, "these ranks share the tokens between layers too"),
        new("use_distributed_optimizer", FlagKind.Bool, "ranks with data of their own share the optimizer's state; true where not given"),
        new("ddp_timeout", FlagKind.Number, "seconds to wait for other ranks"),
        new("distributed_timeout_minutes", FlagKind.Number, "the same in minutes"),
    ];

    /// <summary>The place of this process.</summary>
    /// <exception cref="UsageException">Sizes or environment contradict each other.</exception>
    internal static PlaceArguments Parse(FlagValues values, RankEnvironment ranks)
    {
        var tensor = FlagWords.AtLeast(values, "tensor_model_parallel_size", 1, 1);
        if (ranks.World % tensor != 0)
        {
            throw FlagWords.Fault("tensor_model_parallel_size", string.Create(CultureInfo.InvariantCulture, $"{tensor} does not divide the {ranks.World} ranks of this run; NPROC_PER_NODE={tensor} starts as many"));
        }
        return new PlaceArguments
        {
            World = ranks.World,
            Rank = ranks.Rank,
            TensorParallel = tensor,
            SequenceParallel = values.Bool("sequence_parallel") && tensor > 1, // Megatron-SWIFT turns it off too
            MasterAddress = ranks.World > 1 ? ranks.MasterAddress : null,
            MasterPort = ranks.MasterPort,
            Timeout = values.Number("ddp_timeout") ?? values.Number("distributed_timeout_minutes") * 60 ?? 18_000_000,
        };
    }
}
