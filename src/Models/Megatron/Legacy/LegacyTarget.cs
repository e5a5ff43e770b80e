using Ckpt.Formats.Torch;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>The layout that a legacy checkpoint is to have, from what a user says and what the run's arguments say of the model.</summary>
/// <param name="Layout">Ranks and layers.</param>
/// <param name="Stages">What the layers' places are made from.</param>
/// <param name="Experts">The implementation of experts that the run's arguments name.</param>
/// <param name="Layers">The implementation of layers that they name.</param>
public sealed record LegacyTarget(ParallelLayout Layout, StageOptions Stages, LegacyExperts Experts, LegacyLayers Layers)
{
    /// <summary>The layout of a model that its common state describes.</summary>
    /// <param name="common">The common state.</param>
    /// <param name="sizes">The sizes wanted; null: those of the arguments.</param>
    /// <param name="stages">How layers are to be placed, where the sizes are given; else as the arguments say.</param>
    /// <param name="where">The checkpoint, for messages.</param>
    /// <exception cref="Formats.CheckpointException">The arguments do not tell how many layers there are, or the layers cannot be placed so.</exception>
    public static LegacyTarget Of(PickleDict common, ParallelSizes? sizes, StageOptions stages, string where)
    {
        var args = new LegacyArgs(common, where);
        var said = args.Stages(1);
        var layers = (args.Layers ?? throw new Formats.MalformedCheckpointException("LEG-3.2", where, "args.num_layers is missing: how many layers the model has is not told")) - said.NoopLayers.Count;
        var own = sizes is null;
        sizes ??= new ParallelSizes
        {
            Tensor = args.Tensor ?? 1,
            Pipeline = args.Pipeline ?? 1,
            VirtualPipeline = args.Size("virtual_pipeline_model_parallel_size") ?? 1,
            Expert = args.Expert ?? 1,
            ExpertTensor = args.ExpertsOverTensor ? null : args.ExpertTensor,
            ExpertsOverTensor = args.ExpertsOverTensor,
        };
        var placed = (own ? args.Stages(sizes.VirtualPipeline) : stages) with { TiedEmbedding = args.Tied ?? stages.TiedEmbedding, MtpLayers = args.MtpLayers ?? stages.MtpLayers };
        return new LegacyTarget(ParallelLayout.Of(layers, sizes, placed), placed, args.WrittenExperts, args.Implementation == "local" ? LegacyLayers.Local : LegacyLayers.TransformerEngine);
    }
}
