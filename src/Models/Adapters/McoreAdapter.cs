using System.Text.Json.Nodes;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Adapters;

/// <summary>
/// An adapter in a Megatron checkpoint: one that holds nothing else (Megatron-SWIFT), or one that holds the base as well (MindSpeed-LLM).
/// </summary>
public sealed class McoreAdapter : IAdapter
{
    const string ArgsName = "args.json";

    readonly McoreAdapterFacts _facts;
    readonly McoreAdapterOptions _options;

    McoreAdapter(ICheckpointReader reader, McoreAdapterFacts facts, McoreAdapterOptions options) => (Reader, _facts, _options) = (reader, facts, options);

    public string Path => Reader.Path;

    public ICheckpointReader Reader { get; }

    /// <summary>Opens the checkpoint at a folder: of iterations, or one of them.</summary>
    /// <exception cref="CheckpointException">It is none, or holds no adapter.</exception>
    public static McoreAdapter Open(string path, McoreAdapterOptions? options = null)
    {
        var reader = ModelFormats.Open(path);
        try { return Of(reader, ArgsOf(reader.Path), options); }
        catch (CheckpointException) { reader.Dispose(); throw; }
    }

    /// <summary>The adapter in an opened checkpoint, which it then owns.</summary>
    /// <param name="reader">The checkpoint.</param>
    /// <param name="argsJson">Megatron-SWIFT's args.json beside it, or null.</param>
    /// <param name="options">What it does not say itself.</param>
    public static McoreAdapter Of(ICheckpointReader reader, byte[]? argsJson, McoreAdapterOptions? options = null)
    {
        if (!IsAdapter(reader)) { McoreThrow.NoAdapter(reader.Path); }
        return new McoreAdapter(reader, McoreAdapterFacts.Read(argsJson, (reader as IMegatronReader)?.Common, reader.Path), options ?? new McoreAdapterOptions());
    }

    /// <summary>Whether a checkpoint holds an adapter, by its tensors' names.</summary>
    public static bool IsAdapter(ICheckpointReader reader) =>
        reader.Tensors.Any(static tensor => TrainedAdapter.IsAdapter(tensor.Name));

    /// <summary>
    /// The tensor parallel size by which gate and up rows, or sections of linear attention, of adapters lie in a checkpoint (ADP-3.3); 1 where they lie as the weights' do, as in files of
    /// single ranks, or where there are none.
    /// </summary>
    public static int RanksOfRows(ICheckpointReader reader) => reader.Format == FormatNames.LegacyTorch ? 1 : reader.Tensors
        .Where(static tensor => McoreAdapterKey.Parse(tensor.Name) is { Part: McorePart.B, Parameter: var weight } && (GatedRows.Is(weight) || GatedRows.IsOfLinearAttention(weight)) && !weight.Contains(".experts.", StringComparison.Ordinal))
        .Select(GatedRows.RanksOf).DefaultIfEmpty(1).Max();

    /// <summary>Whether the weights that an adapter was trained on lie with it.</summary>
    public static bool HasBase(ICheckpointReader reader) => reader.Tensors.Any(static tensor => McoreAdapterKey.Parse(tensor.Name).Part == McorePart.BaseLayer);

    /// <summary>
    /// The base model in a checkpoint that was saved under an adapter, by the names a checkpoint without has; null where there is none. The reader is
    /// disposed with what is given back.
    /// </summary>
    public static ICheckpointReader? BaseOf(ICheckpointReader reader)
    {
        var renamed = new List<TensorView>();
        var hidden = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in reader.Tensors)
        {
            var key = McoreAdapterKey.Parse(tensor.Name);
            if (key.Part == McorePart.Other) { continue; }
            hidden.Add(tensor.Name);
            if (key.Part == McorePart.BaseLayer) { renamed.Add(new RenamedTensor(reader, tensor, key.Parameter)); }
        }
        return renamed.Count == 0 ? null : new ViewedCheckpoint(reader, renamed, hidden.Contains);
    }

    /// <summary>Names and shapes of a Megatron checkpoint's weights, by the names they have where no adapter lies with them.</summary>
    internal static Dictionary<string, Shape> BaseShapes(ICheckpointReader reader)
    {
        var shapes = new Dictionary<string, Shape>(reader.Tensors.Count, StringComparer.Ordinal);
        foreach (var tensor in reader.Tensors)
        {
            var key = McoreAdapterKey.Parse(tensor.Name);
            if (key.Part is McorePart.Other or McorePart.BaseLayer) { shapes[key.Parameter] = tensor.Shape; }
        }
        return shapes;
    }

    /// <summary>What a run that goes on with it must know: <c>lora_rank</c>, <c>lora_alpha</c>, <c>use_rslora</c>, <c>lora_dropout</c>, <c>target_modules</c>; what nobody says is missing.</summary>
    public JsonObject Arguments()
    {
        var factors = Reader.Tensors.Where(static tensor => tensor.Name.Contains(".lora_A.", StringComparison.Ordinal) && !Megatron.Optimizer.OptimizerNames.IsOptimizer(tensor.Name)).ToArray();
        var arguments = new JsonObject();
        if ((_facts.Rank ?? (factors is [{ Shape: { Rank: >= 2 } shape }, ..] ? shape[shape.Rank - 2] : (long?)null)) is { } rank) { arguments["lora_rank"] = rank; }
        if ((_options.Alpha ?? _facts.Alpha) is { } alpha) { arguments["lora_alpha"] = alpha; }
        if ((_options.UseRslora ?? _facts.UseRslora) is { } rslora) { arguments["use_rslora"] = rslora; }
        arguments["lora_dropout"] = _facts.Dropout;
        arguments["target_modules"] = new JsonArray([.. factors.Select(static tensor => McoreTunerArgs.ModuleOf(tensor.Name[..(tensor.Name.IndexOf(".lora_A.", StringComparison.Ordinal) + 1)])).Distinct().Order(StringComparer.Ordinal).Select(static name => JsonValue.Create(name))]);
        arguments["modules_to_save"] = new JsonArray([.. Reader.Tensors.Select(static tensor => McoreAdapterKey.Parse(tensor.Name)).Where(static key => key.Part == McorePart.Saved && !Megatron.Optimizer.OptimizerNames.IsOptimizer(key.Parameter))
            .Select(static key => McoreTunerArgs.ModuleOf(key.Parameter)).Distinct().Order(StringComparer.Ordinal).Select(static name => JsonValue.Create(name))]);
        return arguments;
    }

    public LogicalAdapter Resolve(AdapterModel model) => SectionedResolver.IsSectioned(Reader)
        ? SectionedResolver.Resolve(Reader, model, Scaling) with { Dropout = _facts.Dropout, BaseModel = _facts.Model }
        : new McoreResolver(Reader, _facts, _options).Resolve(model);

    double Scaling(int rank) => _options.Scaling ?? Formats.Peft.PeftTargets.Scaling(_options.Alpha ?? _facts.Alpha ?? McoreThrow.NoAlpha(Path), rank, _options.UseRslora ?? _facts.UseRslora ?? false);

    public void Dispose() => Reader.Dispose();

    // Megatron-SWIFT writes it beside the iterations; copies of one iteration may hold it themselves.
    static byte[]? ArgsOf(string folder)
    {
        foreach (var place in new[] { folder, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(folder)) ?? folder })
        {
            var path = System.IO.Path.Combine(place, ArgsName);
            if (File.Exists(path)) { return File.ReadAllBytes(path); }
        }
        return null;
    }
}
