namespace Ckpt.Verify.Reports;

/// <summary>A number of a forward comparison.</summary>
/// <param name="Name">What it is called, as the command prints it: <c>mean_diff</c>.</param>
/// <param name="Value">It.</param>
/// <param name="Meaning">What it is, in a few words.</param>
public sealed record ReportedFigure(string Name, double Value, string Meaning);

/// <summary>How hidden states behind one module compare.</summary>
/// <param name="NameA">The module in the first checkpoint's names.</param>
/// <param name="NameB">In the second's.</param>
/// <param name="MeanDiff">The mean distance of the states behind it.</param>
/// <param name="MaxDiff">The largest.</param>
public sealed record ReportedLayer(string NameA, string NameB, double MeanDiff, double MaxDiff);

/// <summary>How what two models say behind one token compares.</summary>
/// <param name="Place">The token's number.</param>
/// <param name="NextA">The token the first holds likeliest to follow: its text, or its id.</param>
/// <param name="NextB">The second.</param>
/// <param name="MeanDiff">The mean distance of the logits.</param>
public sealed record ReportedToken(int Place, string NextA, string NextB, double MeanDiff);

/// <summary>How the forward passes of two checkpoints compare.</summary>
public sealed record ForwardSection
{
    /// <summary>Whether the comparison is as close as was asked for.</summary>
    public required bool IsWithin { get; init; }

    /// <summary>Whether the logits are the same, bit for bit.</summary>
    public bool IsEqual { get; init; }

    /// <summary>The comparison in one line.</summary>
    public required string Headline { get; init; }

    /// <summary>What was run, such as the prompt; null where it is not to be shown.</summary>
    public string? Input { get; init; }

    /// <summary>The numbers, the most telling first.</summary>
    public IReadOnlyList<ReportedFigure> Figures { get; init; } = [];

    /// <summary>States along the model, in order.</summary>
    public IReadOnlyList<ReportedLayer> Layers { get; init; } = [];

    /// <summary>Index of the first of <see cref="Layers"/> where the models part; null where they do not.</summary>
    public int? FirstParting { get; init; }

    /// <summary>Token by token.</summary>
    public IReadOnlyList<ReportedToken> Tokens { get; init; } = [];
}
