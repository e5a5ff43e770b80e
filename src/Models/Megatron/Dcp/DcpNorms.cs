using Ckpt.Formats.Tensors;

namespace Ckpt.Models.Megatron.Dcp;

/// <summary>
/// The names that norms have in Megatron's own checkpoints: those before a projection are part of it, whichever implementation trained them
/// (TDC-6.1). Source: Megatron-LM core/models/gpt/gpt_layer_specs.py <c>sharded_state_dict_keys_map</c>.
/// </summary>
sealed class DcpNorms
{
    const string Input = "input_layernorm.";
    const string BeforeMlp = "pre_mlp_layernorm.";
    const string Qkv = "self_attention.linear_qkv.";
    const string Fc1 = "mlp.linear_fc1.";

    readonly HashSet<string> _projections = new(StringComparer.Ordinal);

    internal DcpNorms(IEnumerable<TensorInfo> tensors)
    {
        foreach (var tensor in tensors)
        {
            if (!DcpName.TryModel(tensor.Name, out var name)) { continue; }
            foreach (var projection in (ReadOnlySpan<string>)[Qkv, Fc1])
            {
                if (name.Key.EndsWith(projection + "weight", StringComparison.Ordinal)) { _projections.Add(name.Key[..^"weight".Length]); }
            }
        }
    }

    internal string Fused(string key) => Fused(key, Input, Qkv) ?? Fused(key, BeforeMlp, Fc1) ?? key;

    string? Fused(string key, string norm, string projection)
    {
        var at = key.LastIndexOf('.', key.Length - 1);
        if (at < norm.Length || string.CompareOrdinal(key, at + 1 - norm.Length, norm, 0, norm.Length) != 0) { return null; }
        var layer = key[..(at + 1 - norm.Length)];
        return _projections.Contains(layer + projection) ? $"{layer}{projection}layer_norm_{key[(at + 1)..]}" : null;
    }
}
