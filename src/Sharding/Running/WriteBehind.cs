namespace Ckpt.Sharding.Running;

/// <summary>
/// Keeps written data moving to the disk: each range is started at once, and once more than a few are under way the oldest is waited for
/// and its page cache given back. The last flush then finds little to do, and a conversion does not push everything else out of memory.
/// </summary>
sealed class WriteBehind(long mostBytes) : IDisposable
{
    /// <summary>Each range keeps its file open.</summary>
    const int MostRanges = 256;

    readonly Queue<(OutputLease File, long Offset, int Length)> _underWay = new();
    readonly Lock _lock = new();
    long _bytes;

    /// <summary>A range was written; callable from any thread. Takes the file over.</summary>
    internal void Written(OutputLease file, long offset, int length)
    {
        Posix.StartWriteBack(file.Handle, offset, length);
        lock (_lock)
        {
            _underWay.Enqueue((file, offset, length));
            _bytes += length;
        }
        while (Oldest() is { } range)
        {
            Posix.FinishWriteBack(range.File.Handle, range.Offset, range.Length);
            range.File.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var (file, _, _) in _underWay) { file.Dispose(); }
        _underWay.Clear();
    }

    (OutputLease File, long Offset, int Length)? Oldest()
    {
        lock (_lock)
        {
            if (_bytes <= mostBytes && _underWay.Count <= MostRanges) { return null; }
            var range = _underWay.Dequeue();
            _bytes -= range.Length;
            return range;
        }
    }
}
