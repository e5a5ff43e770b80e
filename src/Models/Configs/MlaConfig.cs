namespace Ckpt.Models.Configs;

/// <summary>The sizes of multi-latent attention.</summary>
/// <param name="QueryLora">Width of the latent of queries; null where queries are projected at once.</param>
/// <param name="KvLora">Width of the latent of keys and values.</param>
/// <param name="Nope">Elements of a head without rotary embedding.</param>
/// <param name="Rope">Elements of a head with rotary embedding; all heads share one such key.</param>
/// <param name="Value">Elements of a head's value.</param>
public sealed record MlaConfig(long? QueryLora, long KvLora, long Nope, long Rope, long Value)
{
    // transformers writes q_lora_rank null for models without one, and every other key always.
    internal static MlaConfig Parse(ConfigReader reader) => new(
        reader.OptionalSize("q_lora_rank"),
        reader.Size("kv_lora_rank"),
        reader.Size("qk_nope_head_dim"),
        reader.Size("qk_rope_head_dim"),
        reader.Size("v_head_dim"));
}
