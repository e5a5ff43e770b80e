using Ckpt.Formats;
using Ckpt.Formats.TorchDist;
using Ckpt.Models.Opening;

namespace Ckpt.Verify.Doctoring;

/// <summary>
/// Makes the index of a torch_dist checkpoint one that every torch and Megatron-core since 0.8 reads, in place: without Megatron's classes and the ranks'
/// plans, and with the common state as a file (VFY-3.8). Data files stay as they are.
/// </summary>
public static class IndexNormalisation
{
    const string Index = ".metadata";
    const string Classes = "megatron.core";
    const int MostBytes = 512_000_000;

    /// <summary>The files to be written, in order; none where all is so already.</summary>
    /// <exception cref="CheckpointException">It cannot be opened, or is no torch_dist checkpoint.</exception>
    public static IReadOnlyList<Repair> Plan(string path)
    {
        using var reader = ModelFormats.Open(path);
        var source = reader as TorchDistReader ?? throw Throw.NoTorchDist(reader);
        var plan = TorchDistRewrite.Plan(source, new TorchDistRewriteOptions { Folder = "" });
        var hasCommon = File.Exists(Path.Combine(source.Path, "common.pt"));
        var repairs = new List<Repair>();
        foreach (var file in plan.Files)
        {
            var full = Path.Combine(source.Path, file.Path);
            var exists = File.Exists(full);
            if (exists && ((hasCommon && file.Path != Index) || File.ReadAllBytes(full).AsSpan().SequenceEqual(file.Bytes.Span))) { continue; }
            repairs.Add(new Repair(full, file.Path == Index ? "is an index that every torch reads" : exists ? "says where the common state is" : "has the common state as a file", file.Bytes));
        }
        return repairs;
    }

    /// <summary>Whether an index names classes of Megatron, without which torch cannot read it.</summary>
    internal static Finding? Examine(string folder)
    {
        var path = Path.Combine(folder, Index);
        if (!File.Exists(path) || new FileInfo(path).Length > MostBytes || File.ReadAllBytes(path).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(Classes)) < 0) { return null; }
        return new Finding(Severity.Note, path, "names classes of Megatron-core: torch alone, and other versions of Megatron-core, cannot read it", "--normalise_metadata writes it anew in the form that all read; the data stays as it is");
    }

    static class Throw
    {
        internal static UnsupportedCheckpointException NoTorchDist(Formats.Tensors.ICheckpointReader reader) => new(
            "VFY-3.8", reader.Path, $"is a {reader.Format} checkpoint; only the index of torch_dist is written anew");
    }
}
