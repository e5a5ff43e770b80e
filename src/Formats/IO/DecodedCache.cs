namespace Ckpt.Formats.IO;

/// <summary>
/// Decoded pieces of files, the ones used last, up to a number of bytes. Threads that want the same piece wait for the one that decodes it. May be used
/// from several threads.
/// </summary>
sealed class DecodedCache(long capacity)
{
    readonly Lock _lock = new();
    readonly Dictionary<(int File, long Offset), Entry> _entries = [];
    readonly LinkedList<Entry> _byUse = [];
    long _bytes;

    /// <summary>Bytes held now.</summary>
    internal long HeldBytes
    {
        get { lock (_lock) { return _bytes; } }
    }

    /// <summary>The piece that starts there, decoded now or before; not to be changed.</summary>
    internal byte[] Get(int file, long offset, Func<byte[]> decode)
    {
        var entry = Find((file, offset));
        lock (entry.Gate)
        {
            if (entry.Bytes is { } there) { return there; }
            var bytes = decode();
            entry.Bytes = bytes;
            Keep(entry, bytes.Length);
            return bytes;
        }
    }

    Entry Find((int File, long Offset) key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var entry))
            {
                entry = new Entry(key);
                _entries.Add(key, entry);
                _byUse.AddLast(entry.Place);
            }
            else if (entry.Place != _byUse.Last)
            {
                _byUse.Remove(entry.Place);
                _byUse.AddLast(entry.Place);
            }
            return entry;
        }
    }

    void Keep(Entry entry, int length)
    {
        lock (_lock)
        {
            entry.Length = length;
            _bytes += length;
            for (var node = _byUse.First; node is not null && _bytes > capacity;)
            {
                var (old, next) = (node.Value, node.Next);
                if (old.Length > 0)
                {
                    _byUse.Remove(node);
                    _entries.Remove(old.Key);
                    _bytes -= old.Length;
                }
                node = next; // one that is being decoded counts when it is there
            }
        }
    }

    sealed class Entry
    {
        internal Entry((int File, long Offset) key)
        {
            Key = key;
            Place = new LinkedListNode<Entry>(this);
        }

        internal (int File, long Offset) Key { get; }

        internal Lock Gate { get; } = new();

        internal LinkedListNode<Entry> Place { get; }

        internal byte[]? Bytes { get; set; }

        internal int Length { get; set; }
    }
}
