namespace Ckpt.Verify.Doctoring;

/// <summary>How bad a finding is.</summary>
public enum Severity
{
    /// <summary>Good to know.</summary>
    Note,

    /// <summary>Readers differ in what they make of it, or it is unlikely to be meant.</summary>
    Warning,

    /// <summary>The checkpoint cannot be read, or not all of it.</summary>
    Broken,
}

/// <summary>Something found about a checkpoint.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Where">The file or tensor.</param>
/// <param name="What">What was found.</param>
/// <param name="Advice">What to do.</param>
public sealed record Finding(Severity Severity, string Where, string What, string Advice)
{
    /// <summary>What <c>--fix</c> would do; null where nothing safe can be done in place.</summary>
    public Repair? Repair { get; init; }
}

/// <summary>A repair of one small file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Does">What becomes of it.</param>
/// <param name="Bytes">What it will hold.</param>
/// <param name="HeaderOnly">Whether these are only the first bytes of a larger file, which stay as many.</param>
public sealed record Repair(string Path, string Does, ReadOnlyMemory<byte> Bytes, bool HeaderOnly = false);
