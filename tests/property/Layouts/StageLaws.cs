using System.Globalization;
using Ckpt.Formats;
using Ckpt.Kit;
using Ckpt.Sharding.Layouts;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Ckpt.PropertyTests.Layouts;

public class StageLaws
{
    static readonly Gen<(int Layers, ParallelSizes Sizes, StageOptions Options)> s_cases =
        from stages in Gen.Choose(1, 6)
        from chunks in Gen.Choose(1, 3)
        from each in Gen.Choose(1, 3)
        from first in Gen.Choose(0, 3)
        from last in Gen.Choose(0, 3)
        from rule in Gen.Choose(0, 5)
        from noops in Gen.Choose(0, 3)
        from mtp in Gen.Choose(0, 2)
        from tied in Gen.Elements(true, false)
        from seed in Gen.Choose(0, int.MaxValue - 1)
        select Case(stages, chunks, each, first, last, rule, noops, mtp, tied, seed);

    [Fact, Clause("LAY-3.1"), Clause("LAY-3.8"), Clause("LAY-3.11")]
    public void EveryPartOfTheModelIsOnOneChunk() => Law.Holds(s_cases, c =>
    {
        var layout = StageLayout.Of(c.Layers, c.Sizes, c.Options);
        var parts = layout.Parts;
        var layers = parts.SelectMany(part => part.Layers.Select(slot => slot.Layer)).ToList();
        return parts.Count == layout.Stages * layout.Chunks
            && parts.Select((part, i) => part == layout.At(i % layout.Stages, i / layout.Stages) && part.Stage == i % layout.Stages && part.Chunk == i / layout.Stages).All(same => same)
            && layers.Order().SequenceEqual(Enumerable.Range(0, c.Layers))
            && parts.All(part => Ascends(part.Layers.Select(slot => slot.Layer)) && Ascends(part.Layers.Select(slot => slot.Local)))
            && Enumerable.Range(0, c.Layers).All(layer => layout.Find(layer) is var (part, local) && part.Layers.Contains(new LayerSlot(local, layer)))
            && parts.Count(part => part.Embedding) == 1 && parts[0].Embedding
            && parts.Count(part => part.Loss) == 1
            && parts.Count(part => part.FinalNorm) == 1
            && parts.SelectMany(part => part.Mtp).Order().SequenceEqual(Enumerable.Range(0, c.Options.MtpLayers))
            && (c.Options.MtpLayers > 0 || parts.Single(part => part.Loss).FinalNorm)
            && (c.Options.MtpLayers == 0 || parts.Single(part => part.FinalNorm).Layers.Any(slot => slot.Layer == c.Layers - 1));
    });

    /// <summary>Megatron's own formula: chunk v of stage p starts at v·(L/V) + p·(L/P/V).</summary>
    [Fact, Clause("LAY-3.2"), Clause("LAY-3.4")]
    public void EvenStagesStartWhereMegatronSays() => Law.Holds(
        from stages in Gen.Choose(1, 8)
        from chunks in Gen.Choose(1, 4)
        from each in Gen.Choose(1, 4)
        from bySize in Gen.Elements(true, false)
        select (stages, chunks, each, bySize),
        c =>
        {
            var layers = c.stages * c.chunks * c.each;
            var layout = c.bySize
                ? StageLayout.Of(layers, new ParallelSizes { Pipeline = c.stages, VirtualPipeline = c.chunks })
                : StageLayout.Of(layers, new ParallelSizes { Pipeline = c.stages }, new StageOptions { LayersPerVirtualStage = c.each });
            return layout.Chunks == c.chunks && layout.Parts.All(part => part.Layers.SequenceEqual(
                Enumerable.Range(0, c.each).Select(local => new LayerSlot(local, (part.Chunk * (layers / c.chunks)) + (part.Stage * (layers / c.stages / c.chunks)) + local))));
        });

    /// <summary>Megatron's formula with ends f and l: stage p starts at f + (p − 1)·middle, each chunk one V-th of all.</summary>
    [Fact, Clause("LAY-3.2"), Clause("LAY-3.4")]
    public void EndsMayHaveOtherNumbersOfLayers() => Law.Holds(
        from stages in Gen.Choose(3, 6)
        from chunks in Gen.Choose(1, 3)
        from first in Gen.Choose(0, 3)
        from middle in Gen.Choose(1, 3)
        from last in Gen.Choose(0, 3)
        select (stages, chunks, first, middle, last),
        c =>
        {
            var (first, last) = (c.first == 0 ? c.middle : c.first, c.last == 0 ? c.middle : c.last);
            var a_round = first + (c.middle * (c.stages - 2)) + last;
            var layout = StageLayout.Of(
                a_round * c.chunks, new ParallelSizes { Pipeline = c.stages, VirtualPipeline = c.chunks },
                new StageOptions { FirstStageLayers = c.first == 0 ? null : first * c.chunks, LastStageLayers = c.last == 0 ? null : last * c.chunks });
            return layout.Parts.All(part =>
            {
                var start = (part.Chunk * a_round) + (part.Stage == 0 ? 0 : first + ((part.Stage - 1) * c.middle));
                var count = part.Stage == 0 ? first : part.Stage == c.stages - 1 ? last : c.middle;
                return part.Layers.Select(slot => slot.Layer).SequenceEqual(Enumerable.Range(start, count));
            });
        });

