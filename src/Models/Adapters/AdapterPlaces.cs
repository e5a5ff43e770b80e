using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Bridge;
using Ckpt.Sharding.Boxes;

namespace Ckpt.Models.Adapters;

/// <summary>Where the weights that an adapter names lie in a base.</summary>
sealed class AdapterPlaces
{
    readonly Dictionary<string, TensorInfo> _tensors;
    readonly bool _megatron;
    readonly AdapterModel _model;
    readonly Dictionary<string, IReadOnlyList<(TensorInfo Tensor, LinkedRuns Runs)>> _found = new(StringComparer.Ordinal);
    readonly Lazy<NamingLinks> _toMegatron;
    readonly Lazy<NamingLinks> _fromMegatron;

    internal AdapterPlaces(Dictionary<string, TensorInfo> tensors, bool megatron, AdapterModel model, IReadOnlyDictionary<string, string> choices, LogicalAdapter adapter)
    {
        (_tensors, _megatron, _model) = (tensors, megatron, model);
        _toMegatron = new(() => new NamingLinks(_model.Map(MegatronOptions() with { Choices = choices }, Names(adapter))));
        _fromMegatron = new(() => new NamingLinks(_model.Map(new BridgeOptions(), tensors.Keys.ToHashSet(StringComparer.Ordinal)).Reverse()));
    }

    /// <summary>The base tensors that hold elements of a weight, and runs from its axes to theirs.</summary>
    internal IReadOnlyList<(TensorInfo Tensor, LinkedRuns Runs)> Of(string name, string where)
    {
        if (_found.TryGetValue(name, out var before)) { return before; }
        return _found[name] = Find(name, where);
    }

    List<(TensorInfo Tensor, LinkedRuns Runs)> Find(string name, string where)
    {
        if (!_megatron && _tensors.TryGetValue(name, out var own)) { return [(own, LinkedRuns.Whole(own.Shape))]; }
        if (_model.Config is null) { Throw.Missing(where, name); }
        var found = _megatron ? Linked(name) : Renamed(name);
        return found.Count > 0 ? found : Throw.Missing(where, name);
    }

    List<(TensorInfo Tensor, LinkedRuns Runs)> Linked(string name)
    {
        var found = new List<(TensorInfo, LinkedRuns)>();
        foreach (var (mapped, runs) in _toMegatron.Value.Of(name))
        {
            if (_tensors.TryGetValue(mapped.Name, out var tensor) && tensor.Shape == mapped.StoredShape) { found.Add((tensor, runs)); }
        }
        return found;
    }

    /// <summary>From one Hugging Face naming to Megatron's, and on to the other.</summary>
    List<(TensorInfo Tensor, LinkedRuns Runs)> Renamed(string name)
    {
        var found = new List<(TensorInfo, LinkedRuns)>();
        foreach (var (middle, there) in _toMegatron.Value.Of(name))
        {
            foreach (var (mapped, here) in _fromMegatron.Value.Of(middle.Name))
            {
                if (_tensors.TryGetValue(mapped.Name, out var tensor) && there.Reverse().To(here) is { } runs) { found.Add((tensor, runs)); }
            }
        }
        return found;
    }

    BridgeOptions MegatronOptions() => _megatron
        ? MegatronNames.Options(_model.Config!.Family, _model.Config.Model, _tensors.ToDictionary(static t => t.Key, static t => t.Value.Shape, StringComparer.Ordinal), "base")
        : new BridgeOptions();

    static HashSet<string> Names(LogicalAdapter adapter) =>
        [.. adapter.Modules.SelectMany(static module => module.Bias is { } bias ? new[] { module.Weight, bias } : [module.Weight]), .. adapter.Saved.Select(static saved => saved.Name)];

    static class Throw
    {
        [DoesNotReturn]
        internal static List<(TensorInfo Tensor, LinkedRuns Runs)> Missing(string where, string name) => throw new MalformedCheckpointException(
            "ADP-5.5", where, $"changes {name}, which the base does not have");
    }
}
