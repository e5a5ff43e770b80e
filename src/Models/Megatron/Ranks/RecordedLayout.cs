using Ckpt.Formats.Megatron;
using Ckpt.Formats.Torch;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Models.Megatron.State;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron.Ranks;

/// <summary>The layout that a Megatron checkpoint was written under.</summary>
public static class RecordedLayout
{
    /// <summary>That of its files where they are by rank, else what its <c>args</c> say; what they do not say is one rank.</summary>
    /// <exception cref="Formats.CheckpointException">Args that are no layout of these layers.</exception>
    public static ParallelLayout Of(IMegatronReader reader) => reader is LegacyTorchReader legacy ? legacy.Layout : RunLayout.Of(reader, Args(reader));

    /// <summary>The layout of other sizes, for the same layers.</summary>
    /// <exception cref="Formats.CheckpointException">The sizes fit neither each other nor the layers.</exception>
    public static ParallelLayout Of(IMegatronReader reader, ParallelSizes sizes, StageOptions stages)
    {
        var (own, tied) = (RunLayout.LayersOf(reader, Args(reader)), RunLayout.IsTied(reader));
        return ParallelLayout.Of(own, sizes, stages with { TiedEmbedding = tied, MtpLayers = stages.MtpLayers > 0 ? stages.MtpLayers : (int)(Args(reader).Size("mtp_num_layers") ?? 0) });
    }

    static ArgsReader Args(IMegatronReader reader) => new(reader.Common ?? new PickleDict(), reader.Path);
}
