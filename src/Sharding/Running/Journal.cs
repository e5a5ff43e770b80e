using System.Globalization;
using System.Text;
using Ckpt.Formats.IO;

namespace Ckpt.Sharding.Running;

/// <summary>
/// What an unfinished output says of itself (SHD-4.x): the plan it is of, and each block that is written, with the CRC-32 of each data
/// range in it. One line each; a line that was cut off by a crash is recognised by its own checksum and ignored, with all after it.
/// </summary>
sealed class Journal : IDisposable
{
    internal const string FileName = ".ckpt-journal";
    readonly FileStream _stream;
    readonly Lock _lock = new();

    Journal(FileStream stream, Dictionary<int, uint[]> done)
    {
        (_stream, Done) = (stream, done);
    }

    /// <summary>The blocks recorded as written, with the CRCs of their ranges.</summary>
    internal IReadOnlyDictionary<int, uint[]> Done { get; }

    /// <summary>Opens the journal of a folder, or begins one. Holds it exclusively.</summary>
    /// <exception cref="OutputException">Another run holds it, or it is of another plan.</exception>
    internal static Journal Open(string folder, string plan, int blockBytes)
    {
        var path = Path.Combine(folder, FileName);
        FileStream stream;
        try { stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
        catch (IOException error) when (File.Exists(path)) { throw OutputException.Busy(folder, error); }
        try
        {
            var header = $"ckpt-journal 1 {plan} {blockBytes.ToString(CultureInfo.InvariantCulture)}";
            var lines = ReadLines(stream, out var goodEnd);
            if (lines.Count == 0) { goodEnd = 0; }
            else if (lines[0] != header) { throw OutputException.OtherPlan(folder); }
            stream.SetLength(goodEnd);
            stream.Position = goodEnd;
            var journal = new Journal(stream, ParseDone(lines));
            if (lines.Count == 0) { journal.Append(header); }
            return journal;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Whether a folder holds a journal.</summary>
    internal static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Records a block as written; callable from any thread.</summary>
    internal void Record(int block, ReadOnlySpan<uint> crcs)
    {
        var line = new StringBuilder(16 + (crcs.Length * 9)).Append(CultureInfo.InvariantCulture, $"{block}");
        foreach (var crc in crcs) { line.Append(CultureInfo.InvariantCulture, $" {crc:x8}"); }
        lock (_lock) { Append(line.ToString()); }
    }

    public void Dispose() => _stream.Dispose();

    void Append(string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        _stream.Write(Encoding.ASCII.GetBytes($"{text} #{Crc32.Of(bytes):x8}\n"));
        _stream.Flush();
    }

    static List<string> ReadLines(FileStream stream, out long goodEnd)
    {
        var lines = new List<string>();
        goodEnd = 0;
        using var reader = new StreamReader(stream, Encoding.ASCII, false, 1 << 16, leaveOpen: true);
        while (reader.ReadLine() is { } line)
        {
            var mark = line.LastIndexOf(" #", StringComparison.Ordinal);
            if (mark < 0 || !uint.TryParse(line.AsSpan(mark + 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var crc)
                || line.Length != mark + 10 || Crc32.Of(Encoding.ASCII.GetBytes(line[..mark])) != crc || goodEnd + line.Length + 1 > stream.Length)
            {
                break;
            }
            goodEnd += line.Length + 1;
            lines.Add(line[..mark]);
        }
        return lines;
    }

    static Dictionary<int, uint[]> ParseDone(List<string> lines)
    {
        var done = new Dictionary<int, uint[]>();
        foreach (var line in lines.Skip(1))
        {
            var parts = line.Split(' ');
            var crcs = new uint[parts.Length - 1];
            for (var i = 0; i < crcs.Length; i++) { crcs[i] = uint.Parse(parts[i + 1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture); }
            done[int.Parse(parts[0], CultureInfo.InvariantCulture)] = crcs;
        }
        return done;
    }
}
