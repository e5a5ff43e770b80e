using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;

namespace Ckpt.Models.Megatron;

/// <summary>
/// Rebuilds config.json from a Megatron checkpoint that came without one: sizes from the shapes, the rest from the run's arguments.
/// </summary>
public static class HfConfigFromArgs
{
    const string Embedding = "embedding.word_embeddings.weight";
    const string Fc1 = "mlp.linear_fc1.weight";

    /// <summary>The config, and what told each of its values.</summary>
    /// <param name="common">The checkpoint's common state.</param>
    /// <param name="tensors">Names and shapes; training state is looked past.</param>
    /// <param name="where">The checkpoint, for messages.</param>
    /// <exception cref="MalformedCheckpointException">Arguments and shapes contradict each other, or neither tells a size.</exception>
    /// <exception cref="UnsupportedCheckpointException">The model is of a kind that none of the families is.</exception>
    public static RebuiltConfig Rebuild(PickleDict common, IReadOnlyDictionary<string, Shape> tensors, string where)
    {
        var args = new ArgsReader(common, where);
        var shapes = new MegatronShapes(tensors, where);
        var evidence = new ConfigEvidence(where);
        AddSizes(args, shapes, evidence);
        AddVocabulary(args, shapes, evidence);
        if (MlaConfigFromArgs.IsMla(shapes)) { MlaConfigFromArgs.Add(args, shapes, evidence); }
        else { AddHeads(args, shapes, evidence); }
        if (DeltaNetConfigFromArgs.IsGated(shapes)) { DeltaNetConfigFromArgs.Add(args, shapes, evidence); }
        var family = FamilyOfTensors.Find(args, shapes, evidence);
        CheckKind(args, family);
        AddBiases(family, args, shapes, evidence);
        AddFeedForward(family, args, shapes, evidence);
        if (family.Config.Moe is { } moe) { MoeConfigFromArgs.Add(moe, args, shapes, evidence); }
        if (shapes.MtpLayers > 0 && family.Config.MtpLayers.Count > 0) { evidence.Set(family.Config.MtpLayers[0], shapes.MtpLayers, "so many layers that predict further tokens are in the names"); }
        AddPositions(family, args, evidence);
        AddRest(family, args, evidence);
        return evidence.Finish();
    }

    static void CheckKind(ArgsReader args, ModelFamily family)
    {
        if (args.Text("normalization") is { } norm && norm != "RMSNorm") { Throw.Kind(args.Where, $"args.normalization is {norm}, {family.Name} has RMSNorm"); }
        if (args.Flag("swiglu") == false) { Throw.Kind(args.Where, $"args.swiglu is False, {family.Name} has gated feed-forward layers"); }
        if (args.Flag("multi_latent_attention") is { } latent && latent != family.Config.IsMla) { Throw.Kind(args.Where, $"args.multi_latent_attention is {latent}, in {family.Name} it is {family.Config.IsMla}"); }
        if (args.Flag("rotary_interleaved") is { } interleaved && interleaved != family.Config.RotaryInterleaved)
        {
            Throw.Kind(args.Where, $"args.rotary_interleaved is {interleaved}, in {family.Name} it is {family.Config.RotaryInterleaved}");
        }
    }

    static void AddSizes(ArgsReader args, MegatronShapes shapes, ConfigEvidence evidence)
    {
        evidence.Agree("num_hidden_layers", shapes.Layers > 0 ? ("the layers in the names", shapes.Layers) : null, "num_layers", args.Size("num_layers"));
        evidence.Agree("hidden_size", shapes.Size(Embedding, 1, 2), "hidden_size", args.Size("hidden_size"));
    }

    static void AddVocabulary(ArgsReader args, MegatronShapes shapes, ConfigEvidence evidence)
    {
        var rows = shapes.Size(Embedding, 0, 2) ?? Throw.Missing(args.Where, Embedding);
        var (arg, vocab) = args.Size("vocab_size") is { } exact ? ("vocab_size", exact) : ("padded_vocab_size", args.Size("padded_vocab_size") ?? rows.Value);
        if (vocab > rows.Value) { evidence.Contradict("vocab_size", rows.Source, rows.Value, arg, vocab); }
        evidence.Set("vocab_size", vocab, args.Find(arg) is null ? $"{rows.Source} says so, which may count padding rows" : $"args.{arg} says so, and {rows.Source} is {rows.Value}");
        var tied = !shapes.Has("output_layer.weight");
        evidence.Agree("tie_word_embeddings", tied, tied ? "there is no output_layer.weight" : "there is an output_layer.weight",
            "untie_embeddings_and_output_weights", args.Flag("untie_embeddings_and_output_weights") is { } untied ? !untied : null);
    }

