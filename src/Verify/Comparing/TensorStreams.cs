using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Maps;
using Ckpt.Sharding.Views;

namespace Ckpt.Verify.Comparing;

/// <summary>Tensors of a checkpoint as row-major bytes that can be read anywhere, however they are stored. Tensors whose elements are no whole bytes are left out.</summary>
sealed class TensorStreams
{
    readonly ICheckpointReader _whole;
    readonly Dictionary<string, TensorInfo> _tensors;

    /// <summary>Those of these names, or all.</summary>
    internal TensorStreams(ICheckpointReader reader, IReadOnlySet<string>? names = null)
    {
        var mapped = reader.Tensors.Where(tensor => tensor.DType.ByteSize() > 0 && names?.Contains(tensor.Name) != false).Select(static tensor => new MappedTensor(tensor.Name, tensor.Shape)).ToArray();
        _whole = reader is MappedCheckpoint ? reader : new MappedCheckpoint(reader, TensorMap.Identity(mapped));
        _tensors = _whole.Tensors.ToDictionary(static tensor => tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>The tensors.</summary>
    internal IEnumerable<TensorInfo> Tensors => _whole.Tensors;

    internal TensorInfo this[string name] => _tensors[name];

    internal bool Has(string name) => _tensors.ContainsKey(name);

    /// <summary>A tensor's bytes, row-major.</summary>
    internal IByteSource Of(string name) => _tensors[name] is { Boxes.Count: > 0 } tensor ? _whole.Locate(tensor, 0).Source : new MemoryByteSource(name, Array.Empty<byte>());

    /// <summary>A matrix's bytes with its axes swapped.</summary>
    internal IByteSource Transposed(string name)
    {
        var shape = _tensors[name].Shape;
        var other = new Shape(shape[1], shape[0]);
        var map = new TensorMap(
            MapSide.Of([new MappedTensor(name, shape)]), MapSide.Of([new MappedTensor(name, other)]),
            [new Link(0, Box.Whole(shape), 0, Box.Whole(other)) { Axes = [1, 0] }]);
        var view = new MappedCheckpoint(_whole, map);
        return view.Locate(view.Tensors[0], 0).Source;
    }
}
