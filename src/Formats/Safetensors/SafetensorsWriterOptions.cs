namespace Ckpt.Formats.Safetensors;

/// <summary>How tensors are laid out in safetensors files.</summary>
public sealed record SafetensorsWriterOptions
{
    /// <summary>Bytes of tensor data a file may hold, unless one tensor alone has more.</summary>
    public long MaxShardBytes { get; init; } = 5_000_000_000;

    /// <summary>What file names start with: <c>model</c>, <c>adapter_model</c>.</summary>
    public string Stem { get; init; } = "model";

    /// <summary>The map <c>__metadata__</c> of every file; older loaders of Hugging Face want the format named in it.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string> { ["format"] = "pt" };

    /// <summary>Writes an index for a single file too.</summary>
    public bool AlwaysIndex { get; init; }
}
