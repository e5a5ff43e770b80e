using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Models.Adapters;
using Ckpt.Models.Bridge;
using Ckpt.Models.Families;
using Ckpt.Models.Megatron;
using Ckpt.Models.Megatron.Legacy;
using Ckpt.Models.Opening;
using Ckpt.Models.Quantisation;
using Ckpt.Sharding.Running;

namespace Ckpt.Cli.Looking;

/// <summary>
/// What a checkpoint is as a model (CLI-7.3): who wrote it, of which family, in which dialect, under which layout, whether anything lacks. What cannot be
/// told is left out, with the reason. Reads no tensor data.
/// </summary>
sealed record ModelRecord
{
    /// <summary>The program, and what tells.</summary>
    internal (string Name, string Because)? Producer { get; init; }

    /// <summary>The family, by <c>model_type</c>.</summary>
    internal string? Family { get; init; }

    /// <summary>Where the config is from.</summary>
    internal string? ConfigFrom { get; init; }

    /// <summary>Which of several ways its names follow.</summary>
    internal IReadOnlyDictionary<string, string> Choices { get; init; } = new Dictionary<string, string>();

    /// <summary>The type that config.json names.</summary>
    internal DType? DType { get; init; }

    /// <summary>The method and the number of quantised tensors.</summary>
    internal (string Method, int Tensors)? Quantised { get; init; }

    /// <summary>Sizes the writing run had, by their arguments' names.</summary>
    internal IReadOnlyList<(string Name, long Size)> Layout { get; init; } = [];

    /// <summary>The adapter in it.</summary>
    internal AdapterRecord? Adapter { get; init; }

    /// <summary>What lacks, is too much or of another shape; null where the family's names could not be made.</summary>
    internal IReadOnlyList<string>? Faults { get; init; }

    /// <summary>Why it is not known as a model.</summary>
    internal string? Unknown { get; init; }

    /// <summary>The record of an opened checkpoint, which stays the caller's.</summary>
    internal static ModelRecord Of(ICheckpointReader reader, string path, ModelOpenOptions options)
    {
        // What a fault says is part of the record; looking at the rest must not fail with it.
        var record = new ModelRecord();
        try
        {
            record = record with { Producer = ProducerOf(reader, path), Layout = LayoutOf(reader), Adapter = AdapterRecord.Of(reader) };
            if (record.Adapter is { HasBase: false }) { return record; }
            var model = ModelCheckpoint.Of(reader, path, options);
            var config = model.Side.Config;
            record = record with { Family = config.Family.Name, ConfigFrom = config.Where, DType = config.Model.TorchDType, Choices = ChoicesOf(model) };
            var (tensors, quantised) = Weights(model);
            var map = model.Naming == FamilySide.Hf ? model.ToMegatron(new BridgeOptions()) : model.ToHf(new BridgeOptions());
            return record with { Quantised = quantised, Faults = [.. MissingTensorDiagnosis.Explain(map, config.Model, tensors).Select(static fault => fault.Text)] };
        }
        catch (CheckpointException fault) { return record with { Unknown = fault.Message }; }
    }

    /// <summary>Names and shapes as the family's map has them: without adapters, and with quantised weights as numbers.</summary>
    static (Dictionary<string, Shape> Tensors, (string, int)? Quantised) Weights(ModelCheckpoint model)
    {
        var reader = McoreAdapter.BaseOf(model.Reader) ?? model.Reader;
        (string, int)? quantised = null;
        if (model.Side.Config.Model.QuantMethod is { } method && reader.Tensors.Any(static tensor => tensor.DType is not (Formats.Tensors.DType.BF16 or Formats.Tensors.DType.F16 or Formats.Tensors.DType.F32)) && QuantScheme.Of(model.Side.Config, reader) is { } scheme)
        {
            quantised = (method, scheme.Tensors.Count);
            reader = scheme.Dequantise(reader, Formats.Tensors.DType.BF16);
        }
        return (reader.Tensors.ToDictionary(static tensor => tensor.Name, static tensor => tensor.Shape, StringComparer.Ordinal), quantised);
    }

    // Those of the other side are what would be written, not what is there.
    static Dictionary<string, string> ChoicesOf(ModelCheckpoint model)
    {
        var others = model.Side.Config.Family.Choices.Where(choice => choice.Side != model.Naming).Select(static choice => choice.Name).ToHashSet();
        return model.Choices.Where(choice => !others.Contains(choice.Key)).ToDictionary();
    }

