using Ckpt.Inference;
using Ckpt.Kit;
using Ckpt.Sharding;
using Ckpt.Verify.Passes;
using Xunit;

namespace Ckpt.PropertyTests.Verify;

/// <summary>Two models' forward passes, held to each other.</summary>
public sealed class PassComparisonTests
{
    [Theory, Clause("VER-2.3")]
    [InlineData("torch_dist", "llama-pp2vpp2")]
    [InlineData("torch_dist", "qwen2-tp2pp2")]
    [InlineData("torch_dist", "qwen3_moe-tp2ep2")]
    [InlineData("legacy_torch", "qwen3-tp2pp2")]
    public void OneModelComputesTheSameInEveryFormat(string format, string name)
    {
        using var hf = PassModels.Hf(name);
        using var megatron = PassModels.Megatron(format, name);
        var report = PassModels.Compare(PassSide.Of(hf), PassSide.Of(megatron));
        Assert.True(report.IsEqual);
        Assert.Null(report.Parting);
        Assert.Equal((0.0, 0, 1.0, 1.0), (report.Divergence, report.All.TokenDiff, report.Cosine, report.Agreement));
        Assert.Empty(new PassCriteria().Faults(report));
    }

    /// <summary>The definitions, written down here once more over the logits of two passes.</summary>
    [Fact, Clause("VER-2.1")]
    public void NumbersAreThoseOfTheirDefinitions()
    {
        using var a = PassModels.Hf("qwen3");
        using var b = PassModels.WithZeroRow(PassModels.Hf("qwen3"), "model.layers.1.mlp.down_proj.weight", 5);
        PassSample[] samples = [new([1, 5, 9, 200, 7, 40], [false, false, true, true, false, true]), new([3, 2, 1], [true, false, false])];
        var report = PassModels.Compare(PassSide.Of(a), PassSide.Of(b), new PassOptions { Batch = 2 }, samples);

        var (sideA, sideB) = (PassSide.Of(a), PassSide.Of(b));
        var tokens = samples.Select(static sample => sample.Tokens).ToArray();
        var (x, y) = (Rows(ForwardPass.Run(sideA.Model, sideA.Weights, tokens, new ForwardOptions())), Rows(ForwardPass.Run(sideB.Model, sideB.Weights, tokens, new ForwardOptions())));
        var distances = x.Zip(y, static (p, q) => p.Zip(q, static (one, other) => Math.Abs(one - other)).ToArray()).ToArray();
        // Rolled by one: a token counts where the next is trained on, the last of a sample where its first is.
        bool[] counted = [false, true, true, false, true, false, false, false, true];
        Near(distances.Select(static d => d.Average()), report.TokenMeanDiff);
        Near([distances.Average(static d => d.Average()), distances.Max(static d => d.Max())], [report.All.MeanDiff, report.All.MaxDiff]);
        var withLoss = distances.Where((_, i) => counted[i]).ToArray();
        Near([withLoss.Average(static d => d.Average()), withLoss.Max(static d => d.Max())], [report.WithLoss!.MeanDiff, report.WithLoss.MaxDiff]);
        Assert.Equal(4, report.WithLoss.Tokens);
        var (best, other) = (x.Select(Best).ToArray(), y.Select(Best).ToArray());
        Assert.Equal(best, report.Chosen.SelectMany(static chosen => chosen.A));
        Assert.Equal(other, report.Chosen.SelectMany(static chosen => chosen.B));
        Assert.Equal(best.Zip(other).Count(static pair => pair.First != pair.Second), report.All.TokenDiff);
        var (p, q) = (x.SelectMany(static row => row).ToArray(), y.SelectMany(static row => row).ToArray());
        Near([p.Zip(q, static (u, v) => u * v).Sum() / Math.Sqrt(p.Sum(static u => u * u) * q.Sum(static v => v * v))], [report.Cosine]);
        Near([Math.Sqrt(p.Average(u => Math.Pow(u - p.Average(), 2)))], [report.Deviation]);
        Near([x.Zip(y, Divergence).Average()], [report.Divergence]);
    }

    public static TheoryData<int, string> Weights
    {
        get
        {
            string[] names = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"];
            var data = new TheoryData<int, string>();
            foreach (var layer in (int[])[0, 1, 3])
            {
                foreach (var name in names) { data.Add(layer, name); }
            }
            return data;
        }
    }