    static void AddHeads(ArgsReader args, MegatronShapes shapes, ConfigEvidence evidence)
    {
        var queries = shapes.Size("self_attention.linear_proj.weight", 1, 2) ?? Throw.Missing(args.Where, "self_attention.linear_proj.weight");
        var all = shapes.Size("self_attention.linear_qkv.weight", 0, 2) ?? Throw.Missing(args.Where, "self_attention.linear_qkv.weight");
        var told = shapes.HasWideNorms ? null : shapes.Size(FamilyOfTensors.Qk, 0, 1);
        if (told is null && args.Size("num_attention_heads") is { } count and > 0 && queries.Value % count == 0)
        {
            told = ($"{queries.Source} over args.num_attention_heads", queries.Value / count);
        }
        var dim = evidence.Agree("head_dim", told, "kv_channels", args.Size("kv_channels"));
        // Gated attention has a gate beside every query.
        if (DeltaNetConfigFromArgs.IsGated(shapes)) { all = (all.Source, all.Value - queries.Value); }
        if (dim == 0 || queries.Value % dim != 0 || all.Value < queries.Value || (all.Value - queries.Value) % (2 * dim) != 0)
        {
            Throw.Rows(args.Where, all, queries, dim);
        }
        evidence.Agree("num_attention_heads", ($"{queries.Source} over head_dim", queries.Value / dim), "num_attention_heads", args.Size("num_attention_heads"));
        // Without grouped queries Megatron-LM leaves num_query_groups at a number that means nothing.
        evidence.Agree("num_key_value_heads", ($"the rest of {all.Source} over head_dim", (all.Value - queries.Value) / (2 * dim)),
            "num_query_groups", args.Flag("group_query_attention") == false ? null : args.Size("num_query_groups"));
    }

    // FamilyOfTensors has seen to it that the biases are such as the family can have.
    static void AddBiases(ModelFamily family, ArgsReader args, MegatronShapes shapes, ConfigEvidence evidence)
    {
        var rules = family.Config;
        var qkv = shapes.Has("self_attention.linear_qkv.bias");
        if (args.Flag("add_qkv_bias") is { } said && said != qkv && args.Flag("add_bias_linear") != true) { evidence.Contradict("attention_bias", "the names", qkv, "add_qkv_bias", said); }
        Add(rules.AttentionBias, qkv, "biases in attention");
        Add(rules.OutputBias, shapes.Has("self_attention.linear_proj.bias"), "biases in attention");
        Add(rules.MlpBias, shapes.Has("mlp.linear_fc1.bias"), "biases in feed-forward layers");
        Add(rules.HeadBias, shapes.Has("output_layer.bias"), "a bias in the output layer");
        Add(new BiasRule(rules.QkNormKey, rules.QkNorm), shapes.Has(FamilyOfTensors.Qk), "norms of queries and keys");

        void Add(BiasRule rule, bool there, string what)
        {
            if (rule.Key is { } key && !evidence.Has(key)) { evidence.Set(key, there, there ? $"there are {what}" : $"there are no {what}"); }
        }
    }

    static void AddFeedForward(ModelFamily family, ArgsReader args, MegatronShapes shapes, ConfigEvidence evidence)
    {
        var key = family.Config.Ffn;
        // Where all layers have experts, some families have the experts' width under this key.
        if (family.Config.Moe is { Layers: MoeLayerRule.All } moe && moe.Ffn == key) { return; }
        if (shapes.Size(Fc1, 0, 2) is { } rows)
        {
            evidence.Agree(key, ($"half of {rows.Source}", rows.Value / 2), "ffn_hidden_size", args.Size("ffn_hidden_size"));
        }
        else
        {
            // No layer is dense, so that any number makes the same model; the config must have one.
            var arg = args.Size("ffn_hidden_size") is null ? "moe_ffn_hidden_size" : "ffn_hidden_size";
            evidence.Agree(key, null, arg, args.Size(arg));
        }
    }

