using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Torch;
using Ckpt.Models.Configs;

namespace Ckpt.Models.Megatron;

/// <summary>What a rebuilt config says of experts, under the keys of its family.</summary>
static class MoeConfigFromArgs
{
    const string ExpertFc2 = "mlp.experts.experts.linear_fc2.weight";

    internal static void Add(MoeRules rules, ArgsReader args, MegatronShapes shapes, ConfigEvidence evidence)
    {
        // Megatron-LM's arguments say num_experts, Megatron-core's config, which Megatron-SWIFT stores, num_moe_experts.
        var count = args.Size("num_experts") is null ? "num_moe_experts" : "num_experts";
        evidence.Agree(rules.Experts[0], shapes.Size(ExpertFc2, 0, 3), count, args.Size(count));
        var width = evidence.Agree(rules.Ffn, shapes.Size(ExpertFc2, 2, 3), "moe_ffn_hidden_size", args.Size("moe_ffn_hidden_size"));
        evidence.Agree(rules.TopK[0], null, "moe_router_topk", args.Size("moe_router_topk"));
        if (rules.HasNormTopkProb)
        {
            var before = args.Flag("moe_router_pre_softmax") ?? false;
            evidence.Set("norm_topk_prob", !before, args.Find("moe_router_pre_softmax") is null ? "args.moe_router_pre_softmax is absent, which means False" : $"args.moe_router_pre_softmax is {before}");
        }
        AddShared(rules, width, args, shapes, evidence);
        AddRouter(rules, args, evidence);
        AddLayers(rules, args, shapes, evidence);
    }

    static void AddShared(MoeRules rules, long width, ArgsReader args, MegatronShapes shapes, ConfigEvidence evidence)
    {
        const string Arg = "moe_shared_expert_intermediate_size";
        var told = shapes.Size("mlp.shared_experts.linear_fc2.weight", 1, 2) ?? ("the absence of shared experts", 0L);
        if (rules.SharedFfn is { } key) { evidence.Agree(key, told, Arg, args.Size(Arg)); }
        else if (rules.Shared.Count > 0)
        {
            if (width == 0 || told.Value % width != 0) { Throw.Kind(args.Where, $"{told.Source} is {told.Value}, which experts {width} wide cannot make"); }
            var count = told.Value / width;
            if (args.Size(Arg) is { } said && said != told.Value) { evidence.Contradict(rules.Shared[0], told.Source, told.Value, Arg, said); }
            evidence.Set(rules.Shared[0], count, $"{told.Source} over {rules.Ffn} says so");
        }
    }

    static void AddRouter(MoeRules rules, ArgsReader args, ConfigEvidence evidence)
    {
        if (args.Text("moe_router_score_function") is { } said && said != rules.ScoreFunction) { Throw.Kind(args.Where, $"args.moe_router_score_function is {said}, in this family it is {rules.ScoreFunction}"); }
        Note("n_group", "moe_router_num_groups", args.Size("moe_router_num_groups"));
        Note("topk_group", "moe_router_group_topk", args.Size("moe_router_group_topk"));
        Note("routed_scaling_factor", "moe_router_topk_scaling_factor", args.Number("moe_router_topk_scaling_factor"));

        void Note(string key, string arg, double? value)
        {
            if (value is { } told) { evidence.Set(key, told == Math.Floor(told) ? JsonValue.Create((long)told) : JsonValue.Create(told), $"args.{arg} says so"); }
        }
    }

    static void AddLayers(MoeRules rules, ArgsReader args, MegatronShapes shapes, ConfigEvidence evidence)
    {
        var told = shapes.MoeLayers ?? [.. Enumerable.Repeat(true, (int)Math.Min(shapes.Layers, ushort.MaxValue))];
        CheckFrequency(told, args, rules, evidence);
        var dense = told.Index().Where(layer => !layer.Item).Select(layer => layer.Index).ToArray();
        switch (rules.Layers)
        {
            case MoeLayerRule.StepAndList:
                evidence.Set("decoder_sparse_step", 1, "layers without experts are listed one by one");
                evidence.Set("mlp_only_layers", new JsonArray([.. dense.Select(layer => (JsonNode)layer)]), dense.Length == 0 ? "every layer has experts" : "these layers have no experts");
                break;
            case MoeLayerRule.FirstDense:
                if (dense.Length > 0 && dense[^1] != dense.Length - 1) { Throw.Layers(args.Where, told); }
                evidence.Set("first_k_dense_replace", dense.Length, "so many layers in front have no experts");
                break;
            case MoeLayerRule.Interval:
                var (first, last) = (told.Index().First(layer => layer.Item).Index, told.Index().Last(layer => layer.Item).Index);
                if (dense.Any(layer => layer > first && layer < last)) { Throw.Layers(args.Where, told); }
                evidence.Set("moe_layer_start_index", first, "the first layer with experts");
                evidence.Set("moe_layer_end_index", last, "the last layer with experts");
                evidence.Set("moe_layer_interval", 1, "every layer in between has experts");
                break;
        }
    }

    // A number n says every nth layer from the first, a list says layer by layer; front ends also write strings, which say nothing here.
    static void CheckFrequency(IReadOnlyList<bool> told, ArgsReader args, MoeRules rules, ConfigEvidence evidence)
    {
        var said = args.Find("moe_layer_freq") switch
        {
            PickleInt { Value.IsOne: true } => told.Select(_ => true),
            PickleInt { Value.Sign: > 0 } every => told.Select((_, layer) => layer % every.Value == 0),
            PickleList list => list.Items.Select(item => item is PickleInt { Value.IsZero: false }),
            _ => told,
        };
        var key = rules.Layers switch { MoeLayerRule.FirstDense => "first_k_dense_replace", MoeLayerRule.Interval => "moe_layer_start_index", _ => "mlp_only_layers" };
        if (!said.SequenceEqual(told)) { evidence.Contradict(key, "the names", Ones(told), "moe_layer_freq", Ones(said)); }
    }

    static string Ones(IEnumerable<bool> layers) => string.Join(' ', layers.Select(layer => layer ? '1' : '0'));

    static class Throw
    {
        [DoesNotReturn]
        internal static void Kind(string where, string found) => throw new UnsupportedCheckpointException(
            "CFG-5.4", where, $"{found}; give the model's config with --model or --hf_config");

        [DoesNotReturn]
        internal static void Layers(string where, IReadOnlyList<bool> told) => throw new UnsupportedCheckpointException(
            "CFG-5.4", where, $"layers have experts as in {Ones(told)}, which a config of this family cannot say; give the model's config with --model or --hf_config");
    }
}
