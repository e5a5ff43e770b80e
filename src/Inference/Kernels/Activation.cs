namespace Ckpt.Inference.Kernels;

/// <summary>What is applied to the gate before it multiplies.</summary>
public enum Activation
{
    /// <summary>x · sigmoid(x).</summary>
    Silu,

    /// <summary>GELU by its approximation with tanh.</summary>
    GeluTanh,

    /// <summary>GELU by the error function.</summary>
    Gelu,

    /// <summary>gpt-oss': min(gate, 7) · sigmoid(1.702 · gate), by one more than the other half held between −7 and 7.</summary>
    ClampedSwiGlu,
}
