using System.Globalization;
using Ckpt.Formats.Tensors;
using Ckpt.Kit;
using Ckpt.Models.Bridge;
using Ckpt.PropertyTests.Sharding;
using Ckpt.Sharding.Layouts;
using Ckpt.Sharding.Maps;
using Xunit;

namespace Ckpt.PropertyTests.Layouts;

/// <summary>The pairs of layouts that Megatron-core's own tests of dist_checkpointing change between, at the level of maps and plans.</summary>
public class ReshardTests
{
    const string LayoutA = "E|t|tt|t||t|t|ttL";
    const string LayoutB = "Etttt|ttttL";

    /// <summary>Model, and layouts as TP,PP[,EP[,ETP]][ options].</summary>
    static readonly string[] s_pairs =
    [
        "gpt: 2,4 -> 4,2", "gpt: 1,8 -> 8,1", "gpt: 2,1 -> 1,8", "gpt: 1,1 -> 2,2", "gpt: 1,1 -> 2,4", "gpt: 2,4 -> 2,4", "gpt: 8,1 -> 1,2",
        "gpt: 2,4 tp-cp-ep-pp-dp -> 4,2 tp-cp-ep-dp-pp", "gpt: 4,2 tp-cp-ep-dp-pp -> 2,1 tp-cp-ep-pp-dp",
        "gpt-glu: 2,4 -> 4,2", "gpt-glu: 1,8 -> 8,1", "gpt-glu: 2,2 -> 4,2", "gpt-glu: 1,1 -> 8,1", "gpt-glu: 1,8 -> 1,8", "gpt-glu: 1,1 -> 2,1", "gpt-glu: 1,8 -> 4,1",
        "moe: 2,4,1,2 -> 2,4,1,2", "moe: 2,4,1,2 -> 1,4,1,2", "moe: 2,1,1,2 -> 1,1,1,2", "moe: 1,1,1,1 -> 1,1,1,1", "moe: 1,1,1,1 -> 1,1,4,1", "moe: 1,1,8,1 -> 1,1,2,1",
        "moe: 2,2,2,2 -> 4,2,1,4", "moe: 1,1,4,1 -> 8,1,1,1", "moe: 1,8,1,1 -> 1,8,1,1", "moe: 1,1,4,1 -> 2,1,1,2", "moe: 2,1,4,1 -> 2,1,1,4",
        "moe-glu: 1,1,1,1 -> 1,1,1,1", "moe-glu: 1,1,1,1 -> 1,1,4,1", "moe-glu: 1,1,1,1 -> 2,1,1,1", "moe-glu: 1,1,4,1 -> 8,1,1,8",
        "moe: 2,4,1 -> 2,4,1", "moe: 1,1,1 -> 1,1,4", "moe: 2,2,2 -> 4,2,1", "moe: 1,1,4 -> 8,1,1", "moe: 2,1,4 -> 1,1,8",
        "moe-glu: 2,4,1 -> 2,4,1", "moe-glu: 1,1,1 -> 1,1,4", "moe-glu: 2,2,2 -> 4,2,1", "moe-glu: 1,1,4 -> 8,1,1", "moe-glu: 2,1,4 -> 1,1,8", "moe-glu: 4,1,2 -> 1,2,2", "moe-glu: 1,1,2 -> 1,1,4",
        "moe-glu: 4,1,2,4 over -> 2,2,4,1", "moe: 2,2,2,2 over -> 8,1,1,1",
        "mamba: 2,4 -> 4,2", "mamba: 1,1 -> 1,8", "mamba: 8,1 -> 1,1", "mamba: 4,1 -> 2,1", "mamba: 1,8 -> 8,1", "mamba: 2,2 -> 4,2",
        $"gpt: 1,4 {LayoutA} -> 1,2", "gpt: 1,4 vpp2 -> 1,2", "gpt: 1,4 vpp2 -> 2,1", $"gpt: 1,4 {LayoutA} -> 2,1", $"gpt: 4,1 -> 1,1 {LayoutB}", $"gpt: 1,2 {LayoutB} -> 1,4 {LayoutA}",
        $"moe-glu: 1,4 {LayoutA} -> 1,2 {LayoutB}", $"moe-glu: 1,4 {LayoutA} -> 2,1", $"moe-glu: 4,1 -> 1,2 {LayoutB}", $"moe-glu: 1,2 {LayoutB} -> 1,4 {LayoutA}",
        "gpt-glu: 1,4 first1 -> 2,2 last5", "gpt-glu: 1,2 dual -> 2,4 vpp2", "gpt-glu: 2,4 noop -> 1,2",
        "mtp: 2,4 -> 4,2 vpp2", "mtp: 1,4 Ettt|ttt|ttmm|L -> 2,2",
    ];