    [Theory, Clause("LAY-3.3")]
    [InlineData(7, 4, 1, true, false, "0 | 1 2 | 3 4 | 5 6")]
    [InlineData(7, 4, 1, false, true, "0 1 | 2 3 | 4 5 | 6")]
    [InlineData(6, 4, 1, true, true, "0 | 1 2 | 3 4 | 5")]
    [InlineData(6, 2, 2, true, true, "0 ; 3 4 | 1 2 ; 5")]
    [InlineData(2, 4, 1, true, true, " | 0 | 1 | ")]
    public void EmbeddingAndLossMayCountAsLayers(int layers, int stages, int chunks, bool embedding, bool loss, string expected) => Assert.Equal(
        expected,
        Text(StageLayout.Of(layers, new ParallelSizes { Pipeline = stages, VirtualPipeline = chunks }, new StageOptions { AccountForEmbedding = embedding, AccountForLoss = loss })));

    /// <summary>The layouts of MindSpeed-LLM's documents.</summary>
    [Theory, Clause("LAY-3.9"), Clause("LAY-3.11")]
    [InlineData(8, 2, "0 1 ; 6 7 | 2 3 ; 4 5")]
    [InlineData(8, 4, "0 ; 7 | 1 ; 6 | 2 ; 5 | 3 ; 4")]
    public void DualPipeComesBack(int layers, int stages, string expected)
    {
        var layout = StageLayout.Of(layers, new ParallelSizes { Pipeline = stages }, new StageOptions { DualPipe = true, MtpLayers = 1 });
        Assert.Equal(expected, Text(layout));
        Assert.True(layout.At(0, 0).Embedding);
        Assert.True(layout.At(0, 1) is { Loss: true, FinalNorm: true, Mtp: [0] });
    }

    [Theory, Clause("LAY-3.8"), Clause("LAY-3.7")]
    [InlineData(7, 4, 1, "7", null, "0:0 1:1 | 0:2 1:3 | 0:4 1:5 | 0:6")]
    [InlineData(6, 2, 2, "3,4", null, "0:0 1:1 ; 1:3 | 0:2 ; 0:4 1:5")]
    [InlineData(6, 2, 1, "0,1", null, "2:0 3:1 | 0:2 1:3 2:4 3:5")]
    [InlineData(6, 3, 1, "", "1,2,3", "0:0 | 0:1 1:2 | 0:3 1:4 2:5")]
    public void MindSpeedPlacesLayersByListsAndGaps(int layers, int stages, int chunks, string noops, string? list, string expected)
    {
        var options = new StageOptions { NoopLayers = Numbers(noops), LayerList = list is null ? null : Numbers(list) };
        Assert.Equal(expected, Text(StageLayout.Of(layers, new ParallelSizes { Pipeline = stages, VirtualPipeline = chunks }, options), withLocal: true));
    }

