namespace Ckpt.Data.Datasets;

/// <summary>The lines of a text file, as bytes with their number; a byte order mark is passed over.</summary>
static class LineReader
{
    static ReadOnlySpan<byte> Mark => [0xEF, 0xBB, 0xBF];

    /// <summary>The lines from the first to the last, each a copy.</summary>
    internal static IEnumerable<(long Line, byte[] Bytes)> Lines(Stream stream, string where)
    {
        var window = new ByteWindow(stream, where);
        PassMark(window);
        for (var line = 1L; ; line++)
        {
            var searched = 0;
            int end;
            while ((end = Find(window, searched)) < 0 && !window.IsFinal)
            {
                searched = window.Bytes.Length;
                window.More(line);
            }
            if (end < 0 && window.Bytes.IsEmpty) { yield break; }
            yield return (line, Line(window, end));
            window.Pass(end < 0 ? window.Bytes.Length : end + 1);
        }
    }

    internal static void PassMark(ByteWindow window)
    {
        while (window.Bytes.Length < Mark.Length && !window.IsFinal) { window.More(1); }
        if (window.Bytes.StartsWith(Mark)) { window.Pass(Mark.Length); }
    }

    static int Find(ByteWindow window, int from)
    {
        var at = window.Bytes[from..].IndexOf((byte)'\n');
        return at < 0 ? -1 : from + at;
    }

    static byte[] Line(ByteWindow window, int end)
    {
        var bytes = end < 0 ? window.Bytes : window.Bytes[..end];
        return (bytes.EndsWith("\r"u8) ? bytes[..^1] : bytes).ToArray();
    }
}
