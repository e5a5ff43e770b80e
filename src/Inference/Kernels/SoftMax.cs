namespace Ckpt.Inference.Kernels;

/// <summary>Exponentials made to sum to one.</summary>
static class SoftMax
{
    /// <summary>In place; a sink, where there is one, takes its part of the sum and is then forgotten.</summary>
    internal static void Apply(Span<float> values, float? sink = null)
    {
        var largest = sink ?? float.NegativeInfinity;
        foreach (var value in values) { largest = MathF.Max(largest, value); }
        var sum = 0f;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = MathF.Exp(values[i] - largest);
            sum += values[i];
        }
        if (sink is { } logit) { sum += MathF.Exp(logit - largest); }
        Lanes.Scale(values, 1 / sum);
    }

    /// <summary>Holds values between plus and minus a cap, smoothly.</summary>
    internal static void Cap(Span<float> values, float cap)
    {
        for (var i = 0; i < values.Length; i++) { values[i] = MathF.Tanh(values[i] / cap) * cap; }
    }
}
