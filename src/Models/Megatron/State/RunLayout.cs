using Ckpt.Formats.Megatron;
using Ckpt.Formats.Torch;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Models.Megatron.State;

/// <summary>The layout a checkpoint was saved under, from its <c>args</c> and its tensors.</summary>
static class RunLayout
{
    /// <summary>The sizes its args say; what they do not say is 1.</summary>
    /// <exception cref="Formats.MalformedCheckpointException">CFG-5.1: a size is no number.</exception>
    internal static ParallelSizes Sizes(ArgsReader args)
    {
        var world = (int?)args.Size("world_size");
        return new ParallelSizes
        {
            Tensor = Size(args, "tensor_model_parallel_size"),
            Pipeline = Size(args, "pipeline_model_parallel_size"),
            VirtualPipeline = Size(args, "virtual_pipeline_model_parallel_size"),
            Context = Size(args, "context_parallel_size"),
            Expert = Size(args, "expert_model_parallel_size"),
            ExpertTensor = args.Size("expert_tensor_parallel_size") is { } experts and > 0 ? (int)experts : null,
            World = world is > 0 ? world : null,
            ExpertsOverTensor = args.Flag("moe_tp_extend_ep") == true,
        };
    }

    /// <summary>The layout, for the tensors of the checkpoint.</summary>
    /// <exception cref="Formats.LayoutException">The sizes fit neither each other nor the model.</exception>
    internal static ParallelLayout Of(IMegatronReader source, ArgsReader args)
    {
        var options = new StageOptions
        {
            FirstStageLayers = (int?)args.Size("decoder_first_pipeline_num_layers"),
            LastStageLayers = (int?)args.Size("decoder_last_pipeline_num_layers"),
            AccountForEmbedding = args.Flag("account_for_embedding_in_pipeline_split") == true,
            AccountForLoss = args.Flag("account_for_loss_in_pipeline_split") == true,
            LayersPerVirtualStage = args.Find("virtual_pipeline_model_parallel_size") is null ? (int?)args.Size("num_layers_per_virtual_pipeline_stage") : null,
            Pattern = Pattern(args),
            MtpLayers = (int)(args.Size("mtp_num_layers") ?? 0),
            TiedEmbedding = IsTied(source),
        };
        return ParallelLayout.Of(LayersOf(source, args), Sizes(args), options);
    }

    /// <summary>Whether there is no output layer of its own.</summary>
    internal static bool IsTied(IMegatronReader source) => !source.Tensors.Any(static t => t.Name.EndsWith("output_layer.weight", StringComparison.Ordinal) && !Optimizer.OptimizerNames.IsOptimizer(t.Name));

    /// <summary>Decoder layers: by the args, else by the tensors.</summary>
    internal static int LayersOf(IMegatronReader source, ArgsReader args)
    {
        if (args.Size("num_layers") is { } said and > 0) { return (int)said; }
        var layers = 0L;
        foreach (var tensor in source.Tensors)
        {
            if (Optimizer.OptimizerNames.IsOptimizer(tensor.Name) || new MegatronKey(tensor.Name).Place is not { } place) { continue; }
            if (place.Kind == PlaceKind.Layer) { layers = Math.Max(layers, place.Index + 1L); }
            else if (place.Kind == PlaceKind.LayerStack && tensor.Shape.Rank > 0) { layers = Math.Max(layers, tensor.Shape[0]); }
        }
        return (int)Math.Min(layers, int.MaxValue);
    }

    static StagePattern? Pattern(ArgsReader args) => args.Find("pipeline_model_parallel_layout") switch
    {
        PickleString text => StagePattern.Parse(text.Value),
        PickleList list when list.Items.All(static stage => stage is PickleList names && names.Items.All(static name => name is PickleString)) =>
            StagePattern.FromNames([.. list.Items.Select(static stage => (IReadOnlyList<string>)[.. ((PickleList)stage).Items.Select(static name => ((PickleString)name).Value)])]),
        _ => null,
    };

    static int Size(ArgsReader args, string name) => args.Size(name) is { } size and > 0 ? (int)size : 1;
}
