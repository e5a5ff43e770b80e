using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ckpt.Formats.Tensors;
using Ckpt.Formats.TorchDist;
using Ckpt.Kit;
using Ckpt.Models.Megatron;
using Ckpt.Sharding.Layouts;
using Xunit;

namespace Ckpt.PropertyTests.Layouts;

/// <summary>Beside checkpoints that Megatron-core wrote under many layouts: who wrote what.</summary>
public sealed partial class ChunkVectorTests
{
    static readonly MegatronCuts s_cuts = new();

    public static TheoryData<string> Checkpoints() => [.. Directory.GetDirectories(Repository.Vector("torch_dist"))
        .Where(folder => File.Exists(Path.Combine(folder, "expected.json")) && Layout(folder) is not null).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Checkpoints)), Clause("LAY-4.8"), Clause("LAY-5.2")]
    public void TheBoxesOfRanksAreTheChunksThatMegatronWrote(string name)
    {
        using var reader = TorchDistReader.Open(Repository.Vector("torch_dist", name));
        var layout = LayoutOf(Repository.Vector("torch_dist", name), reader.Tensors);
        Faults.None(reader.Tensors.Where(IsOfParameter).SelectMany(tensor => FaultsOf(tensor, reader.Files, layout)));
        Assert.Contains(reader.Tensors, IsOfParameter);
    }

    /// <summary>The chunks are the boxes, and each was written by a rank that has it.</summary>
    static IEnumerable<string> FaultsOf(TensorInfo tensor, IReadOnlyList<FileEntry> files, ParallelLayout layout)
    {
        var model = s_cuts.Find(tensor.Name).Of(tensor.Shape);
        var written = tensor.Boxes.Select(box => box.Box).OrderBy(box => box.ToString(), StringComparer.Ordinal).ToList();
        var ours = layout.BoxesOf(model).OrderBy(box => box.ToString(), StringComparer.Ordinal).ToList();
        if (!written.SequenceEqual(ours)) { yield return $"{tensor.Name}: {written.Count} chunks ({written[0]}), {ours.Count} boxes ({ours[0]})"; }
        foreach (var box in tensor.Boxes)
        {
            var rank = int.Parse(FileName().Match(files[box.File].Path).Groups["rank"].ValueSpan, CultureInfo.InvariantCulture);
            var held = layout.PartsOf(model, layout.Grid[rank]).SelectMany(part => part.Tensor.Boxes);
            if (!held.Any(one => one.Global == box.Box)) { yield return $"{tensor.Name}: rank {rank} wrote {box.Box}, which is not its own"; }
        }
    }

    static bool IsOfParameter(TensorInfo tensor) => !tensor.Name.StartsWith("optimizer.distributed.", StringComparison.Ordinal);

    static ParallelLayout LayoutOf(string folder, IReadOnlyList<TensorInfo> tensors)
    {
        var sizes = Layout(folder)!;
        var layers = tensors.Where(IsOfParameter).Max(tensor => s_cuts.Find(tensor.Name).Place switch
        {
            { Kind: PlaceKind.Layer } place => place.Index + 1,
            { Kind: PlaceKind.LayerStack } => (int)tensor.Shape[0],
            _ => 0,
        });
        return ParallelLayout.Of(layers, sizes);
    }

    static ParallelSizes? Layout(string folder)
    {
        if (JsonNode.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")))!["layout"] is not JsonObject layout) { return null; }
        int Size(string name) => layout[name]?.GetValue<int>() ?? 1;
        return new ParallelSizes { Tensor = Size("tp"), Pipeline = Size("pp"), VirtualPipeline = Size("vpp"), Expert = Size("ep"), ExpertTensor = Size("etp"), World = Size("world") };
    }

    [GeneratedRegex(@"__(?<rank>\d+)_\d+\.distcp\z", RegexOptions.CultureInvariant)]
    private static partial Regex FileName();
}
