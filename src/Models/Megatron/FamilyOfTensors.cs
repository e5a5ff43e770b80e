using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;

namespace Ckpt.Models.Megatron;

/// <summary>Tells a Megatron checkpoint's family: the one its arguments name, if its table makes the layers' tensors, else the first whose table does.</summary>
static class FamilyOfTensors
{
    // Why the first families fit, in the words a message gives.
    static readonly Dictionary<string, string> s_because = new()
    {
        ["qwen3_moe"] = "queries and keys are normalised, and layers have experts",
        ["qwen3"] = "queries and keys are normalised",
        ["qwen2"] = "query, key and value have biases, the output projection has none",
        ["llama"] = "there are neither norms of queries and keys nor biases of query, key and value alone",
    };

    internal const string Qk = "self_attention.q_layernorm.weight";

    internal static ModelFamily Find(ArgsReader args, MegatronShapes shapes, ConfigEvidence evidence)
    {
        var said = args.Text("hf_model_type");
        var fitting = FamilyCatalog.All.Where(family => Fits(family, shapes)).ToArray();
        if (fitting.Length == 0) { Throw.NoFamily(args.Where, shapes); }
        var named = Array.Find(fitting, family => family.Name == said);
        var family = named ?? fitting[0];
        var because = s_because.GetValueOrDefault(family.Name, "the layers' tensors are those of its table");
        if (said is not null && named is null) { evidence.Contradict("model_type", $"the rule that {because}", family.Name, "hf_model_type", said); }
        if (family.Untold is { } untold) { Throw.Untold(args.Where, family, untold); }
        evidence.Set("model_type", family.Name, named is null ? because : "args.hf_model_type says so");
        evidence.Set("architectures", new JsonArray(family.Architecture), "the family's class");
        if (said is null && fitting.Length > 1) { evidence.Note($"model_type is not in args, and the tensors are also those of {string.Join(", ", fitting.Skip(1).Select(other => other.Name))}."); }
        return family;
    }

    /// <summary>Whether a family can have all the layers' tensors, and the layers have all that the family always has.</summary>
    internal static bool Fits(ModelFamily family, MegatronShapes shapes)
    {
        var rows = family.Rows.Where(row => row.Each != Each.Model && row.Group == LayerGroup.Decoder && CanCount(row, family.Config)).ToArray();
        var known = rows.SelectMany(Names).ToHashSet(StringComparer.Ordinal);
        return shapes.LayerNames.All(known.Contains)
            && family.Config.IsMla == MlaConfigFromArgs.IsMla(shapes)
            && family.Config.HasDeltaNets == DeltaNetConfigFromArgs.IsGated(shapes)
            && rows.Where(row => IsAlways(row, family.Config, shapes)).GroupBy(row => row.Hf[0].Pattern).All(same => same.Any(row => Names(row).All(shapes.Has)))
            && BiasesFit(family.Config, shapes)
            && family.Config.IsMla == shapes.Has("self_attention.linear_kv_up_proj.weight")
            && family.Config.HasDeltaNets == shapes.LayerNames.Any(static name => name.StartsWith("self_attention.in_proj", StringComparison.Ordinal))
            && (!shapes.Has(Qk) || family.Choices.Any(choice => choice.Name == AttentionRows.s_wideNorms.Name) == shapes.HasWideNorms);
    }

    static IEnumerable<string> Names(FamilyRow row) => row.Megatron.Select(tensor => tensor.Pattern[StandardRows.MegatronLayer.Length..]);

    static bool CanCount(FamilyRow row, ConfigRules rules) =>
        Can(row, When.AttentionBias, rules.AttentionBias) && Can(row, When.OutputBias, rules.OutputBias) && Can(row, When.MlpBias, rules.MlpBias)
        && Can(row, When.QkNorm, new(rules.QkNormKey, rules.QkNorm))
        && (!row.When.HasFlag(When.SharedExperts) || (rules.Moe is { } moe && (moe.SharedFfn is not null || moe.Shared.Count > 0 || moe.DefaultShared > 0)));

    static bool Can(FamilyRow row, When flag, BiasRule rule) => !row.When.HasFlag(flag) || rule.Key is not null || rule.Default;

    // Rows of projections are left to whoever asks for sizes: without them a checkpoint is broken, not of another family.
    static bool IsAlways(FamilyRow row, ConfigRules rules, MegatronShapes shapes) => row.When switch
    {
        When.Always => row.Rest.Count == 0,
        When.QkNorm => rules.QkNormKey is null,
        When.MoeLayer => row.Option is null || row.Option.Choice != StandardRows.s_experts.Name,
        When.DenseLayer => row.Rest.Count == 0 && shapes.Has("mlp.linear_fc1.weight"),
        _ => false,
    };

    static bool BiasesFit(ConfigRules rules, MegatronShapes shapes)
    {
        var flags = new List<(BiasRule Rule, bool There)>
        {
            (rules.AttentionBias, shapes.Has("self_attention.linear_qkv.bias")),
            (rules.OutputBias, shapes.Has("self_attention.linear_proj.bias")),
        };
        if (shapes.Has("mlp.linear_fc1.weight")) { flags.Add((rules.MlpBias, shapes.Has("mlp.linear_fc1.bias"))); }
        return flags.All(flag => flag.Rule.Key is not null || flag.There == flag.Rule.Default)
            && flags.Where(flag => flag.Rule.Key is not null).GroupBy(flag => flag.Rule.Key).All(same => same.Select(flag => flag.There).Distinct().Count() == 1);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoFamily(string where, MegatronShapes shapes) => throw new UnsupportedCheckpointException(
            "CFG-5.4", where, $"no family has layers of {string.Join(", ", shapes.LayerNames.Order(StringComparer.Ordinal))}; give the model's config with --model or --hf_config");

        [DoesNotReturn]
        internal static void Untold(string where, ModelFamily family, string untold) => throw new UnsupportedCheckpointException(
            "CFG-5.7", where, $"a config of {family.Name} says {untold}, which Megatron's arguments do not tell; give the model's config with --model or --hf_config");
    }
}
