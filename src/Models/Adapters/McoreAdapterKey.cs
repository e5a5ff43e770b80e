namespace Ckpt.Models.Adapters;

/// <summary>What a tensor of a Megatron checkpoint is to an adapter.</summary>
enum McorePart
{
    /// <summary>Nothing: a weight of the base, or training state.</summary>
    Other,

    /// <summary>A.</summary>
    A,

    /// <summary>B.</summary>
    B,

    /// <summary>A parameter saved whole.</summary>
    Saved,

    /// <summary>A parameter of a base layer under an adapter.</summary>
    BaseLayer,
}

/// <summary>A Megatron tensor's key, taken apart.</summary>
/// <param name="Part">What it is.</param>
/// <param name="Parameter">The base parameter it belongs to.</param>
/// <param name="Adapter">The adapter's name, or empty.</param>
readonly record struct McoreAdapterKey(McorePart Part, string Parameter, string Adapter)
{
    // MindSpeed-LLM accepts lower-case spellings.
    static readonly (string Word, McorePart Part)[] s_words = [(".lora_A.", McorePart.A), (".lora_B.", McorePart.B), (".lora_a.", McorePart.A), (".lora_b.", McorePart.B), (".modules_to_save.", McorePart.Saved)];

    internal static McoreAdapterKey Parse(string name)
    {
        foreach (var (word, part) in s_words)
        {
            var at = name.IndexOf(word, StringComparison.Ordinal);
            if (at <= 0) { continue; }
            var rest = name[(at + word.Length)..];
            var dot = rest.IndexOf('.', StringComparison.Ordinal);
            if (dot <= 0) { continue; }
            var parameter = part == McorePart.Saved ? rest[(dot + 1)..] : "weight";
            // lora_A and lora_B of Megatron have no bias; anything but a weight is nobody's.
            if (part != McorePart.Saved && rest[(dot + 1)..] != "weight") { continue; }
            return new McoreAdapterKey(part, $"{name[..at]}.{parameter}", rest[..dot]);
        }
        const string BaseLayer = ".base_layer.";
        return name.Contains(BaseLayer, StringComparison.Ordinal)
            ? new McoreAdapterKey(McorePart.BaseLayer, name.Replace(BaseLayer, ".", StringComparison.Ordinal), "")
            : new McoreAdapterKey(McorePart.Other, name, "");
    }

    /// <summary>The key of a part of a base weight's adapter, as Megatron-SWIFT names it.</summary>
    internal static string Of(string weight, McorePart part, string adapter = McoreAdapterOptions.Default)
    {
        var dot = weight.LastIndexOf('.');
        return part switch
        {
            McorePart.A => $"{weight[..dot]}.lora_A.{adapter}.weight",
            McorePart.B => $"{weight[..dot]}.lora_B.{adapter}.weight",
            _ => $"{weight[..dot]}.modules_to_save.{adapter}{weight[dot..]}",
        };
    }
}
