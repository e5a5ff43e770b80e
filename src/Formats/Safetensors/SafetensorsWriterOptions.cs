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

    /// <summary>The file of a tensor by its name, counted from 0, instead of by size; null: by size.</summary>
    public Func<string, int>? FileOf { get; init; }

    /// <summary>The name of a file by its number from 0; null: as Hugging Face numbers them.</summary>
    public Func<int, string>? FileName { get; init; }

    /// <summary>Spaces a level of the index.</summary>
    public int IndexIndent { get; init; } = 2;

    /// <summary>Whether the index counts elements, as since transformers 5, and ends with a line feed.</summary>
    public bool IndexCounts { get; init; } = true;
}