    public static TheoryData<string> Pairs() => [.. s_pairs];

    /// <summary>How many pairs there are, for the document that says so.</summary>
    internal static int Count => s_pairs.Length;

    [Theory, MemberData(nameof(Pairs)), Clause("LAY-6.1"), Clause("LAY-4.7")]
    public void AnotherLayoutAndBackIsTheIdentity(string pair)
    {
        var (model, rest) = Two(pair, ": ");
        var (from, to) = Two(rest, " -> ");
        var (tensors, layers, mtp) = LayoutModels.Of(model);
        Change(tensors, Parse(from, layers, mtp), Parse(to, layers, mtp), DType.BF16);
    }

    /// <summary>Vocabulary, and layouts: padded to a multiple of 128·TP on each side; the real rows are the same.</summary>
    [Theory, Clause("LAY-6.1"), Clause("LAY-4.4")]
    [InlineData(128, "2,4", "4,2")]
    [InlineData(17, "1,8", "8,1")]
    [InlineData(127, "1,8", "8,1")]
    [InlineData(31123, "1,1", "1,8")]
    [InlineData(17, "1,1", "1,8")]
    public void PaddingOfTheVocabularyFollowsTheLayout(int vocabulary, string from, string to)
    {
        var (a, b) = (Parse(from, 8, 0), Parse(to, 8, 0));
        var (left, _, _) = LayoutModels.Of("gpt", VocabPadding.Native(vocabulary, a.Grid.Sizes.Tensor, 128));
        var (right, _, _) = LayoutModels.Of("gpt", VocabPadding.Native(vocabulary, b.Grid.Sizes.Tensor, 128));
        var global = LayoutModels.Numbered(left, DType.BF16, 5);
        var map = Repadded(left, right, vocabulary);
        var layoutA = RankFiles.LayOut(a, left, DType.BF16);
        var inA = RankFiles.Copy(global, Copying.IdentityOf(global), layoutA, lastReplica: true);
        var inB = RankFiles.Copy(inA, map, RankFiles.LayOut(b, right, DType.BF16), lastReplica: true);
        var (before, after) = (RankFiles.Whole(global), RankFiles.Whole(inB));
        for (var i = 0; i < left.Count; i++)
        {
            var same = left[i].Cut.Kind == CutKind.Vocabulary ? vocabulary * 16 * 2 : before[i].Length;
            Assert.True(before[i].AsSpan(0, same).SequenceEqual(after[i].AsSpan(0, same)), left[i].Name);
            Assert.False(after[i].AsSpan(same).ContainsAnyExcept((byte)0), left[i].Name);
        }
    }

    /// <summary>A vocabulary that ranks do not share evenly: Megatron-SWIFT gives every rank as many rows, the last ones empty.</summary>
    [Theory, Clause("LAY-4.4")]
    [InlineData(259, 2, "130+0 129+1")]
    [InlineData(17, 8, "3+0 3+0 3+0 3+0 3+0 2+1 0+3 0+3")]
    [InlineData(0, 2, "0+0 0+0")]
    public void RowsThatDoNotDivideArePadded(int vocabulary, int tensor, string rows)
    {
        var layout = ParallelLayout.Of(1, new ParallelSizes { Tensor = tensor });
        var embedding = new ModelTensor("e", new Shape(vocabulary, 3), TensorCut.Vocabulary, new TensorPlace(PlaceKind.Embedding));
        var parts = Enumerable.Range(0, tensor).Select(rank => layout.PartsOf(embedding, layout.Grid[rank]).Single().Tensor);
        Assert.Equal(rows, string.Join(' ', parts.Select(part => $"{part.Boxes.Sum(box => box.Global.Size[0])}+{part.Shape[0] - part.Boxes.Sum(box => box.Global.Size[0])}")));
    }

