using System.Globalization;

namespace Ckpt.Data.Tokenizers.Models;

/// <summary>Tokens that stand for one byte, written <c>&lt;0x0A&gt;</c>.</summary>
static class BytePieces
{
    /// <summary>The token of a byte.</summary>
    internal static string Text(int value) => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");

    /// <summary>The ids of the 256 tokens; −1 where there is none.</summary>
    internal static int[] Ids(ModelVocabulary vocabulary) => [.. Enumerable.Range(0, 256).Select(value => vocabulary.Id(Text(value)))];

    /// <summary>The byte that a token stands for, or −1.</summary>
    internal static int Value(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : -1;
}
