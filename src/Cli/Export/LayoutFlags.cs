using Ckpt.Cli.Flags;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Cli.Export;

/// <summary>Reads the layout a line asks for; against the model it is checked where that is known.</summary>
static class LayoutFlags
{
    const string Clause = "CLI-2.3";

    /// <summary>The parallel sizes; what was not given is 1.</summary>
    /// <exception cref="UsageException">No run could have these sizes.</exception>
    internal static ParallelSizes Sizes(FlagValues values)
    {
        var sizes = new ParallelSizes
        {
            Tensor = Positive(values, "tensor_model_parallel_size") ?? 1,
            Pipeline = Positive(values, "pipeline_model_parallel_size") ?? 1,
            VirtualPipeline = Positive(values, "virtual_pipeline_model_parallel_size") ?? 1,
            Expert = Positive(values, "expert_model_parallel_size") ?? 1,
            ExpertTensor = Positive(values, "expert_tensor_parallel_size") ?? 1,
            Context = Positive(values, "context_parallel_size") ?? 1,
        };
        if (sizes.Pipeline == 1)
        {
            NeedsStages(sizes.VirtualPipeline > 1, "--virtual_pipeline_model_parallel_size", sizes.VirtualPipeline);
        }
        return sizes;
    }

    /// <summary>How layers are placed on stages.</summary>
    /// <exception cref="UsageException">There is one stage, or two flags place them.</exception>
    /// <exception cref="Formats.LayoutException">LAY-3.5: a pipeline layout that is none.</exception>
    internal static StageOptions Stages(FlagValues values, ParallelSizes sizes)
    {
        var first = Positive(values, "decoder_first_pipeline_num_layers");
        var last = Positive(values, "decoder_last_pipeline_num_layers");
        if (sizes.Pipeline == 1)
        {
            NeedsStages(first is not null, "--decoder_first_pipeline_num_layers", first);
            NeedsStages(last is not null, "--decoder_last_pipeline_num_layers", last);
        }
        var pattern = values.Text("pipeline_model_parallel_layout") is { } text ? StagePattern.Parse(text) : null;
        if (pattern is not null && (first ?? last) is not null)
        {
            throw new UsageException(Clause, "--pipeline_model_parallel_layout", "says how layers lie on stages, and so do --decoder_first_pipeline_num_layers and --decoder_last_pipeline_num_layers: give one");
        }
        return new StageOptions { FirstStageLayers = first, LastStageLayers = last, Pattern = pattern, MtpLayers = pattern?.Count(StageItem.Mtp) ?? 0 };
    }

    static int? Positive(FlagValues values, string name) => values.Int(name) switch
    {
        null => null,
        >= 1 and var size => size,
        var size => throw new UsageException(Clause, "--" + name, $"{size}; a parallel size is at least 1"),
    };

    static void NeedsStages(bool given, string flag, int? value)
    {
        if (given) { throw new UsageException(Clause, flag, $"{value} needs more than one pipeline stage; --pipeline_model_parallel_size is 1"); }
    }
}
