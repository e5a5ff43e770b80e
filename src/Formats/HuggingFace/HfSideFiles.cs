namespace Ckpt.Formats.HuggingFace;

/// <summary>A file of a Hugging Face folder that is not weights.</summary>
/// <param name="Source">Where it is.</param>
/// <param name="Path">Its path in the folder, '/' between parts.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct HfSideFile(string Source, string Path, long Length);

/// <summary>
/// Lists what belongs to a Hugging Face model besides its weights: tokenizer, generation_config.json, chat templates, remote code, licence.
/// </summary>
public static class HfSideFiles
{
    /// <summary>Weights in any form, and indexes of them: not side files.</summary>
    static readonly string[] s_weights =
        [".safetensors", ".safetensors.index.json", ".bin", ".bin.index.json", ".pt", ".pth", ".ckpt", ".gguf", ".ggml", ".onnx", ".onnx_data", ".h5", ".msgpack", ".tflite", ".mlmodel", ".npz", ".distcp"];

    /// <summary>Folders that are something else: caches, version control, other formats of the same weights.</summary>
    static readonly string[] s_otherFolders = [".git", ".cache", "__pycache__", "original", "onnx", "openvino", "coreml", "metal", "gguf", "runs"];

    /// <summary>Folders of checkpoints that trainers put beside the model's own files.</summary>
    static readonly string[] s_checkpointFolders = ["iter_", "release", "checkpoint-", "global_step"];

    /// <summary>Names of ours, or that are written anew; and Megatron's tracker, which a trainer puts beside weights, and which speaks of iterations that do not come along.</summary>
    static readonly string[] s_written = ["config.json", "ckpt.json", "ckpt-names.json", ".ckpt-journal", "latest_checkpointed_iteration.txt"];

    /// <summary>
    /// The side files below a folder, by ascending path. Links to files are followed (hub caches are made of them); folders that hold
    /// other formats, caches and anything hidden are left out.
    /// </summary>
    public static IReadOnlyList<HfSideFile> List(string folder)
    {
        var found = new List<HfSideFile>();
        Collect(folder, "", found);
        found.Sort(static (a, b) => string.CompareOrdinal(a.Path, b.Path));
        return found;
    }

    static void Collect(string folder, string prefix, List<HfSideFile> found)
    {
        foreach (var path in Directory.EnumerateFiles(folder))
        {
            var name = Path.GetFileName(path);
            if (name.StartsWith('.') || s_written.Contains(name) || s_weights.Any(end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase))) { continue; }
            var info = new FileInfo(path);
            var target = info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? info;
            found.Add(new HfSideFile(target.FullName, prefix + name, target.Length));
        }
        foreach (var path in Directory.EnumerateDirectories(folder))
        {
            var name = Path.GetFileName(path);
            if (name.StartsWith('.') || s_otherFolders.Contains(name)
                || s_checkpointFolders.Any(start => name.StartsWith(start, StringComparison.Ordinal)) || new DirectoryInfo(path).LinkTarget is not null) { continue; }
            Collect(path, $"{prefix}{name}/", found);
        }
    }
}
