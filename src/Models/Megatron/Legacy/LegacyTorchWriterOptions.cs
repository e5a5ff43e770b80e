using Ckpt.Formats.LegacyTorch;
using Ckpt.Formats.Torch;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>How a legacy checkpoint is written.</summary>
public sealed record LegacyTorchWriterOptions
{
    /// <summary>The state every rank's file has; what its <c>args</c> say of the layout is replaced by what is true.</summary>
    public required PickleDict Common { get; init; }

    /// <summary>The storages of tensors in <see cref="Common"/>, by key 0, 1, …</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> CommonStorages { get; init; } = [];

    /// <summary>Ranks and layers.</summary>
    public required ParallelLayout Layout { get; init; }

    /// <summary>What the layers' places were made from, for the arguments.</summary>
    public StageOptions Stages { get; init; } = StageOptions.Even;

    /// <summary>The folder for it all: <c>iter_0000001</c> or <c>release</c>, beside which a tracker file then says so.</summary>
    public string Folder { get; init; } = "iter_0000001";

    /// <summary>Whose experts.</summary>
    public LegacyExperts Experts { get; init; }

    /// <summary>Whose layers.</summary>
    public LegacyLayers Layers { get; init; }

    /// <summary>What names do not tell about how tensors are cut; null: as shapes and arguments tell.</summary>
    public MegatronCutOptions? Cuts { get; init; }

    /// <summary>Rules for names that no table knows, or that are cut otherwise.</summary>
    public IReadOnlyList<CutOverride> Overrides { get; init; } = [];

    /// <summary>What a rank has of its own: random numbers, a small optimizer; null: nothing.</summary>
    public Func<RankPlace, LegacyOwnEntries?>? Own { get; init; }
}
