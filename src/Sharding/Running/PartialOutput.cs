using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ckpt.Sharding.Running;

/// <summary>
/// The folder an output grows in, <c>OUTPUT.partial</c>, until it is complete and takes its final name in one step (SHD-4.x).
/// </summary>
public sealed class PartialOutput : IDisposable
{
    /// <summary>The receipt's name; a folder that holds one is an output of ours.</summary>
    public const string ReceiptName = "ckpt.json";

    Journal? _journal;
    bool _published;

    PartialOutput(string final, string folder, Journal journal)
    {
        (Final, Folder, _journal) = (final, folder, journal);
    }

    /// <summary>The final name.</summary>
    public string Final { get; }

    /// <summary>Where the output grows.</summary>
    public string Folder { get; }

    /// <summary>Held by the one of several workers that completes the output.</summary>
    internal FileLock? Publishing { get; set; }

    internal Journal Journal => _journal ?? throw new ObjectDisposedException(nameof(PartialOutput));

    /// <summary>Whether an output was published by a run of this plan: its receipt says so.</summary>
    public static bool IsPublished(string output, string plan)
    {
        var receipt = Path.Combine(Normalise(output), ReceiptName);
        if (!File.Exists(receipt)) { return false; }
        try { return JsonNode.Parse(File.ReadAllBytes(receipt)) is JsonObject json && (json["run"]?["plan"] as JsonValue)?.TryGetValue<string>(out var made) == true && made == plan; }
        catch (JsonException) { return false; }
    }

    /// <summary>Checks, without changing anything, that an output could be written here.</summary>
    /// <exception cref="OutputException">The final name is taken, or the partial one by something else.</exception>
    public static void Check(string output, RunOptions options)
    {
        var final = Normalise(output);
        if (File.Exists(final)) { throw OutputException.NotOurs(final); }
        if (Directory.Exists(final) && Directory.EnumerateFileSystemEntries(final).Any())
        {
            if (!File.Exists(Path.Combine(final, ReceiptName))) { throw OutputException.NotOurs(final); }
            if (!options.ReplaceExisting) { throw OutputException.Exists(final); }
        }
        var folder = final + ".partial";
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any() && !Journal.IsBegun(folder) && !IsReplacedOutput(folder))
        {
            throw OutputException.Unknown(folder);
        }
    }

    /// <summary>Begins an output, or continues what an earlier run of the same plan left.</summary>
    /// <param name="output">The final name.</param>
    /// <param name="plan">The plan's hash.</param>
    /// <param name="options">Whether to restart or replace.</param>
    /// <exception cref="OutputException">As <see cref="Check"/>, and where another run's work is in the way.</exception>
    public static PartialOutput Open(string output, string plan, RunOptions options)
    {
        Check(output, options);
        var final = Normalise(output);
        var folder = final + ".partial";
        if (Directory.Exists(folder) && (options.Restart || IsReplacedOutput(folder)) && Directory.EnumerateFileSystemEntries(folder).Any()) { DeleteAbandoned(folder); }
        Directory.CreateDirectory(folder);
        return new PartialOutput(final, folder, Journal.Open(folder, plan, options.BlockBytes, options.Worker));
    }

    /// <summary>Gives the finished output its final name; everything in it has been flushed.</summary>
    public void Publish()
    {
        FolderPublication.Publish(Folder, Final);
        _published = true;
        Dispose();
    }

    public void Dispose()
    {
        _journal?.Dispose();
        _journal = null;
        Publishing?.Dispose();
        Publishing = null;
        if (_published) { Journal.Remove(Final); }
    }

    static string Normalise(string output) => FolderPublication.Normalise(output);

    /// <summary>A folder that was swapped out and whose removal was cut short.</summary>
    static bool IsReplacedOutput(string folder) => File.Exists(Path.Combine(folder, ReceiptName)) && !Journal.IsIn(folder);

    static void DeleteAbandoned(string folder)
    {
        // A run at work in it is not pulled from under its feet.
        if (Journal.IsAnyHeld(folder)) { throw OutputException.Busy(folder, new IOException("its lock is held")); }
        Directory.Delete(folder, recursive: true);
    }
}
