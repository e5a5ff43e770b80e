using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ckpt.Formats.Tensors;

namespace Ckpt.Cli.Looking;

/// <summary>
/// The parallel layout of the run that wrote a Megatron checkpoint, as far as the grid of boxes shows it: how often known tensors are
/// cut on the axis that tensor parallelism cuts, and which layers came from the same ranks. A guess, and shown as one.
/// </summary>
/// <param name="Writers">Ranks that wrote files, or 0 where file names do not tell.</param>
/// <param name="Tensor">Tensor parallel size, or null.</param>
/// <param name="ExpertTensor">That of experts, or null.</param>
/// <param name="Expert">Groups of experts that share no writer, or null.</param>
/// <param name="Pipeline">Groups of layers that share no writer, or null.</param>
/// <param name="Evidence">The tensors that say so.</param>
sealed partial record LayoutGuess(int Writers, int? Tensor, int? ExpertTensor, int? Expert, int? Pipeline, IReadOnlyList<string> Evidence)
{
    const string Experts = "mlp.experts.experts.linear_fc2.weight";

    // The axis counts from the last one, so that a leading layer or expert axis does not matter. linear_fc1 is left out: gated, it is cut twice as often.
    static readonly (string Suffix, int AxisFromEnd)[] s_cutByTensorParallel =
    [
        ("embedding.word_embeddings.weight", 2), ("output_layer.weight", 2), ("self_attention.linear_qkv.weight", 2),
        ("self_attention.linear_proj.weight", 1), ("mlp.linear_fc2.weight", 1),
    ];

    /// <summary>Reads the grid. Pure.</summary>
    internal static LayoutGuess Of(IReadOnlyList<TensorInfo> tensors, IReadOnlyList<FileEntry> files)
    {
        var ranks = files.Select(f => Rank(f.Path)).ToArray();
        var evidence = new List<string>();
        var tensor = Fragments(tensors, s_cutByTensorParallel, evidence);
        var expertTensor = Fragments(tensors, [(Experts, 1)], evidence);
        return new LayoutGuess(ranks.Where(r => r >= 0).Distinct().Count(), tensor, expertTensor, ExpertGroups(tensors, ranks), Stages(tensors, ranks), evidence);
    }

    internal JsonObject Json => new()
    {
        ["writers"] = Writers,
        ["tensor_parallel_like"] = Tensor,
        ["expert_tensor_parallel_like"] = ExpertTensor,
        ["expert_parallel_like"] = Expert,
        ["pipeline_parallel_like"] = Pipeline,
        ["evidence"] = new JsonArray([.. Evidence.Select(e => JsonValue.Create(e))]),
    };

    /// <summary>The most pieces any of the known tensors is cut into; null where none is there.</summary>
    static int? Fragments(IReadOnlyList<TensorInfo> tensors, (string Suffix, int AxisFromEnd)[] known, List<string> evidence)
    {
        int? most = null;
        foreach (var (suffix, axisFromEnd) in known)
        {
            // One of each kind is enough: layers are all cut alike.
            var tensor = tensors.FirstOrDefault(t => IsModelTensor(t.Name) && t.Name.EndsWith(suffix, StringComparison.Ordinal) && t.Shape.Rank >= axisFromEnd && t.Boxes.Count > 0);
            if (tensor is null) { continue; }
            var axis = tensor.Shape.Rank - axisFromEnd;
            var pieces = tensor.Boxes.Select(b => b.Box.Offset[axis]).Distinct().Count();
            most = Math.Max(most ?? 1, pieces);
            evidence.Add($"{tensor.Name}: {pieces} on axis {axis}");
        }
        return most;
    }

    /// <summary>How many groups of layers have no writer in common.</summary>
    static int? Stages(IReadOnlyList<TensorInfo> tensors, int[] rankOfFile)
    {
        var written = new List<(int Rank, long Layer)>();
        foreach (var tensor in tensors.Where(t => IsModelTensor(t.Name)))
        {
            var match = LayerName().Match(tensor.Name);
            if (!match.Success) { continue; }
            long? named = match.Groups["layer"].Success && long.TryParse(match.Groups["layer"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : null;
            written.AddRange(tensor.Boxes.Where(b => named is not null || b.Box.Rank > 1).Select(b => (rankOfFile[b.File], named ?? b.Box.Offset[0])));
        }
        return Groups(written);
    }

    /// <summary>How many groups of experts have no writer in common.</summary>
    static int? ExpertGroups(IReadOnlyList<TensorInfo> tensors, int[] rankOfFile) => Groups(tensors
        .Where(t => IsModelTensor(t.Name) && t.Name.EndsWith(Experts, StringComparison.Ordinal) && t.Shape.Rank >= 3)
        .SelectMany(t => t.Boxes.Select(b => (rankOfFile[b.File], b.Box.Offset[^3]))));

    /// <summary>Into how many groups things fall, where those that one rank wrote are in one group; null where nothing tells.</summary>
    static int? Groups(IEnumerable<(int Rank, long Thing)> written)
    {
        var groups = new List<HashSet<long>>();
        foreach (var things in written.Where(w => w.Rank >= 0).GroupBy(w => w.Rank, w => w.Thing))
        {
            var merged = new HashSet<long>(things);
            foreach (var touching in groups.Where(g => g.Overlaps(merged)).ToList())
            {
                merged.UnionWith(touching);
                groups.Remove(touching);
            }
            groups.Add(merged);
        }
        return groups.Count == 0 ? null : groups.Count;
    }

    static bool IsModelTensor(string name) => !name.StartsWith("optimizer.", StringComparison.Ordinal);

    static int Rank(string file) =>
        RankName().Match(file) is { Success: true } match && int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var rank) ? rank : -1;

    [GeneratedRegex(@"__(\d+)_\d+\.distcp\z", RegexOptions.CultureInvariant)]
    private static partial Regex RankName();

    [GeneratedRegex(@"(?:^|\.)decoder\.layers\.(?:(?<layer>\d+)\.)?", RegexOptions.CultureInvariant)]
    private static partial Regex LayerName();
}
