using System.Globalization;
using Ckpt.Formats;
using Ckpt.Formats.IO;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.Torch;
using Ckpt.Sharding.Running;
using Ckpt.Verify.Comparing;

namespace Ckpt.Verify.Doctoring;

/// <summary>
/// Checks the CRC-32 of every record of the zips that <c>torch.save</c> makes: files of their own, and the streams that <c>.distcp</c> files are made of
/// (VFY-3.7). torch itself does not look at them.
/// </summary>
static class ArchiveExamination
{
    const int MostTold = 20;

    internal static IReadOnlyList<Finding> Examine(ICheckpointReader reader, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        var parts = Parts(reader);
        var faults = new List<string>[parts.Count];
        var without = 0;
        progress.Begin("checking archives", parts.Sum(static part => part.Length));
        OrderedParallel.For(parts.Count, options.Threads, i =>
        {
            var (path, offset, length) = parts[(int)i];
            using var file = new FileByteSource(path);
            faults[i] = Faults(new SliceByteSource(file, offset, length, offset == 0 && length == file.Length ? path : string.Create(CultureInfo.InvariantCulture, $"{path}, at byte {offset}")), ref without, cancel);
            progress.Advance(length);
        }, cancel);
        var findings = parts.SelectMany((part, i) => faults[i].Select(fault => new Finding(Severity.Broken, part.Path, fault, "copy or download it again"))).ToList();
        if (findings.Count > MostTold) { findings = [.. findings.Take(MostTold), new Finding(Severity.Broken, reader.Path, $"and so it is with {findings.Count - MostTold:N0} more records", "copy or download it again")]; }
        if (without > 0) { findings.Add(new Finding(Severity.Note, reader.Path, $"{without:N0} records of its zips have no checksum (saved with torch.serialization.set_crc32_options(False))", "nothing; damage in them cannot be seen")); }
        return findings;
    }

    /// <summary>Whole files of torch, and streams in data files; what only several of a folder's formats have in common is its first bytes.</summary>
    static List<(string Path, long Offset, long Length)> Parts(ICheckpointReader reader)
    {
        var root = File.Exists(reader.Path) ? Path.GetDirectoryName(Path.GetFullPath(reader.Path))! : reader.Path;
        var paths = reader.Files.Select(file => File.Exists(reader.Path) ? reader.Path : Path.Combine(root, file.Path)).ToArray();
        var parts = new SortedSet<(string Path, long Offset, long Length)>();
        foreach (var box in reader.Tensors.SelectMany(static tensor => tensor.Boxes))
        {
            if ((uint)box.File < (uint)paths.Length && paths[box.File].EndsWith(".distcp", StringComparison.Ordinal)) { parts.Add((paths[box.File], box.Offset, box.Length)); }
        }
        foreach (var path in paths.Concat(Directory.EnumerateFiles(root)).Where(static path => Path.GetExtension(path) is ".pt" or ".pth" && File.Exists(path))) { parts.Add((path, 0, new FileInfo(path).Length)); }
        return [.. parts.Where(static part => IsZip(part.Path, part.Offset, part.Length))];
    }

    static bool IsZip(string path, long offset, long length)
    {
        if (length < 4) { return false; }
        using var file = new FileByteSource(path);
        if (offset < 0 || offset > file.Length - length) { return false; } // told already: its place is not in the file
        Span<byte> magic = stackalloc byte[4];
        file.ReadExactly(offset, magic);
        return magic.SequenceEqual("PK\x03\x04"u8);
    }

    static List<string> Faults(SliceByteSource source, ref int without, CancellationToken cancel)
    {
        var faults = new List<string>();
        try
        {
            var archive = TorchArchive.Open(source);
            foreach (var record in archive.Records)
            {
                if (record.Checksum == 0) { if (record.Length > 0 && !record.Deflated && FileDigests.Crc(source, archive.DataOffset(record), record.StoredLength, cancel) != 0) { Interlocked.Increment(ref without); } continue; }
                if (record.Deflated) { archive.Read(record); continue; } // which checks it
                if (FileDigests.Crc(source, archive.DataOffset(record), record.StoredLength, cancel) is var crc && crc != record.Checksum)
                {
                    faults.Add(string.Create(CultureInfo.InvariantCulture, $"{source.Name}: record {record.FullName} has the CRC-32 {crc:x8}, the zip says {record.Checksum:x8}"));
                }
            }
        }
        catch (CheckpointException error) { faults.Add(error.Message); }
        return faults;
    }
}
