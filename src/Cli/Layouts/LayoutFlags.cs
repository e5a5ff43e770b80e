using System.Globalization;
using Ckpt.Cli.Flags;
using Ckpt.Sharding.Layouts;

namespace Ckpt.Cli.Layouts;

/// <summary>The flags that say a layout, and what they say; against the model it is checked where that is known.</summary>
static class LayoutFlags
{
    const string Clause = "CLI-2.3";

    /// <summary>The flags, by the names of Megatron-LM, with those of Megatron-SWIFT and MindSpeed-LLM.</summary>
    internal static readonly IReadOnlyList<FlagSpec> All =
    [
        new("tensor_model_parallel_size", FlagKind.Int, "tensor parallel size") { Aliases = ["tp", "target_tensor_parallel_size"] },
        new("pipeline_model_parallel_size", FlagKind.Int, "pipeline parallel size") { Aliases = ["pp", "target_pipeline_parallel_size"] },
        new("virtual_pipeline_model_parallel_size", FlagKind.Int, "virtual pipeline size: chunks of layers on each stage") { Aliases = ["vpp", "num_virtual_stages_per_pipeline_rank"] },
        new("num_layers_per_virtual_pipeline_stage", FlagKind.Int, "the same, by the layers of one chunk"),
        new("expert_model_parallel_size", FlagKind.Int, "expert parallel size") { Aliases = ["ep", "target_expert_parallel_size"] },
        new("expert_tensor_parallel_size", FlagKind.Int, "tensor parallel size of experts") { Aliases = ["etp"] },
        new("context_parallel_size", FlagKind.Int, "context parallel size; weights do not depend on it") { Aliases = ["cp"] },
        new("decoder_first_pipeline_num_layers", FlagKind.Int, "layers on the first stage"),
        new("decoder_last_pipeline_num_layers", FlagKind.Int, "layers on the last stage"),
        new("account_for_embedding_in_pipeline_split", FlagKind.Bool, "count the embedding as a layer when stages are made equal"),
        new("account_for_loss_in_pipeline_split", FlagKind.Bool, "count the output layer as a layer when stages are made equal"),
        new("pipeline_model_parallel_layout", FlagKind.Text, "stages as text, such as Et*4|(tttt|)*14tmL"),
        new("num_layer_list", FlagKind.Text, "layers of each stage, such as 6,8,8,6 (MindSpeed-LLM)"),
        new("noop_layers", FlagKind.Text, "layers that do nothing, by their places, such as 0,31 (MindSpeed-LLM)"),
        new("schedules_method", FlagKind.Text, "dualpipev: two chunks a stage, placed from both ends (MindSpeed-LLM)"),
        new("moe_tp_extend_ep", FlagKind.Bool, "share experts over tensor parallel ranks too instead of cutting them (MindSpeed-LLM)"),
    ];

    /// <summary>The parallel sizes; what was not given is 1, the experts' tensor parallel size <paramref name="expertTensor"/> (null: as the others').</summary>
    /// <exception cref="UsageException">No run could have these sizes.</exception>
    internal static ParallelSizes Sizes(FlagValues values, int? expertTensor = 1)
    {
        var sizes = new ParallelSizes
        {
            Tensor = Positive(values, "tensor_model_parallel_size") ?? 1,
            Pipeline = Positive(values, "pipeline_model_parallel_size") ?? 1,
            VirtualPipeline = Positive(values, "virtual_pipeline_model_parallel_size") ?? (IsDualPipe(values) ? 2 : 1),
            Expert = Positive(values, "expert_model_parallel_size") ?? 1,
            ExpertTensor = Positive(values, "expert_tensor_parallel_size") ?? expertTensor,
            Context = Positive(values, "context_parallel_size") ?? 1,
            ExpertsOverTensor = values.Bool("moe_tp_extend_ep"),
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
        var list = Numbers(values, "num_layer_list");
        var perVirtual = Positive(values, "num_layers_per_virtual_pipeline_stage");
        if (sizes.Pipeline == 1)
        {
            NeedsStages(first is not null, "--decoder_first_pipeline_num_layers", first);
            NeedsStages(last is not null, "--decoder_last_pipeline_num_layers", last);
            NeedsStages(perVirtual is not null, "--num_layers_per_virtual_pipeline_stage", perVirtual);
        }
        var pattern = values.Text("pipeline_model_parallel_layout") is { } text ? StagePattern.Parse(text) : null;
        if (pattern is not null && (first ?? last) is not null)
        {
            throw new UsageException(Clause, "--pipeline_model_parallel_layout", "says how layers lie on stages, and so do --decoder_first_pipeline_num_layers and --decoder_last_pipeline_num_layers: give one");
        }
        return new StageOptions
        {
            FirstStageLayers = first,
            LastStageLayers = last,
            AccountForEmbedding = values.Bool("account_for_embedding_in_pipeline_split"),
            AccountForLoss = values.Bool("account_for_loss_in_pipeline_split"),
            Pattern = pattern,
            LayerList = list,
            NoopLayers = Numbers(values, "noop_layers") ?? [],
            DualPipe = IsDualPipe(values),
            LayersPerVirtualStage = perVirtual,
            MtpLayers = pattern?.Count(StageItem.Mtp) ?? 0,
        };
    }

    static bool IsDualPipe(FlagValues values) => values.Text("schedules_method") switch
    {
        null => false,
        "dualpipev" => true,
        var other => throw new UsageException(Clause, "--schedules_method", $"{other}; dualpipev is the one that places layers differently"),
    };

    static List<int>? Numbers(FlagValues values, string name)
    {
        if (values.Text(name) is not { } text) { return null; }
        var numbers = new List<int>();
        foreach (var part in text.Split(','))
        {
            if (!int.TryParse(part.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) { throw new UsageException(Clause, "--" + name, $"{text}; numbers with commas between are allowed, such as 0,31"); }
            numbers.Add(number);
        }
        return numbers;
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
