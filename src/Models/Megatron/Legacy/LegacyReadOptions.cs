using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>What a user says of a legacy checkpoint that its files do not, or say otherwise.</summary>
public sealed record LegacyReadOptions
{
    /// <summary>The sizes it was written under; null: those of its <c>args</c>, else what names and contents tell.</summary>
    public ParallelSizes? Sizes { get; init; }

    /// <summary>How its layers are placed; null: as its <c>args</c> say, else as they lie.</summary>
    public StageOptions? Stages { get; init; }

    /// <summary>What names do not tell about how tensors are cut; null: as <c>args</c> and contents tell.</summary>
    public MegatronCutOptions? Cuts { get; init; }

    /// <summary>Rules for names that no table knows, or that are cut otherwise.</summary>
    public IReadOnlyList<CutOverride> Overrides { get; init; } = [];
}
