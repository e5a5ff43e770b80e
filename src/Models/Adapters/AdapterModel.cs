using Ckpt.Formats.Tensors;
using Ckpt.Models.Bridge;
using Ckpt.Models.Configs;
using Ckpt.Sharding.Maps;

namespace Ckpt.Models.Adapters;

/// <summary>
/// What an adapter needs to know of a model: its Hugging Face tensors, and for Megatron names the map. One model has several namings (experts one by
/// one or fused), and an adapter chooses its own.
/// </summary>
public sealed class AdapterModel
{
    readonly HfConfig? _config;
    readonly IReadOnlyDictionary<string, Shape>? _shapes;

    AdapterModel(HfConfig? config, IReadOnlyDictionary<string, Shape>? shapes) => (_config, _shapes) = (config, shapes);

    /// <summary>A model known by its config.</summary>
    public static AdapterModel Of(HfConfig config) => new(config, null);

    /// <summary>A model known by the tensors of a Hugging Face folder, and its config where it has one.</summary>
    public static AdapterModel Of(ICheckpointReader reader, HfConfig? config) =>
        new(config, reader.Tensors.ToDictionary(static tensor => tensor.Name, static tensor => tensor.Shape, StringComparer.Ordinal));

    /// <summary>The config, where the model is known by one.</summary>
    public HfConfig? Config => _config;

    /// <summary>Names and shapes in the naming of these names; those of the files themselves where the model is known by files.</summary>
    internal IReadOnlyDictionary<string, Shape> Shapes(IReadOnlySet<string> present)
    {
        if (_config is null) { return _shapes!; }
        var made = new Dictionary<string, Shape>(StringComparer.Ordinal);
        foreach (var tensor in Map(new BridgeOptions(), present).Left.Tensors) { made[tensor.Name] = tensor.StoredShape; }
        foreach (var (name, shape) in _shapes ?? new Dictionary<string, Shape>()) { made[name] = shape; }
        return made;
    }

    /// <summary>Whether a weight is known to be stored [in, out] where Megatron's is [out, in].</summary>
    internal bool IsStoredTransposed(string name, IReadOnlySet<string> present) =>
        _config is not null && new NamingLinks(Map(new BridgeOptions(), present)).Of(name).Any(static found => found.Runs.RightAxis[found.Runs.RightAxis.Count - 1] == found.Right.StoredShape.Rank - 2);

    /// <summary>The map between the naming of these names, and a Megatron side.</summary>
    internal TensorMap Map(BridgeOptions options, IReadOnlySet<string> present)
    {
        var config = _config ?? throw new InvalidOperationException("a model without config has no map");
        // Names in files of embedding models begin without "model."; an adapter need not touch the embedding, which tells otherwise.
        var isBare = present.Count > 0 && !present.Any(static name => name.StartsWith("model.", StringComparison.Ordinal));
        return BridgeCompiler.Compile(config.Family, config.Model, options with { HfHas = present.Contains, HfPrefix = isBare ? "" : null });
    }
}
