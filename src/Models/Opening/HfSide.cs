using System.Diagnostics.CodeAnalysis;
using Ckpt.Formats;
using Ckpt.Formats.HuggingFace;
using Ckpt.Formats.Megatron;
using Ckpt.Models.Configs;
using Ckpt.Models.Megatron;

namespace Ckpt.Models.Opening;

/// <summary>What a Hugging Face folder needs besides weights, and where it was found.</summary>
/// <param name="Config">The config.</param>
/// <param name="SideFiles">Tokenizer and the like; empty where none were found.</param>
/// <param name="Notes">Where they come from, where that was not asked for.</param>
public sealed record HfSide(HfConfig Config, IReadOnlyList<HfSideFile> SideFiles, IReadOnlyList<string> Notes)
{
    /// <summary>The folder the config is of; null where it was rebuilt or is a file.</summary>
    public string? Origin { get; init; }

    /// <summary>Whether the config was made up from the checkpoint's args and shapes, and may lack what these do not say.</summary>
    public bool IsRebuilt { get; init; }

    /// <summary>How the model's Hugging Face files are named, by choice, where that is known: as noted, or as weights beside the config are.</summary>
    public IReadOnlyDictionary<string, string> Names { get; init; } = new Dictionary<string, string>();

    /// <summary>Beside the iterations of a converted checkpoint: config and side files as they were, so that the way back needs no other folder.</summary>
    public const string Folder = "hf";

    const int MostConfigBytes = 16 << 20;

    /// <summary>
    /// CLI-3.7: the config or model given, else what our own conversion kept beside the checkpoint, else the model that Megatron-SWIFT's args.json
    /// names, else a config rebuilt from the checkpoint itself.
    /// </summary>
    /// <param name="path">The path the checkpoint was asked for by.</param>
    /// <param name="reader">The checkpoint.</param>
    /// <param name="options">What is known about it.</param>
    public static HfSide OfMegatron(string path, IMegatronReader reader, ModelOpenOptions options)
    {
        if ((options.HfConfig ?? options.Model) is { } given) { return Of(given, options); }
        var beside = Folders(path, reader).ToArray();
        foreach (var folder in beside)
        {
            var kept = Path.Combine(folder, Folder);
            if (File.Exists(Path.Combine(kept, "config.json"))) { return Of(kept, options); }
        }
        var notes = new List<string>();
        foreach (var folder in beside)
        {
            var args = Path.Combine(folder, "args.json");
            if (!File.Exists(args) || SwiftArgsJson.Read(File.ReadAllBytes(args), args).Model is not { } model) { continue; }
            if (options.FindModel(model) is { } found)
            {
                return Of(found, options, $"config.json and side files are those of {found}, the model that {args} names");
            }
            notes.Add($"{args} names the model {model}, which is neither a folder here nor in the local cache");
        }
        return Rebuilt(reader, notes, options);
    }

    /// <summary>The config and side files of a folder, or of the folder of a weights file.</summary>
    public static HfSide OfFolder(string path, ModelOpenOptions options)
    {
        var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;
        return new HfSide(ReadConfig(options.HfConfig ?? folder, options.Family), HfSideFiles.List(folder), []);
    }

    /// <summary>Reads the config.json of a folder, or a file that is one.</summary>
    /// <exception cref="MalformedCheckpointException">CLI-3.8: there is none, or one of more than 16 MiB.</exception>
    public static HfConfig ReadConfig(string path, string? family = null)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, "config.json") : path;
        if (!File.Exists(file)) { Throw.NoConfig(file); }
        if (new FileInfo(file).Length > MostConfigBytes) { Throw.LongConfig(file); }
        return HfConfig.Parse(File.ReadAllBytes(file), file, family);
    }

    static HfSide Of(string path, ModelOpenOptions options, params IReadOnlyList<string> notes)
    {
        var config = ReadConfig(path, options.Family);
        if (!Directory.Exists(path)) { return new HfSide(config, [], notes); }
        var side = new HfSide(config, HfSideFiles.List(path), notes) { Origin = path };
        try { return side with { Names = HfNamesFile.OfFolder(path, config) }; }
        catch (CheckpointException error)
        {
            // The weights beside a config are not what is converted; they may be of another state of the model.
            return side with { Notes = [.. notes, $"how the files of {path} are named is not taken from them: {error.Message}"] };
        }
    }

    /// <summary>Whether Megatron-SWIFT's args.json lies beside a checkpoint.</summary>
    internal static bool HasSwiftArgs(string path, IMegatronReader reader) => Folders(path, reader).Any(static folder => File.Exists(Path.Combine(folder, "args.json")));

    static HfSide Rebuilt(IMegatronReader reader, List<string> notes, ModelOpenOptions options)
    {
        if (reader.Common is not { } common) { throw Throw.NothingToRebuildFrom(reader.Path); }
        var shapes = Adapters.McoreAdapter.BaseShapes(reader);
        var rebuilt = HfConfigFromArgs.Rebuild(common, shapes, reader.Path);
        notes.Add("config.json is rebuilt from the checkpoint's args and tensor shapes, and there are no tokenizer files: check it, or give --model");
        notes.AddRange(rebuilt.Sources);
        return new HfSide(HfConfig.Parse(rebuilt.Config, $"{reader.Path}: config rebuilt from args", options.Family), [], notes) { IsRebuilt = true };
    }

    /// <summary>Where files may lie beside a checkpoint: in the folder of the iteration and in the one that holds iterations.</summary>
    static IEnumerable<string> Folders(string source, IMegatronReader reader)
    {
        var folders = new List<string> { Path.GetFullPath(source), Path.GetFullPath(reader.Path) };
        if (Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folders[1])) is { } parent) { folders.Add(parent); }
        return folders.Distinct(StringComparer.Ordinal);
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NoConfig(string file) => throw new MalformedCheckpointException(
            "CLI-3.8", file, "there is no such file; the config says which family the model is of and how its weights are cut");

        [DoesNotReturn]
        internal static void LongConfig(string file) => throw new MalformedCheckpointException(
            "CLI-3.8", file, $"is {new FileInfo(file).Length:N0} bytes; a config.json has at most {MostConfigBytes:N0}");

        internal static MalformedCheckpointException NothingToRebuildFrom(string path) => new(
            "CLI-3.7", path, "has no common state to rebuild a config.json from; give --model, the Hugging Face folder it was trained from");
    }
}
