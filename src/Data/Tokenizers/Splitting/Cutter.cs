using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Splitting;

/// <summary>Cuts a piece at matches (the reference's NormalizedString::split).</summary>
static class Cutter
{
    /// <summary>Adds the parts of a piece that are not empty.</summary>
    internal static void Cut(Piece piece, List<(int Start, int End)> matches, SplitBehavior behavior, bool invert, List<Piece> into)
    {
        var parts = Parts(matches, piece.End - piece.Start, invert);
        foreach (var (start, end) in Behave(parts, behavior))
        {
            if (end > start) { into.Add(new Piece(piece.Source, piece.Start + start, piece.Start + end)); }
        }
    }

    /// <summary>The whole as matches and what lies between them.</summary>
    static List<(int Start, int End, bool IsMatch)> Parts(List<(int Start, int End)> matches, int length, bool invert)
    {
        var parts = new List<(int, int, bool)>((2 * matches.Count) + 1);
        var at = 0;
        foreach (var (start, end) in matches)
        {
            if (at != start) { parts.Add((at, start, invert)); }
            parts.Add((start, end, !invert));
            at = end;
        }
        if (at != length) { parts.Add((at, length, invert)); }
        return parts;
    }

    static IEnumerable<(int Start, int End)> Behave(List<(int Start, int End, bool IsMatch)> parts, SplitBehavior behavior)
    {
        switch (behavior)
        {
            case SplitBehavior.Removed: return parts.Where(p => !p.IsMatch).Select(p => (p.Start, p.End));
            case SplitBehavior.Isolated: return parts.Select(p => (p.Start, p.End));
            case SplitBehavior.MergedWithNext:
                parts.Reverse();
                return Enumerable.Reverse(Join(parts, (isMatch, previous) => isMatch && !previous));
            case SplitBehavior.MergedWithPrevious: return Join(parts, (isMatch, previous) => isMatch && !previous);
            default: return Join(parts, (isMatch, previous) => isMatch == previous);
        }
    }

    static List<(int Start, int End)> Join(List<(int Start, int End, bool IsMatch)> parts, Func<bool, bool, bool> joins)
    {
        var joined = new List<(int Start, int End)>();
        var previous = false;
        foreach (var (start, end, isMatch) in parts)
        {
            if (joined.Count > 0 && joins(isMatch, previous)) { joined[^1] = (Math.Min(start, joined[^1].Start), Math.Max(end, joined[^1].End)); }
            else { joined.Add((start, end)); }
            previous = isMatch;
        }
        return joined;
    }
}
