using System.Globalization;

namespace Ckpt.Formats.Zarr;

/// <summary>How chunk files are named: numbers with a separator between them, and in version 3 a "c" before.</summary>
/// <param name="Separator">'.' or '/'.</param>
/// <param name="Prefixed">Whether names begin with "c".</param>
readonly record struct ZarrChunkKeys(char Separator, bool Prefixed)
{
    /// <summary>The path of a chunk below its array's folder.</summary>
    internal string Of(ReadOnlySpan<long> index)
    {
        var parts = new List<string>(index.Length + 1);
        if (Prefixed) { parts.Add("c"); }
        foreach (var number in index) { parts.Add(number.ToString(CultureInfo.InvariantCulture)); }
        if (parts.Count == 0) { parts.Add("0"); } // version 2 has to call the only chunk of a scalar something
        return string.Join(Separator, parts);
    }

    /// <summary>The numbers in a path that is written as chunk keys are; null for every other path.</summary>
    internal long[]? Parse(ReadOnlySpan<char> path, int rank)
    {
        if (Prefixed)
        {
            if (path is "c") { return []; }
            if (path.Length < 2 || path[0] != 'c' || path[1] != Separator) { return null; }
            path = path[2..];
        }
        else if (rank == 0 && path is "0") { return []; }
        var index = new long[path.Count(Separator) + 1];
        var at = 0;
        foreach (var range in path.Split(Separator))
        {
            var digits = path[range];
            if (digits is ['0', _, ..] || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out index[at++])) { return null; }
        }
        return index;
    }
}
