using System.Text.Json;

namespace Ckpt.Data.Datasets;

/// <summary>The elements of a JSON file that is one array, whatever its size, or the objects of one that is not.</summary>
static class JsonArrayReader
{
    const int Deepest = 64;

    /// <summary>The objects, each as its bytes and the line it begins at.</summary>
    internal static IEnumerable<(long Line, byte[] Bytes)> Elements(Stream stream, string where)
    {
        var window = new ByteWindow(stream, where);
        LineReader.PassMark(window);
        var line = 1L;
        line += PassSpace(window, line);
        // Objects one after the other, each on its line or over many, are read too: the loaders of Hugging Face take both.
        var isArray = Next(window) == '[';
        if (isArray) { window.Pass(1); }
        for (var first = true; ; first = false)
        {
            line += PassSpace(window, line);
            var next = Next(window);
            if (isArray && next == ']')
            {
                window.Pass(1);
                line += PassSpace(window, line);
                if (Next(window) >= 0) { throw new MalformedDataException("DAT-2.3", $"{where}:{line}", "there is something behind the array"); }
                yield break;
            }
            if (next < 0)
            {
                if (isArray) { throw new MalformedDataException("DAT-2.3", $"{where}:{line}", "the file ends inside the array"); }
                yield break;
            }
            if (isArray && !first)
            {
                if (next != ',') { throw new MalformedDataException("DAT-2.3", $"{where}:{line}", $"a comma or the array's end is wanted, here is '{(char)next}'"); }
                window.Pass(1);
                line += PassSpace(window, line);
            }
            var length = ElementLength(window, line, where);
            yield return (line, window.Bytes[..length].ToArray());
            line += window.Bytes[..length].Count((byte)'\n');
            window.Pass(length);
        }
    }

    static int ElementLength(ByteWindow window, long line, string where)
    {
        while (true)
        {
            // Found by skipping over one value; it is parsed by whoever reads the row.
            var reader = new Utf8JsonReader(window.Bytes, window.IsFinal, new JsonReaderState(new JsonReaderOptions { MaxDepth = Deepest, AllowMultipleValues = true }));
            try
            {
                if (reader.Read() && reader.TrySkip()) { return (int)reader.BytesConsumed; }
            }
            catch (JsonException fault) { throw new MalformedDataException("DAT-2.3", $"{where}:{line}", "no JSON value begins here, or it does not end as it should", fault); }
            if (window.IsFinal) { throw new MalformedDataException("DAT-2.3", $"{where}:{line}", "the file ends inside a value"); }
            window.More(line);
        }
    }

    static int Next(ByteWindow window) => window.Bytes.IsEmpty ? -1 : window.Bytes[0];

    /// <summary>Passes over white space up to the next byte, if there is one; returns the lines passed.</summary>
    static int PassSpace(ByteWindow window, long line)
    {
        var lines = 0;
        while (true)
        {
            var bytes = window.Bytes;
            var at = bytes.IndexOfAnyExcept(" \t\r\n"u8);
            var space = at < 0 ? bytes.Length : at;
            lines += bytes[..space].Count((byte)'\n');
            window.Pass(space);
            if (at >= 0 || window.IsFinal) { return lines; }
            window.More(line);
        }
    }
}
