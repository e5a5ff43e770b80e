using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ckpt.Kit;
using Ckpt.Verify.Comparing;
using Ckpt.Verify.Doctoring;
using Ckpt.Verify.Reports;
using Xunit;

namespace Ckpt.UnitTests.Verify;

/// <summary>Reports as values, as pages and as JSON.</summary>
public sealed partial class ReportTests
{
    [Theory, Clause("RPT-1.6")]
    [InlineData("model.layers.17.mlp.up_proj.weight", "model.layers", 17, "mlp.up_proj.weight")]
    [InlineData("model.layers.3.mlp.experts.120.up_proj.weight", "model.layers", 3, "mlp.experts.*.up_proj.weight")]
    [InlineData("decoder.layers.0.mlp.experts.linear_fc1.weight12", "decoder.layers", 0, "mlp.experts.linear_fc1.weight*")]
    [InlineData("visual.blocks.2.attn.qkv.bias", "visual.blocks", 2, "attn.qkv.bias")]
    [InlineData("optimizer.state.exp_avg.decoder.layers.1.mlp.linear_fc2.weight", "optimizer.state.exp_avg.decoder.layers", 1, "mlp.linear_fc2.weight")]
    [InlineData("lm_head.weight", "", null, "lm_head.weight")]
    [InlineData("decoder.layers.self_attention.linear_qkv.weight", "", null, "decoder.layers.self_attention.linear_qkv.weight")]
    public void ATensorsPlaceIsToldByItsName(string name, string stack, int? layer, string module) => Assert.Equal(new TensorPosition(stack, layer, module), TensorPosition.Of(name));

    [Fact, Clause("RPT-1.6")]
    public void ACellIsTheMeanOverAllElementsOfItsTensors()
    {
        var map = HeatMap.Of(new WeightSection
        {
            Bytes = 1,
            Tensors =
            [
                Tensor("m.layers.0.mlp.experts.0.up.weight", 300, 0), Tensor("m.layers.0.mlp.experts.1.up.weight", 100, 0.04), Tensor("m.layers.2.mlp.experts.0.up.weight", 10, 0),
                Tensor("m.layers.1.norm.weight", 8, 0.5) with { Statistics = new DifferenceStatistics { Elements = 8, Different = 1, MeanDiff = 0, NaNsA = 1, NaNMismatches = 1 } },
                Tensor("head.weight", 4, 1e-9),
            ],
            OnlyInB = ["m.layers.1.extra.weight"],
        });
        Assert.Equal(["m.layers", ""], map.Select(static stack => stack.Stack));
        Assert.Equal((3, 1), (map[0].Layers, map[1].Layers));
        Assert.Equal([new HeatCell(2, 1, 0.01), default, new HeatCell(1, 0, 0)], map[0].Rows[0].Cells);
        Assert.Equal(double.PositiveInfinity, map[0].Rows[1].Cells[1].MeanDiff);
        Assert.Equal(new HeatCell(1, 1, null), map[0].Rows[2].Cells[1]);
    }

    [Theory, Clause("RPT-1.6")]
    [InlineData(0, 0, "0")]
    [InlineData(1e-300, 1, "< 1e-7")]
    [InlineData(9.9e-8, 1, "< 1e-7")]
    [InlineData(1.5e-7, 2, "1e-7")]
    [InlineData(0.00995, 6, "1e-3")]
    [InlineData(0.05, 7, "1e-2")]
    [InlineData(0.5, 8, "≥ 0.1")]
    [InlineData(1e30, 8, "≥ 0.1")]
    [InlineData(double.PositiveInfinity, 8, "≥ 0.1")]
    public void LevelsArePowersOfTen(double meanDiff, int level, string text) => Assert.Equal((level, text), (HeatScale.Of(meanDiff), HeatScale.Text(level)));

    [Fact]
    public void HistogramsCountWhatThereIs()
    {
        var tensors = new[] { Tensor("a", 4, 0), Tensor("b", 4, 2e-5, 3, 0, 5), Tensor("c", 4, 3e-3, 1, 7) };
        Assert.Equal([("1", 7L), ("2–3", 5L)], ReportBars.Steps(tensors).Select(static bar => (bar.Label, bar.Count)));
        Assert.Equal([("0", 1L), ("1e-5 to 1e-4", 1L), ("1e-4 to 1e-3", 0L), ("1e-3 to 1e-2", 1L)], ReportBars.Distances(tensors).Select(static bar => (bar.Label, bar.Count)));
        Assert.Empty(ReportBars.Distances([Tensor("a", 4, 0)]));
        Assert.Equal([("4–7", 2L)], ReportBars.Steps([Tensor("a", 4, 1, 9, 0, 0, 2)]).Select(static bar => (bar.Label, bar.Count)));
        Assert.Empty(ReportBars.Steps([Tensor("a", 4, 0)]));
        Assert.Equal((0, 100), (ReportBars.Length(0, 9), ReportBars.Length(9, 9)));
        Assert.InRange(ReportBars.Length(1, 1_000_000_000), 4, 10);
    }

