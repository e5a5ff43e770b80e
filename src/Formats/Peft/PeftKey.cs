namespace Ckpt.Formats.Peft;

/// <summary>What a tensor of an adapter is.</summary>
public enum PeftPart
{
    /// <summary>A weight or bias of the base model, trained and saved whole (modules_to_save, bias).</summary>
    Saved,

    /// <summary>A weight or bias of a base layer under an adapter.</summary>
    Base,

    /// <summary>A.</summary>
    A,

    /// <summary>B.</summary>
    B,

    /// <summary>B's bias.</summary>
    BBias,

    /// <summary>A of an embedding.</summary>
    EmbeddingA,

    /// <summary>B of an embedding.</summary>
    EmbeddingB,

    /// <summary>DoRA's magnitudes.</summary>
    Magnitude,
}

/// <summary>A tensor's key in an adapter file, taken apart.</summary>
/// <param name="Module">The module it belongs to, from the model's root, without <c>base_layer</c> parts.</param>
/// <param name="Depth">How many <c>base_layer</c> the key went through: adapters of several parameters of one module are nested.</param>
/// <param name="Part">What it is.</param>
/// <param name="Name">For <see cref="PeftPart.Saved"/> and <see cref="PeftPart.Base"/>: the parameter's name in the base model.</param>
/// <param name="Adapter">The adapter's name, where the key has one.</param>
public readonly record struct PeftKey(string Module, int Depth, PeftPart Part, string Name, string? Adapter)
{
    const string Root = "base_model.model.";
    const string BaseLayer = "base_layer";
    const string Saved = "modules_to_save";

    static readonly (string Word, string Tail, PeftPart Part)[] s_parts =
    [
        ("lora_A", "weight", PeftPart.A),
        ("lora_B", "weight", PeftPart.B),
        ("lora_B", "bias", PeftPart.BBias),
        ("lora_embedding_A", "", PeftPart.EmbeddingA),
        ("lora_embedding_B", "", PeftPart.EmbeddingB),
        ("lora_magnitude_vector", "", PeftPart.Magnitude),
        ("lora_magnitude_vector", "weight", PeftPart.Magnitude),
    ];

    /// <summary>Takes a key apart; false where it does not begin as PEFT's do, or names a part of LoRA that is not known.</summary>
    public static bool TryParse(string key, out PeftKey parsed)
    {
        parsed = default;
        if (!key.StartsWith(Root, StringComparison.Ordinal) || key.Length == Root.Length) { return false; }
        var words = key[Root.Length..].Split('.');
        if (words.Contains("")) { return false; }
        var at = Array.FindIndex(words, static word => word.StartsWith("lora_", StringComparison.Ordinal));
        if (at == 0) { return false; }
        return at > 0 ? TryLora(words, at, out parsed) : TryWhole(words, out parsed);
    }

    /// <summary>The key of a part of a module, as PEFT writes it.</summary>
    public static string Of(string module, PeftPart part) => Root + module + part switch
    {
        PeftPart.A => ".lora_A.weight",
        PeftPart.B => ".lora_B.weight",
        PeftPart.BBias => ".lora_B.bias",
        PeftPart.EmbeddingA => ".lora_embedding_A",
        PeftPart.EmbeddingB => ".lora_embedding_B",
        PeftPart.Magnitude => ".lora_magnitude_vector",
        _ => "", // the module is the parameter's name
    };

    static bool TryLora(string[] words, int at, out PeftKey parsed)
    {
        parsed = default;
        // The adapter's name stands behind the word in the state of a running model, and is left out of files.
        var tails = words[(at + 1)..];
        foreach (var (word, tail, part) in s_parts)
        {
            if (words[at] != word) { continue; }
            string? adapter;
            if (tail.Length == 0 ? tails.Length == 0 : tails.Length == 1 && tails[0] == tail) { adapter = null; }
            else if (tail.Length == 0 ? tails.Length == 1 && tails[0] != "weight" : tails.Length == 2 && tails[1] == tail) { adapter = tails[0]; }
            else { continue; }
            parsed = Lora(words[..at], part, adapter);
            return true;
        }
        return false;
    }

    static PeftKey Lora(string[] words, PeftPart part, string? adapter)
    {
        var depth = words.Length - 1 - Array.FindLastIndex(words, static word => word != BaseLayer);
        return new PeftKey(string.Join('.', words[..^depth]), depth, part, "", adapter);
    }

    static bool TryWhole(string[] words, out PeftKey parsed)
    {
        string? adapter = null;
        if (Array.IndexOf(words, Saved) is > 0 and var saved && words.Length > saved + 2)
        {
            adapter = words[saved + 1];
            words = [.. words[..saved], .. words[(saved + 2)..]];
        }
        var depth = words.Count(static word => word == BaseLayer);
        words = [.. words.Where(static word => word != BaseLayer)];
        parsed = new PeftKey(string.Join('.', words[..^1]), depth, depth > 0 ? PeftPart.Base : PeftPart.Saved, string.Join('.', words), adapter);
        return words.Length > 1;
    }
}
