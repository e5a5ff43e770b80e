namespace Ckpt.Data.Datasets;

/// <summary>The part of a file being looked at: grows where what is looked for does not end in it, slides where it does.</summary>
sealed class ByteWindow(Stream stream, string where)
{
    /// <summary>Bytes of one row of text (DAT-2.4).</summary>
    internal const int LargestRow = 256 << 20;

#if DEBUG
    const int First = 64; // crosses every seam in the tests
#else
    const int First = 1 << 20;
#endif

    byte[] _buffer = new byte[First];
    int _start;
    int _end;

    /// <summary>The stream has no more than is here.</summary>
    internal bool IsFinal { get; private set; }

    /// <summary>Bytes before the window.</summary>
    internal long Position { get; private set; }

    /// <summary>What is here.</summary>
    internal ReadOnlySpan<byte> Bytes => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Leaves so many bytes behind.</summary>
    internal void Pass(int count)
    {
        _start += count;
        Position += count;
    }

    /// <summary>Brings in more.</summary>
    internal void More(long line)
    {
        if (_start > 0)
        {
            Bytes.CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length)
        {
            if (_end >= LargestRow) { throw new UnsupportedDataException("DAT-2.4", $"{where}:{line}", $"a row of more than {LargestRow} bytes"); }
            Array.Resize(ref _buffer, (int)Math.Min(LargestRow, _buffer.Length * 2L));
        }
        var got = stream.ReadAtLeast(_buffer.AsSpan(_end), 1, throwOnEndOfStream: false);
        _end += got;
        IsFinal = got == 0;
    }
}
