using System.Globalization;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Formats.TorchDist;
using Ckpt.Models.Megatron.State;
using Ckpt.Sharding.Quantised;

namespace Ckpt.Models.Megatron.Dcp;

/// <summary>
/// Reads the values that a flattened dict was stored as, for a dict put together again with the storages of its tensors. There are a dozen for
/// each parameter and few different ones: each is parsed once.
/// </summary>
sealed class DcpValues(TorchDistReader reader)
{
    const int LongestShared = 1 << 16;

    readonly Dictionary<byte[], PickleNode> _shared = new(new ByContent());
    readonly List<ReadOnlyMemory<byte>> _storages = [];
    readonly TorchNames _names = new();

    /// <summary>The storages of tensors in what was read, by key.</summary>
    internal IReadOnlyList<ReadOnlyMemory<byte>> Storages => _storages;

    /// <summary>A stored object. Those of equal bytes without tensors are one node.</summary>
    internal PickleNode Object(string name)
    {
        var stream = reader.OpenStream(name);
        if (stream.Length > LongestShared) { return Parse(stream, name, out _); }
        var bytes = new byte[stream.Length];
        stream.ReadExactly(0, bytes);
        if (_shared.TryGetValue(bytes, out var node)) { return node; }
        node = Parse(new MemoryByteSource(stream.Name, bytes), name, out var tensors);
        if (tensors == 0) { _shared.Add(bytes, node); }
        return node;
    }

    /// <summary>A small stored tensor, as a value.</summary>
    internal PickleNode Tensor(TensorInfo tensor)
    {
        var bytes = new byte[tensor.ByteLength];
        new TensorBytes(reader, tensor).ReadExactly(0, bytes);
        _storages.Add(bytes);
        return TorchTensor.Node(tensor.DType, tensor.Shape, (_storages.Count - 1).ToString(CultureInfo.InvariantCulture), _names);
    }

    PickleNode Parse(IByteSource stream, string name, out int tensors)
    {
        var file = TorchFile.Open(stream);
        var before = _storages.Count;
        var node = PickleEdits.TakeStorages(file.Root, file, _storages, name);
        tensors = _storages.Count - before;
        return node;
    }

    sealed class ByContent : IEqualityComparer<byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] bytes)
        {
            var hash = new HashCode();
            hash.AddBytes(bytes);
            return hash.ToHashCode();
        }
    }
}
