using System.Text.Json.Nodes;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Configs;
using Ckpt.Models.Megatron.Ranks;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Adapters;

/// <summary>An adapter as training takes it: what is read, and the map from there to Megatron's tensors.</summary>
/// <param name="Source">What is read; disposing it closes the adapter.</param>
/// <param name="Map">To Megatron's keys; B of gated layers as the options' split stores it.</param>
/// <param name="Arguments">What the run must know of it: <c>lora_rank</c>, <c>lora_alpha</c>, …</param>
/// <param name="Notes">Decisions the user should know of.</param>
public sealed record AdapterImport(ICheckpointReader Source, TensorMap Map, JsonObject Arguments, IReadOnlyList<string> Notes);

/// <summary>Takes stored adapters for training: Megatron's under any split, and PEFT's.</summary>
public static class TrainedAdapter
{
    const string Filling = "rows that fill a vocabulary up";

    /// <summary>
    /// The map from a Megatron checkpoint's adapter to the same tensors in the order of the weights they change: gate rows before up rows, whatever split
    /// they were saved under (ADP-3.3), and as many rows for a vocabulary as the model has.
    /// </summary>
    /// <param name="reader">The checkpoint.</param>
    /// <param name="vocabulary">Rows of the model's vocabulary, padding included; those that lack are zeros.</param>
    public static TensorMap Logical(ICheckpointReader reader, long vocabulary) =>
        Logical([.. reader.Tensors.Where(static tensor => !Megatron.Optimizer.OptimizerNames.IsOptimizer(tensor.Name) && IsAdapter(tensor.Name))], vocabulary, reader.Format == FormatNames.LegacyTorch);

    /// <summary>The same of these tensors, which may be optimizer states.</summary>
    /// <param name="tensors">Tensors of a checkpoint.</param>
    /// <param name="vocabulary">Rows of the model's vocabulary.</param>
    /// <param name="ofSingleRanks">Whether the checkpoint was put together of single ranks, so that all are in that order already.</param>
    public static TensorMap Logical(IReadOnlyList<TensorInfo> tensors, long vocabulary, bool ofSingleRanks)
    {
        var (left, right) = (new MappedTensor[tensors.Count], new MappedTensor[tensors.Count]);
        var (dropped, zeros) = (new List<Padding>(), new List<Padding>());
        var links = new List<Link>();
        for (var t = 0; t < tensors.Count; t++)
        {
            var tensor = tensors[t];
            left[t] = right[t] = new MappedTensor(tensor.Name, tensor.Shape);
            var ranks = !ofSingleRanks && IsGated(tensor.Name) ? GatedRows.RanksOf(tensor) : 1;
            if (ranks > 1) { links.AddRange(Regrouped(tensor, t, ranks)); }
            else if (IsVocabulary(tensor))
            {
                var (rows, wanted) = (tensor.Shape[0], new Shape([vocabulary, .. tensor.Shape.Dims[1..]]));
                right[t] = new MappedTensor(tensor.Name, wanted);
                var both = Rows(tensor.Shape, 0, Math.Min(rows, vocabulary));
                links.Add(new Link(t, both, t, both));
                if (rows > vocabulary) { dropped.Add(new Padding(t, Rows(tensor.Shape, vocabulary, rows - vocabulary), Filling)); }
                if (rows < vocabulary) { zeros.Add(new Padding(t, Rows(wanted, rows, vocabulary - rows), Filling)); }
            }
            else { links.Add(new Link(t, Box.Whole(tensor.Shape), t, Box.Whole(tensor.Shape))); }
        }
        return new TensorMap(MapSide.Of(left) with { Paddings = dropped }, MapSide.Of(right) with { Paddings = zeros }, links);
    }

    /// <summary>A PEFT adapter for training.</summary>
    /// <exception cref="Formats.CheckpointException">It does not fit the model, or Megatron cannot hold it.</exception>
    public static AdapterImport OfPeft(PeftAdapter adapter, HfConfig config, McoreExportOptions options)
    {
        var logical = adapter.Resolve(AdapterModel.Of(config));
        var conversion = McoreExport.Plan(adapter, config, options);
        var arguments = (JsonObject)JsonNode.Parse(conversion.Closing[0].Bytes.Span)!;
        var rank = arguments["lora_rank"]!.GetValue<long>();
        // Different A's of one fused module would train as one of a higher rank; they are kept apart instead.
        return logical.Modules.Count > 0 && rank > logical.Modules.Max(static module => module.Rank)
            ? SectionedAdapter.Of(adapter, logical, config, options, arguments)
            : new AdapterImport(conversion.Source, conversion.Map, Kept(arguments), conversion.Notes);
    }

    /// <summary>The arguments that are about an adapter.</summary>
    internal static JsonObject Kept(JsonObject arguments)
    {
        var kept = new JsonObject();
        foreach (var name in (string[])["lora_rank", "lora_alpha", "lora_dropout", "lora_bias", "use_rslora", "target_modules", "modules_to_save"])
        {
            if (arguments.TryGetPropertyValue(name, out var value)) { kept[name] = value?.DeepClone(); }
        }
        return kept;
    }

    internal static bool IsAdapter(string name) => McoreAdapterKey.Parse(name).Part is McorePart.A or McorePart.B or McorePart.Saved || AdapterSection.Find(name) is not null;

    static bool IsGated(string name) => McoreAdapterKey.Parse(name) is { Part: McorePart.B, Parameter: var weight } && GatedRows.Is(weight);

    static IEnumerable<Link> Regrouped(TensorInfo tensor, int number, int ranks)
    {
        var axis = tensor.Shape.Rank - 2;
        var half = tensor.Shape[axis] / 2;
        var share = half / ranks;
        for (var rank = 0; rank < ranks; rank++)
        {
            for (var part = 0; part < 2; part++) { yield return new Link(number, Rows(tensor.Shape, (2 * rank * share) + (part * share), share, axis), number, Rows(tensor.Shape, (part * half) + (rank * share), share, axis)); }
        }
    }

    static Box Rows(Shape shape, long start, long count, int axis = 0)
    {
        var (offset, size) = (new long[shape.Rank], shape.ToArray());
        (offset[axis], size[axis]) = (start, count);
        return new Box(offset, size);
    }

    /// <summary>Whether a tensor's rows are a vocabulary's: a whole embedding or output layer, or what is added to its rows.</summary>
    static bool IsVocabulary(TensorInfo tensor)
    {
        var key = McoreAdapterKey.Parse(tensor.Name);
        return key.Part is McorePart.B or McorePart.Saved && tensor.Shape.Rank > 0
            && (key.Parameter.Contains("output_layer.", StringComparison.Ordinal) || (key.Part == McorePart.Saved && key.Parameter.Contains("word_embeddings.", StringComparison.Ordinal)));
    }
}
