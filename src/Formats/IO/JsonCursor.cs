using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Ckpt.Formats.IO;

/// <summary>
/// Walks JSON that is already in memory, as strict as the parsers of the field: any fault of the text itself is one clause,
/// and a string that is not Unicode is such a fault.
/// </summary>
/// <param name="json">UTF-8, checked.</param>
/// <param name="where">The file, for messages.</param>
/// <param name="clause">The clause that text which is not JSON breaks.</param>
/// <param name="origin">Byte of the file that the text starts at.</param>
ref struct JsonCursor(ReadOnlySpan<byte> json, string where, string clause, long origin)
{
    /// <summary>Objects and arrays inside each other; serde_json refuses the 128th.</summary>
    internal const int MaxDepth = 127;

    Utf8JsonReader _json = new(json, new JsonReaderOptions { MaxDepth = MaxDepth });

    internal readonly JsonTokenType Token => _json.TokenType;

    /// <summary>Byte of the file that the token starts at.</summary>
    internal readonly long Position => origin + _json.TokenStartIndex;

    /// <summary>Goes to the next token.</summary>
    internal void Next()
    {
        if (!Read()) { Throw.Fault(clause, where, origin + _json.BytesConsumed, "the text ends too early"); }
        if (_json.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && _json.ValueIsEscaped && HasLoneSurrogate(_json.ValueSpan))
        {
            Throw.Fault(clause, where, Position, "a string holds half of a surrogate pair");
        }
        if (_json.TokenType is JsonTokenType.Number && (!_json.TryGetDouble(out var number) || !double.IsFinite(number)))
        {
            Throw.Fault(clause, where, Position, "a number is out of range");
        }
    }

    /// <summary>Makes sure that nothing but whitespace follows.</summary>
    internal void Finish()
    {
        if (Read()) { Throw.Fault(clause, where, Position, "something follows the end"); }
    }

    /// <summary>Goes to the last token of the value that starts at this one.</summary>
    internal void Skip()
    {
        var depth = _json.CurrentDepth;
        if (_json.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray)) { return; }
        do { Next(); } while (_json.CurrentDepth > depth);
    }

    /// <summary>The text of a string or a property name.</summary>
    internal readonly string Text() => _json.GetString()!;

    /// <summary>Whether a string or a property name says this.</summary>
    internal readonly bool TextIs(ReadOnlySpan<byte> utf8) => _json.ValueTextEquals(utf8);

    /// <summary>Takes a number written as digits alone: not 1.0, 1e2 or −0.</summary>
    internal readonly bool TryUInt64(out ulong value)
    {
        value = 0;
        return _json.TokenType is JsonTokenType.Number && _json.TryGetUInt64(out value);
    }

    /// <summary>What stands here, for a message or a report: the start of the token as it is written.</summary>
    internal readonly string Raw()
    {
        var text = _json.ValueSpan;
        var cut = text.Length > 40 ? Encoding.UTF8.GetString(text[..40]) + "…" : Encoding.UTF8.GetString(text);
        return _json.TokenType is JsonTokenType.String ? $"\"{cut}\"" : cut;
    }

    bool Read()
    {
        try { return _json.Read(); }
        catch (JsonException error)
        {
            var end = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            Throw.Fault(clause, where, origin + _json.BytesConsumed, end < 0 ? error.Message : error.Message[..end], error);
            return false;
        }
    }

    static bool HasLoneSurrogate(ReadOnlySpan<byte> escaped)
    {
        var high = false;
        for (var i = 0; i < escaped.Length; i++)
        {
            var unit = 0;
            if (escaped[i] == '\\')
            {
                if (escaped[++i] == 'u')
                {
                    for (var digit = 1; digit <= 4; digit++) { unit = (unit << 4) | HexDigit(escaped[i + digit]); }
                    i += 4;
                }
            }
            var low = unit is >= 0xDC00 and <= 0xDFFF;
            if (high != low) { return true; }
            high = unit is >= 0xD800 and <= 0xDBFF;
        }
        return high;
    }

    /// <summary>The value of a digit that the JSON reader has checked.</summary>
    static int HexDigit(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;

    static class Throw
    {
        [DoesNotReturn]
        internal static void Fault(string clause, string where, long position, string fault, Exception? inner = null) =>
            throw new MalformedCheckpointException(clause, where, $"not JSON at byte {position}: {fault}", inner);
    }
}
