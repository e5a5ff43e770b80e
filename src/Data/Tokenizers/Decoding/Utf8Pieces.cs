using System.Text;

namespace Ckpt.Data.Tokenizers.Decoding;

/// <summary>Turns UTF-8 that comes in parts into text, and holds the start of a character back until the rest is there (TOK-8.4).</summary>
sealed class Utf8Pieces
{
    readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    internal string Push(ReadOnlySpan<byte> bytes) => Convert(bytes, flush: false);

    /// <summary>What is left: U+FFFD where a character was not finished.</summary>
    internal string Flush() => Convert([], flush: true);

    string Convert(ReadOnlySpan<byte> bytes, bool flush)
    {
        Span<char> chars = bytes.Length < 200 ? stackalloc char[208] : new char[bytes.Length + 8];
        return new string(chars[.._decoder.GetChars(bytes, chars, flush)]);
    }
}
