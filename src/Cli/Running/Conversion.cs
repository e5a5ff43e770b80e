using System.Text.Json.Nodes;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Configs;
using Ckpt.Models.Megatron.State;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Comparing;

namespace Ckpt.Cli.Running;

/// <summary>A conversion with every question answered, ready to be planned: what is read, as what, and what is written where.</summary>
/// <param name="Source">The checkpoint read; owned.</param>
/// <param name="Map">Left side: the source.</param>
/// <param name="Model">The model both sides are of; null where nothing of it is known but its tensors.</param>
/// <param name="Writer">The format written.</param>
/// <param name="CutLeadingAxes">Whether layers and experts become boxes of their own.</param>
/// <param name="SideFiles">Files copied as they are.</param>
/// <param name="Closing">Small files written after those of the format.</param>
/// <param name="Notes">Decisions the user should know of.</param>
/// <param name="Facts">The same, and more, for the receipt.</param>
sealed record Conversion(
    ICheckpointReader Source,
    TensorMap Map,
    ModelConfig? Model,
    ICheckpointWriter Writer,
    bool CutLeadingAxes,
    IReadOnlyList<SideFile> SideFiles,
    IReadOnlyList<SmallFile> Closing,
    IReadOnlyList<string> Notes,
    JsonObject Facts) : IDisposable
{
    /// <summary>Cuts whole targets into the boxes that the format needs; null: as <see cref="CutLeadingAxes"/> says.</summary>
    internal Func<IReadOnlyList<TensorTarget>, IReadOnlyList<TensorTarget>>? Cut { get; init; }

    /// <summary>What is read, as a model whose forward pass can be held to that of what is written; null: weights alone are compared.</summary>
    internal ModelCheckpoint? Computed { get; init; }

    /// <summary>Options of what is written that its names do not tell (<c>dialect</c>).</summary>
    internal IReadOnlyDictionary<string, string> WrittenChoices { get; init; } = new Dictionary<string, string>();

    /// <summary>The targets, where they are decided already; null: made of the map.</summary>
    internal IReadOnlyList<TensorTarget>? Targets { get; init; }

    /// <summary>Compares the weights with their full-precision copies in the optimizer (STA-6.1); null: there are none.</summary>
    internal Func<RunOptions, IRunProgress, CancellationToken, MasterWeightReport>? Masters { get; init; }

    /// <summary>The model that is read under the names that fingerprints are made under; null: it is no whole model of plain weights.</summary>
    internal Func<LogicalSide>? Logical { get; init; }

    /// <summary>What there is to say once everything has been read: receipts of merging and quantising. Null: nothing.</summary>
    internal Func<ConversionReceipt>? Afterwards { get; init; }

    /// <summary>Names written as they are stored, whatever type is asked for: 8-bit codes and their scales.</summary>
    internal IReadOnlySet<string>? AsStored { get; init; }

    /// <summary>Other checkpoints that are read besides, adapters among them; owned.</summary>
    internal IReadOnlyList<ICheckpointReader> Beside { get; init; } = [];

    /// <summary>What else the numbers depend on, as text: another run with the same text may be continued.</summary>
    internal string Decides { get; init; } = "";

    public void Dispose()
    {
        Source.Dispose();
        foreach (var reader in Beside) { reader.Dispose(); }
    }
}
