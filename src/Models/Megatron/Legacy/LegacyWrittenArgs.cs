using Ckpt.Formats.Torch;
using static Ckpt.Models.Megatron.PickleValues;

namespace Ckpt.Models.Megatron.Legacy;

/// <summary>Makes the arguments in a common state say the layout that is written (LEG-6.4). Pure.</summary>
static class LegacyWrittenArgs
{
    /// <summary>The same state; its <c>args</c> with the layout's values in place of what they said of another.</summary>
    internal static PickleDict Of(LegacyTorchWriterOptions options)
    {
        var common = new PickleDict();
        var hasArgs = false;
        foreach (var (key, value) in options.Common.Items)
        {
            var isArgs = key is PickleString { Value: "args" };
            hasArgs |= isArgs;
            common.Items.Add(new(key, isArgs ? WithLayout(value, options) : value));
        }
        if (!hasArgs) { common.Items.Insert(0, new(new PickleString("args"), WithLayout(PickleNone.Instance, options))); }
        if (common.Find("checkpoint_version") is null) { common.Add("checkpoint_version", Of3()); }
        if (common.Find("iteration") is null) { common.Add("iteration", PickleValues.Of(1)); }
        return common;
    }

    static PickleNode Of3() => PickleValues.Of(3.0);

    static PickleObject WithLayout(PickleNode args, LegacyTorchWriterOptions options)
    {
        var values = new PickleDict();
        var given = args switch
        {
            PickleObject { Attributes: { } attributes } => attributes,
            PickleDict dict => dict,
            _ => new PickleDict(),
        };
        var layout = Layout(options, given);
        foreach (var (key, value) in given.Items)
        {
            values.Items.Add(new(key, key is PickleString name && layout.Remove(name.Value, out var now) ? now : value));
        }
        foreach (var (name, value) in layout) { values.Add(name, value); }
        var made = new PickleObject(PickleConstruction.NewObject, new PickleGlobal("argparse", "Namespace"), PickleTuple.Empty);
        made.States.Add(values);
        return made;
    }

    static Dictionary<string, PickleNode> Layout(LegacyTorchWriterOptions options, PickleDict given)
    {
        var (sizes, stages, places) = (options.Layout.Grid.Sizes, options.Layout.Stages, options.Stages);
        var noops = places.NoopLayers.Count;
        var padded = stages.Layers + noops;
        var even = stages.Chunks > 1 && padded % (stages.Stages * stages.Chunks) == 0 && places.Pattern is null && !places.DualPipe;
        var values = new Dictionary<string, PickleNode>
        {
            ["num_layers"] = PickleValues.Of(padded),
            ["tensor_model_parallel_size"] = PickleValues.Of(sizes.Tensor),
            ["pipeline_model_parallel_size"] = PickleValues.Of(sizes.Pipeline),
            ["virtual_pipeline_model_parallel_size"] = stages.Chunks > 1 ? PickleValues.Of(stages.Chunks) : None,
            ["num_layers_per_virtual_pipeline_stage"] = even ? PickleValues.Of(padded / (stages.Stages * stages.Chunks)) : None,
            ["expert_model_parallel_size"] = PickleValues.Of(sizes.Expert),
            ["expert_tensor_parallel_size"] = PickleValues.Of(sizes.ExpertTensorSize),
            ["decoder_first_pipeline_num_layers"] = OrNone(places.FirstStageLayers),
            ["decoder_last_pipeline_num_layers"] = OrNone(places.LastStageLayers),
            ["account_for_embedding_in_pipeline_split"] = PickleValues.Of(places.AccountForEmbedding),
            ["account_for_loss_in_pipeline_split"] = PickleValues.Of(places.AccountForLoss),
            ["pipeline_model_parallel_layout"] = OrNone(places.Pattern?.ToString()),
            ["context_parallel_size"] = PickleValues.Of(sizes.Context),
            ["world_size"] = PickleValues.Of(options.Layout.Grid.World),
            ["data_parallel_size"] = PickleValues.Of(sizes.Data ?? 1),
            ["ckpt_format"] = PickleValues.Of("torch"),
            ["transformer_impl"] = PickleValues.Of(options.Layers == LegacyLayers.TransformerEngine ? "transformer_engine" : "local"),
            ["moe_grouped_gemm"] = PickleValues.Of(options.Experts != LegacyExperts.Sequential && HasExperts(given)),
        };
        // Words that only some programs know are said where they mean something, or where they are there to be put right.
        Say("moe_use_legacy_grouped_gemm", PickleValues.Of(true), options is { Experts: LegacyExperts.Grouped, Layers: not LegacyLayers.MindSpeed }, PickleValues.Of(false));
        Say("moe_tp_extend_ep", PickleValues.Of(true), sizes.ExpertsOverTensor, PickleValues.Of(false));
        Say("noop_layers", OrNone(string.Join(',', places.NoopLayers)), noops > 0, None);
        Say("num_layer_list", OrNone(string.Join(',', places.LayerList ?? [])), places.LayerList is not null, None);
        Say("schedules_method", PickleValues.Of("dualpipev"), places.DualPipe, None);
        Say("use_dist_ckpt", PickleValues.Of(false), false, PickleValues.Of(false));
        return values;

        void Say(string name, PickleNode value, bool means, PickleNode otherwise)
        {
            if (means) { values[name] = value; }
            else if (given.Find(name) is not (null or PickleNone)) { values[name] = otherwise; }
        }
    }

    static bool HasExperts(PickleDict given) => given.Find("num_experts") is PickleInt || given.Find("num_moe_experts") is PickleInt;
}
