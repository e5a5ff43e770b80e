using System.Collections;
using System.Globalization;
using Ckpt.Data.Tokenizers.Text;

namespace Ckpt.Data.Tokenizers.Patterns;

/// <summary>A set of code points: of categories, ranges, other sets, or all but those.</summary>
sealed class CharClass
{
    static readonly UnicodeCategory[] s_all = Enum.GetValues<UnicodeCategory>();

    readonly uint _categories;
    readonly (int First, int Last)[] _ranges;
    readonly CharClass[] _parts;
    readonly bool _negated;
    readonly BitArray _ascii = new(128);

    internal CharClass(uint categories, IEnumerable<(int First, int Last)> ranges, IEnumerable<CharClass> parts, bool negated)
    {
        _categories = categories;
        _ranges = [.. ranges];
        _parts = [.. parts];
        _negated = negated;
        for (var c = 0; c < 128; c++) { _ascii[c] = Decide(c); }
    }

    /// <summary>White_Space.</summary>
    internal static CharClass Space { get; } = new(0, [(0x09, 0x0D), (0x20, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)], [], false);

    /// <summary>Any character but a newline, as Oniguruma's dot.</summary>
    internal static CharClass Dot { get; } = new(0, [('\n', '\n')], [], true);

    /// <summary>Every character.</summary>
    internal static CharClass Any { get; } = new(0, [], [], true);

    /// <summary>\w, as Oniguruma has it: with the superscripts and fractions of Latin-1, without others.</summary>
    internal static CharClass Word { get; } = new(OfCategories(s_all.Where(c => c is <= UnicodeCategory.EnclosingMark or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation))._categories,
        [(0xB2, 0xB3), (0xB9, 0xB9), (0xBC, 0xBE), (0x24B6, 0x24E9), (0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189)], [], false);

    /// <summary>One character.</summary>
    internal static CharClass Of(int codePoint) => new(0, [(codePoint, codePoint)], [], false);

    /// <summary>The characters of some categories.</summary>
    internal static CharClass OfCategories(IEnumerable<UnicodeCategory> categories) => new(categories.Aggregate(0u, (mask, c) => mask | (1u << (int)c)), [], [], false);

    /// <summary>The class of a category's short name, such as L or Lu, or null.</summary>
    internal static CharClass? OfName(string name)
    {
        const string Order = "LuLlLtLmLoMnMcMeNdNlNoZsZlZpCcCfCsCoPcPdPsPePiPfPoSmScSkSoCn";
        var found = s_all.Where(c => name.Length switch
        {
            1 => Order[2 * (int)c] == name[0],
            2 => Order.AsSpan(2 * (int)c, 2).SequenceEqual(name),
            _ => false,
        }).ToList();
        return found.Count == 0 ? null : OfCategories(found);
    }

    /// <summary>The one character of a set made of one, or null.</summary>
    internal int? Single => !_negated && _categories == 0 && _parts.Length == 0 && _ranges is [var (first, last)] && first == last ? first : null;

    /// <summary>All but these.</summary>
    internal CharClass Negate() => new(_categories, _ranges, _parts, !_negated);

    internal bool Contains(int codePoint) => codePoint < 128 ? _ascii[codePoint] : Decide(codePoint);

    bool Decide(int codePoint) => Holds(codePoint) != _negated;

    bool Holds(int codePoint)
    {
        if (_categories != 0 && (_categories >> (int)CodePoints.Category(codePoint) & 1) != 0) { return true; }
        foreach (var (first, last) in _ranges)
        {
            if (codePoint >= first && codePoint <= last) { return true; }
        }
        foreach (var part in _parts)
        {
            if (part.Contains(codePoint)) { return true; }
        }
        return false;
    }
}
