using System.Text.Json;
using System.Text.Json.Nodes;
using Ckpt.Formats.Torch;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;
using static Ckpt.Models.Megatron.PickleValues;

namespace Ckpt.Models.Megatron;

/// <summary>The attributes of a run's <c>args</c> that say which attention a model has: multi-latent, gated, linear.</summary>
static class AttentionArgs
{
    internal static void Add(PickleDict args, HfConfig config, MegatronArgsOptions options)
    {
        var model = config.Model;
        args.Add("multi_latent_attention", Of(model.Mla is not null));
        if (model.Mla is { } mla) { AddLatent(args, model, mla); }
        if (model.DeltaNet is { } net) { AddLinear(args, model, net); }
        if (config.Family.Choices.FirstOrDefault(static choice => choice.Name == GatedRows.Dialect) is { } dialect)
        {
            args.Add(MegatronDialect.Attribute, Of(options.Dialect ?? dialect.Options[0]));
        }
    }

    static void AddLatent(PickleDict args, ModelConfig model, MlaConfig mla)
    {
        args
            .Add("q_lora_rank", OrNone(mla.QueryLora))
            .Add("kv_lora_rank", Of(mla.KvLora))
            .Add("qk_head_dim", Of(mla.Nope))
            .Add("qk_pos_emb_head_dim", Of(mla.Rope))
            .Add("v_head_dim", Of(mla.Value));
        // Megatron-core scales such models the way of YaRN or not at all.
        var yarn = model.RopeScaling is { } scaling && Kind(scaling) == "yarn" ? scaling : null;
        args.Add("rope_type", Of(yarn is null ? "rope" : "yarn"));
        if (yarn is null) { return; }
        Note("factor", "rotary_scaling_factor");
        foreach (var key in new[] { "original_max_position_embeddings", "beta_fast", "beta_slow", "mscale", "mscale_all_dim" }) { Note(key, key); }

        void Note(string key, string name)
        {
            if (yarn[key] is { } value && value.GetValueKind() == JsonValueKind.Number) { args.Add(name, Of(value)); }
        }
    }

    static string? Kind(JsonObject scaling) => (scaling["rope_type"] ?? scaling["type"]) is { } kind && kind.GetValueKind() == JsonValueKind.String ? kind.GetValue<string>() : null;

    static void AddLinear(PickleDict args, ModelConfig model, DeltaNetConfig net) => args
        .Add("linear_attention_freq", Of(Enumerable.Range(0, model.Layers).Select(layer => model.IsLinearLayer(layer) ? 1L : 0L)))
        .Add("linear_conv_kernel_dim", Of(net.ConvKernel))
        .Add("linear_key_head_dim", Of(net.KeyDim))
        .Add("linear_value_head_dim", Of(net.ValueDim))
        .Add("linear_num_key_heads", Of(net.KeyHeads))
        .Add("linear_num_value_heads", Of(net.ValueHeads));
}
