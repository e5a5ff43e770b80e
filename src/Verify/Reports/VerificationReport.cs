using Ckpt.Verify.Doctoring;

namespace Ckpt.Verify.Reports;

/// <summary>What a report says in a word.</summary>
public enum ReportVerdict
{
    /// <summary>Everything compared is the same, bit for bit.</summary>
    Same,

    /// <summary>Not the same, and within what was asked for.</summary>
    Close,

    /// <summary>Something differs.</summary>
    Different,

    /// <summary>Nothing was found that is wrong.</summary>
    Sound,

    /// <summary>Nothing is broken, and something is to be looked at.</summary>
    Suspect,

    /// <summary>Something cannot be read, or is not what it should be.</summary>
    Broken,
}

/// <summary>A checkpoint a report is about.</summary>
/// <param name="Label">What the report calls it: A, B, source, output.</param>
/// <param name="Path">Where it is.</param>
/// <param name="Format">Its format.</param>
/// <param name="Tensors">How many tensors it has.</param>
/// <param name="Bytes">How many bytes these are.</param>
public sealed record ReportedSide(string Label, string Path, string Format, int Tensors, long Bytes)
{
    /// <summary>Of an opened checkpoint.</summary>
    public static ReportedSide Of(string label, string path, Formats.Tensors.ICheckpointReader reader) =>
        new(label, path, reader.Format, reader.Tensors.Count, reader.Tensors.Sum(static tensor => tensor.ByteLength));
}

/// <summary>What a command that compares or examines found, as a value: <see cref="HtmlReport"/> shows it to people, <see cref="ReportJson"/> to programs (RPT-1.1).</summary>
public sealed record VerificationReport
{
    /// <summary>The command, such as <c>ckpt diff</c>.</summary>
    public required string Command { get; init; }

    /// <summary>The version of the program.</summary>
    public required string Version { get; init; }

    /// <summary>The verdict.</summary>
    public required ReportVerdict Verdict { get; init; }

    /// <summary>The verdict as the command prints it, in one line.</summary>
    public required string Headline { get; init; }

    /// <summary>What was compared or examined.</summary>
    public IReadOnlyList<ReportedSide> Sides { get; init; } = [];

    /// <summary>How the weights compare; null where they were not compared.</summary>
    public WeightSection? Weights { get; init; }

    /// <summary>How the forward passes compare; null where none was run.</summary>
    public ForwardSection? Forward { get; init; }

    /// <summary>What an examination found; null where none was made.</summary>
    public IReadOnlyList<Finding>? Findings { get; init; }

    /// <summary>What else there is to know.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}
