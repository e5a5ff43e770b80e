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
    const string LockName = ".ckpt-lock";
    const string PublishingName = ".ckpt-publishing";
    const string End = "end";

    readonly FileStream _stream;
    readonly FileLock _held;
    readonly Lock _lock = new();
    readonly string _folder;
    readonly string _header;
    readonly int _worker;

    Journal(FileStream stream, FileLock held, string folder, string header, int worker, List<string> lines)
    {
        (_stream, _held, _folder, _header, _worker) = (stream, held, folder, header, worker);
        Done = JournalRecords.Of(lines).Done;
    }

    /// <summary>The blocks this worker recorded as written, with the CRCs of their ranges.</summary>
    internal IReadOnlyDictionary<int, uint[]> Done { get; }

    /// <summary>Opens a worker's journal in a folder, or begins one. Holds it exclusively.</summary>
    /// <exception cref="OutputException">Another run holds it, or it is of another plan.</exception>
    internal static Journal Open(string folder, string plan, int blockBytes, int worker = 0)
    {
        var held = TakeOwn(Path.Combine(folder, Name(LockName, worker)), folder);
        FileStream? stream = null;
        try
        {
            stream = new FileStream(Path.Combine(folder, Name(FileName, worker)), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
            var header = $"ckpt-journal 1 {plan} {blockBytes.ToString(CultureInfo.InvariantCulture)}";
            var lines = ReadLines(stream, out var goodEnd);
            if (lines.Count == 0) { goodEnd = 0; }
            else if (lines[0] != header) { throw OutputException.OtherPlan(folder); }
            stream.SetLength(goodEnd);
            stream.Position = goodEnd;
            var journal = new Journal(stream, held, folder, header, worker, lines);
            if (lines.Count == 0) { journal.Append(header); }
            journal.Others(); // of another plan: said now
            return journal;
        }
        catch
        {
            stream?.Dispose();
            held.Dispose();
            throw;
        }
    }

    // Another worker that looks whether this one is at work holds the lock for a moment.
    static FileLock TakeOwn(string path, string folder)
    {
        for (var attempt = 0; ; attempt++)
        {
            if (FileLock.TryTake(path, out var busy) is { } taken) { return taken; }
            if (attempt == 4) { throw OutputException.Busy(folder, busy!); }
            Thread.Sleep(30);
        }
    }

    /// <summary>What other workers' journals in the folder say now.</summary>
    /// <exception cref="OutputException">One is of another plan.</exception>
    internal IReadOnlyList<JournalRecords> Others()
    {
        var records = new List<JournalRecords>();
        foreach (var path in Directory.EnumerateFiles(_folder, FileName + "*").Order(StringComparer.Ordinal))
        {
            if (Path.GetFileName(path) == Name(FileName, _worker)) { continue; }
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var lines = ReadLines(stream, out _);
            if (lines.Count == 0) { continue; }
            if (lines[0] != _header) { throw OutputException.OtherPlan(_folder); }
            records.Add(JournalRecords.Of(lines) with { IsHeld = IsHeld(_folder, Path.GetFileName(path)[FileName.Length..]) });
        }
        return records;
    }

    /// <summary>Says that every block recorded so far is on the disk for good.</summary>
    internal void Finish()
    {
        lock (_lock)
        {
            Append(End);
            _stream.Flush(flushToDisk: true);
        }
    }

    /// <summary>The lock of whoever completes the output; waits for another that holds it. Null where the folder is gone: it was published.</summary>
    internal static FileLock? TakePublishing(string folder, CancellationToken cancel)
    {
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                if (FileLock.TryTake(Path.Combine(folder, PublishingName), out _) is { } taken) { return taken; }
            }
            catch (DirectoryNotFoundException) { return null; }
            cancel.WaitHandle.WaitOne(50);
        }
    }

    /// <summary>Whether another process is at work in a folder.</summary>
    internal static bool IsAnyHeld(string folder) =>
        Directory.EnumerateFiles(folder, LockName + "*").Any(path => IsHeld(folder, Path.GetFileName(path)[LockName.Length..]));

    /// <summary>Removes journals and locks from a folder that is complete.</summary>
    internal static void Remove(string folder)
    {
        foreach (var pattern in (string[])[FileName, LockName, PublishingName])
        {
            foreach (var path in Directory.GetFiles(folder, pattern + "*")) { File.Delete(path); }
        }
    }

    static bool IsHeld(string folder, string suffix)
    {
        using var taken = FileLock.TryTake(Path.Combine(folder, LockName + suffix), out var busy);
        return busy is not null;
    }

    static string Name(string name, int worker) => worker == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{worker}");

    /// <summary>Whether a folder holds a journal.</summary>
    internal static bool IsIn(string folder) => Directory.EnumerateFiles(folder, FileName + "*").Any();

    /// <summary>Whether a run has begun in a folder: its lock is there before its journal is.</summary>
    internal static bool IsBegun(string folder) => IsIn(folder) || Directory.EnumerateFiles(folder, LockName + "*").Any();

    /// <summary>Records a block as written; callable from any thread.</summary>
    internal void Record(int block, ReadOnlySpan<uint> crcs)
    {
        var line = new StringBuilder(16 + (crcs.Length * 9)).Append(CultureInfo.InvariantCulture, $"{block}");
        foreach (var crc in crcs) { line.Append(CultureInfo.InvariantCulture, $" {crc:x8}"); }
        lock (_lock) { Append(line.ToString()); }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _held.Dispose();
    }

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
}
