namespace Ckpt.Data.Templates.Jinja;

/// <summary>textwrap.wrap of one line, for text without hyphens.</summary>
static class PythonWrap
{
    internal static List<string> Lines(string line, int width, bool breaksLongWords)
    {
        var chunks = new Stack<string>(Chunks(line).Reverse());
        var lines = new List<string>();
        while (chunks.Count > 0)
        {
            var current = new List<string>();
            var length = 0;
            if (lines.Count > 0 && PythonText.IsSpace(chunks.Peek())) { chunks.Pop(); }
            while (chunks.TryPeek(out var chunk) && length + PythonText.Length(chunk) <= width)
            {
                current.Add(chunks.Pop());
                length += PythonText.Length(chunk);
            }
            if (chunks.TryPeek(out var tooLong) && PythonText.Length(tooLong) > width)
            {
                chunks.Pop();
                var room = Math.Max(1, width - length);
                var cut = breaksLongWords ? PythonText.UnitAt(tooLong, room) : current.Count == 0 ? tooLong.Length : 0;
                if (cut > 0) { current.Add(tooLong[..cut]); }
                if (cut < tooLong.Length) { chunks.Push(tooLong[cut..]); }
            }
            if (current.Count > 0 && PythonText.IsSpace(current[^1])) { current.RemoveAt(current.Count - 1); }
            if (current.Count > 0) { lines.Add(string.Concat(current)); }
        }
        return lines;
    }

    static IEnumerable<string> Chunks(string line)
    {
        for (var start = 0; start < line.Length;)
        {
            var end = start + 1;
            while (end < line.Length && PythonText.IsSpace(line[end]) == PythonText.IsSpace(line[start])) { end++; }
            yield return line[start..end];
            start = end;
        }
    }
}
