using Ckpt.Verify.Diagnosing;

namespace Ckpt.Verify.SelfTesting;

/// <summary>Which checks found a planted error.</summary>
/// <param name="Error">What was planted.</param>
/// <param name="Place">Where; null where the model has no place for it.</param>
public sealed record SelfTestResult(string Error, string? Place)
{
    /// <summary>Tensors that the comparison of weights found different or missing.</summary>
    public int Weights { get; init; }

    /// <summary>The cause that was told; null: none.</summary>
    public DiagnosisKind? Cause { get; init; }

    /// <summary>The cause that it is; null: it has no name.</summary>
    public DiagnosisKind? ExpectedCause { get; init; }

    /// <summary>The mean distance of logits; null where no forward pass was run, infinite where it was refused for the error.</summary>
    public double? MeanDiff { get; init; }

    /// <summary>Whether the pass parted in the layer where the error is, or what it refused names it; null where no pass was run.</summary>
    public bool? IsPlaced { get; init; }

    /// <summary>Whether the fingerprint is another.</summary>
    public bool Fingerprint { get; init; }

    /// <summary>What the doctor found that it does not find without the error.</summary>
    public int Doctor { get; init; }

    /// <summary>Whether nothing found it.</summary>
    public bool Escaped => Place is not null && Weights == 0 && !(MeanDiff > 0) && !Fingerprint && Doctor == 0;
}
