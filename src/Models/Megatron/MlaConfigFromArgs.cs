using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Ckpt.Formats;

namespace Ckpt.Models.Megatron;

/// <summary>What a rebuilt config says of multi-latent attention.</summary>
static class MlaConfigFromArgs
{
    const string Self = "self_attention.";

    internal static bool IsMla(MegatronShapes shapes) => shapes.Has(Self + "linear_kv_up_proj.weight");

    internal static void Add(ArgsReader args, MegatronShapes shapes, ConfigEvidence evidence)
    {
        var heads = evidence.Agree("num_attention_heads", null, "num_attention_heads", args.Size("num_attention_heads"));
        evidence.Set("num_key_value_heads", heads, "every head of multi-latent attention has keys and values of its own");
        var lora = evidence.Agree("kv_lora_rank", shapes.Size(Self + "linear_kv_up_proj.weight", 1, 2), "kv_lora_rank", args.Size("kv_lora_rank"));
        var queryLora = shapes.Size(Self + "linear_q_up_proj.weight", 1, 2);
        if (queryLora is null) { evidence.Set("q_lora_rank", null, "there is no linear_q_up_proj.weight"); }
        else { evidence.Agree("q_lora_rank", queryLora, "q_lora_rank", args.Size("q_lora_rank")); }
        var rope = evidence.Agree("qk_rope_head_dim", Rope(shapes, lora, queryLora), "qk_pos_emb_head_dim", args.Size("qk_pos_emb_head_dim"));
        var query = shapes.Size(Self + (queryLora is null ? "linear_q_proj.weight" : "linear_q_up_proj.weight"), 0, 2);
        evidence.Agree("qk_nope_head_dim", PerHead(query, heads, rope, args.Where), "qk_head_dim", args.Size("qk_head_dim"));
        evidence.Agree("v_head_dim", PerHead(shapes.Size(Self + "linear_proj.weight", 1, 2), heads, 0, args.Where), "v_head_dim", args.Size("v_head_dim"));
        AddScaling(args, evidence);
    }

    // What goes down to the latent goes down to one rotary key too; MindSpeed-LLM joins the queries' way down to it.
    static (string, long)? Rope(MegatronShapes shapes, long lora, (string Source, long Value)? queryLora)
    {
        if (shapes.Size(Self + "linear_kv_down_proj.weight", 0, 2) is { } down) { return ($"{down.Source} without kv_lora_rank", down.Value - lora); }
        return queryLora is { } query && shapes.Size(Self + "linear_qkv.weight", 0, 2) is { } joined ? ($"{joined.Source} without kv_lora_rank and q_lora_rank", joined.Value - lora - query.Value) : null;
    }

    static (string, long)? PerHead((string Source, long Value)? rows, long heads, long less, string where)
    {
        if (rows is not { } told) { return null; }
        if (heads == 0 || told.Value % heads != 0 || told.Value / heads <= less) { Throw.Rows(where, told, heads); }
        return ($"{told.Source} over num_attention_heads", (told.Value / heads) - less);
    }

    // Megatron-SWIFT notes the whole rope_scaling, which comes before this; Megatron-LM has its parts.
    static void AddScaling(ArgsReader args, ConfigEvidence evidence)
    {
        if (args.Find("rope_scaling") is not null || args.Text("rope_type") != "yarn" || args.Number("rotary_scaling_factor") is not { } factor) { return; }
        var scaling = new JsonObject { ["factor"] = factor, ["rope_type"] = "yarn" };
        foreach (var key in new[] { "beta_fast", "beta_slow", "mscale", "mscale_all_dim", "original_max_position_embeddings" })
        {
            if (args.Number(key) is { } value) { scaling[key] = value; }
        }
        evidence.Set("rope_scaling", scaling, "args.rope_type is yarn, with the numbers args has");
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Rows(string where, (string Source, long Value) rows, long heads) => throw new MalformedCheckpointException(
            "CFG-5.2", where, $"{rows.Source} is {rows.Value}, which {heads} heads cannot make");
    }
}