    static (string, string)? ProducerOf(ICheckpointReader reader, string path)
    {
        var folders = new[] { path, reader.Path, Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(reader.Path))) };
        if (folders.OfType<string>().FirstOrDefault(static folder => File.Exists(Path.Combine(folder, PartialOutput.ReceiptName))) is { } receipt) { return ("ckpt", Path.Combine(receipt, PartialOutput.ReceiptName)); }
        return reader is IMegatronReader megatron && MegatronProducer.Of(path, megatron) is { } producer ? (producer.Name, producer.Because) : null;
    }

    static List<(string, long)> LayoutOf(ICheckpointReader reader)
    {
        if (reader is LegacyTorchReader legacy)
        {
            var sizes = legacy.Layout.Grid.Sizes;
            return [("TP", sizes.Tensor), ("PP", sizes.Pipeline), ("VPP", legacy.Layout.Stages.Chunks), ("EP", sizes.Expert), ("ETP", sizes.ExpertTensorSize)];
        }
        var found = new List<(string, long)>();
        if ((reader as IMegatronReader)?.Common?.Find("args") is not PickleObject { Attributes: { } args }) { return found; }
        foreach (var (name, argument) in new[] { ("TP", "tensor"), ("PP", "pipeline"), ("VPP", "virtual_pipeline"), ("EP", "expert"), ("ETP", "expert_tensor"), ("CP", "context") })
        {
            var flag = argument is "expert_tensor" or "context" ? $"{argument}_parallel_size" : $"{argument}_model_parallel_size";
            if (args.Find(flag) is PickleInt { Value: var size } && size > 0 && size < int.MaxValue) { found.Add((name, (long)size)); }
        }
        return found;
    }

    internal JsonObject Json => new()
    {
        ["producer"] = Producer is { } producer ? new JsonObject { ["name"] = producer.Name, ["because"] = producer.Because } : null,
        ["family"] = Family,
        ["config"] = ConfigFrom,
        ["naming"] = new JsonObject([.. Choices.OrderBy(static c => c.Key, StringComparer.Ordinal).Select(static c => KeyValuePair.Create<string, JsonNode?>(c.Key, c.Value))]),
        ["dtype"] = DType?.DisplayName(),
        ["quantised"] = Quantised is { } quantised ? new JsonObject { ["method"] = quantised.Method, ["tensors"] = quantised.Tensors } : null,
        ["layout"] = new JsonObject([.. Layout.Select(static size => KeyValuePair.Create<string, JsonNode?>(size.Name, size.Size))]),
        ["adapter"] = Adapter?.Json,
        ["complete"] = Faults is null ? null : Faults.Count == 0,
        ["faults"] = Faults is null ? null : new JsonArray([.. Faults.Select(static fault => JsonValue.Create(fault))]),
        ["unknown"] = Unknown,
    };

    internal IEnumerable<string> Lines()
    {
        const int Most = 10;
        if (Producer is { } producer) { yield return $"producer  {producer.Name} ({producer.Because})"; }
        if (Family is not null) { yield return $"family    {Family} ({ConfigFrom})"; }
        if (Choices.Count > 0) { yield return $"naming    {string.Join(", ", Choices.OrderBy(static c => c.Key, StringComparer.Ordinal).Select(static c => $"{c.Key}: {c.Value}"))}"; }
        if (DType is { } type) { yield return $"weights   {type.DisplayName()}"; }
        if (Quantised is { } quantised) { yield return $"quantised {quantised.Tensors:N0} tensors, {quantised.Method}"; }
        if (Layout.Count > 0) { yield return $"written   under {string.Join(", ", Layout.Select(static size => $"{size.Name} {size.Size}"))}"; }
        if (Adapter is not null) { yield return $"adapter   {Adapter.Text}"; }
        if (Faults is { Count: 0 }) { yield return "complete  every tensor of the model is there, and no other"; }
        foreach (var fault in (Faults ?? []).Take(Most)) { yield return $"fault     {fault}"; }
        if (Faults?.Count > Most) { yield return $"          and {Faults.Count - Most:N0} more"; }
        if (Unknown is not null) { yield return $"unknown   {Unknown}"; }
    }
}
