using Ckpt.Cli.Flags;

namespace Ckpt.Cli.Export;

/// <summary>The layout a line asks for. Sizes that were not given are 1, or null where 1 would say something else.</summary>
readonly record struct ParallelSizes(
    int Tensor, int Pipeline, int? VirtualPipeline, int Expert, int ExpertTensor, int Context, int? FirstStageLayers, int? LastStageLayers, string? Stages)
{
    const string Clause = "CLI-2.3";

    /// <summary>Reads and checks the sizes against each other (CLI-2.3); against the model they are checked where it is known.</summary>
    /// <exception cref="UsageException">No run could have these sizes.</exception>
    internal static ParallelSizes From(FlagValues values)
    {
        var tensor = Positive(values, "tensor_model_parallel_size") ?? 1;
        var sizes = new ParallelSizes(
            tensor,
            Positive(values, "pipeline_model_parallel_size") ?? 1,
            Positive(values, "virtual_pipeline_model_parallel_size"),
            Positive(values, "expert_model_parallel_size") ?? 1,
            Positive(values, "expert_tensor_parallel_size") ?? 1,
            Positive(values, "context_parallel_size") ?? 1,
            Positive(values, "decoder_first_pipeline_num_layers"),
            Positive(values, "decoder_last_pipeline_num_layers"),
            values.Text("pipeline_model_parallel_layout"));

        if (sizes.Pipeline == 1)
        {
            NeedsStages(sizes.VirtualPipeline > 1, "--virtual_pipeline_model_parallel_size", sizes.VirtualPipeline);
            NeedsStages(sizes.FirstStageLayers is not null, "--decoder_first_pipeline_num_layers", sizes.FirstStageLayers);
            NeedsStages(sizes.LastStageLayers is not null, "--decoder_last_pipeline_num_layers", sizes.LastStageLayers);
        }
        if (sizes.Stages is not null && (sizes.FirstStageLayers ?? sizes.LastStageLayers) is not null)
        {
            throw new UsageException(Clause, "--pipeline_model_parallel_layout", "says how layers lie on stages, and so do --decoder_first_pipeline_num_layers and --decoder_last_pipeline_num_layers: give one");
        }
        return sizes;
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
