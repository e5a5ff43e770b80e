using Ckpt.Formats.Tensors;
using Ckpt.Models.Families;

namespace Ckpt.Models.Bridge;

/// <summary>What can be seen of the side that is read: which names are there and, where that was given, their shapes and types.</summary>
sealed class BridgeSight
{
    readonly Predicate<string>? _hfHas;
    readonly Predicate<string>? _megatronHas;
    readonly IReadOnlyDictionary<string, Shape>? _megatron;
    readonly Dictionary<string, TensorInfo>? _hf;

    internal BridgeSight(BridgeOptions options)
    {
        _hf = options.HfTensors?.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
        _megatron = options.MegatronTensors;
        _hfHas = options.HfHas ?? (_hf is null ? null : _hf.ContainsKey);
        _megatronHas = options.MegatronHas ?? (_megatron is null ? null : _megatron.ContainsKey);
    }

    /// <summary>The tensors of the Hugging Face side in their order, or null.</summary>
    internal IReadOnlyCollection<TensorInfo>? Hf => _hf?.Values;

    /// <summary>The tensors of the Megatron side in their order, or null.</summary>
    internal IReadOnlyDictionary<string, Shape>? Megatron => _megatron;

    /// <summary>Whether a name is there; null where the side is written.</summary>
    internal Predicate<string>? Has(FamilySide side) => side == FamilySide.Hf ? _hfHas : _megatronHas;

    /// <summary>The shape of a tensor, where it is there and shapes are known.</summary>
    internal Shape? ShapeOf(FamilySide side, string name) => side == FamilySide.Hf
        ? _hf?.TryGetValue(name, out var tensor) == true ? tensor.Shape : null
        : _megatron?.TryGetValue(name, out var shape) == true ? shape : null;

    /// <summary>The element type of a Hugging Face tensor, where it is there and types are known.</summary>
    internal DType? TypeOf(string name) => _hf?.TryGetValue(name, out var tensor) == true ? tensor.DType : null;
}
