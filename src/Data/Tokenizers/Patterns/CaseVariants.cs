using System.Text;

namespace Ckpt.Data.Tokenizers.Patterns;

/// <summary>Which characters are the same where case is ignored: simple folding, so that ſ is an s and K a k (TOK-5.4).</summary>
static class CaseVariants
{
    // What folds to a letter without being its upper or lower case.
    static readonly (int Letter, int Other)[] s_more =
        [('s', 0x17F), ('k', 0x212A), (0xE5, 0x212B), (0xB5, 0x3BC), (0xDF, 0x1E9E), (0x3B2, 0x3D0), (0x3B5, 0x3F5), (0x3B8, 0x3D1), (0x3B8, 0x3F4), (0x3BA, 0x3F0), (0x3C0, 0x3D6), (0x3C1, 0x3F1), (0x3C3, 0x3C2), (0x3C6, 0x3D5), (0x3C9, 0x2126), (0x1E61, 0x1E9B)];

    /// <summary>A character and those that are the same.</summary>
    internal static IEnumerable<int> Of(int codePoint)
    {
        if (!Rune.IsValid(codePoint)) { return [codePoint]; }
        var letter = Rune.ToLowerInvariant(new Rune(codePoint)).Value;
        foreach (var (first, other) in s_more)
        {
            if (other == codePoint) { letter = first; }
        }
        var same = new SortedSet<int> { codePoint, letter, Rune.ToUpperInvariant(new Rune(letter)).Value };
        same.UnionWith(s_more.Where(m => m.Letter == letter).Select(m => m.Other));
        return same;
    }

    /// <summary>The ranges that ignoring case adds to a range of letters; beyond the first 4096 there are none.</summary>
    internal static IEnumerable<(int First, int Last)> OfRange(int low, int high)
    {
        for (var c = low; c <= Math.Min(high, low + 0xFFF); c++)
        {
            foreach (var same in Of(c))
            {
                if (same < low || same > high) { yield return (same, same); }
            }
        }
    }
}