    [Theory, MemberData(nameof(Weights)), Clause("VER-2.4")]
    public void TheWeightThatPartsIsNamed(int layer, string module)
    {
        var name = $"model.layers.{layer}.{module}.weight";
        using var a = PassModels.Hf("qwen3");
        using var b = PassModels.WithZeroRow(PassModels.Hf("qwen3"), name, 3);
        var report = PassModels.Compare(PassSide.Of(a), PassSide.Of(b));
        Assert.False(report.IsEqual);
        Assert.Equal((layer, name, false), (report.Parting!.Value.Point.Layer, report.Parting.Value.Point.Weight, report.Parting.Value.Point.IsInput));
        Assert.Equal(0, report.Parting.Value.Before);
        Assert.All(report.States.Take(layer + 1), static state => Assert.Equal(0, state.Relative));
        Assert.All(report.States.Skip(layer + 1), static state => Assert.True(state.Relative > 0));
    }

    [Theory, Clause("VER-2.4")]
    [InlineData("model.embed_tokens.weight", -1)]
    [InlineData("lm_head.weight", -1)]
    public void WhatPartsOutsideLayersIsNamedToo(string name, int layer)
    {
        using var a = PassModels.Hf("qwen3");
        using var b = PassModels.WithZeroRow(PassModels.Hf("qwen3"), name, PassSample.Spread(259).Tokens[0]);
        var parting = PassModels.Compare(PassSide.Of(a), PassSide.Of(b)).Parting!.Value;
        Assert.Equal((layer, name), (parting.Point.Layer, parting.Point.Weight));
    }

    [Fact, Clause("VER-2.5")]
    public void MemoryIsKeptOrRefused()
    {
        using var model = PassModels.Hf("qwen3");
        var (side, sample) = (PassSide.Of(model), PassSample.Spread(259, 64));
        var kept = 4 * 64 * (259 + (5 * 64)); // logits and five states of 64 tokens
        Assert.Throws<BudgetException>(() => PassModels.Compare(side, side, new PassOptions { MaxMemory = kept }, sample));
        Assert.Throws<BudgetException>(() => PassModels.Compare(side, side, new PassOptions { MaxMemory = kept + 1000 }, sample));
        // Half the tokens at once need half.
        PassSample[] halves = [new(sample.Tokens[..32], null), new(sample.Tokens[32..], null)];
        Assert.True(PassModels.Compare(side, side, new PassOptions { MaxMemory = 2 * kept, Batch = 1, Threads = 1 }, halves).IsEqual);
    }

    [Fact, Clause("VER-2.3")]
    public void WhatIsNoNumberMeetsNoLimit()
    {
        var report = new PassReport { TokenMeanDiff = [double.NaN], All = new LogitDistance(1, double.NaN, double.NaN, 0), Chosen = [], Cosine = double.NaN, Divergence = double.NaN, Deviation = 1, States = [], Vocabulary = 1 };
        Assert.Single(new PassCriteria().Faults(report));
        Assert.Equal(4, new PassCriteria { MeanDiff = 1e9, MaxDiff = 1e9, LeastCosine = -1, Divergence = 1e9, TokenDiff = 0 }.Faults(report).Count);
    }

    static double[][] Rows(RowMatrix logits) => [.. Enumerable.Range(0, logits.Count).Select(row => logits[row].ToArray().Select(static value => (double)value).ToArray())];

    static int Best(double[] row) => Array.IndexOf(row, row.Max());

    static double Divergence(double[] a, double[] b)
    {
        var (sumA, sumB) = (a.Sum(Math.Exp), b.Sum(Math.Exp));
        return a.Zip(b, (x, y) => Math.Exp(x) / sumA * (x - Math.Log(sumA) - y + Math.Log(sumB))).Sum();
    }

    static void Near(IEnumerable<double> expected, IEnumerable<double> found) =>
        Assert.All(expected.Zip(found), static pair => Assert.True(Math.Abs(pair.First - pair.Second) <= 1e-9 * Math.Max(1, Math.Abs(pair.First)), $"{pair.First} and {pair.Second}"));
}
