using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Ckpt.Data.Tokenizers.Parsing;

/// <summary>Parses a JSON file whose top is an object (TOK-1.1).</summary>
static class JsonText
{
    internal static JsonPart Object(ReadOnlySpan<byte> utf8, string where)
    {
        if (utf8.StartsWith("\uFEFF"u8)) { utf8 = utf8[3..]; }
        if (!System.Text.Unicode.Utf8.IsValid(utf8)) { Throw.Fault(where, "it is not UTF-8"); }
        try
        {
            if (utf8.IndexOf("\\ud"u8) >= 0 || utf8.IndexOf("\\uD"u8) >= 0) { CheckSurrogates(utf8, where); }
            var reader = new Utf8JsonReader(utf8);
            var top = JsonElement.ParseValue(ref reader);
            if (top.ValueKind is not JsonValueKind.Object) { Throw.Fault(where, "the top is no object"); }
            if (reader.Read()) { Throw.Fault(where, "something follows the end"); }
            return new JsonPart(top, where);
        }
        catch (JsonException error)
        {
            var end = error.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
            Throw.Fault(where, end < 0 ? error.Message : error.Message[..end], error);
            return default;
        }
    }

    /// <summary>Escapes may write half of a surrogate pair, which is no text.</summary>
    static void CheckSurrogates(ReadOnlySpan<byte> utf8, string where)
    {
        var reader = new Utf8JsonReader(utf8);
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName) || !reader.ValueIsEscaped) { continue; }
            var raw = Encoding.UTF8.GetString(reader.ValueSpan);
            var high = false;
            for (var i = 0; i < raw.Length; i++)
            {
                var unit = raw[i];
                var paired = char.IsSurrogate(unit); // pairs that are not escaped are whole
                if (unit == '\\')
                {
                    unit = raw[++i];
                    if (unit == 'u')
                    {
                        unit = (char)Convert.ToUInt16(raw.Substring(i + 1, 4), 16);
                        i += 4;
                    }
                }
                if (!paired && high != char.IsLowSurrogate(unit) || paired && high) { Throw.Fault(where, $"a string at byte {reader.TokenStartIndex} holds half of a surrogate pair"); }
                high = !paired && char.IsHighSurrogate(unit);
            }
            if (high) { Throw.Fault(where, $"a string at byte {reader.TokenStartIndex} holds half of a surrogate pair"); }
        }
    }

    static class Throw
    {
        [DoesNotReturn]
        internal static void Fault(string where, string fault, Exception? inner = null) => throw new MalformedDataException("TOK-1.1", where, $"not a JSON object: {fault}", inner);
    }
}
