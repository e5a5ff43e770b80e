using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.TorchDist;

namespace Ckpt.Formats.Opening;

/// <summary>Tells from the names in a folder which format lies in it (CLI-6.1). Pure: the listing is read before.</summary>
static class CheckpointDetection
{
    /// <summary>The format that lies in this very folder, or null where none is recognised.</summary>
    internal static string? FormatOf(FolderListing folder)
    {
        var backend = folder.Metadata is null ? null : ShardedBackend(folder.Metadata);
        if (backend is not null) { return backend; }
        if (IsZarrNode(folder)) { return FormatNames.Zarr; }
        if (folder.Folders.Concat(folder.Files).Any(name => name.StartsWith("mp_rank_0", StringComparison.Ordinal))) { return FormatNames.LegacyTorch; }
        if (HasIndex(folder)) { return FormatNames.TorchDcp; }
        if (folder.AnyFile(SafetensorsShardsReader.IsShard) && !folder.AnyFile(name => Ends(name, ".safetensors.index.json"))) { return FormatNames.SafetensorsShards; }
        if (folder.AnyFile(name => Ends(name, ".safetensors") || Ends(name, ".safetensors.index.json"))) { return FormatNames.Safetensors; }
        if (folder.AnyFile(LocalCheckpoints.IsLocal)) { return FormatNames.NvrxLocal; }
        if (folder.AnyFile(name => Ends(name, ".distcp"))) { Throw.NoIndex(folder); }
        if (folder.AnyFile(name => Ends(name, ".gguf"))) { return FormatNames.Gguf; }
        if (folder.AnyFile(IsPickle)) { return FormatNames.PyTorchBin; }
        return null;
    }

    /// <summary>The format of a single file, by its name; null where the name says nothing.</summary>
    internal static string? FormatOfFile(string name)
    {
        if (Ends(name, ".safetensors") || Ends(name, ".safetensors.index.json")) { return FormatNames.Safetensors; }
        if (Ends(name, "_local.pt")) { return FormatNames.NvrxLocal; }
        if (Ends(name, ".gguf")) { return FormatNames.Gguf; }
        return IsPickle(name) ? FormatNames.PyTorchBin : null;
    }

    /// <summary>Whether a folder is an array or a group of zarr, by a file of its own.</summary>
    internal static bool IsZarrNode(FolderListing folder) => folder.Files.Any(static name => name is ".zarray" or ".zgroup" or ".zmetadata" or "zarr.json");

    /// <summary>Whether a folder has torch's index, of all processes or of one.</summary>
    internal static bool HasIndex(FolderListing folder) => folder.HasFile(".metadata") || folder.AnyFile(static name => TorchDistFolder.RankOf(name) is not null);

    /// <summary>Whether a file stands for the folder it lies in.</summary>
    internal static bool IsPartOfFolder(string name) =>
        name is ".zarray" or ".zgroup" or ".zmetadata" or "zarr.json" ||
        name is ".metadata" or FolderListing.MetadataName or FolderListing.TrackerName or "common.pt" || Ends(name, ".distcp") || SafetensorsShardsReader.IsShard(name) || TorchDistFolder.RankOf(name) is not null;

    /// <summary>The sub-folder that a folder of iterations points to, or null where it is no such folder (CLI-6.2).</summary>
    internal static string? Iteration(FolderListing folder)
    {
        if (folder.Tracker is not null)
        {
            var text = folder.Tracker.Trim();
            var name = text == "release" ? text
                : text.Length is > 0 and <= 18 && text.All(char.IsAsciiDigit) ? $"iter_{long.Parse(text, CultureInfo.InvariantCulture):D7}"
                : Throw.Tracker(folder, text);
            return folder.HasFolder(name) ? name : Throw.TrackedIsAbsent(folder, text, name);
        }
        var iterations = folder.Folders.Where(name => name == "release" || IsIteration(name)).ToList();
        return iterations.Count switch
        {
            0 => null,
            1 => iterations[0],
            _ => Throw.ManyIterations(folder, iterations),
        };
    }

    /// <summary>The format that metadata.json names, or null where it is some other file of that name.</summary>
    internal static string? ShardedBackend(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("sharded_backend", out var backend)
                && backend.ValueKind == JsonValueKind.String
                ? backend.GetString() : null;
        }
        catch (JsonException) { return null; } // CLI-6.1: then the folder is judged by its other files
        catch (InvalidOperationException) { return null; } // a string that is no valid UTF-16
    }

    static bool IsIteration(string name) =>
        name.StartsWith("iter_", StringComparison.Ordinal) && name.Length is >= 12 and <= 24 && name.AsSpan(5).IndexOfAnyExceptInRange('0', '9') < 0;

    static bool IsPickle(string name) => Ends(name, ".bin") || Ends(name, ".pt") || Ends(name, ".pth") || Ends(name, ".ckpt");

    static bool Ends(string name, string suffix) => name.EndsWith(suffix, StringComparison.Ordinal);

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoIndex(FolderListing folder) => throw new MalformedCheckpointException("CLI-6.4", folder.Path,
            $"{folder.Files.Count(name => Ends(name, ".distcp"))} .distcp files but no .metadata, which is written last: the save did not finish, or the copy is incomplete (a name that starts with a dot is easily left behind)");

        [DoesNotReturn]
        internal static string Tracker(FolderListing folder, string text) => throw new MalformedCheckpointException("CLI-6.2",
            Path.Combine(folder.Path, FolderListing.TrackerName), $"'{Short(text)}' is neither an iteration nor 'release'");

        [DoesNotReturn]
        internal static string TrackedIsAbsent(FolderListing folder, string text, string name) => throw new MalformedCheckpointException("CLI-6.2",
            Path.Combine(folder.Path, FolderListing.TrackerName), $"says '{text}', but there is no folder {name} beside it; there are {Some(folder.Folders)}. Give one of these where it is the right one");

        [DoesNotReturn]
        internal static string ManyIterations(FolderListing folder, List<string> iterations) => throw new MalformedCheckpointException("CLI-6.2",
            folder.Path, $"no {FolderListing.TrackerName} says which of {Some(iterations)} is meant: name one of them");

        static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
    }

    /// <summary>A few names, and how many more there are.</summary>
    internal static string Some(IReadOnlyList<string> names) => names.Count switch
    {
        0 => "none",
        <= 5 => string.Join(", ", names),
        _ => $"{string.Join(", ", names.Take(5))} and {names.Count - 5} more",
    };
}
