using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Unicode;

namespace Ckpt.Formats.Torch;

/// <summary>Text as pickles hold it: UTF-8 in which lone surrogates may stand, and the literals of protocol 0.</summary>
static class PickleText
{
    static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static string Decode(ReadOnlySpan<byte> bytes, string where, long place)
    {
        // One pass says whether the plain decoder will do; only lone surrogates need the slow way.
        if (Utf8.IsValid(bytes)) { return Encoding.UTF8.GetString(bytes); }
        var text = new StringBuilder(bytes.Length);
        while (bytes.Length > 0)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var used) == OperationStatus.Done)
            {
                text.Append(rune.ToString());
                bytes = bytes[used..];
                continue;
            }
            // TOR-1.6: "surrogatepass" writes a lone surrogate as three bytes ED A0..BF 80..BF.
            if (bytes.Length < 3 || bytes[0] != 0xED || bytes[1] is < 0xA0 or > 0xBF || bytes[2] is < 0x80 or > 0xBF) { Throw.NotUtf8(where, place); }
            var unit = (char)(0xD000 | ((bytes[1] & 0x3F) << 6) | (bytes[2] & 0x3F));
            if (char.IsLowSurrogate(unit) && text.Length > 0 && char.IsHighSurrogate(text[^1])) { Throw.SplitPair(where, place); }
            text.Append(unit);
            bytes = bytes[3..];
        }
        return text.ToString();
    }

    internal static byte[] Encode(string text)
    {
        if (!HasLoneSurrogate(text)) { return s_strict.GetBytes(text); }
        var bytes = new List<byte>(text.Length * 3);
        Span<byte> four = stackalloc byte[4];
        for (var i = 0; i < text.Length; i++)
        {
            if (Rune.TryGetRuneAt(text, i, out var rune))
            {
                bytes.AddRange(four[..rune.EncodeToUtf8(four)]);
                i += rune.Utf16SequenceLength - 1;
                continue;
            }
            int unit = text[i];
            bytes.AddRange([(byte)0xED, (byte)(0x80 | ((unit >> 6) & 0x3F)), (byte)(0x80 | (unit & 0x3F))]);
        }
        return [.. bytes];
    }

    /// <summary>The text with what UTF-8 cannot hold replaced, for showing to people.</summary>
    internal static string Showable(string text) => HasLoneSurrogate(text) ? Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)) : text;

    /// <summary>The decimal int of protocol 0, with the L that Python 2 put behind it.</summary>
    internal static BigInteger Int(byte[] line, string where, long place)
    {
        var value = BigInteger.Zero;
        var text = Encoding.Latin1.GetString(line).Trim();
        if (text.EndsWith('L')) { text = text[..^1]; }
        // CPython reads at most 4300 digits as well: the time grows with their square.
        if (text.Length > 4300 || !BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
        {
            Throw.Literal(where, place, "int", text);
        }
        return value;
    }

    internal static double Float(byte[] line, string where, long place)
    {
        var text = Encoding.Latin1.GetString(line).Trim();
        switch (text)
        {
            case "nan": return double.NaN;
            case "inf": return double.PositiveInfinity;
            case "-inf": return double.NegativeInfinity;
            default:
                if (!double.TryParse(text, NumberStyles.Float & ~NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
                {
                    Throw.Literal(where, place, "float", text);
                }
                return value;
        }
    }

    static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) { continue; }
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) { return true; }
            i++;
        }
        return false;
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void NotUtf8(string where, long place) => throw new MalformedCheckpointException(
            "TOR-1.6", where, $"the text at byte {place} of the pickle is not UTF-8");

        [DoesNotReturn]
        internal static void SplitPair(string where, long place) => throw new UnsupportedCheckpointException(
            "TOR-1.6", where, $"the text at byte {place} of the pickle holds the halves of a surrogate pair one by one");

        [DoesNotReturn]
        internal static void Literal(string where, long place, string kind, string text) => throw new MalformedCheckpointException(
            "TOR-1.7", where, $"the {kind} at byte {place} of the pickle reads \"{(text.Length > 40 ? text[..40] + "…" : text)}\"");
    }
}
