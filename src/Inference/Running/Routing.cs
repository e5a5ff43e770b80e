using System.Numerics.Tensors;
using Ckpt.Inference.Descriptions;
using Ckpt.Inference.Kernels;

namespace Ckpt.Inference.Running;

/// <summary>Chooses a token's experts.</summary>
static class Routing
{
    /// <summary>The chosen, best first, and their weights; of equals the lower index is better.</summary>
    /// <param name="router">The rules.</param>
    /// <param name="scores">The router's products; changed.</param>
    /// <param name="bias">What is added for the choice, or null.</param>
    internal static (int Expert, float Weight)[] Choose(RouterKind router, Span<float> scores, float[]? bias)
    {
        if (router.MixerReach is { } reach) { return Mixed(scores, reach, router.Scale); }
        if (router.IsSigmoid)
        {
            for (var i = 0; i < scores.Length; i++) { scores[i] = Activations.Sigmoid(scores[i]); }
        }
        else if (!router.IsSoftMaxOfChosen) { SoftMax.Apply(scores); }
        var choice = scores.ToArray();
        if (bias is not null) { Lanes.AddScaled(choice, bias, 1); }
        if (router.Groups > 1) { KeepGroups(router, choice); }
        var chosen = Best(choice, router.TopK);
        var weights = new float[chosen.Length];
        for (var i = 0; i < chosen.Length; i++) { weights[i] = scores[chosen[i]]; }
        if (router.IsSoftMaxOfChosen) { SoftMax.Apply(weights); }
        if (router.IsNormalised) { Lanes.Scale(weights, 1 / MathF.Max(weights.Sum(), router.LeastSum)); }
        Lanes.Scale(weights, router.Scale);
        return [.. chosen.Zip(weights)];
    }

    // SparseMixer outside training: the best, then the best of the others, each with its share among those near it.
    static (int Expert, float Weight)[] Mixed(ReadOnlySpan<float> scores, float reach, float scale)
    {
        var chosen = new (int Expert, float Weight)[Math.Min(2, scores.Length)];
        Span<float> left = scores.ToArray();
        for (var i = 0; i < chosen.Length; i++)
        {
            var best = TensorPrimitives.IndexOfMax(left);
            var largest = left[best];
            var near = left.ToArray();
            for (var expert = 0; expert < near.Length; expert++)
            {
                if ((largest - scores[expert]) / MathF.Max(MathF.Abs(scores[expert]), largest) > reach) { near[expert] = float.NegativeInfinity; }
            }
            SoftMax.Apply(near);
            chosen[i] = (best, near[best] * scale);
            left[best] = float.NegativeInfinity;
        }
        return chosen;
    }

    static void KeepGroups(RouterKind router, Span<float> choice)
    {
        var size = choice.Length / router.Groups;
        var groups = new float[router.Groups];
        for (var group = 0; group < groups.Length; group++)
        {
            var members = choice.Slice(group * size, size).ToArray();
            groups[group] = Best(members, router.AreGroupsPaired ? 2 : 1).Sum(index => members[index]);
        }
        var kept = Best(groups, router.ChosenGroups);
        for (var group = 0; group < groups.Length; group++)
        {
            if (!kept.Contains(group)) { choice.Slice(group * size, size).Fill(float.NegativeInfinity); }
        }
    }

    static int[] Best(float[] values, int count) => [.. Enumerable.Range(0, values.Length).OrderByDescending(index => values[index]).Take(count)];
}
