using System.Globalization;

namespace Ckpt.Formats.LegacyTorch;

/// <summary>
/// The numbers in a rank folder's name, <c>mp_rank_TT[_PPP][_EEE]</c>: the pipeline rank is there where there is more than one stage, the
/// expert rank where there is more than one, so that one number behind the first may be either.
/// </summary>
/// <param name="Tensor">The tensor rank.</param>
/// <param name="Second">The number behind it, or null.</param>
/// <param name="Third">The number behind that, or null.</param>
public readonly record struct LegacyRankName(int Tensor, int? Second, int? Third) : IComparable<LegacyRankName>
{
    internal const string Prefix = "mp_rank_";
    const int Digits = 7; // more ranks than any run has

    /// <summary>How many numbers follow that of the tensor rank.</summary>
    public int Numbers => Third is not null ? 2 : Second is not null ? 1 : 0;

    /// <summary>The name of a rank's folder.</summary>
    public static LegacyRankName Of(int tensor, int? pipeline, int? expert) => pipeline is null ? new(tensor, expert, null) : new(tensor, pipeline, expert);

    /// <summary>Reads a folder's name.</summary>
    public static bool TryParse(string name, out LegacyRankName rank)
    {
        rank = default;
        if (!name.StartsWith(Prefix, StringComparison.Ordinal)) { return false; }
        var parts = name[Prefix.Length..].Split('_');
        if (parts.Length > 3) { return false; }
        Span<int> numbers = stackalloc int[3];
        for (var i = 0; i < parts.Length; i++)
        {
            if (parts[i].Length is 0 or > Digits || !int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i])) { return false; }
        }
        rank = new LegacyRankName(numbers[0], parts.Length > 1 ? numbers[1] : null, parts.Length > 2 ? numbers[2] : null);
        return true;
    }

    public int CompareTo(LegacyRankName other)
    {
        var order = (Second ?? -1).CompareTo(other.Second ?? -1);
        if (order == 0) { order = (Third ?? -1).CompareTo(other.Third ?? -1); }
        return order == 0 ? Tensor.CompareTo(other.Tensor) : order;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Prefix}{Tensor:D2}{(Second is { } second ? $"_{second:D3}" : "")}{(Third is { } third ? $"_{third:D3}" : "")}");

    public static bool operator <(LegacyRankName left, LegacyRankName right) => left.CompareTo(right) < 0;

    public static bool operator >(LegacyRankName left, LegacyRankName right) => left.CompareTo(right) > 0;

    public static bool operator <=(LegacyRankName left, LegacyRankName right) => left.CompareTo(right) <= 0;

    public static bool operator >=(LegacyRankName left, LegacyRankName right) => left.CompareTo(right) >= 0;
}
