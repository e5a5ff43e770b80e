using Ckpt.Inference;
using Ckpt.Inference.Generation;
using Ckpt.Kit;
using Xunit;

namespace Ckpt.PropertyTests.Inference;

/// <summary>Logits, hidden states and continuations of tiny models of every family that transformers has are transformers'.</summary>
public sealed class ForwardVectorTests
{
    // Of the logits' deviation, or the hidden states' root mean square: float32 sums in another order differ by up to 4e-6 here.
    const double Tolerance = 2e-5;

    public static TheoryData<string> Names => [.. ForwardCase.Names];

    /// <summary>Without the two whose angles change with the length of what is there: expected tokens are of whole sequences anew.</summary>
    public static TheoryData<string> LastingNames => [.. ForwardCase.Names.Except(["llama-dynamic", "phi3-longrope"])];

    [Theory]
    [MemberData(nameof(Names))]
    [Clause("INF-4.1")]
    [Clause("INF-4.2")]
    public void LogitsAndHiddenStatesAreThoseOfTransformers(string name)
    {
        using var model = new ForwardCase(name);
        var size = model.Tokens.Sum(static tokens => tokens.Length) * model.Model.Hidden;
        var seen = new List<int>();
        var logits = ForwardPass.Run(model.Model, model.Weights, model.Tokens, new ForwardOptions
        {
            OnHidden = (layer, hidden) =>
            {
                seen.Add(layer);
                var expected = model.Hidden.AsSpan(layer * size, size).ToArray();
                AssertNear(expected, hidden.Values, Math.Sqrt(expected.Average(static value => (double)value * value)), $"hidden states {layer}");
            },
        });
        Assert.Equal(Enumerable.Range(0, model.Model.LayerCount + 1), seen);
        var mean = model.Logits.Average(static value => (double)value);
        AssertNear(model.Logits, logits.Values, Math.Sqrt(model.Logits.Average(value => (value - mean) * (value - mean))), "logits");
        Assert.Equal(Best(model.Logits, model.Model.Vocabulary), Best(logits.Values, model.Model.Vocabulary));
    }

    [Theory]
    [MemberData(nameof(LastingNames))]
    [Clause("INF-5.1")]
    public void GreedyContinuationsAreThoseOfTransformers(string name)
    {
        using var model = new ForwardCase(name);
        var prompt = model.Tokens[0];
        var made = Generator.Generate(model.Model, model.Weights, [prompt], new GenerationOptions { MaxNewTokens = model.Greedy.Length - prompt.Length });
        Assert.Equal(model.Greedy[prompt.Length..], made[0]);
    }

    static void AssertNear(float[] expected, float[] found, double scale, string what)
    {
        Assert.Equal(expected.Length, found.Length);
        var worst = expected.Zip(found, static (one, other) => Math.Abs((double)one - other)).Max();
        Assert.True(worst <= Tolerance * scale, $"{what} differ by {worst / scale:e2} of their size");
    }

    static int[] Best(float[] logits, int vocabulary) => [.. logits.Chunk(vocabulary).Select(static row => Array.IndexOf(row, row.Max()))];
}
