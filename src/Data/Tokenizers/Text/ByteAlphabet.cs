using System.Text;

namespace Ckpt.Data.Tokenizers.Text;

/// <summary>The 256 printable characters that byte-level tokenizers write bytes with (GPT-2, bytes_to_unicode).</summary>
static class ByteAlphabet
{
    static readonly char[] s_chars = Make();
    static readonly short[] s_bytes = Invert();

    /// <summary>The character of every byte.</summary>
    internal static ReadOnlySpan<char> Chars => s_chars;

    /// <summary>The byte of a character, or −1.</summary>
    internal static int ByteOf(char c) => c < s_bytes.Length ? s_bytes[c] : -1;

    /// <summary>The bytes that a token is written with; the token's own where a character is none of the alphabet.</summary>
    internal static byte[] Bytes(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            var value = ByteOf(token[i]);
            if (value < 0) { return Encoding.UTF8.GetBytes(token); }
            bytes[i] = (byte)value;
        }
        return bytes;
    }

    /// <summary>The text with its UTF-8 spelled in the alphabet; the bytes of a character share its origin.</summary>
    internal static AlignedText Spell(AlignedText text)
    {
        var changes = new List<CharChange>(text.Text.Length);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.Text.EnumerateRunes())
        {
            var length = rune.EncodeToUtf8(utf8);
            for (var i = 0; i < length; i++) { changes.Add(new CharChange(s_chars[utf8[i]], i == 0 ? 0 : 1)); }
        }
        return text.Transform(changes, 0);
    }

    static char[] Make()
    {
        var chars = new char[256];
        var next = 256;
        for (var value = 0; value < 256; value++)
        {
            var printable = value is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE;
            chars[value] = printable ? (char)value : (char)next++;
        }
        return chars;
    }

    static short[] Invert()
    {
        var bytes = new short[s_chars.Max() + 1];
        bytes.AsSpan().Fill(-1);
        for (var value = 0; value < 256; value++) { bytes[s_chars[value]] = (short)value; }
        return bytes;
    }
}
