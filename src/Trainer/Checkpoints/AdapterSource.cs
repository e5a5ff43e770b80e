using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Adapters;
using Ckpt.Models.Configs;
using Ckpt.Models.Megatron.Ranks;

namespace Ckpt.Trainer.Checkpoints;

/// <summary>An adapter that training goes on with: of a Megatron checkpoint saved under any split, or PEFT's.</summary>
public sealed class AdapterSource : IDisposable
{
    readonly RankReader _reader;
    readonly string _path;
    readonly HashSet<string> _read = new(StringComparer.Ordinal);

    AdapterSource(RankReader reader, string path, JsonObject arguments, IReadOnlyList<string> notes) =>
        (_reader, _path, Arguments, Notes) = (reader, path, (JsonObject)JsonNode.Parse(arguments.ToJsonString())!, notes); // as if read: numbers of any kind

    /// <summary>What is said of the adapter: <c>lora_rank</c>, <c>lora_alpha</c>, <c>use_rslora</c>, <c>target_modules</c>, …</summary>
    public JsonObject Arguments { get; }

    /// <summary>What the user should know of.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The rank's tensors.</summary>
    public IReadOnlyList<TensorInfo> Tensors => _reader.Tensors;

    /// <summary>Whether a parameter's name is that of an adapter's.</summary>
    public static bool IsAdapter(string name) =>
        name.Contains(".lora_A.", StringComparison.Ordinal) || name.Contains(".lora_embedding_", StringComparison.Ordinal) || name.Contains(".lora_B.", StringComparison.Ordinal) || name.Contains(".modules_to_save.", StringComparison.Ordinal);

    internal static AdapterSource? Open(ModelSourceOptions options, HfConfig config, RankTensors tensors, TrainerRanks ranks, long paddedVocab)
    {
        if (options.McoreAdapter is { } mcore) { return OfMegatron(mcore, config, options, tensors, ranks, paddedVocab); }
        return options.Adapter is { } peft ? OfPeft(peft, config, options, tensors, ranks, paddedVocab) : null;
    }

    /// <exception cref="MalformedCheckpointException">TRN-12.2: the adapter lacks it.</exception>
    internal TensorInfo Find(string name)
    {
        _read.Add(name);
        return _reader.Find(name) ?? Throw.Missing(_path, name);
    }

    internal void Read(string name, long offset, Span<byte> destination) => _reader.Read(Find(name), offset, destination);

    internal IEnumerable<string> Unread() => _reader.Tensors.Select(static tensor => tensor.Name).Where(name => !_read.Contains(name));

    public void Dispose() => _reader.Dispose();

    static AdapterSource OfMegatron(string path, HfConfig config, ModelSourceOptions options, RankTensors tensors, TrainerRanks ranks, long paddedVocab)
    {
        // A run that kept its adapter in PEFT's form only left an iteration without tensors.
        if (Formats.CheckpointOpener.Detect(path).Format == Formats.Opening.FormatNames.Safetensors) { return OfPeft(path, config, options, tensors, ranks, paddedVocab); }
        var adapter = McoreAdapter.Open(path);
        try
        {
            var map = TrainedAdapter.Logical(adapter.Reader, paddedVocab);
            return new AdapterSource(RankReader.Of(adapter.Reader, map, tensors, ranks.Rank, byRank: false, options.DType), path, adapter.Arguments(), []);
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    static AdapterSource OfPeft(string path, HfConfig config, ModelSourceOptions options, RankTensors tensors, TrainerRanks ranks, long paddedVocab)
    {
        var adapter = PeftAdapter.Open(path);
        try
        {
            // In the order of one rank, which is that of the weights, and cut from there.
            var import = TrainedAdapter.OfPeft(adapter, config, new McoreExportOptions { Dialect = options.Dialect, PaddedVocab = paddedVocab });
            return new AdapterSource(RankReader.Of(import.Source, import.Map, tensors, ranks.Rank, byRank: false, options.DType), path, import.Arguments, import.Notes);
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static TensorInfo Missing(string where, string name) => throw new MalformedCheckpointException(
            "TRN-12.2", where, $"has no {Quoted.Name(name)}, but other parts of the adapter: target modules, rank and experts must be those it was trained with");
    }
}
