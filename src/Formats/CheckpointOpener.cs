using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats.LegacyTorch;
using Ckpt.Formats.Opening;
using Ckpt.Formats.Safetensors;
using Ckpt.Formats.Tensors;

namespace Ckpt.Formats;

/// <summary>Opens whatever checkpoint lies at a path: finds the format, then asks the format's reader. Formats it only recognises are refused by name.</summary>
public static class CheckpointOpener
{
    /// <summary>Opens the checkpoint at a folder or file.</summary>
    /// <exception cref="FileNotFoundException">There is nothing at this path.</exception>
    /// <exception cref="MalformedCheckpointException">No checkpoint, or an incomplete one.</exception>
    /// <exception cref="UnsupportedCheckpointException">A format that is recognised and not read.</exception>
    public static ICheckpointReader Open(string path) => Open(path, CheckpointFormats.All);

    /// <summary>The same, among these formats.</summary>
    public static ICheckpointReader Open(string path, IReadOnlyList<CheckpointFormat> formats)
    {
        var found = Detect(path);
        var format = formats.FirstOrDefault(f => f.Name == found.Format) ?? Throw.NotRead(found, formats);
        return format.Open(found.Path);
    }

    /// <summary>Finds the format and place of the checkpoint at a folder or file, without opening it.</summary>
    public static DetectedCheckpoint Detect(string path)
    {
        if (IterationOfRank(path) is { } whole) { path = whole; }
        if (File.Exists(path)) { return DetectFile(path); }
        if (!Directory.Exists(path)) { Throw.Nothing(path); }

        var folder = FolderListing.Read(path);
        if (Own(folder) is { } here) { return here; }

        if (CheckpointDetection.Iteration(folder) is { } iteration)
        {
            var inner = FolderListing.Read(Path.Combine(path, iteration));
            if (CheckpointDetection.FormatOf(inner) is { } format and not FormatNames.PyTorchBin) { return new DetectedCheckpoint(format, inner.Path); }

            if (HasZarrArrays(inner)) { Throw.ZarrWithoutMarker(inner); }

            // A trainer that saves safetensors without optimizer leaves iterations that hold nothing but common.pt.
            return CheckpointDetection.FormatOf(folder) is { } outer
                ? new DetectedCheckpoint(outer, path)
                : Throw.EmptyIteration(inner);
        }

        if (HasZarrArrays(folder)) { return folder.HasFile("common.pt") ? Throw.ZarrWithoutMarker(folder) : new DetectedCheckpoint(FormatNames.Zarr, path); }
        if (CheckpointDetection.FormatOf(folder) is { } plain) { return new DetectedCheckpoint(plain, path); }
        foreach (var name in (string[])["weights", "model_weights"]) // where NeMo 2 and NeMo 1 keep Megatron's folder
        {
            if (folder.HasFolder(name) && CheckpointDetection.FormatOf(FolderListing.Read(Path.Combine(path, name))) is { } nemo) { return new DetectedCheckpoint(nemo, Path.Combine(path, name)); }
        }
        // Shards that were not put together, or not yet.
        if (folder.HasFolder(SafetensorsShardsReader.Folder) && CheckpointDetection.FormatOf(FolderListing.Read(Path.Combine(path, SafetensorsShardsReader.Folder))) == FormatNames.SafetensorsShards)
        {
            return new DetectedCheckpoint(FormatNames.SafetensorsShards, Path.Combine(path, SafetensorsShardsReader.Folder));
        }
        return LocalCheckpoints.Find(folder.Path).Count > 0 ? new DetectedCheckpoint(FormatNames.NvrxLocal, path) : Throw.NoCheckpoint(folder);
    }

    /// <summary>A rank's folder of a legacy checkpoint, or a file in it, stands for all ranks.</summary>
    static string? IterationOfRank(string path)
    {
        if (path.Length == 0) { return null; }
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetFileName(folder) is LegacyTorchFolder.FileName or LegacyTorchFolder.OptimizerName) { folder = Path.GetDirectoryName(folder)!; }
        return LegacyRankName.TryParse(Path.GetFileName(folder), out _) && File.Exists(Path.Combine(folder, LegacyTorchFolder.FileName)) ? Path.GetDirectoryName(folder) : null;
    }

    /// <summary>A folder that says of itself what it is, before iterations below it are looked at.</summary>
    static DetectedCheckpoint? Own(FolderListing folder)
    {
        var format = CheckpointDetection.HasIndex(folder) || folder.Metadata is not null || CheckpointDetection.IsZarrNode(folder) ? CheckpointDetection.FormatOf(folder) : null;
        return format is null or FormatNames.Safetensors or FormatNames.PyTorchBin ? null : new DetectedCheckpoint(format, folder.Path);
    }

    static DetectedCheckpoint DetectFile(string path)
    {
        var name = Path.GetFileName(path);
        if (CheckpointDetection.IsPartOfFolder(name)) { return Detect(Path.GetDirectoryName(Path.GetFullPath(path))!); }
        return CheckpointDetection.FormatOfFile(name) is { } format
            ? new DetectedCheckpoint(format, path)
            : Throw.UnknownFile(path);
    }

    // Only a few folders are looked into: every key of a zarr checkpoint is one.
    static bool HasZarrArrays(FolderListing folder) =>
        folder.Folders.Take(64).Any(name => File.Exists(Path.Combine(folder.Path, name, ".zarray")) || File.Exists(Path.Combine(folder.Path, name, "zarr.json")));

    static class Throw
    {
        [DoesNotReturn]
        internal static void Nothing(string path) => throw new FileNotFoundException($"{path}: there is no such file or folder", path);

        [DoesNotReturn]
        internal static CheckpointFormat NotRead(DetectedCheckpoint found, IReadOnlyList<CheckpointFormat> formats) =>
            throw new UnsupportedCheckpointException("CLI-6.3", found.Path,
                $"{FormatNames.Describe(found.Format)}{(found.Format == FormatNames.NvrxLocal ? LocalCheckpoints.Say(found.Path) : "")}; this version reads {string.Join(", ", formats.Select(f => f.Name))}");

        [DoesNotReturn]
        internal static DetectedCheckpoint EmptyIteration(FolderListing inner) => throw new MalformedCheckpointException("CLI-6.4", inner.Path,
            $"holds no checkpoint: {CheckpointDetection.Some(inner.Files)}; weights are in .distcp files indexed by .metadata (a run with no_save_optim and save_safetensors leaves only common.pt: give the safetensors folder)");

        [DoesNotReturn]
        internal static DetectedCheckpoint ZarrWithoutMarker(FolderListing folder) => throw new MalformedCheckpointException("CLI-6.4", folder.Path,
            "zarr arrays without the metadata.json that a complete save ends with");

        [DoesNotReturn]
        internal static DetectedCheckpoint NoCheckpoint(FolderListing folder) => throw new MalformedCheckpointException("CLI-6.4", folder.Path,
            $"no checkpoint: files {CheckpointDetection.Some(folder.Files)}, folders {CheckpointDetection.Some(folder.Folders)}; recognised are *.safetensors, torch_dist folders (.metadata, metadata.json), zarr (.zarray, zarr.json) and folders of iterations ({FolderListing.TrackerName})");

        [DoesNotReturn]
        internal static DetectedCheckpoint UnknownFile(string path) => throw new MalformedCheckpointException("CLI-6.4", path,
            "the name tells no checkpoint format; give a folder, a .safetensors file or its .index.json");
    }
}