    /// <summary>A to B and back; the ranks' bytes are the same, whichever replica is read, and so is every global tensor on the way.</summary>
    internal static void Change(List<ModelTensor> tensors, ParallelLayout a, ParallelLayout b, DType dtype)
    {
        var global = LayoutModels.Numbered(tensors, dtype, 17);
        var map = Copying.IdentityOf(global);
        var (layoutA, layoutB) = (RankFiles.LayOut(a, tensors, dtype), RankFiles.LayOut(b, tensors, dtype));
        var inA = RankFiles.Copy(global, map, layoutA, lastReplica: true);
        var inB = RankFiles.Copy(inA, map, layoutB, lastReplica: true);
        var back = RankFiles.Copy(inB, map, layoutA, lastReplica: false);
        var (before, after) = (RankFiles.Whole(global), RankFiles.Whole(inB));
        for (var i = 0; i < tensors.Count; i++) { Assert.True(before[i].AsSpan().SequenceEqual(after[i]), tensors[i].Name); }
        Assert.Equal(inA.Contents.Count, back.Contents.Count);
        for (var file = 0; file < back.Contents.Count; file++) { Assert.True(inA.Contents[file].AsSpan().SequenceEqual(back.Contents[file]), $"rank {file}"); }
    }

    static TensorMap Repadded(List<ModelTensor> left, List<ModelTensor> right, long vocabulary)
    {
        var (links, padLeft, padRight) = (new List<Link>(), new List<Padding>(), new List<Padding>());
        for (var i = 0; i < left.Count; i++)
        {
            if (left[i].Cut.Kind != CutKind.Vocabulary)
            {
                links.Add(new Link(i, Box.Whole(left[i].Shape), i, Box.Whole(right[i].Shape)));
                continue;
            }
            var rows = new Box([0, 0], [vocabulary, left[i].Shape[1]]);
            links.Add(new Link(i, rows, i, rows));
            Pad(padLeft, left[i].Shape, i);
            Pad(padRight, right[i].Shape, i);
        }
        return new TensorMap(Side(left, padLeft), Side(right, padRight), links);

        void Pad(List<Padding> paddings, Shape shape, int tensor)
        {
            if (shape[0] > vocabulary) { paddings.Add(new Padding(tensor, new Box([vocabulary, 0], [shape[0] - vocabulary, shape[1]]), "vocabulary")); }
        }

        static MapSide Side(List<ModelTensor> tensors, List<Padding> paddings) => MapSide.Of([.. tensors.Select(tensor => new MappedTensor(tensor.Name, tensor.Shape))]) with { Paddings = paddings };
    }

    static ParallelLayout Parse(string text, int layers, int mtp)
    {
        var words = text.Split(' ');
        int[] sizes = [.. words[0].Split(',').Select(number => int.Parse(number, CultureInfo.InvariantCulture))];
        var option = words.Length > 1 ? words[1] : "";
        var parallel = new ParallelSizes
        {
            Tensor = sizes[0],
            Pipeline = sizes[1],
            VirtualPipeline = option == "vpp2" ? 2 : 1,
            Expert = sizes.ElementAtOrDefault(2) is > 0 and var expert ? expert : 1,
            ExpertTensor = sizes.Length > 3 ? sizes[3] : null,
            ExpertsOverTensor = option == "over",
        };
        var stages = option switch
        {
            "first1" => new StageOptions { FirstStageLayers = 1, LastStageLayers = 1 },
            "last5" => new StageOptions { LastStageLayers = 5 },
            "dual" => new StageOptions { DualPipe = true },
            "noop" => new StageOptions { NoopLayers = [0, 3, 5, 11] },
            _ when option.StartsWith('E') => new StageOptions { Pattern = StagePattern.Parse(option) },
            _ => StageOptions.Even,
        };
        return ParallelLayout.Of(layers, parallel, stages with { MtpLayers = mtp, TiedEmbedding = sizes[0] == 4 }, option.StartsWith("tp-", StringComparison.Ordinal) ? RankOrder.Parse(option) : null);
    }

    static (string, string) Two(string text, string by)
    {
        var at = text.IndexOf(by, StringComparison.Ordinal);
        return (text[..at], text[(at + by.Length)..]);
    }
}