    [Theory, Clause("LAY-3.2"), Clause("LAY-3.4"), Clause("LAY-3.7"), Clause("LAY-3.8"), Clause("LAY-3.9"), Clause("LAY-3.10"), Clause("LAY-1.1")]
    [MemberData(nameof(Refusals))]
    public void LayersThatCannotBePlacedAreRefusedWithTheirNumbers(string clause, string says, int layers, int stages, int chunks, string options)
    {
        var error = Assert.Throws<LayoutException>(() => StageLayout.Of(layers, new ParallelSizes { Pipeline = stages, VirtualPipeline = chunks }, s_refused[options]));
        Assert.Equal(clause, error.Clause);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    static readonly Dictionary<string, StageOptions> s_refused = new()
    {
        ["even"] = StageOptions.Even,
        ["loss"] = new() { AccountForLoss = true },
        ["list 3 4"] = new() { LayerList = [3, 4] },
        ["list -1 9"] = new() { LayerList = [-1, 9] },
        ["noop 9"] = new() { NoopLayers = [9] },
        ["noop 1 1"] = new() { NoopLayers = [1, 1] },
        ["dual"] = new() { DualPipe = true },
        ["by 3"] = new() { LayersPerVirtualStage = 3 },
        ["by 0"] = new() { LayersPerVirtualStage = 0 },
        ["by 2"] = new() { LayersPerVirtualStage = 2 },
        ["mtp"] = new() { MtpLayers = -1 },
        ["first"] = new() { FirstStageLayers = 3 },
        ["list and first"] = new() { LayerList = [4, 4], FirstStageLayers = 4 },
        ["list and noop"] = new() { LayerList = [4, 4], NoopLayers = [0] },
        ["dual and pattern"] = new() { DualPipe = true, Pattern = StagePattern.Parse("Et|tL") },
        ["pattern and by"] = new() { LayersPerVirtualStage = 1, Pattern = StagePattern.Parse("Et|tL") },
    };

    public static TheoryData<string, string, int, int, int, string> Refusals() => new()
    {
        { "LAY-3.2", "8 layers cannot be shared evenly by 3 pipeline stages", 8, 3, 1, "even" },
        { "LAY-3.2", "3 layers were given to the first or last of 1", 8, 1, 1, "first" },
        { "LAY-3.2", "9 layers cannot be shared evenly by 4 pipeline stages", 8, 4, 1, "loss" },
        { "LAY-3.4", "4 layers of a stage cannot be shared evenly by 3 virtual chunks", 8, 2, 3, "even" },
        { "LAY-3.4", "1048576 virtual chunks", 8, 2, 1 << 20, "even" },
        { "LAY-3.4", "4 layers of a stage cannot be shared evenly by 3 layers a chunk", 8, 2, 1, "by 3" },
        { "LAY-3.7", "2 numbers for 3 pipeline stages", 8, 3, 1, "list 3 4" },
        { "LAY-3.7", "adds up to 7, the model has 8", 8, 2, 1, "list 3 4" },
        { "LAY-3.8", "9 is not among 9 layers", 8, 1, 1, "noop 9" },
        { "LAY-3.8", "1 is given twice", 8, 1, 1, "noop 1 1" },
        { "LAY-3.9", "6 layers cannot be shared evenly by 4 chunks", 6, 2, 1, "dual" },
        { "LAY-3.10", "virtual pipeline size of 4", 8, 2, 4, "dual" },
        { "LAY-3.10", "makes 2 chunks", 8, 2, 4, "by 2" },
        { "LAY-3.10", "--num-layer-list", 8, 2, 1, "list and first" },
        { "LAY-3.10", "--noop-layers", 8, 2, 1, "list and noop" },
        { "LAY-3.10", "--num-layer-list", 7, 2, 7, "list 3 4" },
        { "LAY-3.10", "dualpipev", 2, 2, 1, "dual and pattern" },
        { "LAY-3.10", "layers a virtual stage", 2, 2, 1, "pattern and by" },
        { "LAY-1.1", "layers is 0", 0, 1, 1, "even" },
        { "LAY-1.1", "layers of a stage is -1", 8, 2, 1, "list -1 9" },
        { "LAY-1.1", "layers of a virtual stage is 0", 8, 2, 1, "by 0" },
        { "LAY-1.1", "multi-token-prediction layers is -1", 8, 2, 1, "mtp" },
        { "LAY-1.1", "layers is 2147483647", int.MaxValue, 1, 1, "even" },
    };

    static (int, ParallelSizes, StageOptions) Case(int stages, int chunks, int each, int first, int last, int rule, int noops, int mtp, bool tied, int seed)
    {
        var options = new StageOptions { MtpLayers = mtp, TiedEmbedding = tied };
        var (layers, sizes) = (stages * chunks * each, new ParallelSizes { Pipeline = stages, VirtualPipeline = chunks });
        switch (rule)
        {
            case 1 when stages > 2 && first > 0 && last > 0:
                return ((first + last + (each * (stages - 2))) * chunks, sizes, options with { FirstStageLayers = first * chunks, LastStageLayers = last * chunks });
            case 2 when each > 1:
                return (layers - 2, sizes, options with { AccountForEmbedding = true, AccountForLoss = true });
            case 3:
                int[] list = [.. Enumerable.Range(0, stages).Select(stage => (seed >> stage) % 4)];
                return list.Sum() == 0 ? (stages, sizes with { VirtualPipeline = 1 }, options) : (list.Sum(), sizes with { VirtualPipeline = 1 }, options with { LayerList = list });
            case 4 when noops < layers:
                var random = new Random(seed);
                int[] places = [.. Enumerable.Range(0, layers)];
                random.Shuffle(places);
                return (layers - noops, sizes, options with { NoopLayers = places[..noops] });
            case 5:
                return (2 * stages * each, sizes with { VirtualPipeline = 1 }, options with { DualPipe = true });
            default:
                return (layers, sizes, options);
        }
    }

    static bool Ascends(IEnumerable<int> numbers) => numbers.Zip(numbers.Skip(1)).All(pair => pair.First < pair.Second);

    static int[] Numbers(string text) => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(part => int.Parse(part, CultureInfo.InvariantCulture))];

    /// <summary>Stages by '|', their chunks by ';'.</summary>
    static string Text(StageLayout layout, bool withLocal = false) => string.Join(" | ", Enumerable.Range(0, layout.Stages).Select(stage => string.Join(" ; ",
        Enumerable.Range(0, layout.Chunks).Select(chunk => string.Join(' ', layout.At(stage, chunk).Layers.Select(slot => withLocal ? $"{slot.Local}:{slot.Layer}" : $"{slot.Layer}"))))));
}
