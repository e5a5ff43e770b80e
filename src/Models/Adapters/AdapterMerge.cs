using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Configs;
using Ckpt.Models.Families;
using Ckpt.Sharding.Views;

namespace Ckpt.Models.Adapters;

/// <summary>
/// A base model seen with adapters merged into it: a checkpoint like any other, whose changed weights are computed when they are read. The base may
/// have Hugging Face or Megatron names, and each adapter either format.
/// </summary>
public sealed class AdapterMerge : IDisposable
{
    readonly IReadOnlyList<MergedTensor> _merged;

    AdapterMerge(ViewedCheckpoint checkpoint, IReadOnlyList<MergedTensor> merged, IReadOnlyList<LogicalAdapter> adapters) =>
        (Checkpoint, _merged, Adapters) = (checkpoint, merged, adapters);

    /// <summary>The merged model.</summary>
    public ViewedCheckpoint Checkpoint { get; }

    /// <summary>What the adapters do, in the order they are merged.</summary>
    public IReadOnlyList<LogicalAdapter> Adapters { get; }

    /// <summary>Names of the tensors that are computed.</summary>
    public IEnumerable<string> Changed => _merged.Select(static tensor => tensor.Name);

    /// <summary>
    /// Plans a merge. Several adapters are merged in the order given, each into what the one before left, without rounding in between.
    /// </summary>
    /// <param name="source">The base; disposed with this. A Megatron checkpoint that was saved under an adapter is taken without it.</param>
    /// <param name="adapters">The adapters, which stay the caller's, and open as long as the merged model is read.</param>
    /// <param name="config">The model's config; null only for Hugging Face names.</param>
    /// <param name="options">How.</param>
    /// <exception cref="CheckpointException">An adapter does not fit, or cannot be merged into this base.</exception>
    public static AdapterMerge Plan(ICheckpointReader source, IReadOnlyList<IAdapter> adapters, HfConfig? config, AdapterMergeOptions? options = null)
    {
        options ??= new AdapterMergeOptions();
        var megatron = (options.Naming ?? NamingOf(source)) == FamilySide.Megatron;
        var reader = megatron ? McoreAdapter.BaseOf(source) ?? source : source;
        if (config is null && (megatron || adapters.Any(static adapter => adapter is McoreAdapter))) { Throw.NoConfig(source.Path); }
        var model = megatron ? AdapterModel.Of(config!) : AdapterModel.Of(reader, config);
        var cache = new FactorCache(options.FactorBytes);
        var logical = adapters.Select(adapter => adapter.Resolve(model)).ToArray();
        var carrier = new AdapterCarrier(reader, megatron, model, options.Choices);
        var steps = logical.Select(adapter => carrier.Carry(adapter)).ToArray();
        var merged = new List<MergedTensor>();
        foreach (var tensor in reader.Tensors)
        {
            var own = steps.Where(step => step.ContainsKey(tensor.Name)).Select(step => step[tensor.Name]).ToArray();
            if (own.Length == 0) { continue; }
            if (tensor.DType is not (DType.F32 or DType.F16 or DType.BF16)) { Throw.Type(tensor); }
            merged.Add(new MergedTensor(reader, tensor, options.DType ?? tensor.DType, own, cache));
        }
        return new AdapterMerge(new ViewedCheckpoint(reader, merged), merged, logical);
    }

    /// <summary>
    /// What the merge did to each weight, in order of names. Rows that nobody has read yet are computed for it; after a run there are none.
    /// </summary>
    public IReadOnlyList<MergeReceipt> Receipts(CancellationToken cancel = default)
    {
        var receipts = new SortedDictionary<string, MergeReceipt>(StringComparer.Ordinal);
        foreach (var receipt in _merged.SelectMany(tensor => tensor.Receipts(cancel)))
        {
            // A fused or stacked name of the other side may be spread over tensors of this one.
            receipts[receipt.Name] = receipts.TryGetValue(receipt.Name, out var other) ? receipt.With(other) : receipt;
        }
        return [.. receipts.Values];
    }

    public void Dispose() => Checkpoint.Dispose();

    static FamilySide NamingOf(ICheckpointReader reader) =>
        reader.Tensors.Any(static tensor => tensor.Name.Contains("decoder.layers.", StringComparison.Ordinal) || tensor.Name.EndsWith("word_embeddings.weight", StringComparison.Ordinal))
            ? FamilySide.Megatron : FamilySide.Hf;

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoConfig(string where) => throw new UnsupportedCheckpointException(
            "ADP-5.5", where, "a merge with Megatron names on either side needs the model's config.json");

        [DoesNotReturn]
        internal static void Type(TensorInfo tensor) => throw new UnsupportedCheckpointException(
            "ADP-5.9", tensor.Name, $"is {tensor.DType.DisplayName()}; adapters are merged into float32, float16 and bfloat16 weights: convert it first");
    }
}
