namespace Ckpt.Inference.Kernels;

/// <summary>Activations of feed-forward layers.</summary>
static class Activations
{
    const float ClampLimit = 7f;
    const float ClampAlpha = 1.702f;

    /// <summary>Turns the gate into the product of the activated gate and the other half.</summary>
    internal static void Gate(Activation activation, Span<float> gate, ReadOnlySpan<float> up)
    {
        switch (activation)
        {
            case Activation.Silu:
                for (var i = 0; i < gate.Length; i++) { gate[i] = Silu(gate[i]) * up[i]; }
                break;
            case Activation.GeluTanh:
                for (var i = 0; i < gate.Length; i++) { gate[i] = GeluTanh(gate[i]) * up[i]; }
                break;
            case Activation.Gelu:
                for (var i = 0; i < gate.Length; i++) { gate[i] = Gelu(gate[i]) * up[i]; }
                break;
            default:
                for (var i = 0; i < gate.Length; i++)
                {
                    var held = MathF.Min(gate[i], ClampLimit);
                    gate[i] = (Math.Clamp(up[i], -ClampLimit, ClampLimit) + 1) * (held * Sigmoid(held * ClampAlpha));
                }
                break;
        }
    }

    internal static float Silu(float x) => x * Sigmoid(x);

    internal static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));

    // torch: above 20 the value itself.
    internal static float SoftPlus(float x) => x > 20 ? x : float.LogP1(MathF.Exp(x));

    internal static float Gelu(float x) => (float)(0.5 * x * (1 + ErrorFunction.Of(x * 0.70710678118654752)));

    internal static float GeluTanh(float x) => 0.5f * x * (1 + MathF.Tanh(0.7978845608028654f * (x + (0.044715f * x * x * x))));
}
