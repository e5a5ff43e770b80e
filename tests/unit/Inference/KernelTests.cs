using Ckpt.Formats.Tensors;
using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Generation;
using Ckpt.Inference.Kernels;
using Ckpt.Inference.Running;
using Ckpt.Inference.Weights;
using Ckpt.Sharding.Elements;
using Xunit;

namespace Ckpt.UnitTests.Inference;

/// <summary>Kernels give what plain loops in float64 give.</summary>
public sealed class KernelTests
{
    static readonly Random s_random = new(5);

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(32, 8, 16)]
    [InlineData(45, 7, 33)]
    [InlineData(64, 17, 256)]
    [InlineData(130, 9, 300)]
    [InlineData(33, 70, 7)]
    [InlineData(40, 9, 5_000)]
    public unsafe void ProductsOfEveryKernelAreThoseOfPlainLoops(int rows, int count, int width)
    {
        foreach (var isHalf in new[] { true, false })
        {
            var (weights, inputs) = (Values(rows * width), Values(count * width));
            if (isHalf) { FloatElements.Round(DType.BF16, weights); }
            var panels = Panels.Count(rows);
            var memory = new byte[panels * Panels.Bytes(width, isHalf)];
            var room = new float[Panels.RoomValues(panels, count, width)];
            float[] wide, narrow;
            fixed (byte* at = memory)
            fixed (float* to = room, from = inputs)
            {
                for (var row = 0; row < rows; row++) { Panels.Put(weights.AsSpan(row * width, width), row % Panels.Rows, 1, width, isHalf, at + (row / Panels.Rows * Panels.Bytes(width, isHalf))); }
                wide = Multiplied<PanelKernel512>(at, to, from);
                narrow = Multiplied<PanelKernel256>(at, to, from);
            }
            Assert.Equal(wide, narrow);
            for (var input = 0; input < count; input++)
            {
                for (var row = 0; row < rows; row++)
                {
                    var sum = 0.0;
                    for (var i = 0; i < width; i++) { sum += (double)weights[(row * width) + i] * inputs[(input * width) + i]; }
                    Assert.Equal(sum, wide[(input * (rows + 2)) + row], 1e-5 * Math.Sqrt(width));
                }
                Assert.Equal(0, wide[(input * (rows + 2)) + rows]);
            }

            float[] Multiplied<TKernel>(byte* at, float* to, float* from) where TKernel : struct, IPanelKernel
            {
                var outputs = new float[count * (rows + 2)];
                fixed (float* products = outputs) { Panels.Multiply<TKernel>(at, panels, isHalf, from, count, width, products, rows + 2, rows, to); }
                return outputs;
            }
        }
    }

    [Fact]
    public unsafe void AnInputsProductsDoNotDependOnThoseBesideIt()
    {
        const int Width = 777;
        var inputs = Values(9 * Width);
        var memory = new byte[Panels.Bytes(Width, isHalf: true)];
        s_random.NextBytes(memory);
        for (var i = 1; i < memory.Length; i += 2) { memory[i] &= 0xBF; } // finite
        var room = new float[Panels.RoomValues(1, 9, Width)];
        var (together, alone) = (new float[9 * Panels.Rows], new float[Panels.Rows]);
        fixed (byte* at = memory)
        fixed (float* to = room, from = inputs, all = together, one = alone)
        {
            Panels.Multiply(at, 1, true, from, 9, Width, all, Panels.Rows, Panels.Rows, to);
            for (var input = 0; input < 9; input++)
            {
                Panels.Multiply(at, 1, true, from + (input * Width), 1, Width, one, Panels.Rows, Panels.Rows, to);
                Assert.Equal(alone, together[(input * Panels.Rows)..((input + 1) * Panels.Rows)]);
            }
        }
    }

    [Theory]
    [InlineData(0.1, 0.1124629160182849)]
    [InlineData(0.5, 0.5204998778130465)]
    [InlineData(-1, -0.8427007929497149)]
    [InlineData(2, 0.9953222650189527)]
    [InlineData(5, 0.9999999999984626)]
    public void TheErrorFunctionIsThatOfTables(double x, double value) => Assert.Equal(value, ErrorFunction.Of(x), 2e-8);

    [Fact]
    public void ALayerNormTakesTheMeanAway()
    {
        float[] values = [1, 2, 3, 6];
        Norms.Layer(values, [1, 1, 2, 1], [0, 10, 0, 0], 0);
        var root = Math.Sqrt(14 / 4.0); // of the squares of -2, -1, 0 and 3
        double[] expected = [-2 / root, (-1 / root) + 10, 0, 3 / root];
        for (var i = 0; i < 4; i++) { Assert.Equal(expected[i], values[i], 1e-6); }
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
        Assert.Equal(2 * x * sigmoid, Gated(Activation.Silu), 2e-6 * Math.Max(1, Math.Abs(x)));
        Assert.Equal(Math.Log(1 + Math.Exp(x)), Activations.SoftPlus(x), 1e-5);
        Assert.Equal(x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))), Gated(Activation.GeluTanh), 2e-5);
        Assert.Equal(x * (1 + ErrorFunction.Of(x / Math.Sqrt(2))), Gated(Activation.Gelu), 1e-5);
        float[] gate = [x];
        Activations.Gate(Activation.ClampedSwiGlu, gate, [x]);
        var held = Math.Min(x, 7);
        Assert.Equal((Math.Clamp(x, -7, 7) + 1) * held / (1 + Math.Exp(-1.702 * held)), gate[0], 1e-4);

        // All of a row, longer than what is done at once, times two.
        float Gated(Activation activation)
        {
            var (values, twos) = (Enumerable.Repeat(x, 1500).ToArray(), Enumerable.Repeat(2f, 1500).ToArray());
            Activations.Gate(activation, values, twos);
            Assert.Single(values.Distinct());
            return values[0];
        }
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
