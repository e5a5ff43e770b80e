using System.Globalization;
using Ckpt.Formats;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Tensors;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Comparing;

namespace Ckpt.Verify.Doctoring;

/// <summary>Holds a checkpoint to the receipt that its conversion left: files and lengths, format and number of tensors; going deep, CRCs (VFY-3.5).</summary>
static class ReceiptDoctor
{
    const string WriteAgain = "convert again, or copy it again from where it was converted";
    const string LookAt = "make sure that it was meant to be changed";

    /// <summary>What can be seen without reading.</summary>
    internal static List<Finding> Examine(string path)
    {
        if (Record(path, out var findings) is not { } record) { return findings; }
        var folder = Path.GetDirectoryName(record.Where)!;
        foreach (var file in record.Files)
        {
            var info = new FileInfo(Path.Combine(folder, file.Path));
            if (!info.Exists) { findings.Add(Of(info.FullName, file, "was written by the conversion, and is not there")); }
            else if (info.Length != file.Bytes && !IsRepaired(info.FullName)) { findings.Add(Of(info.FullName, file, $"has {info.Length:N0} bytes, {file.Bytes:N0} were written")); }
        }
        var known = record.Files.Select(static file => file.Path).ToHashSet(StringComparer.Ordinal);
        foreach (var other in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(static file => file.EndsWith(".safetensors", StringComparison.Ordinal) || file.EndsWith(".distcp", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            if (!known.Contains(Path.GetRelativePath(folder, other).Replace('\\', '/'))) { findings.Add(new Finding(Severity.Warning, other, "was not written by the conversion that the receipt beside it tells of", "readers may take it for a part of the model: move it away, or remove the receipt if the folder holds another model now")); }
        }
        return findings;
    }

    /// <summary>Whether what opens is what the receipt says was written.</summary>
    internal static IEnumerable<Finding> Opened(string path, ICheckpointReader reader)
    {
        if (Record(path, out _) is not { } record) { yield break; }
        if (record.Format is { } format && format != reader.Format) { yield return new Finding(Severity.Warning, record.Where, $"tells of a {format} checkpoint, this is {reader.Format}", "another checkpoint was put into the folder, or the receipt is another's"); }
        // Tensors of legacy files are put together from slices, and are not counted as they were written.
        else if (record.Tensors is { } tensors && tensors != reader.Tensors.Count && reader.Format is FormatNames.Safetensors or FormatNames.TorchDist)
        {
            yield return new Finding(Severity.Warning, record.Where, $"tells of {record.Tensors:N0} tensors, there are {reader.Tensors.Count:N0}", "another checkpoint was put into the folder, or tensors were added or taken out");
        }
    }

    /// <summary>Every file's CRC; files that lack or have another length were told before.</summary>
    internal static IReadOnlyList<Finding> Deep(string path, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        if (Record(path, out _) is not { } record) { return []; }
        var folder = Path.GetDirectoryName(record.Where)!;
        var files = record.Files.Where(file => file.Crc is not null && new FileInfo(Path.Combine(folder, file.Path)) is { Exists: true } info && (info.Length == file.Bytes)).ToArray();
        var found = new uint[files.Length];
        progress.Begin("summing files", files.Sum(static file => file.Bytes));
        OrderedParallel.For(files.Length, options.Threads, i =>
        {
            var full = Path.Combine(folder, files[i].Path);
            found[i] = FileDigests.Crc(full, HeaderBefore(full), progress, cancel);
        }, cancel);
        return [.. files.Select((file, i) => (file, crc: found[i])).Where(static each => each.crc != each.file.Crc)
            .Select(each => Of(Path.Combine(folder, each.file.Path), each.file, string.Create(CultureInfo.InvariantCulture, $"has the CRC-32 {each.crc:x8}, what was written had {each.file.Crc:x8}")))];
    }

    static ConversionRecord? Record(string path, out List<Finding> findings)
    {
        findings = [];
        if (ConversionRecord.Find(path) is not { } receipt) { return null; }
        try { return ConversionRecord.Read(receipt); }
        catch (CheckpointException error)
        {
            findings.Add(new Finding(Severity.Warning, receipt, error.Message, "move it away: without it only what the files say of themselves is examined"));
            return null;
        }
    }

    // Weights that are not what was written are damage; a config or a README may have been edited.
    static Finding Of(string full, RecordedFile file, string what) => IsData(file.Path) && !File.Exists(full + ".bak")
        ? new Finding(Severity.Broken, full, what, WriteAgain)
        : new Finding(Severity.Warning, full, what, LookAt);

    static bool IsData(string path)
    {
        var name = Path.GetFileName(path);
        return Path.GetExtension(name) is ".safetensors" or ".distcp" or ".pt" or ".bin" or ".zarray" or ".metadata" || char.IsAsciiDigit(name[0]);
    }

    static bool IsRepaired(string full) => File.Exists(full + ".bak");

    /// <summary>The header a safetensors file had before <c>--fix</c> wrote into it.</summary>
    static byte[] HeaderBefore(string full) => File.Exists(full + ".header.bak") ? File.ReadAllBytes(full + ".header.bak") : [];
}