    [Theory, Clause("RPT-1.2")]
    [InlineData(0, "0 bytes")]
    [InlineData(999, "999 bytes")]
    [InlineData(1000, "1.00 KB")]
    [InlineData(16_381_470_720, "16.4 GB")]
    [InlineData(long.MaxValue, "9223 PB")]
    public void SizesAreShort(long bytes, string text) => Assert.Equal(text, ReportNumbers.Bytes(bytes));

    [Fact, Clause("RPT-1.2")]
    public void NamesAreTextAndNeverHtml()
    {
        const string Hostile = "<script>alert(1)</script>\" onload=\"x&'";
        var page = HtmlReport.Of(new VerificationReport
        {
            Command = Hostile,
            Version = Hostile,
            Verdict = ReportVerdict.Different,
            Headline = Hostile,
            Sides = [new ReportedSide(Hostile, Hostile, Hostile, 1, 1)],
            Weights = new WeightSection { Bytes = 1, Tensors = [Tensor("layers.1." + Hostile, 4, 0.5, 1, 2) with { Cause = Hostile, Worst = [new ReportedElement(Hostile, null, double.NaN, double.NegativeInfinity)] }], OnlyInA = [Hostile], OnlyInB = [Hostile], Renamed = [new RenamedTensor(Hostile, Hostile)] },
            Forward = new ForwardSection { IsWithin = false, Headline = Hostile, Input = Hostile, Figures = [new(Hostile, 1, Hostile)], Layers = [new(Hostile, Hostile + "b", 1, 1)], FirstParting = 0, Tokens = [new(0, Hostile, Hostile, 0)] },
            Findings = [new Finding(Severity.Broken, Hostile, Hostile, Hostile)],
            Notes = [Hostile],
        });
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(" onload=\"", page, StringComparison.Ordinal);
        Assert.Contains("default-src &#39;none&#39;".Replace("&#39;", "'", StringComparison.Ordinal), page, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"(src|href)=""(?!data:,)|@import|url\(", page);
        // Every element that was opened is closed, in order.
        var open = new Stack<string>();
        foreach (Match tag in Tag().Matches(page[page.IndexOf("</style>", StringComparison.Ordinal)..]).Skip(1))
        {
            var name = tag.Groups["name"].Value;
            if (tag.Value.EndsWith("/>", StringComparison.Ordinal)) { continue; }
            if (tag.Groups["close"].Length == 0) { open.Push(name); }
            else if (name is not ("head" or "html")) { Assert.Equal(open.Pop(), name); }
        }
        Assert.Empty(open);
    }

    [Fact, Clause("RPT-1.1")]
    public void TheJsonHasEveryTensorAndNumber()
    {
        var tensors = Enumerable.Range(0, 300).Select(static i => Tensor($"layers.{i}.w", 4, i / 1000.0, 1, 2)).ToArray();
        var json = JsonNode.Parse(ReportJson.Of(new VerificationReport
        {
            Command = "ckpt diff",
            Version = "1",
            Verdict = ReportVerdict.Close,
            Headline = "close",
            Weights = new WeightSection { Bytes = 1200, Tensors = tensors, Criteria = new Tolerance(0.5, 0.25) },
            Forward = new ForwardSection { IsWithin = true, Headline = "h", Figures = [new("mean_diff", double.PositiveInfinity, "m")] },
        }).ToJsonString())!;
        Assert.Equal(("close", 300), ((string)json["verdict"]!, json["weights"]!["tensors"]!.AsArray().Count));
        Assert.Equal(Enumerable.Range(0, 300).Select(static i => i == 0 ? 0 : i / 1000.0), json["weights"]!["tensors"]!.AsArray().Select(static tensor => (double?)tensor!["mean_diff"] ?? 0));
        Assert.Equal((0.5, 0.25, "Infinity"), ((double)json["weights"]!["criteria"]!["rtol"]!, (double)json["weights"]!["criteria"]!["atol"]!, (string)json["forward"]!["figures"]!["mean_diff"]!));
    }

    static ReportedTensor Tensor(string name, long elements, double meanDiff, params long[] steps) => new()
    {
        Name = name,
        FormA = "float32 [4]",
        FormB = "float32 [4]",
        Elements = elements,
        State = meanDiff == 0 ? TensorState.Same : TensorState.Different,
        Statistics = meanDiff == 0 ? null : new DifferenceStatistics { Elements = elements, Different = 1, MeanDiff = meanDiff, MaxDiff = meanDiff, Steps = steps.Length == 0 ? null : steps },
    };

    [GeneratedRegex(@"<(?<close>/?)(?<name>[a-z][a-z0-9]*)[^>]*>", RegexOptions.CultureInvariant)]
    private static partial Regex Tag();
}
