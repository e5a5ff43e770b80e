namespace Ckpt.Data.Templates;

/// <summary>How much work a template may cause: past any of these the rendering is refused.</summary>
/// <param name="MaxSteps">Expressions and statements evaluated, items looked at.</param>
/// <param name="MaxWork">Characters written while strings are made, whether they are kept or not; an item of a list counts as 32.</param>
/// <param name="MaxOutput">Characters of the result.</param>
public readonly record struct TemplateLimits(long MaxSteps, long MaxWork, int MaxOutput)
{
    /// <summary>Enough for conversations of millions of characters; a hostile template ends within seconds and some hundred MB.</summary>
    public static TemplateLimits Default { get; } = new(10_000_000, 1L << 28, 1 << 26);

    /// <summary>Characters that a template's own text may have.</summary>
    public const int MaxSource = 4 << 20;
}
