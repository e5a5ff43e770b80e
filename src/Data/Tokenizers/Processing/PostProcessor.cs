namespace Ckpt.Data.Tokenizers.Processing;

/// <summary>What is done to the tokens of a text: offsets trimmed, tokens put before and behind.</summary>
/// <param name="Trims">Whether offsets leave white space out; null where they do not, else whether the first space of all stays.</param>
/// <param name="Before">Put before the text where special tokens are added.</param>
/// <param name="After">Put behind it.</param>
sealed record PostProcessor(bool? Trims, IReadOnlyList<SpecialPiece> Before, IReadOnlyList<SpecialPiece> After)
{
    internal static PostProcessor None { get; } = new(null, [], []);

    internal int Added => Before.Count + After.Count;

    /// <summary>One after the other.</summary>
    internal PostProcessor Then(PostProcessor next) => new(Trims ?? next.Trims, [.. next.Before, .. Before], [.. After, .. next.After]);
}
