namespace Ckpt.Formats.TorchDist;

/// <summary>What a stream is found by: the entry's name and the chunk's first element (null for a bytes entry). The index hint is no part of it (TDC-2.14).</summary>
readonly struct TorchDistChunkKey(string name, long[]? offset) : IEquatable<TorchDistChunkKey>
{
    readonly string _name = name;
    readonly long[]? _offset = offset;

    public bool Equals(TorchDistChunkKey other) =>
        _name == other._name && (_offset is null) == (other._offset is null) && _offset.AsSpan().SequenceEqual(other._offset);

    public override bool Equals(object? obj) => obj is TorchDistChunkKey other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(_name);
        foreach (var start in _offset.AsSpan()) { hash.Add(start); }
        return hash.ToHashCode();
    }
}
