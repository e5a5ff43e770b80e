using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Generation;
using Ckpt.Inference.Kernels;
using Ckpt.Inference.Running;
using Ckpt.Inference.Weights;
using Xunit;

namespace Ckpt.UnitTests.Inference;

/// <summary>Kernels give what plain loops in float64 give.</summary>
public sealed class KernelTests
{
    static readonly Random s_random = new(5);

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(4, 4, 16)]
    [InlineData(5, 7, 33)]
    [InlineData(13, 6, 100)]
    [InlineData(8, 3, 7)]
    [InlineData(6, 9, 20_000)]
    public void ProductsAreThoseOfPlainLoops(int rows, int count, int width)
    {
        var (weights, inputs) = (Values(rows * width), Values(count * width));
        var outputs = new float[count * (rows + 2)];
        DotBlocks.Multiply(weights, rows, inputs, count, width, outputs, rows + 2);
        for (var at = 0; at < count; at++)
        {
            for (var row = 0; row < rows; row++)
            {
                var sum = 0.0;
                for (var i = 0; i < width; i++) { sum += (double)weights[(row * width) + i] * inputs[(at * width) + i]; }
                Assert.Equal(sum, outputs[(at * (rows + 2)) + row], 1e-5 * Math.Sqrt(width));
            }
            Assert.Equal(0, outputs[(at * (rows + 2)) + rows]);
        }
    }

    [Fact]
    public void ANormDividesByTheRootOfTheMeanSquare()
    {
        var (values, weights) = (Values(3 * 37), Values(37));
        var before = values.ToArray();
        Norms.RootMeanSquare(values, weights, 1e-3f);
        for (var row = 0; row < 3; row++)
        {
            var root = Math.Sqrt(before.Skip(row * 37).Take(37).Average(static value => (double)value * value) + 1e-3);
            for (var i = 0; i < 37; i++) { Assert.Equal(before[(row * 37) + i] / root * weights[i], values[(row * 37) + i], 1e-5); }
        }
    }

    [Fact]
    public void ASinkTakesItsPartOfASoftMax()
    {
        float[] values = [1, 2, 100];
        SoftMax.Apply(values);
        Assert.Equal(1, values[2], 1e-6);
        values = [1, 2];
        SoftMax.Apply(values, 3);
        var sum = Math.Exp(1) + Math.Exp(2) + Math.Exp(3);
        Assert.Equal(Math.Exp(1) / sum, values[0], 1e-6);
        Assert.Equal(Math.Exp(2) / sum, values[1], 1e-6);
    }

    [Theory]
    [InlineData(-30f)]
    [InlineData(-1.5f)]
    [InlineData(0f)]
    [InlineData(0.7f)]
    [InlineData(30f)]
    public void ActivationsFollowTheirFormulas(float x)
    {
        var sigmoid = 1 / (1 + Math.Exp(-(double)x));
        Assert.Equal(x * sigmoid, Activations.Silu(x), 1e-6 * Math.Max(1, Math.Abs(x)));
        Assert.Equal(Math.Log(1 + Math.Exp(x)), Activations.SoftPlus(x), 1e-5);
        Assert.Equal(0.5 * x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))), Activations.GeluTanh(x), 1e-5);
        float[] gate = [x];
        Activations.Gate(Activation.ClampedSwiGlu, gate, [x]);
        var held = Math.Min(x, 7);
        Assert.Equal((Math.Clamp(x, -7, 7) + 1) * held / (1 + Math.Exp(-1.702 * held)), gate[0], 1e-4);
    }

    [Fact]
    public void GroupsThatAreNotChosenGiveNoExpert()
    {
        // Pairs score 1.5, 1.2 and 1.4 by their two best: the best single expert, in the second group, is out.
        float[] scores = [0.8f, 0.7f, 0.9f, 0.3f, 0.75f, 0.65f];
        var router = Router(6) with { Groups = 3, ChosenGroups = 2, AreGroupsPaired = true, IsSigmoid = true, IsNormalised = true, Scale = 2 };
        var logits = scores.Select(static score => MathF.Log(score / (1 - score))).ToArray();
        var chosen = Routing.Choose(router, logits, null);
        Assert.Equal([0, 4], chosen.Select(static each => each.Expert));
        Assert.Equal(2 * 0.8 / 1.55, chosen[0].Weight, 1e-5);
        Assert.Equal(2 * 0.75 / 1.55, chosen[1].Weight, 1e-5);
    }

    [Fact]
    public void ABiasDecidesTheChoiceAndNotTheWeight()
    {
        float[] logits = [1, 2, 3];
        var chosen = Routing.Choose(Router(3) with { TopK = 1 }, logits, [10, 0, 0]);
        Assert.Equal(0, chosen[0].Expert);
        Assert.Equal(Math.Exp(1) / (Math.Exp(1) + Math.Exp(2) + Math.Exp(3)), chosen[0].Weight, 1e-6);
    }

    [Fact]
    public void ATokenIsDrawnFromWhatTopKAndTopPLeave()
    {
        float[] logits = [MathF.Log(0.4f), MathF.Log(0.3f), MathF.Log(0.2f), MathF.Log(0.1f)];
        Assert.Equal([0, 1, 2, 3], Drawn(new GenerationOptions { Temperature = 1 }));
        Assert.Equal([0, 1, 2], Drawn(new GenerationOptions { Temperature = 1, TopK = 3 }));
        Assert.Equal([0, 1], Drawn(new GenerationOptions { Temperature = 1, TopP = 0.65f }));
        Assert.Equal([0], Drawn(new GenerationOptions { Temperature = 1, TopK = 2, TopP = 0.5f }));

        int[] Drawn(GenerationOptions options)
        {
            var sampler = new TokenSampler(options, 0);
            return [.. Enumerable.Range(0, 500).Select(_ => sampler.Next(logits.ToArray(), [])).Distinct().Order()];
        }
    }

    [Fact]
    public void APenaltyMakesSeenTokensLessLikely()
    {
        var sampler = new TokenSampler(new GenerationOptions { RepetitionPenalty = 2 }, 0);
        Assert.Equal(1, sampler.Next([3, 2, -1], [0]));
        Assert.Equal(2, sampler.Next([-1.5f, -1.2f, -2], [0, 1]));
    }

    static RouterKind Router(int experts) => new() { Weight = new WeightMatrix("router", experts, 1), Experts = experts, TopK = 2 };

    static float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => (s_random.NextSingle() * 2) - 1)];
}
