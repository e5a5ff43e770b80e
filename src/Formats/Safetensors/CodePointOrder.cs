namespace Ckpt.Formats.Safetensors;

/// <summary>
/// Strings by code point, which is the order of their UTF-8 bytes and so that of Rust and of Python: a surrogate pair comes after
/// U+FFFF there, and before U+E000 in the order of .NET.
/// </summary>
sealed class CodePointOrder : IComparer<string>
{
    internal static readonly CodePointOrder Instance = new();

    public int Compare(string? x, string? y)
    {
        var at = x.AsSpan().CommonPrefixLength(y);
        if (x is null || y is null || at == x.Length || at == y.Length) { return (x?.Length ?? -1).CompareTo(y?.Length ?? -1); }
        return Weight(x[at]).CompareTo(Weight(y[at]));
    }

    /// <summary>Surrogates moved behind the rest of the plane.</summary>
    static int Weight(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
}
