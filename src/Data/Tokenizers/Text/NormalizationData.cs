using System.Collections;
using System.Globalization;

namespace Ckpt.Data.Tokenizers.Text;

/// <summary>
/// Decompositions, compositions and combining classes. The base library has none where globalization is invariant, and the reference's
/// are those of an older Unicode: the table says what the reference does (TOK-4.1).
/// </summary>
sealed class NormalizationData
{
    static readonly Lazy<NormalizationData> s_instance = new(() => new NormalizationData());

    readonly Dictionary<int, int[]> _canonical = [];
    readonly Dictionary<int, int[]> _compatible = [];
    readonly Dictionary<(int, int), int> _pairs = [];
    readonly Dictionary<int, byte> _classes = [];
    readonly HashSet<int> _seconds = [];
    readonly BitArray _special = new(0x110000);

    NormalizationData()
    {
        using var stream = typeof(NormalizationData).Assembly.GetManifestResourceStream("normalization.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) { continue; }
            var fields = line.Split(' ');
            var numbers = fields[1..].Select(f => int.Parse(f, NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToArray();
            switch (fields[0])
            {
                case "D": _canonical.Add(numbers[0], numbers[1..]); break;
                case "K": _compatible.Add(numbers[0], numbers[1..]); break;
                case "P":
                    _pairs.Add((numbers[0], numbers[1]), numbers[2]);
                    _seconds.Add(numbers[1]);
                    _special[numbers[1]] = true;
                    break;
                default:
                    for (var c = numbers[0]; c <= numbers[1]; c++)
                    {
                        _classes.Add(c, byte.Parse(fields[3], CultureInfo.InvariantCulture));
                        _special[c] = true;
                    }
                    break;
            }
        }
        var composed = _pairs.Values.ToHashSet();
        foreach (var c in _canonical.Keys.Where(c => !composed.Contains(c))) { _special[c] = true; }
        for (var c = Hangul.FirstVowel; c < Hangul.FirstVowel + Hangul.Vowels; c++) { _special[c] = true; }
        for (var c = Hangul.FirstTail; c < Hangul.FirstTail + Hangul.Tails; c++) { _special[c] = true; }
    }

    internal static NormalizationData Instance => s_instance.Value;

    /// <summary>The canonical combining class.</summary>
    internal int Class(int codePoint) => codePoint >= 0x300 && _classes.TryGetValue(codePoint, out var value) ? value : 0;

    /// <summary>Whether NFC may change a text because this character is in it.</summary>
    internal bool MayChangeComposed(int codePoint) => codePoint >= 0x300 && _special[codePoint];

    /// <summary>Whether a character is the second of a pair that composes.</summary>
    internal bool IsSecond(int codePoint) => _seconds.Contains(codePoint);

    /// <summary>What a character falls apart into, or nothing.</summary>
    internal ReadOnlySpan<int> Decomposition(int codePoint, bool compatibility) =>
        codePoint < 0xA0 ? default
        : compatibility && _compatible.TryGetValue(codePoint, out var loose) ? loose
        : _canonical.TryGetValue(codePoint, out var strict) ? strict : default;

    /// <summary>What two characters make together, or −1.</summary>
    internal int Compose(int first, int second)
    {
        var hangul = Hangul.Compose(first, second);
        return hangul >= 0 ? hangul : _pairs.TryGetValue((first, second), out var made) ? made : -1;
    }
}
