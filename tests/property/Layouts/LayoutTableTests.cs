using System.Globalization;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.PropertyTests.Sharding;
using Ckpt.Sharding.Layouts;
using Xunit;

namespace Ckpt.PropertyTests.Layouts;

/// <summary>Makes the table of <c>docs/layouts.md</c> true.</summary>
public class LayoutTableTests
{
    const int MostRanks = 16;

    static readonly string s_document = File.ReadAllText(Path.Combine(Repository.Root, "docs", "layouts.md"));

    public static TheoryData<string> Models() => [.. LayoutModels.Real];

    [Theory, MemberData(nameof(Models)), Clause("LAY-6.1"), Clause("LAY-4.7")]
    public void EveryLayoutOfAModelIsFilledFromOneRankAndReadBack(string model)
    {
        var (tensors, layers, _) = LayoutModels.Of(model);
        var global = LayoutModels.Numbered(tensors, DType.U8, 3);
        var (map, whole) = (Copying.IdentityOf(global), RankFiles.Whole(global));
        var layouts = 0;
        foreach (var sizes in Sizes(tensors, layers))
        {
            var layout = ParallelLayout.Of(layers, sizes);
            var back = RankFiles.Whole(RankFiles.Copy(global, map, RankFiles.LayOut(layout, tensors, DType.U8), lastReplica: true));
            for (var i = 0; i < tensors.Count; i++) { Assert.True(whole[i].AsSpan().SequenceEqual(back[i]), $"{sizes}: {tensors[i].Name}"); }
            layouts++;
        }
        Assert.Contains($"| `{model}` | {layouts} |\n", s_document, StringComparison.Ordinal);
    }

    [Fact]
    public void TheDocumentCountsTheModelsAndPairs()
    {
        Assert.Equal(LayoutModels.Real.Count(), s_document.Split('\n').Count(line => line.StartsWith("| `", StringComparison.Ordinal) && line.Count(c => c == '|') == 3));
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"Besides, {ReshardTests.Count} pairs"), s_document, StringComparison.Ordinal);
    }

    static IEnumerable<ParallelSizes> Sizes(List<ModelTensor> tensors, int layers)
    {
        int[] expertSizes = tensors.Any(tensor => tensor.Cut.OfExperts) ? [1, 2, 4, 8] : [1];
        foreach (var tensor in new[] { 1, 2, 4 })
        {
            foreach (var pipeline in new[] { 1, 2, 4 })
            {
                foreach (var chunks in new[] { 1, 2 })
                {
                    if (layers % (pipeline * chunks) != 0 || (pipeline == 1 && chunks > 1)) { continue; }
                    foreach (var expert in expertSizes)
                    {
                        foreach (var expertTensor in expertSizes.Length > 1 ? [1, 2, 4] : new[] { tensor })
                        {
                            var sizes = new ParallelSizes { Tensor = tensor, Pipeline = pipeline, VirtualPipeline = chunks, Expert = expert, ExpertTensor = expertTensor };
                            if (sizes.Resolve().World <= MostRanks && LayoutModels.Fits(ParallelLayout.Of(layers, sizes), tensors)) { yield return sizes; }
                        }
                    }
                }
            }
        }
    }
}
