using System.Globalization;
using Ckpt.Formats;
using Ckpt.Formats.Megatron;
using Ckpt.Formats.Tensors;
using Ckpt.Models.Opening;
using Ckpt.Sharding.Running;

namespace Ckpt.Verify.Doctoring;

/// <summary>Looks for what is wrong with a checkpoint: files that lack, are cut short, or contradict each other. Reads headers, unless asked to go deep.</summary>
public static class CheckpointDoctor
{
    const string Tracker = "latest_checkpointed_iteration.txt";
    const int MostOfOneKind = 20;

    /// <summary>What was found, the worst first; nothing where all is well.</summary>
    /// <exception cref="FileNotFoundException">There is nothing at the path.</exception>
    public static IReadOnlyList<Finding> Examine(string path, CancellationToken cancel)
    {
        if (!Directory.Exists(path) && !File.Exists(path)) { throw new FileNotFoundException($"{path}: no such file or folder", path); }
        var findings = new List<Finding>();
        if (File.Exists(path) && path.EndsWith(".safetensors", StringComparison.Ordinal)) { findings.AddRange(SafetensorsDoctor.OfFile(path)); }
        if (Directory.Exists(path))
        {
            findings.AddRange(SafetensorsDoctor.Examine(path));
            if (OfTracker(path) is { } tracked) { findings.Add(tracked); }
        }
        findings.AddRange(ReceiptDoctor.Examine(path));
        try
        {
            using var reader = ModelFormats.Open(path);
            findings.AddRange(Places(reader, cancel));
            findings.AddRange(ReceiptDoctor.Opened(path, reader));
            if (Directory.Exists(reader.Path)) { findings.AddRange(IntegrityDoctor.Examine(reader.Path)); }
            if (reader.Format == Formats.Opening.FormatNames.TorchDist && IndexNormalisation.Examine(reader.Path) is { } index) { findings.Add(index); }
            if (reader is IMegatronReader { Common: null } && reader.Format == Formats.Opening.FormatNames.TorchDist)
            {
                findings.Add(new Finding(Severity.Warning, reader.Path, "there is no common state (common.pt): arguments, iteration and versions are not known", "copy common.pt; without it give --model to export"));
            }
        }
        catch (Exception error) when (error is CheckpointException or IOException or UnauthorizedAccessException)
        {
            // What was found file by file says more than the first fault that opening meets.
            if (findings.All(static finding => finding.Severity != Severity.Broken)) { findings.Add(new Finding(Severity.Broken, (error as CheckpointException)?.Where ?? path, error.Message, "compare its size and hash with the place it came from")); }
        }
        return [.. findings.OrderByDescending(static finding => finding.Severity)];
    }

    /// <summary>What reading all of it finds besides, the worst first: sums and hashes that were left with the files, then the elements (VFY-3.4 to VFY-3.7).</summary>
    /// <exception cref="CheckpointException">It cannot be opened; <see cref="Examine"/> says why.</exception>
    public static IReadOnlyList<Finding> Deep(string path, RunOptions options, IRunProgress progress, CancellationToken cancel)
    {
        using var reader = ModelFormats.Open(path);
        return
        [
            .. ((Finding[])
            [
                .. ReceiptDoctor.Deep(path, options, progress, cancel),
                .. Directory.Exists(reader.Path) ? IntegrityDoctor.Deep(reader.Path, options, progress, cancel) : [],
                .. ArchiveExamination.Examine(reader, options, progress, cancel),
                .. MasterExamination.Examine(reader, options, progress, cancel),
                .. DataExamination.Examine(reader, options, progress, cancel),
            ]).OrderByDescending(static finding => finding.Severity),
        ];
    }

    /// <summary>Every box lies in a file that is there and long enough, behind the stream header it should have.</summary>
    static List<Finding> Places(ICheckpointReader reader, CancellationToken cancel)
    {
        var findings = new List<Finding>();
        var more = 0;
        foreach (var tensor in reader.Tensors)
        {
            for (var box = 0; box < tensor.Boxes.Count; box++)
            {
                cancel.ThrowIfCancellationRequested();
                if (Fault(reader, tensor, box) is not { } fault) { continue; }
                if (findings.Count < MostOfOneKind) { findings.Add(new Finding(Severity.Broken, tensor.Name, fault, "copy or download the file again")); }
                else { more++; }
            }
        }
        if (more > 0) { findings.Add(new Finding(Severity.Broken, reader.Path, $"and so it is with {more:N0} more stored boxes", "copy or download it again")); }
        return findings;
    }

    static string? Fault(ICheckpointReader reader, TensorInfo tensor, int box)
    {
        try
        {
            var payload = reader.Locate(tensor, box);
            var size = tensor.Boxes[box].Box.Size;
            var last = 0L;
            for (var axis = 0; axis < size.Length; axis++) { last += (size[axis] - 1) * payload.Strides[axis]; }
            var end = payload.Offset + (((last + 1) * tensor.DType.BitSize()) / 8);
            return end <= payload.Source.Length ? null : $"its data ends at byte {end:N0} of {payload.Source.Name}, which has {payload.Source.Length:N0}";
        }
        catch (Exception error) when (error is CheckpointException or IOException or UnauthorizedAccessException) { return error.Message; }
    }

    /// <summary>The tracker of a folder of iterations names one that can be opened; else the last that can be is proposed.</summary>
    static Finding? OfTracker(string folder)
    {
        var iterations = Directory.EnumerateDirectories(folder, "iter_*").Select(static sub => Path.GetFileName(sub)!)
            .Where(static name => long.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _)).OrderDescending(StringComparer.Ordinal).ToArray();
        if (iterations.Length == 0) { return null; }
        var path = Path.Combine(folder, Tracker);
        var said = File.Exists(path) && new FileInfo(path).Length < 1024 ? File.ReadAllText(path).Trim() : null;
        if (said == "release" && Directory.Exists(Path.Combine(folder, "release"))) { return null; }
        if (said is not null && long.TryParse(said, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && iterations.Contains($"iter_{number:D7}")) { return null; }
        var last = iterations.FirstOrDefault(name => Opens(Path.Combine(folder, name)));
        var what = said is null ? "there is no such file, and readers take it to know the iteration" : $"says '{(said.Length > 40 ? said[..40] + "…" : said)}', and there is no such iteration; there are {string.Join(", ", iterations.Take(5))}";
        return new Finding(Severity.Broken, path, what, last is null ? "none of the iterations can be opened" : $"--fix makes it name {last}, the last that can be opened")
        {
            Repair = last is null ? null : new Repair(path, $"names {last}", System.Text.Encoding.ASCII.GetBytes(long.Parse(last.AsSpan(5), CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture))),
        };
    }

    static bool Opens(string folder)
    {
        try
        {
            using var reader = ModelFormats.Open(folder);
            return true;
        }
        catch (Exception error) when (error is CheckpointException or IOException or UnauthorizedAccessException) { return false; }
    }
}