    static void AddPositions(ModelFamily family, ArgsReader args, ConfigEvidence evidence)
    {
        var (arg, positions) = args.Size("max_position_embeddings") is { } most ? ("max_position_embeddings", most) : ("seq_length", args.Size("seq_length"));
        evidence.Set("max_position_embeddings", positions ?? family.Config.MaxPositions, positions is null ? $"the default of {family.Name}, as args has none" : $"args.{arg} says so");
        SetNumber(evidence, "rope_theta", "rotary_base", args.Number("rotary_base"), family.Config.RopeTheta, family.Name);
        AddPartialRotary(family, args, evidence);
        if (evidence.Has("rope_scaling")) { return; }
        if (args.Plain("rope_scaling") is { } noted) { evidence.Set("rope_scaling", noted, "args.rope_scaling says so"); }
        else if (args.Flag("use_rope_scaling") == true)
        {
            // Megatron-LM's fixed choice besides the factor: megatron/core/models/common/embeddings/rotary_pos_embedding.py.
            var scaling = new JsonObject { ["factor"] = args.Number("rope_scaling_factor") ?? 8.0, ["high_freq_factor"] = 4.0, ["low_freq_factor"] = 1.0, ["original_max_position_embeddings"] = 8192, ["rope_type"] = "llama3" };
            evidence.Set("rope_scaling", scaling, "args.use_rope_scaling is True, with the numbers Megatron-LM then takes");
        }
        else { evidence.Note("rope_scaling is left out: args does not tell of any, and Megatron-SWIFT does not always note it. Compare with the model that was trained from."); }
    }

    // Megatron-SWIFT's word and Megatron-LM's, which is 1 where the former says.
    static void AddPartialRotary(ModelFamily family, ArgsReader args, ConfigEvidence evidence)
    {
        const string Key = "partial_rotary_factor";
        var arg = args.Number(Key) is null ? "rotary_percent" : Key;
        var part = args.Number(arg);
        if (family.Config.PartialRotary != 1) { SetNumber(evidence, Key, arg, part, family.Config.PartialRotary, family.Name); }
        else if (part is { } told && told != 1) { Throw.Kind(args.Where, $"args.{arg} is {told}, in {family.Name} whole heads turn"); }
    }

    static void AddRest(ModelFamily family, ArgsReader args, ConfigEvidence evidence)
    {
        var (arg, epsilon) = args.Number("norm_epsilon") is { } native ? ("norm_epsilon", native) : ("layernorm_epsilon", args.Number("layernorm_epsilon"));
        SetNumber(evidence, "rms_norm_eps", arg, epsilon, family.Config.NormEps, family.Name);
        evidence.Set("hidden_act", family.Config.HiddenAct, "Megatron's SwiGLU");
        evidence.Set("use_cache", true, "the default");
        if (DTypeName(args) is { } dtype) { evidence.Set("torch_dtype", dtype, "args says so"); }
        evidence.Note("Token ids (bos_token_id, eos_token_id) are not in Megatron's arguments; take them from the tokenizer.");
    }

    static void SetNumber(ConfigEvidence evidence, string key, string arg, double? said, double usual, string family)
    {
        if (said is { } value && value > 0) { evidence.Set(key, value, $"args.{arg} says so"); }
        else { evidence.Set(key, usual, $"the default of {family}, as args has none"); }
    }

    static string? DTypeName(ArgsReader args) => args.Find("params_dtype") switch
    {
        PickleString text when DTypes.TryParseTorch(text.Value, out var dtype) => dtype.TorchName(),
        PickleGlobal { Module: "torch" } global when DTypes.TryParseTorch(global.Name, out var dtype) => dtype.TorchName(),
        _ => args.Flag("bf16") == true ? "bfloat16" : args.Flag("fp16") == true ? "float16" : null,
    };

    static class Throw
    {
        [DoesNotReturn]
        internal static void Kind(string where, string found) => throw new UnsupportedCheckpointException(
            "CFG-5.4", where, $"{found}; give the model's config with --model or --hf_config");

        [DoesNotReturn]
        internal static (string, long) Missing(string where, string name) => throw new MalformedCheckpointException(
            "CFG-5.3", where, $"there is no {name}, without which a config cannot be rebuilt");

        [DoesNotReturn]
        internal static void Rows(string where, (string Source, long Value) all, (string Source, long Value) queries, long dim) => throw new MalformedCheckpointException(
            "CFG-5.2", where, $"{all.Source} is {all.Value} and {queries.Source} is {queries.Value}, which heads of {dim} cannot make");
    }
}
